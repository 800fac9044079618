import { type AxisShape, clearPush, type Push, shapeAxis } from './axes.ts';

/** The part of a `Gamepad` that is used. */
export interface GamepadLike {
  readonly id: string;
  readonly index: number;
  readonly connected: boolean;
  readonly mapping: string;
  readonly axes: readonly number[];
  readonly buttons: readonly { readonly pressed: boolean; readonly value: number }[];
}

const STICK: AxisShape = { deadZone: 0.12, exponent: 1.8 };
/** A cap on springs: comes back better than a stick. */
const CAP: AxisShape = { deadZone: 0.06, exponent: 1.6 };
const TRIGGER: AxisShape = { deadZone: 0.08, exponent: 1.5 };
const CAP_NAMES = /3dconnexion|space ?(mouse|navigator|pilot|explorer|traveler)|vendor: 256f/i;

/** Six axes by a maker of 3D mice; everything else with sticks is a gamepad. Null: neither. */
export function kindOfGamepad({ id, axes, buttons, mapping }: GamepadLike): 'gamepad' | 'mouse3d' | null {
  if (axes.length >= 6 && CAP_NAMES.test(id)) return 'mouse3d';
  return mapping === 'standard' && axes.length >= 4 && buttons.length >= 8 ? 'gamepad' : null;
}

/** The left bumper; on a 3D mouse the left key. */
export function isDeadManDown(pad: GamepadLike): boolean {
  return pad.buttons[kindOfGamepad(pad) === 'mouse3d' ? 0 : 4]?.pressed ?? false;
}

/**
 * [CTL64] Left stick moves along the skin, right stick leans, triggers lift and press, the cross turns. A 3D mouse's axes are the probe's
 * own (HID: x right, y towards the person, z down).
 */
export function readPush(pad: GamepadLike, push: Push): void {
  clearPush(push);
  const { axes, buttons } = pad;
  if (kindOfGamepad(pad) === 'mouse3d') {
    push.x = shapeAxis(axes[0], CAP);
    push.y = shapeAxis(axes[1], CAP);
    push.z = shapeAxis(axes[2], CAP);
    push.aboutX = shapeAxis(axes[3], CAP);
    push.aboutY = shapeAxis(axes[4], CAP);
    push.aboutZ = shapeAxis(axes[5], CAP);
    return;
  }
  push.x = shapeAxis(axes[0], STICK);
  push.y = shapeAxis(axes[1], STICK);
  push.z = shapeAxis(buttons[7]?.value, TRIGGER) - shapeAxis(buttons[6]?.value, TRIGGER);
  push.aboutY = shapeAxis(axes[2], STICK);
  push.aboutX = shapeAxis(-(axes[3] ?? 0), STICK);
  push.aboutZ = (buttons[15]?.pressed ? 1 : 0) - (buttons[14]?.pressed ? 1 : 0);
}
