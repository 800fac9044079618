import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AskedStep } from '#shared/domain/consultation/steps';
import { type CaseId, caseIdSchema, type ConsultRequestId, consultRequestIdSchema, type OrganisationId, type PersonId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import type { RequestDetail } from '#shared/protocol/consultation';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import type { RequestPort } from '../ports.ts';

export type Centre = RequestResult<'request.centres'>['centres'][number];
export type Substitute = RequestResult<'schedule.substitutes'>['substitutes'][number];
/** What a draft begins with: a patient who is new here, or a case that is there. */
export type NewDraft = Pick<RequestParams<'request.create'>, 'patient' | 'question' | 'urgency'> & { readonly caseId: CaseId | null };
/** The ids of a request and its case, chosen before anything is asked: what is done twice with them is done once. */
export interface DraftIds {
  readonly requestId: ConsultRequestId;
  readonly caseId: CaseId;
}

export interface OpenRequestState {
  readonly requestId: ConsultRequestId | null;
  readonly phase: 'closed' | 'loading' | 'ready' | 'failed';
  readonly detail: RequestDetail | null;
  /** This machine's clock at the answer `detail` is of, Unix epoch ms. */
  readonly asOfMs: number | null;
  /** The step on its way; null: none. */
  readonly taking: AskedStep['type'] | null;
  /** Why it could not be read. */
  readonly error: AppError | null;
  /** Why the last step was not taken. */
  readonly stepError: AppError | null;
  /** Where a hospital may send, a centre forward; null: not asked yet. */
  readonly centres: readonly Centre[] | null;
  /** For whom somebody is looked for, and who was found; null people: the answer is on its way. */
  readonly substitutes: { readonly personId: PersonId; readonly people: readonly Substitute[] | null } | null;
}

export interface OpenRequestModel {
  readonly store: StoreApi<OpenRequestState>;
  /** Begins to follow changes; called on sign-in. */
  start(): void;
  /** Forgets everything; called on sign-out. */
  stop(): void;
  open(requestId: ConsultRequestId): void;
  close(): void;
  refresh(): void;
  /** Opens a request and takes a step as soon as it is shown, so that a refusal finds it before the person. */
  openAndTake(requestId: ConsultRequestId, step: AskedStep): Promise<boolean>;
  /** Takes a step on what is shown; true when it was taken. The refusal is in the state. */
  take(step: AskedStep): Promise<boolean>;
  clearStepError(): void;
  /** The request about a case that was read last; null: none was. */
  lastRead(caseId: CaseId | null): ConsultRequestId | null;
  newIds(): DraftIds;
  /** Begins a draft. @throws AppError */
  begin(ids: DraftIds, draft: NewDraft): Promise<DraftIds>;
  loadCentres(): void;
  findSubstitutes(personId: PersonId): void;
  closeSubstitutes(): void;
}

/** Requests read last, for reading them without a network; the oldest goes. */
const REMEMBERED = 50;
const CHANGE_DELAY_MS = 100;
const CLOSED: OpenRequestState = { requestId: null, phase: 'closed', detail: null, asOfMs: null, taking: null, error: null, stepError: null, centres: null, substitutes: null };

/** The nearest centre a hospital can send to: the one above it, or itself where it has schedulers and nobody is above. */
export function nearestCentre(centres: readonly Centre[]): OrganisationId | null {
  return (centres.find(({ relation }) => relation === 'above') ?? centres.find(({ relation }) => relation === 'own'))?.id ?? null;
}

/** One request that is open, and the way to begin one. */
export function createOpenRequestModel({ signaling, clock, newId }: { readonly signaling: RequestPort; readonly clock: Clock; readonly newId: () => string }): OpenRequestModel {
  const store = createStore<OpenRequestState>(() => CLOSED);
  const remembered = new Map<ConsultRequestId, { readonly detail: RequestDetail; readonly asOfMs: number }>();
  let undos: DisposableStack | null = null;
  let cancelTimer: Undo | null = null;
  let run = 0;
  let reading: Promise<void> = Promise.resolve();

  function fetch(requestId: ConsultRequestId): void {
    run += 1;
    reading = read(requestId, run);
  }

  /** Resolves when what was asked last is shown: an answer that was overtaken is not, and who goes on by the old one is refused. */
  async function upToDate(): Promise<void> {
    let last: Promise<void>;
    do {
      last = reading;
      await last;
    } while (last !== reading);
  }

  async function read(requestId: ConsultRequestId, mine: number): Promise<void> {
    try {
      const detail = await signaling.request('request.get', { requestId });
      const asOfMs = clock.wallMs();
      remembered.delete(requestId);
      remembered.set(requestId, { detail, asOfMs });
      const [oldest] = remembered.keys();
      if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      if (mine === run) store.setState({ phase: 'ready', detail, asOfMs, error: null });
    } catch (failure) {
      if (mine !== run) return;
      const error = toAppError(failure);
      // What one may no longer see is not shown from memory either.
      if (error.code === 'record.notFound') {
        remembered.delete(requestId);
        store.setState({ phase: 'failed', detail: null, asOfMs: null, error });
      } else store.setState(({ detail }) => ({ phase: detail === null ? 'failed' : 'ready', error }));
    }
  }

  function refresh(): void {
    cancelTimer?.();
    cancelTimer = null;
    const { requestId } = store.getState();
    if (requestId !== null) fetch(requestId);
  }

  function refreshSoon(): void {
    if (!cancelTimer) cancelTimer = clock.after(CHANGE_DELAY_MS, refresh);
  }

  function close(): void {
    run += 1;
    cancelTimer?.();
    cancelTimer = null;
    store.setState(({ centres }) => ({ ...CLOSED, centres }));
  }

  function open(requestId: ConsultRequestId): void {
    if (store.getState().requestId === requestId && store.getState().phase !== 'failed') return;
    close();
    const known = remembered.get(requestId) ?? null;
    store.setState({ requestId, phase: known === null ? 'loading' : 'ready', detail: known?.detail ?? null, asOfMs: known?.asOfMs ?? null });
    fetch(requestId);
  }

  async function take(step: AskedStep): Promise<boolean> {
    const { detail, taking } = store.getState();
    if (detail === null || taking !== null) return false;
    const { id: requestId, version } = detail.request;
    store.setState({ taking: step.type, stepError: null });
    try {
      await signaling.request('request.step', { requestId, version, step });
      if (store.getState().requestId === requestId) {
        fetch(requestId);
        await upToDate();
      }
      return true;
    } catch (failure) {
      const error = toAppError(failure);
      if (store.getState().requestId !== requestId) return false;
      store.setState({ stepError: error });
      // [WFL38] It went on meanwhile: the person sees it as it is before they try again.
      if (error.category === 'state') {
        fetch(requestId);
        await upToDate();
      }
      // [WFL40] Nobody works there any more: it is not offered again.
      if (error.named?.includes('centreId') === true) loadCentres();
      return false;
    } finally {
      if (store.getState().requestId === requestId) store.setState({ taking: null });
    }
  }

  function loadCentres(): void {
    signaling.request('request.centres', {}).then(
      ({ centres }) => store.setState({ centres }),
      (error: unknown) => store.setState({ stepError: toAppError(error) }),
    );
  }

  function stop(): void {
    undos?.dispose();
    undos = null;
    remembered.clear();
    close();
    store.setState(CLOSED);
  }

  return {
    store,
    start() {
      stop();
      undos = new DisposableStack();
      undos.add(signaling.on('request.changed', ({ requestId }) => (requestId === store.getState().requestId ? refreshSoon() : undefined)));
      // What a request lacks is a matter of its case.
      undos.add(signaling.on('case.changed', ({ caseId }) => (caseId === store.getState().detail?.request.caseId ? refreshSoon() : undefined)));
      undos.add(signaling.onStatus((status) => (status.step === 'connected' ? refreshSoon() : undefined)));
    },
    stop,
    open,
    close,
    refresh,
    async openAndTake(requestId, step) {
      open(requestId);
      await upToDate();
      return store.getState().requestId === requestId && take(step);
    },
    take,
    clearStepError: () => store.setState({ stepError: null }),
    lastRead: (caseId) => [...remembered].findLast(([, { detail }]) => detail.request.caseId === caseId)?.[0] ?? null,
    newIds: () => ({ requestId: consultRequestIdSchema.parse(newId()), caseId: caseIdSchema.parse(newId()) }),
    async begin(ids, { caseId: existing, patient, question, urgency }) {
      const caseId = existing ?? ids.caseId;
      await signaling.request('request.create', { requestId: ids.requestId, caseId, patient: existing === null ? patient : null, question, urgency });
      return { requestId: ids.requestId, caseId };
    },
    loadCentres,
    findSubstitutes(personId) {
      const { detail } = store.getState();
      const consultId = detail?.request.appointment?.consultId;
      if (consultId === undefined) return;
      store.setState({ substitutes: { personId, people: null }, stepError: null });
      signaling.request('schedule.substitutes', { consultId, personId }).then(
        ({ substitutes }) => {
          if (store.getState().substitutes?.personId === personId) store.setState({ substitutes: { personId, people: substitutes } });
        },
        (error: unknown) => store.setState({ substitutes: null, stepError: toAppError(error) }),
      );
    },
    closeSubstitutes: () => store.setState({ substitutes: null }),
  };
}
