import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsultId, OrganisationId, PersonId, VenueId } from '#shared/domain/ids';
import type { Appointment, Resource, Span, Taken } from '#shared/domain/scheduling';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import type { CalendarEntry } from '#shared/protocol/scheduling';
import { createLiveReading } from '../liveReading.ts';
import type { RequestPort } from '../ports.ts';
import type { Directory } from './directory.ts';

/** Whose calendar is looked at. */
export type CalendarLens = { readonly type: 'resource'; readonly resource: Resource } | { readonly type: 'tree'; readonly organisationId: OrganisationId };
export type Substitute = RequestResult<'schedule.substitutes'>['substitutes'][number];

export interface CalendarState {
  readonly lens: CalendarLens | null;
  readonly range: Span | null;
  readonly entries: readonly CalendarEntry[];
  /** Unix epoch ms of the last answer; null before the first. */
  readonly asOfMs: number | null;
  readonly isLoading: boolean;
  readonly isWorking: boolean;
  /** What a refused change met, drawn until the next change or look elsewhere. */
  readonly taken: readonly Taken[];
  readonly error: AppError | null;
  /** Whether there is an address for subscribing; null: not asked yet. */
  readonly feed: { readonly createdAtMs: number | null } | null;
  /** The whole address, shown once. */
  readonly feedPath: string | null;
}

/** One new time of a session. `reason` is for the request it belongs to; a free session needs none. `following`: with the rest of its series [SCH21]. */
export interface Move {
  readonly scope: 'one' | 'following';
  readonly startsAtMs: number;
  readonly durationMinutes: number;
  readonly venueId: VenueId | null;
  readonly reason: string;
}

export interface CalendarModel {
  readonly store: StoreApi<CalendarState>;
  readonly directory: Directory;
  /** Follows changes while it is looked at; the undo ends that. `self`: whose calendar comes first. */
  open(first: CalendarLens): Undo;
  look(lens: CalendarLens): void;
  setRange(range: Span): void;
  refresh(): void;
  book(session: RequestParams<'schedule.book'>): Promise<boolean>;
  /** [SCH15] A request's session is moved by the workflow's step, any other by scheduling itself. */
  move(appointment: Appointment, to: Move): Promise<boolean>;
  /** A session by its id; null: the question failed, and the state says why. */
  find(consultId: ConsultId): Promise<Appointment | null>;
  cancel(consultId: ConsultId, scope: 'one' | 'following', reason: string): Promise<boolean>;
  answer(consultId: ConsultId, scope: RequestParams<'schedule.answer'>['scope'], answer: RequestParams<'schedule.answer'>['answer']): Promise<boolean>;
  /** Who could come instead, best first; null: the question failed, and the state says why. */
  substitutes(consultId: ConsultId, personId: PersonId): Promise<readonly Substitute[] | null>;
  substitute(appointment: Appointment, personId: PersonId, substituteId: PersonId, reason: string): Promise<boolean>;
  readFeed(): void;
  createFeed(language: 'zh' | 'en'): void;
  revokeFeed(): void;
  putAwayFeed(): void;
  clearError(): void;
}

/** A series changes many sessions at once: one request answers a burst. */
const CHANGE_DELAY_MS = 150;

const EMPTY: CalendarState = { lens: null, range: null, entries: [], asOfMs: null, isLoading: false, isWorking: false, taken: [], error: null, feed: null, feedPath: null };

export function createCalendarModel(options: { readonly signaling: RequestPort; readonly clock: Clock; readonly directory: Directory }): CalendarModel {
  const { signaling, clock, directory } = options;
  const store = createStore<CalendarState>(() => EMPTY);
  const reading = createLiveReading({
    signaling,
    delay: { clock, afterMs: () => CHANGE_DELAY_MS },
    read: () => {
      const { lens, range } = store.getState();
      if (lens === null || range === null) return null;
      store.setState({ isLoading: true });
      return signaling.request('schedule.calendar', { ...range, of: lens });
    },
    show: ({ entries }) => store.setState({ entries, asOfMs: clock.wallMs(), isLoading: false }),
    fail: (error) => store.setState({ error, isLoading: false }),
  });
  const refresh = reading.now;

  async function run(work: () => Promise<unknown>): Promise<boolean> {
    store.setState({ isWorking: true, error: null, taken: [] });
    try {
      await work();
      refresh();
      return true;
    } catch (error) {
      const failure = toAppError(error);
      store.setState({ error: failure, taken: failure.taken ?? [] });
      return false;
    } finally {
      store.setState({ isWorking: false });
    }
  }

  async function stepOf(requestId: NonNullable<Appointment['requestId']>, stepFor: (detail: RequestResult<'request.get'>) => RequestParams<'request.step'>['step']): Promise<void> {
    const detail = await signaling.request('request.get', { requestId });
    await signaling.request('request.step', { requestId, version: detail.request.version, step: stepFor(detail) });
  }

  return {
    store,
    directory,
    open(first) {
      store.setState({ lens: first, error: null, taken: [] });
      void directory.load();
      reading.start((changed) => [signaling.on('schedule.changed', changed)]);
      return () => {
        reading.stop();
        store.setState(EMPTY);
      };
    },
    look(lens) {
      store.setState({ lens, entries: [], taken: [], error: null });
      refresh();
    },
    setRange(range) {
      const before = store.getState().range;
      if (before?.fromMs === range.fromMs && before.untilMs === range.untilMs) return;
      store.setState({ range });
      refresh();
    },
    refresh,
    book: (session) => run(() => signaling.request('schedule.book', session)),
    move: (appointment, { reason, scope, ...time }) =>
      run(async () => {
        const { consultId, requestId, sequence } = appointment;
        if (requestId === null) {
          await signaling.request('schedule.move', { consultId, scope, ...time, sequence });
          return;
        }
        await stepOf(requestId, ({ request: { appointment: planned } }) => {
          if (planned === null || planned.sequence !== sequence) throw new AppError('record.conflict', 'the session changed since it was looked at');
          const { hostPersonId, attendeeIds, cartIds, panel } = planned;
          return { type: 'reschedule', reason, plan: { ...time, hostPersonId, attendeeIds, cartIds, panelIds: panel.map(({ personId }) => personId) } };
        });
      }),
    async find(consultId) {
      try {
        return (await signaling.request('schedule.appointment', { consultId })).appointment;
      } catch (error) {
        store.setState({ error: toAppError(error) });
        return null;
      }
    },
    cancel: (consultId, scope, reason) => run(() => signaling.request('schedule.cancel', { consultId, scope, reason })),
    answer: (consultId, scope, answer) => run(() => signaling.request('schedule.answer', { consultId, scope, answer })),
    async substitutes(consultId, personId) {
      try {
        return (await signaling.request('schedule.substitutes', { consultId, personId })).substitutes;
      } catch (error) {
        store.setState({ error: toAppError(error) });
        return null;
      }
    },
    substitute: ({ consultId, requestId }, personId, substituteId, reason) =>
      run(() => (requestId === null ? signaling.request('schedule.substitute', { consultId, personId, substituteId }) : stepOf(requestId, () => ({ type: 'substitute', personId, byPersonId: substituteId, reason })))),
    readFeed() {
      signaling.request('schedule.feed', {}).then(
        (feed) => store.setState({ feed }),
        (error: unknown) => store.setState({ error: toAppError(error) }),
      );
    },
    createFeed: (language) =>
      void run(async () => {
        const { path } = await signaling.request('schedule.createFeed', { language });
        store.setState({ feedPath: path, feed: { createdAtMs: clock.wallMs() } });
      }),
    revokeFeed: () =>
      void run(async () => {
        await signaling.request('schedule.revokeFeed', {});
        store.setState({ feedPath: null, feed: { createdAtMs: null } });
      }),
    putAwayFeed: () => store.setState({ feedPath: null }),
    clearError: () => store.setState({ error: null, taken: [] }),
  };
}
