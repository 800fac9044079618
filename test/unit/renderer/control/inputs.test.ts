import { beforeEach, describe, expect, it } from 'vitest';
import { createDeviceState } from '#shared/control/frames/stateFrame';
import { angleBetweenDeg, createPose, tiltDeg } from '#shared/control/pose';
import { shapeAxis } from '../../../../renderer/services/control/inputs/axes.ts';
import { type GamepadLike, kindOfGamepad } from '../../../../renderer/services/control/inputs/gamepadInput.ts';
import { HandInput } from '../../../../renderer/services/control/inputs/handInput.ts';

type Pad = { -readonly [K in keyof GamepadLike]: GamepadLike[K] extends readonly (infer E)[] ? E[] : GamepadLike[K] };
const buttons = (count: number) => Array.from({ length: count }, () => ({ pressed: false, value: 0 }));
const gamepad = (): Pad => ({ id: 'Wireless Controller (STANDARD GAMEPAD Vendor: 054c Product: 09cc)', index: 0, connected: true, mapping: 'standard', axes: [0, 0, 0, 0], buttons: buttons(17) });
const cap = (): Pad => ({ id: 'SpaceMouse Wireless (Vendor: 256f Product: c62e)', index: 1, connected: true, mapping: '', axes: [0, 0, 0, 0, 0, 0], buttons: buttons(2) });

class Bench {
  readonly window = new EventTarget();
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  pads: (GamepadLike | null)[] = [];
  isTyping = false;
  readonly state = createDeviceState();
  readonly input = new HandInput({ window: this.window, document: this.document, gamepads: () => this.pads, isTyping: () => this.isTyping });
  nowMs = 1000;

  read() {
    this.nowMs += 10;
    return this.input.read(this.state, this.nowMs);
  }

  get isHeld(): boolean {
    return this.read().isDeadManHeld;
  }

  key(type: 'keydown' | 'keyup', code: string, more: object = {}): Event {
    const event = Object.assign(new Event(type, { cancelable: true }), { code, repeat: false, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, ...more });
    this.window.dispatchEvent(event);
    return event;
  }

  /** As the patient side would say it; then so long with the hand as it is. */
  engageFor(ms: number): void {
    this.state.phase = 'engaged';
    for (let passed = 0; passed < ms; passed += 10) this.read();
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
  bench.input.setActive(true);
});
const press = (pad: Pad, button: number, isPressed = true) => {
  pad.buttons[button] = { pressed: isPressed, value: isPressed ? 1 : 0 };
};

describe('axes', () => {
  it('[CTL64] have a dead zone, a curve that is fine near the middle, and both ends', () => {
    const shape = { deadZone: 0.1, exponent: 2 };
    expect([0, 0.1, -0.1, 1, -1, 1.4, Number.NaN, undefined].map((value) => shapeAxis(value, shape))).toEqual([0, 0, 0, 1, -1, 1, 0, 0]);
    expect(shapeAxis(0.55, shape)).toBeCloseTo(0.25);
    expect(shapeAxis(0.11, shape)).toBeLessThan(0.001);
  });

  it('[CTL64] tell a 3D mouse from a gamepad, and neither from a wheel', () => {
    expect(kindOfGamepad(gamepad())).toBe('gamepad');
    expect(kindOfGamepad(cap())).toBe('mouse3d');
    expect(kindOfGamepad({ ...cap(), id: 'Racing Wheel' })).toBeNull();
  });
});

describe('a gamepad', () => {
  let pad: Pad;
  beforeEach(() => {
    pad = gamepad();
    bench.pads = [null, pad];
    bench.input.choose('gamepad');
  });

  it('[CTL64] moves the hand in the frame of the probe while motion is engaged, and only then', () => {
    press(pad, 4);
    expect(bench.isHeld).toBe(true);
    pad.axes[0] = 1;
    bench.engageFor(500);
    expect(bench.read().pose.xMm).toBeGreaterThan(13);
    bench.state.phase = 'waiting';
    expect(bench.read().pose.xMm).toBe(0);
    // A probe that leans: its own right is not the base's.
    bench.state.measured.qw = Math.SQRT1_2;
    bench.state.measured.qz = Math.SQRT1_2;
    bench.read();
    bench.engageFor(500);
    expect(bench.read().pose.yMm).toBeGreaterThan(13);
    expect(Math.abs(bench.read().pose.xMm)).toBeLessThan(0.1);
  });

  it('[CTL64] leans the beam to where the right stick points, and turns by the cross', () => {
    press(pad, 4);
    bench.read();
    pad.axes[2] = 1;
    bench.engageFor(500);
    const { pose } = bench.read();
    expect(tiltDeg(pose)).toBeGreaterThan(8);
    expect(2 * (pose.qx * pose.qz + pose.qw * pose.qy)).toBeGreaterThan(0.1); // the probe's z towards x
    pad.axes[2] = 0;
    press(pad, 15);
    bench.state.phase = 'waiting';
    bench.read();
    bench.engageFor(500);
    expect(bench.read().pose.qz).toBeGreaterThan(0.05);
  });

  it('[CTL66] counts from where the probe is after it was let go: nothing is made up for', () => {
    press(pad, 4);
    bench.read();
    pad.axes[0] = 1;
    bench.engageFor(300);
    press(pad, 4, false);
    bench.state.phase = 'clutched';
    bench.state.measured.xMm = 4;
    expect(bench.isHeld).toBe(false);
    expect(bench.read().pose.xMm).toBe(4);
    bench.nowMs += 5000; // a page that stood still
    bench.state.phase = 'engaged';
    pad.axes[0] = 0;
    bench.read();
    press(pad, 4);
    bench.read();
    pad.axes[0] = 1;
    bench.nowMs += 5000;
    expect(bench.read().pose.xMm).toBeLessThan(4 + 30 * 0.06);
  });

  it('[CTL66] turns less with a finer scale, which is not changed under the hand', () => {
    const turned = (scale: number) => {
      bench.input.setScale(scale);
      press(pad, 4);
      bench.read();
      bench.input.setScale(1); // held: not now
      press(pad, 15);
      bench.engageFor(1000);
      const angle = angleBetweenDeg(bench.read().pose, createPose());
      press(pad, 15, false);
      press(pad, 4, false);
      bench.state.phase = 'waiting';
      bench.read();
      return angle;
    };
    const [whole, tenth] = [turned(1), turned(0.1)];
    expect(whole).toBeGreaterThan(18);
    expect(tenth).toBeCloseTo(whole / 10, 1);
  });

  it('[CTL65] lets go on blur, on a hidden page, when the machine is locked, and needs a new press afterwards', () => {
    const losses: [string, () => void][] = [
      ['blur', () => bench.window.dispatchEvent(new Event('blur'))],
      ['hidden', () => {
        bench.document.visibilityState = 'hidden';
        bench.document.dispatchEvent(new Event('visibilitychange'));
      }],
      ['locked', () => bench.input.lock()],
    ];
    for (const [reason, lose] of losses) {
      press(pad, 4);
      expect(bench.isHeld).toBe(true);
      lose();
      bench.document.visibilityState = 'visible';
      expect(bench.isHeld, reason).toBe(false);
      expect(bench.input.view.dropped).toBe(reason);
      press(pad, 4, false);
      expect(bench.isHeld).toBe(false);
      bench.window.dispatchEvent(new Event('focus'));
    }
    press(pad, 4);
    expect(bench.isHeld).toBe(true);
    expect(bench.input.view.dropped).toBeNull();
  });

  it('[CTL65] a part of the page that loses the focus lets go, and the next press counts', () => {
    bench.window.dispatchEvent(Object.defineProperty(new Event('blur'), 'target', { value: new EventTarget() }));
    press(pad, 4);
    expect(bench.isHeld).toBe(true);
  });

  it('[CTL65] a press while another window has the focus does not count, nor when the focus is back', () => {
    bench.window.dispatchEvent(new Event('blur'));
    press(pad, 4);
    expect(bench.isHeld).toBe(false);
    expect(bench.input.view.dropped).toBe('blur');
    bench.window.dispatchEvent(new Event('focus'));
    expect(bench.isHeld).toBe(false);
    press(pad, 4, false);
    bench.read();
    press(pad, 4);
    expect(bench.isHeld).toBe(true);
  });

  it('[CTL65] lets go when it is unplugged, and does not go on when it comes back with the button down', () => {
    press(pad, 4);
    expect(bench.isHeld).toBe(true);
    bench.pads = [];
    expect(bench.isHeld).toBe(false);
    expect(bench.input.view.dropped).toBe('unplugged');
    bench.pads = [pad];
    expect(bench.isHeld).toBe(false);
    press(pad, 4, false);
    bench.read();
    press(pad, 4);
    expect(bench.isHeld).toBe(true);
  });

  it('[CTL65] does not begin with a stick that is pushed already', () => {
    pad.axes[1] = 0.6;
    press(pad, 4);
    expect(bench.isHeld).toBe(false);
    expect(bench.input.view.dropped).toBe('notCentred');
    pad.axes[1] = 0;
    expect(bench.isHeld).toBe(false);
    press(pad, 4, false);
    bench.read();
    press(pad, 4);
    expect(bench.isHeld).toBe(true);
  });

  it('[CTL65] lets go when a second device is pressed', () => {
    press(pad, 4);
    bench.read();
    const other = { ...cap(), buttons: [{ pressed: true, value: 1 }] };
    bench.pads = [pad, other];
    expect(bench.isHeld).toBe(false);
    expect(bench.input.view.dropped).toBe('secondDevice');
    bench.pads = [pad];
    expect(bench.isHeld).toBe(false);
  });

  it('[CTL65] counts nothing that was held before there was something to steer', () => {
    bench.input.setActive(false);
    press(pad, 4);
    expect(bench.isHeld).toBe(false);
    bench.input.setActive(true);
    expect(bench.isHeld).toBe(false);
    press(pad, 4, false);
    bench.read();
    press(pad, 4);
    expect(bench.isHeld).toBe(true);
  });

  it('[CTL64] is one of several: a 3D mouse moves with its six axes as they are', () => {
    const mouse = cap();
    bench.pads = [pad, mouse];
    bench.input.choose('mouse3d');
    press(mouse, 0);
    expect(bench.isHeld).toBe(true);
    mouse.axes[2] = 1;
    bench.engageFor(300);
    expect(bench.read().pose.zMm).toBeGreaterThan(7);
    expect(bench.input.view.found).toEqual([{ kind: 'gamepad', name: 'Wireless Controller' }, { kind: 'mouse3d', name: 'SpaceMouse Wireless' }]);
  });
});

describe('pads on the screen', () => {
  it('[CTL64] move from where they were pressed; a mouse holds by pressing', () => {
    expect(bench.input.press('move', 1, 'mouse')).toBe(true);
    expect(bench.isHeld).toBe(true);
    bench.engageFor(100);
    expect(bench.read().pose.xMm).toBe(0);
    bench.input.move('move', 1, 1, 0);
    bench.engageFor(500);
    expect(bench.read().pose.xMm).toBeGreaterThan(13);
    bench.input.lift('move', 1);
    expect(bench.isHeld).toBe(false);
    expect(bench.input.view.dropped).toBeNull();
  });

  it('[CTL65] under fingers the bar is held with another: letting it go stops, whatever the pads do', () => {
    expect(bench.input.press('tilt', 5, 'touch')).toBe(true);
    expect(bench.isHeld).toBe(false);
    bench.input.press('hold', 6, 'touch');
    expect(bench.isHeld).toBe(true);
    bench.input.lift('hold', 6);
    expect(bench.isHeld).toBe(false);
  });

  it('[CTL65] a pointer that the browser took away lets go, and so does a second one that holds', () => {
    bench.input.press('hold', 6, 'touch');
    bench.input.lose('hold', 6);
    expect(bench.isHeld).toBe(false);
    expect(bench.input.view.dropped).toBe('pointerLost');
    bench.input.press('hold', 7, 'touch');
    expect(bench.isHeld).toBe(true);
    expect(bench.input.press('hold', 8, 'touch')).toBe(false);
    expect(bench.isHeld).toBe(false);
    expect(bench.input.view.dropped).toBe('secondDevice');
  });

  it('[CTL64] have a second layer, to press and to turn', () => {
    bench.input.setSecondLayer(true);
    bench.input.press('move', 1, 'pen');
    bench.input.setSecondLayer(false); // held: not now
    bench.input.move('move', 1, 1, 1);
    bench.engageFor(300);
    expect(bench.read().pose.zMm).toBeGreaterThan(7);
    expect(bench.read().pose.xMm).toBe(0);
  });
});

describe('the keyboard', () => {
  beforeEach(() => bench.input.choose('keyboard'));

  it('[CTL65] holds by Space, whose press is nobody else’s, and does not start by a repeated one', () => {
    expect(bench.key('keydown', 'Space').defaultPrevented).toBe(true);
    expect(bench.isHeld).toBe(true);
    bench.key('keydown', 'KeyD');
    bench.engageFor(400);
    expect(bench.read().pose.xMm).toBeGreaterThan(5);
    bench.window.dispatchEvent(new Event('blur'));
    expect(bench.isHeld).toBe(false);
    bench.key('keydown', 'Space', { repeat: true });
    expect(bench.isHeld).toBe(false);
    bench.key('keyup', 'Space');
    bench.key('keydown', 'Space');
    expect(bench.isHeld).toBe(true);
  });

  it('[CTL65] is letters where somebody writes, and nothing at all with nothing to steer', () => {
    bench.isTyping = true;
    expect(bench.key('keydown', 'Space').defaultPrevented).toBe(false);
    expect(bench.isHeld).toBe(false);
    bench.isTyping = false;
    bench.input.setActive(false);
    expect(bench.key('keydown', 'Space').defaultPrevented).toBe(false);
    expect(bench.isHeld).toBe(false);
  });

  it('[CTL65] gives back what it listened to', () => {
    bench.input.close();
    bench.key('keydown', 'Space');
    expect(bench.isHeld).toBe(false);
  });
});
