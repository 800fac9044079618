/**
 * How an input device is pushed, in the probe's own frame, each from -1 to 1: x to the right of the picture, y towards whoever stands at
 * the patient's feet, z into the patient; and turns about them, by the right hand.
 */
export interface Push {
  x: number;
  y: number;
  z: number;
  aboutX: number;
  aboutY: number;
  aboutZ: number;
}

export const createPush = (): Push => ({ x: 0, y: 0, z: 0, aboutX: 0, aboutY: 0, aboutZ: 0 });

export function clearPush(push: Push): void {
  push.x = push.y = push.z = push.aboutX = push.aboutY = push.aboutZ = 0;
}

export const isAtRest = ({ x, y, z, aboutX, aboutY, aboutZ }: Readonly<Push>): boolean => x === 0 && y === 0 && z === 0 && aboutX === 0 && aboutY === 0 && aboutZ === 0;

export interface AxisShape {
  /** Below this an axis is at rest: sticks do not come back to the same place. */
  readonly deadZone: number;
  /** More than one: fine near the middle, all at the end. */
  readonly exponent: number;
}

/** [CTL64] An axis as the device says it, into -1 to 1 without the dead zone. What is no number is at rest. */
export function shapeAxis(value: number | undefined, { deadZone, exponent }: AxisShape): number {
  if (value === undefined || !Number.isFinite(value)) return 0;
  const size = Math.min(1, Math.abs(value));
  if (size <= deadZone) return 0;
  return Math.sign(value) * ((size - deadZone) / (1 - deadZone)) ** exponent;
}
