/**
 * Runs tasks one after another in the order they were pushed. A task that fails rejects its own promise only. After `close`,
 * waiting tasks are rejected with the reason and no further one is taken; the one under way is left to end.
 */
export class AsyncQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #closedReason: Error | null = null;
  #size = 0;
  readonly #limit: number;

  /** @param limit how many tasks may wait at once; one more is refused. */
  constructor(limit = 256) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  push<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closedReason) return Promise.reject(this.#closedReason);
    if (this.#size >= this.#limit) return Promise.reject(new Error(`queue is full (${this.#limit} tasks wait)`));
    this.#size += 1;
    const run = this.#tail.then(() => {
      if (this.#closedReason) throw this.#closedReason;
      return task();
    });
    const settle = () => {
      this.#size -= 1;
    };
    this.#tail = run.then(settle, settle);
    return run;
  }

  close(reason: Error): void {
    this.#closedReason ??= reason;
  }
}
