import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestPort } from './ports.ts';

export interface LiveReadingOptions<T> {
  readonly signaling: RequestPort;
  /** Asks the server; null: there is nothing to ask for at present. */
  readonly read: () => Promise<T> | null;
  readonly show: (found: T) => void;
  /** What is shown stays, or goes, as the model sees fit. */
  readonly fail: (error: AppError) => void;
  /** How long after a change it is read again, ms: changes come in bursts, and one answer serves a burst. Null: at once. */
  readonly delay: { readonly clock: Clock; readonly afterMs: () => number } | null;
}

/** Something of the server's, read again whenever it changes and whenever the connection is back. Only the newest answer is shown. */
export interface LiveReading {
  /** Listens and reads; what was followed before is let go. `listen` subscribes to what tells of changes. */
  start(listen: (changed: () => void) => readonly Undo[]): void;
  /** Reads at once, while it is followed. */
  now(): void;
  /** An answer that is on its way is not shown any more. */
  stop(): void;
  /** Takes down which reading is the newest; the answer is false once there was another, or it was stopped. */
  mark(): () => boolean;
}

export function createLiveReading<T>({ signaling, read, show, fail, delay }: LiveReadingOptions<T>): LiveReading {
  let undos: DisposableStack | null = null;
  let cancelTimer: Undo | null = null;
  let generation = 0;

  function mark(): () => boolean {
    const mine = generation;
    return () => mine === generation;
  }

  function now(): void {
    cancelTimer?.();
    cancelTimer = null;
    if (undos === null) return;
    generation += 1;
    const isNewest = mark();
    read()?.then(
      (found) => {
        if (isNewest()) show(found);
      },
      (error: unknown) => {
        if (isNewest()) fail(toAppError(error));
      },
    );
  }

  // The first change of a burst sets the time: a change each 100 ms does not put the answer off for ever.
  const soon = () => {
    if (delay === null) now();
    else cancelTimer ??= delay.clock.after(delay.afterMs(), now);
  };

  function stop(): void {
    undos?.dispose();
    undos = null;
    cancelTimer?.();
    cancelTimer = null;
    generation += 1;
  }

  return {
    start(listen) {
      stop();
      undos = new DisposableStack();
      for (const undo of listen(soon)) undos.add(undo);
      undos.add(signaling.onStatus((status) => (status.step === 'connected' ? soon() : undefined)));
      now();
    },
    now,
    stop,
    mark,
  };
}
