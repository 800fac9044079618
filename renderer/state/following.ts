import type { StoreApi } from 'zustand/vanilla';
import type { Undo } from '#shared/lib/disposable';
import type { AppError } from '#shared/protocol/errors';
import { createLiveReading } from './liveReading.ts';
import type { RequestPort } from './ports.ts';

export interface FollowingOptions<Target, State, Found> {
  readonly signaling: RequestPort;
  readonly store: StoreApi<State>;
  /** The state while nothing is open. */
  readonly closed: State;
  /** Tells one thing from another. */
  readonly keyOf: (target: Target) => string;
  /** What the state says of what is open, before anything of it was read. */
  readonly opened: (target: Target) => Partial<State>;
  readonly read: (target: Target) => Promise<Found>;
  readonly show: (found: Found) => Partial<State>;
  /** Subscribes to what tells that it changed. */
  readonly listen: (target: Target, changed: () => void) => readonly Undo[];
}

/** One thing of the server's at a time, followed from `open` until `close`. */
export interface Following<Target> {
  /** What is open already stays as it is. */
  open(target: Target): void;
  close(): void;
  /** Reads it at once. */
  refresh(): void;
}

/** For models that show one thing by its id: the newest answer is shown, a failed one leaves what was known, and nothing of one thing is shown with another. */
export function createFollowing<Target, State extends { readonly error: AppError | null }, Found>({ signaling, store, closed, keyOf, opened, read, show, listen }: FollowingOptions<Target, State, Found>): Following<Target> {
  let followed: Target | null = null;
  const reading = createLiveReading({
    signaling,
    delay: null,
    read: () => (followed === null ? null : read(followed)),
    show: (found) => store.setState((before) => ({ ...before, error: null, ...show(found) })),
    fail: (error) => store.setState((before) => ({ ...before, error })),
  });

  function close(): void {
    reading.stop();
    followed = null;
    store.setState(closed);
  }

  return {
    open(target) {
      if (followed !== null && keyOf(followed) === keyOf(target)) return;
      close();
      followed = target;
      store.setState({ ...closed, ...opened(target) });
      reading.start((changed) => listen(target, changed));
    },
    close,
    refresh: reading.now,
  };
}
