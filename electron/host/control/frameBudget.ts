/**
 * [CTL45] How many frames are looked at: an operator sends 120 a second, twice when both paths carry them, and the line may hold a second
 * of them back. More than that is somebody who wants this process to have no time left. The holder's and other people's are counted apart.
 */
const HOLDER_PER_S = 400;
const OTHERS_PER_S = 50;

/** Two stores that fill with time (ms, monotonic) and hold a second's worth. */
export class FrameBudget {
  #holder = HOLDER_PER_S;
  #others = OTHERS_PER_S;
  #filledAtMs = 0;

  /** False: this one is not looked at. */
  take(isHolder: boolean, nowMs: number): boolean {
    const passedS = Math.max(0, nowMs - this.#filledAtMs) / 1000;
    this.#filledAtMs = nowMs;
    this.#holder = Math.min(HOLDER_PER_S, this.#holder + passedS * HOLDER_PER_S);
    this.#others = Math.min(OTHERS_PER_S, this.#others + passedS * OTHERS_PER_S);
    if ((isHolder ? this.#holder : this.#others) < 1) return false;
    if (isHolder) this.#holder -= 1;
    else this.#others -= 1;
    return true;
  }
}
