/** What a person steers with. */
export const INPUT_KINDS = ['pads', 'gamepad', 'mouse3d', 'keyboard'] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

/** Why a dead-man that is still held down counts for nothing. */
export type DropReason = 'blur' | 'hidden' | 'unplugged' | 'locked' | 'pointerLost' | 'secondDevice' | 'notCentred' | 'changed';

/**
 * [CTL65] Whether the dead-man is held. Held is only what was pressed anew, on the device that was chosen, while nothing else was pressed;
 * whatever takes the person's attention or the device away lets it go, and then it has to be let go and pressed again.
 */
export class DeadMan {
  #isDown = false;
  #isHeld = false;
  #dropped: DropReason | null = null;

  /** As the device said last, whether it counts or not. */
  get isDown(): boolean {
    return this.#isDown;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Why it was let go without the person's doing so; null: it was not. */
  get dropped(): DropReason | null {
    return this.#dropped;
  }

  /** What the device says now; false to true is a press. `refusal`: why a press would not count now. */
  setDown(isDown: boolean, refusal: DropReason | null = null): void {
    if (isDown === this.#isDown) return;
    this.#isDown = isDown;
    this.#isHeld = isDown && refusal === null;
    if (isDown) this.#dropped = refusal;
    else if (this.#dropped === 'notCentred') this.#dropped = null;
  }

  /** Begins anew: what was lost before is of no interest, what is held now still is. */
  begin(): void {
    if (!this.#isDown) this.#dropped = null;
  }

  /** Lets go at once. */
  drop(reason: DropReason): void {
    if (this.#isDown || this.#isHeld) this.#dropped = reason;
    this.#isHeld = false;
  }

  /** The device will not tell of its release: keys and pointers of a window that lost them. */
  forget(reason: DropReason): void {
    this.drop(reason);
    this.#isDown = false;
  }
}
