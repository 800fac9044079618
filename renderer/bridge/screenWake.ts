import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';

/** What is used of the Screen Wake Lock API (W3C) and of the document. */
export interface WakeHost {
  readonly wakeLock: { request(type: 'screen'): Promise<{ release(): Promise<void> }> } | undefined;
  /** Calls back whenever the page becomes visible; browsers drop the lock when it is hidden. */
  onVisible(listener: () => void): Undo;
}

/** Keeps the screen on while a consult is active, where the desktop host cannot: in a browser window. */
export class ScreenWake {
  readonly #host: WakeHost;
  readonly #stopListening: Undo;
  #isWanted = false;
  #lock: Promise<{ release(): Promise<void> }> | null = null;

  constructor(host: WakeHost) {
    this.#host = host;
    this.#stopListening = host.onVisible(() => {
      if (this.#isWanted) this.#take();
    });
  }

  setActive(isActive: boolean): void {
    if (this.#isWanted === isActive) return;
    this.#isWanted = isActive;
    if (isActive) this.#take();
    else this.#release();
  }

  close(): void {
    this.setActive(false);
    this.#stopListening();
  }

  #take(): void {
    this.#release();
    this.#lock = this.#host.wakeLock?.request('screen') ?? null;
    if (this.#lock) drop(this.#lock, 'refused on low battery or while hidden; asked again when visible');
  }

  #release(): void {
    const lock = this.#lock;
    this.#lock = null;
    if (lock) drop(lock.then((held) => held.release()), 'a lock that was never had needs no release');
  }
}
