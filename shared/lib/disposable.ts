/** Reverses a subscription or gives back a resource. Calling it twice does nothing the second time. */
export type Undo = () => void;

/**
 * What an owner has to give back when it closes. Things are closed in the reverse order of being added. Something added after
 * `dispose` is closed at once: a late result of an await cannot leak.
 */
export class DisposableStack {
  #undos: Undo[] = [];
  #isDisposed = false;

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  add(undo: Undo): void {
    if (this.#isDisposed) undo();
    else this.#undos.push(undo);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    const undos = this.#undos.reverse();
    this.#undos = [];
    for (const undo of undos) undo();
  }
}
