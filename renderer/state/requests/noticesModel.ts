import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import type { EventMap } from '#shared/protocol/events';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { NoticeAbout, NoticeRecord } from '#shared/protocol/notices';
import { createLiveReading } from '../liveReading.ts';
import type { RequestPort } from '../ports.ts';

/** What the machine's desktop can show; the bridge has this shape. */
export interface DesktopNoticePort {
  readonly permission: () => 'granted' | 'denied' | 'default' | 'unsupported';
  /** Only upon a person's press: browsers refuse it otherwise, and people do too. */
  ask(): Promise<void>;
  show(notice: { readonly title: string; readonly body: string; readonly tag: string }, onClick: () => void): void;
}

export interface NoticesState {
  /** The newest first. */
  readonly notices: readonly NoticeRecord[];
  readonly unread: number;
  readonly asOfMs: number | null;
  readonly desktop: ReturnType<DesktopNoticePort['permission']>;
  /** What this person answered here to an invitation, until its notice is gone. */
  readonly answers: ReadonlyMap<string, 'accepted' | 'declined'>;
  /** The request whose answer is on its way. */
  readonly answering: string | null;
  readonly error: AppError | null;
}

export interface NoticesModel {
  readonly store: StoreApi<NoticesState>;
  start(): void;
  stop(): void;
  refresh(): void;
  /** `ids` null: all. */
  read(ids: readonly string[] | null): void;
  /** Answers an invitation without opening it; true when the server has it. `isForSeries`: for all sessions of its series that are still open [SCH22]. */
  answer(notice: NoticeRecord, answer: 'accepted' | 'declined', reason: string, isForSeries?: boolean): Promise<boolean>;
  askDesktop(): void;
  /** Shows a notice on the desktop, where that is allowed. */
  showOnDesktop(notice: Parameters<DesktopNoticePort['show']>[0], onClick: () => void): void;
  /** Something new came, while this runs. */
  onArrived(listener: (notice: EventMap['notice.new']) => void): Undo;
}

const LISTED = 100;
const CHANGE_DELAY_MS = 150;
const EMPTY: Omit<NoticesState, 'desktop'> = { notices: [], unread: 0, asOfMs: null, answers: new Map(), answering: null, error: null };

/** Whether a notice asks for an answer that is still open. */
export function asksForAnswer(notice: NoticeRecord, answers: NoticesState['answers']): boolean {
  const { about } = notice;
  const isToCome = about.type === 'session' ? about.isToCome : about.state === 'scheduled' || about.state === 'rehearsed';
  return (notice.kind === 'invited' || notice.kind === 'moved') && isToCome && !answers.has(matterOf(about));
}

/** The one word by which answers are remembered. */
export function matterOf(about: NoticeAbout): string {
  return about.type === 'request' ? about.requestId : about.consultId;
}

/** What this person was told. */
export function createNoticesModel({ signaling, clock, desktop }: { readonly signaling: RequestPort; readonly clock: Clock; readonly desktop: DesktopNoticePort }): NoticesModel {
  const store = createStore<NoticesState>(() => ({ ...EMPTY, desktop: desktop.permission() }));
  const arrived = new Emitter<{ arrived: EventMap['notice.new'] }>();
  const reading = createLiveReading({
    signaling,
    delay: { clock, afterMs: () => CHANGE_DELAY_MS },
    read: () => signaling.request('notice.list', { limit: LISTED }),
    show: ({ notices, unread }) => store.setState({ notices, unread, asOfMs: clock.wallMs(), error: null }),
    fail: (error) => store.setState({ error }),
  });

  function read(ids: readonly string[] | null): void {
    const isMeant = ({ id, readAtMs }: NoticeRecord) => readAtMs === null && (ids === null || ids.includes(id));
    const { notices } = store.getState();
    const count = notices.filter(isMeant).length;
    if (count === 0 && ids !== null) return;
    store.setState(({ unread }) => ({ unread: ids === null ? 0 : Math.max(0, unread - count), notices: notices.map((notice) => (isMeant(notice) ? { ...notice, readAtMs: clock.wallMs() } : notice)) }));
    signaling.request('notice.read', { ids: ids === null ? null : [...ids] }).then(undefined, (error: unknown) => {
      store.setState({ error: toAppError(error) });
      reading.now();
    });
  }

  function stop(): void {
    reading.stop();
    store.setState({ ...EMPTY, desktop: desktop.permission() });
  }

  return {
    store,
    start() {
      stop();
      reading.start((changed) => [
        signaling.on('notice.new', (notice) => {
          // A new time asks anew.
          const answers = new Map(store.getState().answers);
          if ((notice.kind === 'invited' || notice.kind === 'moved') && answers.delete(matterOf(notice.about))) store.setState({ answers });
          changed();
          arrived.emit('arrived', notice);
        }),
      ]);
    },
    stop,
    refresh: reading.now,
    read,
    async answer({ id, about }, answer, reason, isForSeries = false) {
      const matter = matterOf(about);
      store.setState({ answering: matter, error: null });
      try {
        if (about.type === 'session') {
          await signaling.request('schedule.answer', { consultId: about.consultId, scope: isForSeries ? 'series' : 'one', answer: answer === 'declined' ? { answer, reason } : { answer } });
        } else {
          const { requestId } = about;
          const { request } = await signaling.request('request.get', { requestId });
          await signaling.request('request.step', { requestId, version: request.version, step: { type: 'answer', answer, reason } });
        }
        store.setState(({ answers }) => ({ answers: new Map([...answers, [matter, answer]]) }));
        read([id]);
        return true;
      } catch (error) {
        store.setState({ error: toAppError(error) });
        return false;
      } finally {
        store.setState({ answering: null });
      }
    },
    askDesktop() {
      desktop.ask().then(
        () => store.setState({ desktop: desktop.permission() }),
        (error: unknown) => store.setState({ error: toAppError(error) }),
      );
    },
    showOnDesktop(notice, onClick) {
      if (desktop.permission() === 'granted') desktop.show(notice, onClick);
    },
    onArrived: (listener) => arrived.on('arrived', listener),
  };
}
