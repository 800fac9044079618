import { createStore, type StoreApi } from 'zustand/vanilla';
import type { UltrasoundSettings } from '#shared/control/settings';
import { frameTypeOf } from '#shared/control/frames/frame';
import { createDeviceState, type DevicePhase, type DeviceState, readState } from '#shared/control/frames/stateFrame';
import type { ControlStatus } from '#shared/control/status';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import type { AppError } from '#shared/protocol/errors';
import type { Alarms } from '../../services/control/alarms.ts';
import { BedsideControl, type ControlHost } from '../../services/control/bedsideControl.ts';
import type { ControlLink } from '../../services/control/controlLink.ts';
import { EmergencyStop } from '../../services/control/emergencyStop.ts';
import type { HandInput } from '../../services/control/inputs/handInput.ts';
import type { OperatorControl } from '../../services/control/operatorControl.ts';
import type { StopStanding } from '../../services/control/repeatedStop.ts';
import type { SimulatedPicture } from '../../services/control/simulatedPicture.ts';
import { type AlarmModel, createAlarmModel } from './alarmModel.ts';
import { type BedsideModel, createBedsideModel } from './bedsideModel.ts';
import { type ConsoleModel, createConsoleModel } from './consoleModel.ts';
import { DEAF_AFTER_MS } from './liveView.ts';
import { createWarmUpModel, type WarmUpModel } from './warmUpModel.ts';

/** Beside the patient: the models of that screen. */
export interface BedsideDesk {
  readonly type: 'bedside';
  readonly model: BedsideModel;
  readonly alarms: AlarmModel;
}

/** At the other end, for who may steer. */
export interface ConsoleDesk {
  readonly type: 'console';
  readonly model: ConsoleModel;
  readonly warmUp: WarmUpModel;
  readonly alarms: AlarmModel;
}

export interface ControlDeskState {
  /** What this person has of remote control in the room; null: the stop only, or nothing is offered. */
  readonly desk: BedsideDesk | ConsoleDesk | null;
  /** The participant who offers it. */
  readonly offeredBy: string | null;
  readonly status: ControlStatus | null;
  readonly isMoving: boolean;
  /** Of a stop that this person pressed, on whatever screen. */
  readonly stopStanding: StopStanding;
  /** [CTL91] Where a person finds a stop now; null: nowhere. */
  readonly stopPlace: StopPlace | null;
  /** What the practice shows, while it runs. */
  readonly practice: MediaStreamTrack | null;
}

export interface ControlDeskOptions {
  readonly clock: Clock;
  /** The link of the present stay; another in each; null: in no room. */
  readonly link: () => ControlLink | null;
  /** Tells that `link` may be another. */
  readonly onStay: (listener: () => void) => () => void;
  /** Null: a plain browser, or a machine whose host cannot carry frames. */
  readonly host: ControlHost | null;
  readonly mayOffer: () => boolean;
  readonly maySteer: () => boolean;
  readonly selfPeerId: () => string | null;
  readonly nameOf: (peerId: string) => string;
  readonly createHand: () => HandInput;
  /** The machine goes to sleep or is locked. */
  readonly onAway: (listener: () => void) => () => void;
  readonly createOperator: (link: ControlLink) => OperatorControl;
  readonly createPicture: () => SimulatedPicture;
  /** [CTL116] Pictures that the device sends itself; null: the host carries none. Left out: as null. */
  readonly openDevicePicture?: (onTrack: (track: MediaStreamTrack | null) => void) => { close(): void } | null;
  readonly newStopId: () => number;
  readonly alarms: () => Alarms;
  /** Publishes the picture of a simulated scanner; the undo takes it away. */
  readonly publishPicture: (track: MediaStreamTrack) => () => void;
  readonly onError: (error: AppError) => void;
}

/** Where a stop is on the screen: in console or bedside screen, or in the line above the pictures. */
export type StopPlace = 'stage' | 'banner';

/** In no room, or where nothing is offered. */
export const NO_CONTROL: ControlDeskState = { desk: null, offeredBy: null, status: null, isMoving: false, stopStanding: 'none', stopPlace: null, practice: null };
const MOVING: ReadonlySet<DevicePhase> = new Set(['engaged', 'stopping']);

export interface ControlDesk {
  readonly store: StoreApi<ControlDeskState>;
  /** [CTL31] Of anybody in the room. */
  stop(): void;
  /** [CTL91] A stop is on the screen until the undo. */
  showsStop(place: StopPlace): Undo;
  /** [CTL94] The person says that their stop, which nobody has confirmed, is not needed any more. */
  takeBackStop(): void;
  /** [CTL67] Whether the key is a stop now: somebody has a lease, and this person holds it, stands beside the patient, or looks at its console. */
  isKeyed(): boolean;
}

/** Remote control for whoever is in the room: puts together what a stay needs for this person's part in it, and takes it apart when it ends. */
export function createControlDesk(options: ControlDeskOptions): ControlDesk {
  const store = createStore<ControlDeskState>(() => NO_CONTROL);
  let [link, stay, emergency]: [ControlLink | null, DisposableStack | null, EmergencyStop | null] = [null, null, null];
  /** Beside the patient: its host hears of a stop by itself. */
  let beside: BedsideControl | null = null;
  /** How many stops are on the screen, and where. */
  const shown: Record<StopPlace, number> = { stage: 0, banner: 0 };
  /** Moving is what a state said not long ago. */
  let cancelMoving: Undo | null = null;

  function setMoving(isMoving: boolean): void {
    cancelMoving?.();
    cancelMoving = isMoving ? options.clock.after(DEAF_AFTER_MS, () => setMoving(false)) : null;
    if (isMoving !== store.getState().isMoving) store.setState({ isMoving });
  }

  function showStop(): void {
    const [own, roomWide] = [beside?.stopStanding ?? 'none', emergency?.standing ?? 'none'];
    const stopStanding = own === 'none' ? roomWide : own;
    if (stopStanding !== store.getState().stopStanding) store.setState({ stopStanding });
  }

  function follow(): void {
    const now = options.link();
    if (now === link) return;
    stay?.dispose();
    setMoving(false);
    store.setState({ ...NO_CONTROL, stopPlace: store.getState().stopPlace });
    [link, stay, emergency] = [now, null, null];
    if (now !== null) begin(now);
  }

  function begin(present: ControlLink): void {
    const own = new DisposableStack();
    stay = own;
    const stop = new EmergencyStop({ link: present, clock: options.clock, newStopId: options.newStopId, onChanged: showStop });
    emergency = stop;
    own.add(() => stop.close());
    own.add(present.on('changed', () => look(present, own)));
    own.add(followMotion(present));
    // A machine with a device is beside a patient, whoever sits at it; the host of one without says so.
    if (options.host !== null && options.mayOffer()) openBedside(present, options.host, own);
    look(present, own);
  }

  function look(present: ControlLink, own: DisposableStack): void {
    const { offer, status } = present.view;
    store.setState({ offeredBy: offer?.peerId ?? null, status: offer === null ? null : status });
    if (offer === null) setMoving(false);
    if (offer !== null && store.getState().desk === null && options.maySteer()) openConsole(present, own);
  }

  /** Whether the probe moves, for who has no more of it than the banner. */
  function followMotion(present: ControlLink): () => void {
    const state = createDeviceState();
    return present.on('frame', ({ bytes, from }) => {
      if (from !== present.view.offer?.peerId || frameTypeOf(bytes) !== 'state' || readState(bytes, state) !== null) return;
      setMoving(MOVING.has(state.phase));
    });
  }

  function openBedside(present: ControlLink, host: ControlHost, own: DisposableStack): void {
    const bedside = new BedsideControl({ link: present, host, clock: options.clock, newStopId: options.newStopId });
    let picture: SimulatedPicture | null = null;
    let isPictured = false;
    beside = bedside;
    own.add(() => {
      beside = null;
      bedside.close();
    });
    own.add(bedside.on('error', options.onError));
    own.add(bedside.on('changed', () => {
      const { status, stopStanding } = bedside;
      // The host in this machine does not answer: the room's way to it ends in this page too, but it costs nothing, and the server's log has it.
      if (stopStanding === 'unconfirmed' && emergency?.standing === 'none') emergency.stop();
      if (status?.isStopLatched === true) emergency?.confirm();
      showStop();
      if (status === null) return;
      if (store.getState().desk === null) {
        const model = createBedsideModel({ bedside, guidance: { send: () => undefined, on: (_name, listener) => present.on('cue', listener) }, clock: options.clock });
        const alarms = createAlarmModel({ source: model.store, isBedside: true, alarms: options.alarms(), clock: options.clock });
        own.add(() => model.close());
        own.add(() => alarms.close());
        store.setState({ desk: { type: 'bedside', model, alarms } });
      }
      if (status.device.kind !== 'simulator' && !isPictured) {
        isPictured = true;
        openPictures(own);
      }
      if (status.device.kind === 'simulator' && picture === null) {
        const drawn = options.createPicture();
        picture = drawn;
        own.add(() => drawn.close());
        own.add(options.publishPicture(drawn.track));
      }
    }));
    own.add(bedside.on('state', (state) => {
      const { status } = bedside;
      if (status !== null) show(picture, state, status.settings.applied);
      setMoving(MOVING.has(state.phase));
    }));
  }

  /** Published while they come: the last picture of a scanner that fell silent would pass for a live one. */
  function openPictures(own: DisposableStack): void {
    let unpublish: (() => void) | null = null;
    const pictures = options.openDevicePicture?.((track) => {
      unpublish?.();
      unpublish = track === null ? null : options.publishPicture(track);
    });
    if (pictures) own.add(() => pictures.close());
  }

  function openConsole(present: ControlLink, own: DisposableStack): void {
    const { clock } = options;
    const hand = options.createHand();
    const operator = options.createOperator(present);
    let practice: SimulatedPicture | null = null;
    const endPractice = () => {
      practice?.close();
      practice = null;
      store.setState({ practice: null });
    };
    const model = createConsoleModel({
      link: present, operator, emergency: { get standing() { return emergency?.standing ?? 'none'; }, stop: () => emergency?.stop() }, hand, clock, selfPeerId: options.selfPeerId, nameOf: options.nameOf,
      guidance: { send: (cue) => present.sendCue(cue), on: () => () => undefined },
    });
    const warmUp = createWarmUpModel({
      hand, clock,
      onState: (live) => show(practice, { ...live, stampMs: clock.monotonicMs() }, present.view.status?.settings.applied ?? null),
      onRunning: (isRunning) => {
        model.practise(isRunning);
        if (!isRunning) return;
        practice ??= options.createPicture();
        store.setState({ practice: practice.track });
      },
      onDone: model.handleWarmedUp,
    });
    own.add(warmUp.store.subscribe(({ phase }) => {
      if (phase === 'off' && practice !== null) endPractice();
    }));
    const alarms = createAlarmModel({ source: model.store, isBedside: false, alarms: options.alarms(), clock });
    own.add(operator.on('error', options.onError));
    own.add(options.onAway(() => hand.lock()));
    for (const part of [hand, operator, warmUp, model, alarms]) own.add(() => part.close());
    own.add(endPractice);
    store.setState({ desk: { type: 'console', model, warmUp, alarms } });
  }

  /** [CTL31] A device that stands here is stopped by its own host: the way through the room may be cut while its frames still come. */
  function stop(): void {
    const own = beside === null || beside.status === null ? null : beside;
    if (own === null || link?.view.isOffering !== true) emergency?.stop();
    own?.stop();
  }

  function showsStop(place: StopPlace): Undo {
    shown[place] += 1;
    findStop();
    return () => {
      shown[place] -= 1;
      findStop();
    };
  }

  function findStop(): void {
    const stopPlace = shown.stage > 0 ? 'stage' : shown.banner > 0 ? 'banner' : null;
    if (stopPlace !== store.getState().stopPlace) store.setState({ stopPlace });
  }

  function takeBackStop(): void {
    emergency?.takeBack();
    beside?.takeBackStop();
  }

  function isKeyed(): boolean {
    const { desk, status } = store.getState();
    if (desk?.type === 'bedside') return (beside?.status ?? status)?.lease != null;
    // Who holds a lease needs no status that says so.
    return desk?.type === 'console' && (desk.model.isSteering || (status?.lease != null && desk.model.isShown));
  }

  options.onStay(follow);
  follow();
  return { store, stop, showsStop, takeBackStop, isKeyed };
}

function show(picture: SimulatedPicture | null, state: Pick<Readonly<DeviceState>, 'measured' | 'stampMs' | 'isInContact'>, settings: UltrasoundSettings | null): void {
  if (settings !== null) picture?.handleState(state, settings);
}
