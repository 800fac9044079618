import { createStore, type StoreApi } from 'zustand/vanilla';
import { type ControlMode, movesProbe } from '#shared/control/modes';
import type { UltrasoundSettings } from '#shared/control/settings';
import type { ControlDevice, ControlStatus } from '#shared/control/status';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { StopStanding } from '../../services/control/repeatedStop.ts';
import type { HandInputView } from '../../services/control/inputs/handInput.ts';
import type { GuidancePort, HandPort, OperatorPort, OperatorStanding, RoomControlPort, StopPort } from './controlPorts.ts';
import type { GuidanceCue } from '#shared/control/guidance';
import { createLiveView, type LiveView, turnLeft } from './liveView.ts';
import { type StateLine, stateLineOf } from './stateLine.ts';

/** The screen follows the device this often, ms; the hand is read as often as commands are sent. */
const SHOW_EVERY_MS = 100;
const HAND_EVERY_MS = 10;

export interface ConsoleState {
  readonly device: ControlDevice | null;
  readonly status: ControlStatus | null;
  readonly isChannelOpen: boolean;
  readonly operator: OperatorStanding;
  readonly hand: HandInputView;
  /** Null before the device was heard. */
  readonly live: LiveView | null;
  readonly line: StateLine;
  /** How the hand has to turn to be like the probe. */
  readonly match: ReturnType<typeof turnLeft>;
  readonly stopStanding: StopStanding;
  /** The warm-up of this session was passed. */
  readonly isWarmedUp: boolean;
  readonly isWorking: boolean;
  readonly error: AppError | null;
}

export interface ConsoleModel {
  readonly store: StoreApi<ConsoleState>;
  readonly hand: HandPort;
  /** [CTL72] In a mode that moves the probe only after the warm-up: else the error says so. */
  ask(mode: ControlMode): Promise<void>;
  unask(): void;
  release(): void;
  /** [CTL67] By button or key; at once. */
  stop(): void;
  setScale(scale: number): void;
  setForceN(forceN: number): void;
  setSettings(change: Partial<UltrasoundSettings>): void;
  sendCue(cue: GuidanceCue): void;
  /** The hand is the warm-up's for the time. */
  practise(isPractising: boolean): void;
  /** [CTL65] The console is before the person's eyes, or no longer: nobody steers by another screen, and what was held there is let go. */
  setShown(isShown: boolean): void;
  readonly isShown: boolean;
  /** This person holds a lease, whatever the status says. */
  readonly isSteering: boolean;
  handleWarmedUp(): void;
  close(): void;
}

export interface ConsoleOptions {
  readonly link: RoomControlPort;
  readonly operator: OperatorPort;
  readonly emergency: StopPort;
  readonly hand: HandPort;
  readonly guidance: GuidancePort;
  readonly clock: Clock;
  readonly selfPeerId: () => string | null;
  /** The bedside itself is `bedside`. */
  readonly nameOf: (peerId: string) => string;
}

/** The expert's console: what is known of the device, of who steers it, and of this person's hand, joined for one screen. */
export function createConsoleModel(options: ConsoleOptions): ConsoleModel {
  const { link, operator, emergency, hand, clock } = options;
  let [isWarmedUp, isPractising, isShown, hadLease] = [false, false, true, false];
  let [cancelShow, cancelHand]: [Undo | null, Undo | null] = [null, null];
  let newestHand = hand.read(null, clock.monotonicMs());

  function look(): Omit<ConsoleState, 'isWorking' | 'error'> {
    const { offer, status, isChannelOpen } = link.view;
    const live = operator.stateAgeMs === null ? null : createLiveView(operator.state, operator.stateAgeMs);
    const match = turnLeft(newestHand.pose, operator.state.measured);
    const facts = { hasDevice: offer !== null, status, operator: operator.view, live, dropped: hand.view.dropped, matchDeg: match.deg, self: options.selfPeerId(), nameOf: options.nameOf };
    return { device: offer?.device ?? null, status, isChannelOpen, operator: operator.view, hand: hand.view, live, match, line: stateLineOf(facts), stopStanding: emergency.standing, isWarmedUp };
  }

  const store = createStore<ConsoleState>(() => ({ ...look(), isWorking: false, error: null }));
  /** A line that is refused has cues where the pads were: what is held there is let go with them, and pressed anew when they are back. */
  const wantsHand = (): boolean => isShown && (isPractising || (hasHand() && store.getState().line.what !== 'lineRefused'));
  const show = () => {
    store.setState(look());
    hand.setActive(wantsHand());
  };

  function showOften(): void {
    cancelShow = clock.after(SHOW_EVERY_MS, showOften);
    show();
  }

  const hasHand = (): boolean => {
    const { mode, phase } = operator.view;
    return mode !== null && movesProbe(mode) && phase !== 'idle' && phase !== 'asking';
  };

  function readHand(): void {
    newestHand = hand.read(operator.stateAgeMs === null ? null : operator.state, clock.monotonicMs());
    operator.setHand(newestHand);
    cancelHand = hasHand() ? clock.after(HAND_EVERY_MS, readHand) : null;
  }

  function follow(): void {
    const hasLease = operator.view.phase !== 'idle' && operator.view.phase !== 'asking';
    if (hasLease && !hadLease) hand.setForceN(0); // [CTL95] what was pressed with before was for another patient, or another place
    hadLease = hasLease;
    hand.setActive(wantsHand());
    if (hasHand() && cancelHand === null) readHand();
    show();
  }

  const undos = [link.on('changed', follow), operator.on('changed', follow), hand.onChange(show)];
  showOften();
  follow();

  return {
    store,
    hand,
    async ask(mode) {
      if (movesProbe(mode) && !isWarmedUp) return store.setState({ error: new AppError('control.notWarmedUp', 'no warm-up in this session') });
      store.setState({ isWorking: true, error: null });
      try {
        await operator.ask(mode, null);
      } catch (error) {
        store.setState({ error: toAppError(error) });
      } finally {
        store.setState({ isWorking: false });
      }
    },
    unask: () => operator.unask(),
    release: () => operator.release(),
    stop() {
      emergency.stop();
      show();
    },
    setScale(scale) {
      if (hand.view.isHeld) return;
      hand.setScale(scale);
      operator.setScale(scale);
      show();
    },
    setForceN(forceN) {
      hand.setForceN(Math.min(forceN, link.view.status?.limits.maxForceN ?? 0));
    },
    setSettings(change) {
      const applied = operator.view.requested ?? link.view.status?.settings.applied;
      if (!applied) return;
      const next = { ...applied, ...change };
      operator.setSettings({ ...next, focusMm: Math.min(next.focusMm, next.depthMm) });
    },
    sendCue: (cue) => options.guidance.send(cue),
    practise(is) {
      isPractising = is;
      follow();
    },
    get isShown() {
      return isShown;
    },
    get isSteering() {
      return hadLease;
    },
    setShown(is) {
      isShown = is;
      follow();
    },
    handleWarmedUp() {
      isWarmedUp = true;
      show();
    },
    close() {
      for (const undo of undos) undo();
      cancelShow?.();
      cancelHand?.();
      cancelHand = null;
      hand.setActive(false);
    },
  };
}
