import type { Undo } from './disposable.ts';

/**
 * A typed event source: `on` subscribes and returns its undo. A listener that throws does not keep the others from hearing;
 * the first error is rethrown after all have been called, so that nothing is swallowed.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>();

  on<K extends keyof Events>(name: K, listener: (payload: Events[K]) => void): Undo {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    // The set is keyed by name, and only `emit` of the same name reads it, with that name's payload.
    const stored = listener as (payload: never) => void;
    set.add(stored);
    return () => {
      set.delete(stored);
    };
  }

  emit<K extends keyof Events>(name: K, payload: Events[K]): void {
    const set = this.#listeners.get(name);
    if (!set) return;
    const errors: unknown[] = [];
    for (const listener of [...set]) {
      try {
        (listener as (payload: Events[K]) => void)(payload); // see `on`: same name, same payload
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** How many listeners are subscribed in all: leak tests compare it before and after. */
  get listenerCount(): number {
    let count = 0;
    for (const set of this.#listeners.values()) count += set.size;
    return count;
  }

  clear(): void {
    this.#listeners.clear();
  }
}
