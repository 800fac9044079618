import { createStore, type StoreApi } from 'zustand/vanilla';
import type { z } from 'zod';
import { EMERGENCY_FROM } from '#shared/domain/consultation/rules';
import { DESK_STATES, FINAL_STATES, REQUEST_STATES, type RequestState } from '#shared/domain/consultation/states';
import type { ConsultRequestId } from '#shared/domain/ids';
import type { Role } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import type { RequestSummary, requestViewSchema } from '#shared/protocol/consultation';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import { createLiveReading } from '../liveReading.ts';
import type { RequestPort } from '../ports.ts';

export type RequestView = z.infer<typeof requestViewSchema>;
/** `open`: everything that is not over. `toApprove`: what waits for the approver's word, before or afterwards. Otherwise one state. */
export type RequestFilter = 'open' | 'toApprove' | RequestState;

export interface RequestListState {
  readonly view: RequestView;
  readonly phase: 'loading' | 'ready' | 'failed';
  readonly filter: RequestFilter;
  /** The most urgent first, then the longest in their state. */
  readonly rows: readonly RequestSummary[];
  readonly counts: Readonly<Partial<Record<RequestState, number>>>;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  /** This machine's clock at the last answer, Unix epoch ms; null: none yet. */
  readonly asOfMs: number | null;
  /** How far the server's clock is ahead of this machine's, ms: times of a request are the server's. */
  readonly serverAheadMs: number;
  readonly error: AppError | null;
}

export interface RequestListModel {
  readonly store: StoreApi<RequestListState>;
  /** Begins to fetch and to follow changes; called on sign-in. */
  start(role: Role): void;
  /** Forgets everything; called on sign-out. */
  stop(): void;
  refresh(): void;
  setFilter(filter: RequestFilter): void;
  /** The next page, when the list's end comes into sight. */
  more(): void;
}

type Page = RequestResult<'request.list'>;
type Cursor = RequestParams<'request.list'>['after'];

export const PAGE_ROWS = 200;
/** Changes come in bursts; one answer for a burst, and the longer the list that is fetched again, the longer the wait. */
const CHANGE_DELAY_MS = 150;
/** Emergencies whose approval is owed are looked for in so many pages; they are the first of any list. */
const MAX_OWED_PAGES = 10;
const EMERGENCY_RANK = 0;

/** Whose list somebody sees. */
export function viewOfRole(role: Role): RequestView {
  return role === 'scheduler' ? 'centre' : role === 'expert' ? 'invited' : 'hospital';
}

/** What somebody looks at first. */
export function firstFilter(role: Role): RequestFilter {
  return role === 'approver' ? 'toApprove' : 'open';
}

/** The states of a filter in a view. */
export function statesOf(view: RequestView, filter: Exclude<RequestFilter, 'toApprove'>): readonly RequestState[] {
  if (filter !== 'open') return [filter];
  return view === 'centre' ? DESK_STATES : REQUEST_STATES.filter((state) => !FINAL_STATES.includes(state));
}

/** How many a filter has, by the counts; null: the counts do not tell. */
export function countOf(state: Pick<RequestListState, 'view' | 'counts' | 'rows' | 'filter' | 'hasMore'>, filter: RequestFilter): number | null {
  if (filter === 'toApprove') return state.filter === filter && !state.hasMore ? state.rows.length : null;
  return statesOf(state.view, filter).reduce((sum, one) => sum + (state.counts[one] ?? 0), 0);
}

const EMPTY: RequestListState = { view: 'hospital', phase: 'loading', filter: 'open', rows: [], counts: {}, hasMore: false, isLoadingMore: false, asOfMs: null, serverAheadMs: 0, error: null };

export function createRequestListModel({ signaling, clock }: { readonly signaling: RequestPort; readonly clock: Clock }): RequestListModel {
  const store = createStore<RequestListState>(() => EMPTY);
  let next: Cursor = null;
  let pages = 1;

  const ask = (states: readonly RequestState[], after: Cursor) => signaling.request('request.list', { view: store.getState().view, states: [...states], after, limit: PAGE_ROWS });

  /** Emergencies that went ahead without the approver's word. */
  async function owed(): Promise<RequestSummary[]> {
    const rows: RequestSummary[] = [];
    let after: Cursor = null;
    for (let page = 0; page < MAX_OWED_PAGES; page += 1) {
      const answer: Page = await ask(EMERGENCY_FROM.approve ?? [], after);
      rows.push(...answer.requests.filter(({ isApprovalOwed }) => isApprovalOwed));
      if (answer.next === null || answer.next.urgencyRank !== EMERGENCY_RANK) break;
      after = answer.next;
    }
    return rows;
  }

  /** As many pages as are shown, so that a list that is renewed does not become shorter under the reader's eyes. */
  async function fetchAll(): Promise<Pick<RequestListState, 'rows' | 'counts' | 'hasMore' | 'serverAheadMs'> & { readonly next: Cursor }> {
    const { filter, view } = store.getState();
    const states = filter === 'toApprove' ? (['awaitingApproval'] as const) : statesOf(view, filter);
    const rows: RequestSummary[] = filter === 'toApprove' ? await owed() : [];
    let answer = await ask(states, null);
    rows.push(...answer.requests);
    for (let page = 1; page < pages && answer.next !== null; page += 1) {
      answer = await ask(states, answer.next);
      rows.push(...answer.requests);
    }
    return { rows: unique(rows), counts: Object.fromEntries(answer.counts.map(({ state, count }) => [state, count])), hasMore: answer.next !== null, next: answer.next, serverAheadMs: answer.serverTimeMs - clock.wallMs() };
  }

  const reading = createLiveReading({
    signaling,
    delay: { clock, afterMs: () => CHANGE_DELAY_MS * pages },
    read: fetchAll,
    show: ({ next: cursor, ...fetched }) => {
      next = cursor;
      store.setState({ ...fetched, phase: 'ready', asOfMs: clock.wallMs(), isLoadingMore: false, error: null });
    },
    // What was known last stays, with its time.
    fail: (error) => store.setState((state) => ({ phase: state.asOfMs === null ? 'failed' : 'ready', isLoadingMore: false, error })),
  });

  function stop(): void {
    reading.stop();
    next = null;
    pages = 1;
    store.setState(EMPTY);
  }

  return {
    store,
    start(role) {
      stop();
      store.setState({ view: viewOfRole(role), filter: firstFilter(role) });
      reading.start((changed) => [signaling.on('request.changed', changed)]);
    },
    stop,
    refresh() {
      if (store.getState().phase === 'failed') store.setState({ phase: 'loading' });
      reading.now();
    },
    setFilter(filter) {
      if (filter === store.getState().filter) return;
      pages = 1;
      next = null;
      store.setState({ filter, phase: 'loading', rows: [], hasMore: false, asOfMs: null });
      reading.now();
    },
    more() {
      const { isLoadingMore, filter, view } = store.getState();
      if (isLoadingMore || next === null) return;
      const isNewest = reading.mark();
      store.setState({ isLoadingMore: true });
      ask(filter === 'toApprove' ? ['awaitingApproval'] : statesOf(view, filter), next).then(
        (answer) => {
          if (!isNewest()) return;
          pages += 1;
          next = answer.next;
          store.setState((state) => ({ rows: unique([...state.rows, ...answer.requests]), hasMore: answer.next !== null, isLoadingMore: false, error: null }));
        },
        (error: unknown) => {
          if (isNewest()) store.setState({ isLoadingMore: false, error: toAppError(error) });
        },
      );
    },
  };
}

/** A request that went on between two pages is in both; the first place is the one it was in. */
function unique(rows: readonly RequestSummary[]): readonly RequestSummary[] {
  const seen = new Set<ConsultRequestId>();
  return rows.filter(({ id }) => !seen.has(id) && seen.add(id));
}
