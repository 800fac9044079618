import type { PeerId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import type { HostBridge } from './bridge/hostBridge.ts';
import { isTypingTarget } from './features/consult/shortcuts.ts';
import { Alarms, createPulsePlayer } from './services/control/alarms.ts';
import { listenForStop } from './services/control/stopKey.ts';
import { HandInput } from './services/control/inputs/handInput.ts';
import { OperatorControl } from './services/control/operatorControl.ts';
import { createKeyPair } from './services/control/seal.ts';
import { SimulatedPicture } from './services/control/simulatedPicture.ts';
import { createControlDesk } from './state/control/controlDesk.ts';
import type { createConsultModel } from './state/createConsultModel.ts';

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
    newStopId: () => page.crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
    alarms: () => new Alarms({ clock, play }),
    publishPicture: (track) => consult.publishTrack('ultrasound', track, SIMULATED_SCANNER),
    onError: consult.tell,
  });
  // [CTL67] [CTL91] Heard by no screen: whatever has failed there, the key is a stop.
  listenForStop(page, () => {
    if (desk.isKeyed()) desk.stop();
  });
  return desk;
}

/** As any frame grabber says its name to the browser. */
const SIMULATED_SCANNER = 'Huizhen simulated scanner';
