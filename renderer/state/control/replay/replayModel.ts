import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { parseRecordEntry } from '#shared/protocol/controlRecord/entries';
import { MAX_RECORD_BYTES, type RecordBreak, readRecordFile } from '#shared/protocol/controlRecord/recordFile';
import { AppError, toAppError } from '#shared/protocol/errors';
import { createTimeline, type Moment, momentAt, type Timeline } from './timeline.ts';

const TICK_MS = 40;
export const SPEEDS = [0.5, 1, 2, 4, 8] as const;
export type Speed = (typeof SPEEDS)[number];
/** Going back while it plays: what was passed less than this ago is not what is meant, ms. */
const JUST_PASSED_MS = 1000;

/** What was found before anything is shown. */
export interface Verdict {
  readonly broken: RecordBreak | null;
  /** The chain ends with another hash than the case keeps beside the file: lines are missing at the end, or all of it is another. */
  readonly isOtherEnd: boolean;
  readonly entries: number;
  readonly lastHash: string;
}

export interface ReplayState {
  readonly phase: 'reading' | 'ready' | 'failed';
  readonly error: AppError | null;
  /** As it stands in the case, to be taken along; null before it was read. */
  readonly file: Blob | null;
  readonly verdict: Verdict | null;
  /** Null: there is nothing in it that can be shown. */
  readonly timeline: Timeline | null;
  readonly moment: Moment | null;
  readonly isPlaying: boolean;
  readonly speed: Speed;
}

export interface ReplayModel {
  readonly store: StoreApi<ReplayState>;
  play(): void;
  pause(): void;
  /** ms from the record's beginning. */
  seek(atMs: number): void;
  /** To the next or the last event. */
  step(direction: 1 | -1): void;
  setSpeed(speed: Speed): void;
  close(): void;
}

export interface ReplayOptions {
  readonly read: () => Promise<Blob>;
  /** As the case keeps it beside the file; null: it keeps none. */
  readonly lastHash: string | null;
  readonly sha256Hex: (text: string) => Promise<string>;
  readonly clock: Clock;
}

/** [CTL114] A record of remote control, checked first and then played. */
export function createReplayModel({ read, lastHash, sha256Hex, clock }: ReplayOptions): ReplayModel {
  const store = createStore<ReplayState>(() => ({ phase: 'reading', error: null, file: null, verdict: null, timeline: null, moment: null, isPlaying: false, speed: 1 }));
  let [isClosed, tickedAtMs] = [false, 0];
  let cancelTick: Undo | null = null;

  async function open(): Promise<void> {
    try {
      const blob = await read();
      if (blob.size > MAX_RECORD_BYTES) throw new AppError('input.tooLarge', 'no record is that large');
      const reading = await readRecordFile(await blob.text(), sha256Hex);
      if (isClosed) return;
      const entries = reading.entries.map(parseRecordEntry).filter((entry) => entry !== null);
      const verdict: Verdict = { broken: reading.broken, isOtherEnd: lastHash !== null && lastHash !== reading.lastHash, entries: reading.entries.length, lastHash: reading.lastHash };
      const timeline = entries.length === 0 ? null : createTimeline(entries);
      store.setState({ phase: 'ready', file: blob, verdict, timeline, moment: timeline === null ? null : momentAt(timeline, 0) });
    } catch (error) {
      if (!isClosed) store.setState({ phase: 'failed', error: toAppError(error) });
    }
  }

  function seek(atMs: number): void {
    const { timeline } = store.getState();
    if (timeline === null) return;
    store.setState({ moment: momentAt(timeline, Math.max(0, Math.min(timeline.durationMs, atMs))) });
  }

  function tick(): void {
    const { timeline, moment, speed } = store.getState();
    if (timeline === null || moment === null) return;
    const nowMs = clock.monotonicMs();
    const atMs = moment.atMs + (nowMs - tickedAtMs) * speed;
    tickedAtMs = nowMs;
    seek(atMs);
    if (atMs >= timeline.durationMs) return pause();
    cancelTick = clock.after(TICK_MS, tick);
  }

  function play(): void {
    const { timeline, moment, isPlaying } = store.getState();
    if (timeline === null || moment === null || isPlaying) return;
    if (moment.atMs >= timeline.durationMs) seek(0);
    tickedAtMs = clock.monotonicMs();
    store.setState({ isPlaying: true });
    cancelTick = clock.after(TICK_MS, tick);
  }

  function pause(): void {
    cancelTick?.();
    cancelTick = null;
    store.setState({ isPlaying: false });
  }

  drop(open(), 'told in the state');
  return {
    store,
    play,
    pause,
    seek,
    step(direction) {
      const { timeline, moment } = store.getState();
      if (timeline === null || moment === null) return;
      const { events } = timeline;
      const next = direction > 0 ? events.find(({ atMs }) => atMs > moment.atMs + 1) : events.findLast(({ atMs }) => atMs < moment.atMs - (store.getState().isPlaying ? JUST_PASSED_MS : 1));
      if (next !== undefined) seek(next.atMs);
    },
    setSpeed: (speed) => store.setState({ speed }),
    close() {
      isClosed = true;
      cancelTick?.();
    },
  };
}
