import { clearPush, type Push } from './axes.ts';

/** By place on the keyboard: the same under every layout. */
const KEYS: Readonly<Record<string, readonly [keyof Push, number]>> = {
  KeyD: ['x', 1], KeyA: ['x', -1], KeyS: ['y', 1], KeyW: ['y', -1], KeyF: ['z', 1], KeyR: ['z', -1],
  ArrowRight: ['aboutY', 1], ArrowLeft: ['aboutY', -1], ArrowUp: ['aboutX', 1], ArrowDown: ['aboutX', -1], KeyE: ['aboutZ', 1], KeyQ: ['aboutZ', -1],
};
const DEAD_MAN = 'Space';
/** A key has no half way. */
const STRENGTH = 0.5;

/** Space held is the dead-man; WASD and RF move, arrows lean, QE turns. */
export class KeyboardInput {
  readonly #down = new Set<string>();

  get isDown(): boolean {
    return this.#down.has(DEAD_MAN);
  }

  /** Whether this key is ours. A repeated key was pressed before, perhaps before the window was ours. */
  press(code: string, isRepeat: boolean): boolean {
    if (code !== DEAD_MAN && KEYS[code] === undefined) return false;
    if (!isRepeat) this.#down.add(code);
    return true;
  }

  lift(code: string): void {
    this.#down.delete(code);
  }

  clear(): void {
    this.#down.clear();
  }

  readPush(push: Push): void {
    clearPush(push);
    for (const code of this.#down) {
      const key = KEYS[code];
      if (key) push[key[0]] += key[1] * STRENGTH;
    }
  }
}
