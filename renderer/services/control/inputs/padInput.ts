import { type AxisShape, clearPush, type Push, shapeAxis } from './axes.ts';

/** What is pressed on the screen: the pad that moves, the pad that leans, their edges that press and turn, and the bar that is held. */
export type PadPart = 'move' | 'tilt' | 'hold';

const PAD: AxisShape = { deadZone: 0.08, exponent: 1.5 };

interface Touch {
  readonly pointerId: number;
  x: number;
  y: number;
}

/**
 * Two pads and a bar to hold, under mouse, pen or fingers. A push is the way from where the pad was pressed, so that pressing moves
 * nothing. A mouse or a pen, of which there is one, holds the dead-man by pressing the pad; fingers hold the bar with another.
 */
export class PadInput {
  readonly #touches: Record<PadPart, Touch | null> = { move: null, tilt: null, hold: null };
  #holding: number | null = null;
  /** The pads' second layer: the move pad lifts and presses, the tilt pad turns. */
  isSecondLayer = false;

  get isDown(): boolean {
    return this.#holding !== null;
  }

  /** False: another pointer has this part already, or another holds. */
  press(part: PadPart, pointerId: number, pointerType: string): boolean {
    if (this.#touches[part] !== null) return false;
    this.#touches[part] = { pointerId, x: 0, y: 0 };
    if (part !== 'hold' && pointerType === 'touch') return true;
    if (this.#holding !== null) return false;
    this.#holding = pointerId;
    return true;
  }

  /** From where it was pressed, in halves of the pad, -1 to 1; y downwards. */
  move(part: PadPart, pointerId: number, x: number, y: number): void {
    const touch = this.#touches[part];
    if (touch?.pointerId !== pointerId) return;
    touch.x = x;
    touch.y = y;
  }

  lift(part: PadPart, pointerId: number): void {
    if (this.#touches[part]?.pointerId !== pointerId) return;
    this.#touches[part] = null;
    if (this.#holding === pointerId) this.#holding = null;
  }

  clear(): void {
    this.#touches.move = this.#touches.tilt = this.#touches.hold = null;
    this.#holding = null;
  }

  readPush(push: Push): void {
    clearPush(push);
    const { move, tilt } = this.#touches;
    const [moveX, moveY] = [shapeAxis(move?.x, PAD), shapeAxis(move?.y, PAD)];
    const [tiltX, tiltY] = [shapeAxis(tilt?.x, PAD), shapeAxis(tilt?.y, PAD)];
    if (this.isSecondLayer) {
      push.z = moveY;
      push.aboutZ = tiltX;
      return;
    }
    push.x = moveX;
    push.y = moveY;
    push.aboutY = tiltX;
    push.aboutX = tiltY === 0 ? 0 : -tiltY;
  }
}
