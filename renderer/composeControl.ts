import type { ConsultId, PeerId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import type { HostBridge } from './bridge/hostBridge.ts';
import { isTypingTarget } from './features/consult/shortcuts.ts';
import { Alarms, createPulsePlayer } from './services/control/alarms.ts';
import { DevicePicture } from './services/control/devicePicture.ts';
import { listenForStop } from './services/control/stopKey.ts';
import { HandInput } from './services/control/inputs/handInput.ts';
import { OperatorControl } from './services/control/operatorControl.ts';
import { createKeyPair } from './services/control/seal.ts';
import { SimulatedPicture } from './services/control/simulatedPicture.ts';
import { createControlDesk } from './state/control/controlDesk.ts';
import { createRecordHandover } from './state/control/recordHandover.ts';
import type { createConsultModel } from './state/createConsultModel.ts';
import type { Cases } from './composeCases.ts';

export interface ComposeControlOptions {
  readonly page: Window & typeof globalThis;
  readonly bridge: HostBridge;
  readonly clock: Clock;
  readonly consult: ReturnType<typeof createConsultModel>;
  readonly has: (permission: 'control.offer' | 'control.steer') => boolean;
  readonly nameOf: (party: Party) => string;
}

/** Remote control of a probe, in whichever part this person and this machine have in it. */
export function composeControl({ page, bridge, clock, consult, has, nameOf }: ComposeControlOptions) {
  const play = createPulsePlayer();
  const { frames } = bridge;
  const selfPeerId = (): PeerId | null => consult.store.getState().selfPeerId;
  const desk = createControlDesk({
    clock,
    link: consult.control,
    onStay: (listener) => consult.store.subscribe(listener),
    host: frames === null ? null : { request: bridge.request.bind(bridge), on: bridge.on.bind(bridge), frames },
    mayOffer: () => has('control.offer'),
    maySteer: () => has('control.steer'),
    selfPeerId,
    nameOf: (peerId) => {
      if (peerId === 'bedside') return peerId; // its screens have a word for it
      const party = consult.store.getState().participants.find((participant) => participant.peerId === peerId)?.party;
      return party === undefined ? '' : nameOf(party);
    },
    createHand: () => new HandInput({ window: page, document: page.document, gamepads: () => page.navigator.getGamepads(), isTyping: (target) => isTypingTarget(target instanceof page.HTMLElement ? target : null) }),
    onAway: (listener) => {
      const undos = [bridge.on('power.suspending', listener), bridge.on('power.locked', listener)];
      return () => {
        for (const undo of undos) undo();
      };
    },
    createOperator: (link) => new OperatorControl({ link, clock, createKeyPair: () => createKeyPair(page.crypto.subtle) }),
    createPicture: () => new SimulatedPicture(),
    openDevicePicture: (onTrack) => (frames === null ? null : new DevicePicture({ source: { want: () => bridge.request('control.wantPicture', {}), onPicture: frames.onPicture }, clock, onTrack })),
    newStopId: () => page.crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    alarms: () => new Alarms({ clock, play }),
    publishPicture: (track) => consult.publishTrack('ultrasound', track, SCANNER),
    onError: consult.tell,
  });
  // [CTL67] [CTL91] Heard by no screen: whatever has failed there, the key is a stop.
  listenForStop(page, () => {
    if (desk.isKeyed()) desk.stop();
  });
  return desk;
}

export interface ComposeHandoverOptions {
  readonly bridge: HostBridge;
  readonly clock: Clock;
  readonly consult: ReturnType<typeof createConsultModel>;
  readonly cases: Cases;
  readonly has: (permission: 'control.offer' | 'case.write') => boolean;
}

/** [CTL112] The record of remote control on its way from this machine's host to the case. */
export function composeHandover({ bridge, clock, consult, cases, has }: ComposeHandoverOptions) {
  const { files, file } = cases;
  return createRecordHandover({
    host: bridge,
    clock,
    attends: (): ConsultId | null => {
      const { phase, consultId } = consult.store.getState();
      return bridge.frames !== null && has('control.offer') && phase !== 'idle' && phase !== 'closed' ? consultId : null;
    },
    isReady: () => has('case.write') && files.store.getState().access.type === 'open',
    onChance: (listener) => {
      const undos = [consult.store.subscribe(listener), files.store.subscribe(listener)];
      return () => {
        for (const undo of undos) undo();
      };
    },
    caseOf: (consultId) => files.store.getState().cases.find(({ summary }) => summary.canWrite && summary.consultIds.includes(consultId))?.summary.id ?? null,
    keep: file.keepMade,
  });
}

/** As any frame grabber says its name to the browser. */
const SCANNER = 'Huizhen scanner';
