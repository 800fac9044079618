import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsultSummary } from '#shared/domain/consult';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import type { AppError } from '#shared/protocol/errors';
import { createLiveReading } from './liveReading.ts';
import type { RequestPort } from './ports.ts';

export type WorklistFilter = 'all' | 'inSession' | 'upcoming' | 'ended';

export interface WorklistState {
  readonly phase: 'loading' | 'ready' | 'failed';
  /** Today's, and any from before that is still going on; by time. */
  readonly consults: readonly ConsultSummary[];
  /** The first one after today, for the empty screen. */
  readonly next: ConsultSummary | null;
  readonly filter: WorklistFilter;
  /** Unix epoch ms of the list's last answer; null before the first. */
  readonly asOfMs: number | null;
  readonly error: AppError | null;
}

export interface WorklistModel {
  readonly store: StoreApi<WorklistState>;
  /** Begins to fetch and to follow changes; called on sign-in. */
  start(): void;
  /** Forgets everything; called on sign-out. */
  stop(): void;
  refresh(): void;
  setFilter(filter: WorklistFilter): void;
}

const DAY_MS = 24 * 3600_000;
/** Changes come in bursts (everybody joins at nine): one request answers a burst. */
const CHANGE_DELAY_MS = 150;
/** Also without a change: midnight passes, and «starts in 5 min» becomes another row's. */
const REFRESH_EVERY_MS = 5 * 60_000;

const EMPTY: WorklistState = { phase: 'loading', consults: [], next: null, filter: 'all', asOfMs: null, error: null };

/** Start of the civil day that holds `ms`, in this machine's time zone. */
export function startOfDayMs(ms: number): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Splits the server's list into today's rows and the next one after today. */
export function arrangeWorklist(consults: readonly ConsultSummary[], nowMs: number): Pick<WorklistState, 'consults' | 'next'> {
  const todayMs = startOfDayMs(nowMs);
  const tomorrowMs = startOfDayMs(todayMs + 36 * 3600_000);
  const ordered = [...consults].sort((a, b) => a.startsAtMs - b.startsAtMs || (a.id < b.id ? -1 : 1));
  return {
    consults: ordered.filter((row) => (row.startsAtMs >= todayMs && row.startsAtMs < tomorrowMs) || (row.state === 'inSession' && row.startsAtMs < todayMs)),
    next: ordered.find((row) => row.startsAtMs >= tomorrowMs && row.state === 'scheduled') ?? null,
  };
}

export function matchesFilter(row: ConsultSummary, filter: WorklistFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'inSession':
      return row.state === 'inSession';
    case 'upcoming':
      return row.state === 'scheduled';
    case 'ended':
      return row.state === 'ended' || row.state === 'cancelled';
  }
}

export function createWorklistModel(options: { signaling: RequestPort; clock: Clock }): WorklistModel {
  const { signaling, clock } = options;
  const store = createStore<WorklistState>(() => EMPTY);
  let cancelNext: Undo = () => undefined;

  const reading = createLiveReading({
    signaling,
    delay: { clock, afterMs: () => CHANGE_DELAY_MS },
    read: () => {
      cancelNext();
      cancelNext = clock.after(REFRESH_EVERY_MS, reading.now);
      const todayMs = startOfDayMs(clock.wallMs());
      return signaling.request('worklist.list', { fromMs: todayMs - DAY_MS, toMs: todayMs + 8 * DAY_MS });
    },
    show: ({ consults }) => store.setState({ phase: 'ready', ...arrangeWorklist(consults, clock.wallMs()), asOfMs: clock.wallMs(), error: null }),
    // An old list is better than none: it stays, with its time, under the offline banner.
    fail: (error) => store.setState((state) => ({ phase: state.asOfMs === null ? 'failed' : 'ready', error })),
  });

  function stop(): void {
    reading.stop();
    cancelNext();
    store.setState(EMPTY);
  }

  return {
    store,
    start() {
      stop();
      reading.start((changed) => [signaling.on('worklist.changed', changed)]);
    },
    stop,
    refresh() {
      if (store.getState().phase === 'failed') store.setState({ phase: 'loading' });
      reading.now();
    },
    setFilter(filter) {
      store.setState({ filter });
    },
  };
}
