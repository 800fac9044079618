import type { DeviceState } from '#shared/control/frames/stateFrame';
import type { Hand } from '#shared/control/operatorSide';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { clearPush, createPush, isAtRest, type Push } from './axes.ts';
import { DeadMan, type DropReason, type InputKind } from './deadMan.ts';
import { type GamepadLike, isDeadManDown, kindOfGamepad, readPush } from './gamepadInput.ts';
import { KeyboardInput } from './keyboardInput.ts';
import { PadInput, type PadPart } from './padInput.ts';
import { VirtualHand } from './virtualHand.ts';

/** At full push with a scale of 1:1: about what a calm hand does with a probe. */
const FULL_SPEED = { mmPerS: 30, degPerS: 20 } as const;

/** Where keys, focus and visibility come from: the window and its document. */
export interface InputWindow {
  readonly window: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;
  readonly document: Pick<EventTarget, 'addEventListener' | 'removeEventListener'> & { readonly visibilityState: string };
  /** `navigator.getGamepads`. */
  readonly gamepads: () => readonly (GamepadLike | null)[];
  /** Somebody writes there: keys are letters. */
  readonly isTyping: (target: EventTarget | null) => boolean;
}

export interface HandInputView {
  readonly chosen: InputKind;
  /** Gamepads and 3D mice that are there, by the names they give themselves. */
  readonly found: readonly { readonly kind: 'gamepad' | 'mouse3d'; readonly name: string }[];
  readonly isHeld: boolean;
  readonly dropped: DropReason | null;
  readonly forceN: number;
  readonly scale: number;
  readonly isSecondLayer: boolean;
}

/**
 * One hand from whatever a person steers with: pads on the screen, gamepad, 3D mouse, keyboard; one at a time, as chosen. Asked a hundred
 * times a second by who sends commands. Anything that may mean that the person's mind or hand is elsewhere lets the dead-man go.
 */
export class HandInput {
  readonly #options: InputWindow;
  readonly #events = new Emitter<{ changed: undefined }>();
  readonly #disposables = new DisposableStack();
  readonly #deadMan = new DeadMan();
  readonly #pads = new PadInput();
  readonly #keys = new KeyboardInput();
  readonly #virtual = new VirtualHand();
  readonly #push = createPush();
  readonly #hand: { pose: Hand['pose']; forceN: number; isDeadManHeld: boolean } = { pose: this.#virtual.pose, forceN: 0, isDeadManHeld: false };
  #chosen: InputKind = 'pads';
  #isActive = false;
  /** Another window has the person's attention; a gamepad is heard all the same. */
  #isAway = false;
  #forceN = 0;
  #scale = 1;
  #view: HandInputView;

  constructor(options: InputWindow) {
    this.#options = options;
    this.#view = this.#look();
    const { window, document } = options;
    this.#listen(window, 'keydown', (event) => this.#handleKey(event as KeyboardEvent)); // a key event by its name
    this.#listen(window, 'keyup', (event) => this.#handleKeyUp(event as KeyboardEvent)); // likewise
    this.#listen(window, 'blur', ({ target }) => {
      if (target === window) this.#isAway = true; // not a part of the page that loses it to another
      this.#leave('blur');
    });
    this.#listen(window, 'focus', () => {
      this.#isAway = false;
    });
    this.#listen(window, 'pagehide', () => this.#leave('hidden'));
    this.#listen(document, 'freeze', () => this.#leave('hidden'));
    this.#listen(document, 'visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#leave('hidden');
    });
    this.#listen(window, 'gamepadconnected', () => this.#changed());
    this.#listen(window, 'gamepaddisconnected', () => this.#changed());
  }

  get view(): HandInputView {
    return this.#view;
  }

  /** The newest push, for the screen; written over. */
  get push(): Readonly<Push> {
    return this.#push;
  }

  onChange(listener: () => void): Undo {
    return this.#events.on('changed', listener);
  }

  /** Keys and pads are ours only while there is something to steer. */
  setActive(isActive: boolean): void {
    if (isActive === this.#isActive) return;
    this.#update(); // what is held already is seen, and counts for nothing
    this.#isActive = isActive;
    if (isActive) this.#deadMan.begin();
    this.#leave('changed');
  }

  choose(kind: InputKind): void {
    if (kind === this.#chosen) return;
    this.#leave('changed');
    this.#chosen = kind;
    this.#changed();
  }

  /** N along the probe's axis; 0: where the hand leads, whatever the force. */
  setForceN(forceN: number): void {
    this.#forceN = Math.max(0, forceN);
    this.#changed();
  }

  /** 1, 0.5, 0.2, 0.1: turning is scaled here, the way by who sends it. Not while the probe moves: it would change under the hand. */
  setScale(scale: number): void {
    if (this.#deadMan.isHeld) return;
    this.#scale = scale;
    this.#changed();
  }

  setSecondLayer(isSecondLayer: boolean): void {
    if (this.#deadMan.isHeld) return;
    this.#pads.isSecondLayer = isSecondLayer;
    this.#changed();
  }

  // ---- pads ----

  /** A pointer went down on a pad or on the bar. False: it does not count. */
  press(part: PadPart, pointerId: number, pointerType: string): boolean {
    if (!this.#isActive || this.#chosen !== 'pads') return false;
    const isTaken = this.#pads.press(part, pointerId, pointerType);
    if (!isTaken) this.#drop('secondDevice');
    this.#update();
    return isTaken;
  }

  /** From where it was pressed, in halves of the pad; y downwards. */
  move(part: PadPart, pointerId: number, x: number, y: number): void {
    this.#pads.move(part, pointerId, x, y);
  }

  lift(part: PadPart, pointerId: number): void {
    this.#pads.lift(part, pointerId);
    this.#update();
  }

  /** The browser took a pointer away: nobody knows where the finger is. */
  lose(part: PadPart, pointerId: number): void {
    const wasDown = this.#pads.isDown;
    this.#pads.lift(part, pointerId);
    if (wasDown && !this.#pads.isDown) this.#drop('pointerLost');
    this.#update();
  }

  // ---- time ----

  /** The hand at this moment. The same object each time. `state`: the device's newest, null before it was heard. */
  read(state: Pick<Readonly<DeviceState>, 'phase' | 'measured'> | null, nowMs: number): Hand {
    this.#update();
    const isMoving = this.#deadMan.isHeld && state?.phase === 'engaged';
    if (isMoving) this.#virtual.advance(this.#push, FULL_SPEED, this.#scale, nowMs);
    else if (state) this.#virtual.align(state.measured, nowMs);
    this.#hand.forceN = this.#forceN;
    this.#hand.isDeadManHeld = this.#deadMan.isHeld;
    return this.#hand;
  }

  /** The machine was locked, or goes to sleep. */
  lock(): void {
    this.#leave('locked');
  }

  close(): void {
    this.#leave('changed');
    this.#disposables.dispose();
    this.#events.clear();
  }

  #update(): void {
    const wasHeld = this.#deadMan.isHeld;
    const was = this.#deadMan.dropped;
    const isDown = this.#readDevice();
    const isForeign = this.#isElsewherePressed();
    // A push that waits for the press would move the probe the moment it is engaged.
    const refusal = !this.#isActive ? 'changed' : this.#isAway && this.#isPolled ? 'blur' : isForeign ? 'secondDevice' : isAtRest(this.#push) || this.#chosen === 'pads' ? null : 'notCentred';
    this.#deadMan.setDown(isDown, refusal);
    if (isForeign && this.#deadMan.isHeld) this.#drop('secondDevice');
    if (wasHeld !== this.#deadMan.isHeld || was !== this.#deadMan.dropped) this.#changed();
  }

  /** Reads the chosen device's push, and whether its dead-man is down. */
  #readDevice(): boolean {
    switch (this.#chosen) {
      case 'pads':
        this.#pads.readPush(this.#push);
        return this.#pads.isDown;
      case 'keyboard':
        this.#keys.readPush(this.#push);
        return this.#keys.isDown;
      default:
        return this.#readGamepad();
    }
  }

  #readGamepad(): boolean {
    const pad = this.#gamepads().find((one) => kindOfGamepad(one) === this.#chosen);
    if (pad) {
      readPush(pad, this.#push);
      return isDeadManDown(pad);
    }
    clearPush(this.#push);
    this.#deadMan.drop('unplugged');
    return this.#deadMan.isDown; // it may come back with its button down
  }

  /** The dead-man of a device that was not chosen, or of a second one of its kind. */
  #isElsewherePressed(): boolean {
    const pressed = this.#gamepads().filter(isDeadManDown);
    const own = this.#gamepads().find((one) => kindOfGamepad(one) === this.#chosen);
    return pressed.some((one) => one !== own) || (this.#chosen !== 'keyboard' && this.#keys.isDown) || (this.#chosen !== 'pads' && this.#pads.isDown);
  }

  #gamepads(): GamepadLike[] {
    return this.#options.gamepads().filter((pad) => pad !== null).filter((pad) => pad.connected && kindOfGamepad(pad) !== null);
  }

  #handleKey(event: KeyboardEvent): void {
    if (!this.#isActive || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || this.#options.isTyping(event.target)) return;
    if (this.#chosen !== 'keyboard' || !this.#keys.press(event.code, event.repeat)) return;
    // Space would press the button that has the focus, or open the microphone.
    event.preventDefault();
    event.stopPropagation();
    this.#update();
  }

  #handleKeyUp(event: KeyboardEvent): void {
    if (!this.#isActive || this.#chosen !== 'keyboard') return;
    this.#keys.lift(event.code);
    if (event.code === 'Space' && !this.#options.isTyping(event.target)) {
      event.preventDefault();
      event.stopPropagation();
    }
    this.#update();
  }

  #drop(reason: DropReason): void {
    this.#deadMan.drop(reason);
    this.#changed();
  }

  /** Keys and pointers that are down will not be told of when they go up. */
  #leave(reason: DropReason): void {
    if (this.#isPolled) this.#deadMan.drop(reason);
    else this.#deadMan.forget(reason);
    this.#pads.clear();
    this.#keys.clear();
    this.#changed();
  }

  get #isPolled(): boolean {
    return this.#chosen === 'gamepad' || this.#chosen === 'mouse3d';
  }

  #look(): HandInputView {
    const found = this.#gamepads().flatMap((pad) => {
      const kind = kindOfGamepad(pad);
      return kind === null ? [] : [{ kind, name: pad.id.replace(/\s*\(.*$/, '') }];
    });
    return { chosen: this.#chosen, found, isHeld: this.#deadMan.isHeld, dropped: this.#deadMan.dropped, forceN: this.#forceN, scale: this.#scale, isSecondLayer: this.#pads.isSecondLayer };
  }

  #changed(): void {
    this.#view = this.#look();
    this.#events.emit('changed', undefined);
  }

  #listen(target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>, name: string, listener: (event: Event) => void): void {
    target.addEventListener(name, listener, { capture: true });
    this.#disposables.add(() => target.removeEventListener(name, listener, { capture: true }));
  }
}
