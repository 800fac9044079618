import { createStore, type StoreApi } from 'zustand/vanilla';
import { CASE_ITEM_KINDS, type CaseItemKind } from '#shared/domain/caseFile';
import { type CaseId, type ConsultId, type ConsultRequestId, caseIdSchema, consultIdSchema, consultRequestIdSchema, type OpinionId, opinionIdSchema } from '#shared/domain/ids';

export type Screen =
  | { readonly name: 'worklist' }
  | { readonly name: 'deviceCheck'; readonly consultId: ConsultId | null }
  /** `from`: where it was joined from, and where leaving leads back to; absent: the day's list. */
  | { readonly name: 'consult'; readonly consultId: ConsultId; readonly from?: { readonly name: 'requests' | 'rehearsal'; readonly requestId: ConsultRequestId } }
  | { readonly name: 'cases' }
  /** `kind`: what is to be written there first. */
  | { readonly name: 'case'; readonly caseId: CaseId; readonly kind?: CaseItemKind }
  /** The requests of the reader's view, with one of them open. */
  | { readonly name: 'requests'; readonly requestId: ConsultRequestId | null }
  /** `consultId`: the session to be shown. */
  | { readonly name: 'calendar'; readonly consultId?: ConsultId }
  | { readonly name: 'roster' }
  /** `from`: the session in the calendar that it was opened from, and leads back to; absent: its request. */
  | { readonly name: 'rehearsal'; readonly requestId: ConsultRequestId; readonly from?: ConsultId }
  /** `isOfRequest`: it was opened from its request, and leads back there. */
  | { readonly name: 'opinion'; readonly opinionId: OpinionId; readonly isOfRequest: boolean }
  | { readonly name: 'indicators' }
  | { readonly name: 'admin' }
  | { readonly name: 'settings' };

export interface NavigationModel {
  readonly store: StoreApi<{ readonly screen: Screen }>;
  go(screen: Screen): void;
  /** Does it at once, or when the person agreed to leave what is not saved. */
  leaving(proceed: () => void): void;
  /** Until undone, `ask` decides whether the screen may be left. One at a time: there is one screen. */
  guard(ask: (proceed: () => void) => void): () => void;
}

/** The address of a screen, after the `#`: a reload and a deep link come back to the same place. */
export function screenToPath(screen: Screen): string {
  switch (screen.name) {
    case 'worklist':
      return '/';
    case 'deviceCheck':
      return screen.consultId === null ? '/check' : `/check/${screen.consultId}`;
    case 'consult':
      return screen.from === undefined ? `/consult/${screen.consultId}` : `/consult/${screen.consultId}/${screen.from.name}/${screen.from.requestId}`;
    case 'cases':
      return '/cases';
    case 'case':
      return screen.kind === undefined ? `/case/${screen.caseId}` : `/case/${screen.caseId}/${screen.kind}`;
    case 'requests':
      return screen.requestId === null ? '/requests' : `/request/${screen.requestId}`;
    case 'calendar':
      return screen.consultId === undefined ? '/calendar' : `/calendar/${screen.consultId}`;
    case 'roster':
      return '/roster';
    case 'rehearsal':
      return screen.from === undefined ? `/rehearsal/${screen.requestId}` : `/rehearsal/${screen.requestId}/${screen.from}`;
    case 'opinion':
      return `/opinion/${screen.opinionId}${screen.isOfRequest ? '/request' : ''}`;
    case 'indicators':
      return '/indicators';
    case 'admin':
      return '/admin';
    case 'settings':
      return '/settings';
  }
}

/** Any address that is not a screen's is the worklist's. */
export function pathToScreen(path: string): Screen {
  const [, name, rest, more, last] = path.replace(/^#/, '').split('/');
  const id = consultIdSchema.safeParse(rest);
  if (name === 'consult' && id.success) {
    const from = consultRequestIdSchema.safeParse(last);
    return { name, consultId: id.data, ...(from.success && (more === 'requests' || more === 'rehearsal') ? { from: { name: more, requestId: from.data } } : {}) };
  }
  if (name === 'check') return { name: 'deviceCheck', consultId: id.success ? id.data : null };
  const caseId = caseIdSchema.safeParse(rest);
  const kinds = Object.keys(CASE_ITEM_KINDS) as CaseItemKind[]; // the table's own keys
  const kind = kinds.find((one) => one === more);
  if (name === 'case' && caseId.success) return { name: 'case', caseId: caseId.data, ...(kind === undefined ? {} : { kind }) };
  const requestId = consultRequestIdSchema.safeParse(rest);
  if (name === 'request' && requestId.success) return { name: 'requests', requestId: requestId.data };
  if (name === 'requests') return { name: 'requests', requestId: null };
  const from = consultIdSchema.safeParse(more);
  if (name === 'rehearsal' && requestId.success) return { name: 'rehearsal', requestId: requestId.data, ...(from.success ? { from: from.data } : {}) };
  if (name === 'calendar' && id.success) return { name, consultId: id.data };
  const opinionId = opinionIdSchema.safeParse(rest);
  if (name === 'opinion' && opinionId.success) return { name, opinionId: opinionId.data, isOfRequest: more === 'request' };
  if (name === 'indicators' || name === 'calendar' || name === 'roster' || name === 'cases' || name === 'admin' || name === 'settings') return { name };
  return { name: 'worklist' };
}

export function createNavigationModel(start: Screen): NavigationModel {
  const store = createStore<{ screen: Screen }>(() => ({ screen: start }));
  let guards: ((proceed: () => void) => void) | null = null;
  const leaving = (proceed: () => void) => (guards === null ? proceed() : guards(proceed));
  return {
    store,
    leaving,
    go(screen) {
      if (screenToPath(screen) !== screenToPath(store.getState().screen)) leaving(() => store.setState({ screen }));
    },
    guard(ask) {
      guards = ask;
      return () => {
        if (guards === ask) guards = null;
      };
    },
  };
}
