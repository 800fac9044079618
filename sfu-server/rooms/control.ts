import type { GuidanceCue } from '#shared/control/guidance';
import { type FrameType, frameTypeOf } from '#shared/control/frames/frame';
import { readStop } from '#shared/control/frames/stopFrame';
import type { ControlStatus } from '#shared/control/status';
import type { PeerId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import type { ControlChannels } from '#shared/protocol/control';
import { AppError } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import type { Peer } from './peer.ts';

/** Settings that were changed within this time are one entry of the audit log, ms: a slider under a finger is one change. */
const SETTINGS_TOLD_AFTER_MS = 1000;

export type ControlAction = 'control.offer' | 'control.withdraw' | 'control.ask' | 'control.grant' | 'control.decline' | 'control.release' | 'control.settings' | 'control.stop' | 'control.leaseEnded';

export interface RoomControlOptions {
  readonly peers: () => readonly Peer[];
  readonly clock: Clock;
  /** For the audit log; `subject` are ids. */
  readonly onAction: (party: Party, action: ControlAction, subject: string) => void;
}

interface Offer {
  readonly peer: Peer;
  readonly device: ControlStatus['device'];
}

/**
 * [CTL50] Remote control in one room: who offers a device, who asks for it, and the words between the two. Carries and decides nothing:
 * who steers is the host's beside the patient to say, and only its status says it.
 */
export class RoomControl {
  readonly #options: RoomControlOptions;
  readonly #asking = new Set<PeerId>();
  /** The last stop of each: the copies of one are one in the audit log. */
  readonly #stops = new Map<PeerId, number>();
  #offer: Offer | null = null;
  #status: ControlStatus | null = null;
  /** Gave the lease back; the status that says so is no other end. */
  #releasedEpoch = 0;
  /** Settings that were changed and not told yet. */
  #settings: { readonly party: Party; readonly cancel: Undo } | null = null;

  constructor(options: RoomControlOptions) {
    this.#options = options;
  }

  look(): RequestResult<'control.look'> {
    return { offer: this.#described, status: this.#status, channels: this.#channels };
  }

  isOffering(peer: Peer): boolean {
    return this.#offer?.peer === peer;
  }

  /** [CTL50] One device a room; one that is offered again, after its page's connection was lost, is the same. @throws AppError `control.taken` */
  offer(peer: Peer, device: ControlStatus['device'] | null): void {
    const present = this.#offer;
    if (present !== null && present.peer !== peer) {
      if (device === null) return;
      // The same machine with a new page: the old one only waits to be forgotten.
      const isLeftBehind = present.peer.connection === null && present.peer.party.id === peer.party.id;
      if (!isLeftBehind) throw new AppError('control.taken', 'another participant offers a device in this room');
    }
    if (present?.peer === peer && present.device.id === device?.id) return;
    this.#withdraw();
    if (device === null) return;
    this.#note(peer.party, 'control.offer', device.id);
    this.#offer = { peer, device };
    this.#tellOffer();
  }

  #withdraw(): void {
    const offer = this.#offer;
    if (offer === null) return;
    this.#tellSettings();
    this.#note(offer.peer.party, 'control.withdraw', offer.device.id);
    this.#offer = null;
    this.#status = null;
    this.#asking.clear();
    this.#tellOffer();
  }

  /** [CTL53] @throws AppError `control.notOffered` */
  setStatus(peer: Peer, status: ControlStatus): void {
    const { device } = this.#needOffering(peer);
    const before = this.#status?.lease ?? null;
    this.#status = status;
    if (before !== null && before.epoch !== status.lease?.epoch && before.epoch !== this.#releasedEpoch) this.#note(peer.party, 'control.leaseEnded', `${device.id} ${before.epoch}`);
    for (const other of this.#options.peers()) other.connection?.send('control.status', { status });
  }

  // ---- asking and answering ----

  /** @throws AppError `control.notOffered` */
  ask(peer: Peer, params: RequestParams<'control.ask'>): void {
    const { peer: bedside, device } = this.#needOffer();
    this.#asking.add(peer.id);
    this.#note(peer.party, 'control.ask', `${device.id} ${params.mode}`);
    bedside.connection?.send('control.asked', { ...params, peerId: peer.id, name: nameOf(peer) });
  }

  unask(peer: Peer): void {
    if (this.#asking.delete(peer.id)) this.#offer?.peer.connection?.send('control.unasked', { peerId: peer.id });
  }

  release(peer: Peer, epoch: number): void {
    const { peer: bedside, device } = this.#needOffer();
    if (this.#status?.lease?.holder === peer.id && this.#status.lease.epoch === epoch) {
      this.#releasedEpoch = epoch;
      this.#note(peer.party, 'control.release', `${device.id} ${epoch}`);
    }
    bedside.connection?.send('control.released', { peerId: peer.id, epoch });
  }

  /** [CTL53] @throws AppError `control.notOffered`, `control.notAsked`, `input.notAcceptable` for another device than the offered */
  grant(bedside: Peer, { peerId, ...grant }: RequestParams<'control.grant'>): void {
    const { device } = this.#needOffering(bedside);
    if (grant.deviceId !== device.id) throw new AppError('input.notAcceptable', 'another device is offered');
    const asker = this.#needAsker(peerId);
    this.#note(bedside.party, 'control.grant', `${device.id} ${grant.epoch} ${grant.mode} ${asker.party.id}`);
    asker.connection?.send('control.granted', { ...grant, peerId: bedside.id });
  }

  /** [CTL90] Carried to the device's side, which knows what was promised. @throws AppError `control.notOffered` */
  reveal(peer: Peer, shown: RequestParams<'control.reveal'>): void {
    this.#needOffer().peer.connection?.send('control.revealed', { ...shown, peerId: peer.id });
  }

  /** @throws AppError `control.notOffered`, `control.notAsked` */
  decline(bedside: Peer, peerId: PeerId): void {
    const { device } = this.#needOffering(bedside);
    const asker = this.#needAsker(peerId);
    this.#note(bedside.party, 'control.decline', `${device.id} ${asker.party.id}`);
    asker.connection?.send('control.declined', { peerId: bedside.id });
  }

  /** [CTL73] @throws AppError `control.notOffered`; `control.notSteering` for who does not hold the lease */
  cue(peer: Peer, cue: GuidanceCue): void {
    const { peer: bedside } = this.#needOffer();
    if (this.#status?.lease?.holder !== peer.id) throw new AppError('control.notSteering', 'the lease is held by nobody or by another');
    bedside.connection?.send('control.cue', { cue });
  }

  // ---- frames ----

  /** [CTL54] @throws AppError `control.notOffered`; `auth.forbidden` for what only who steers may send; `input.notAcceptable` for anything else */
  frame(peer: Peer, frame: string): void {
    const { peer: bedside, device } = this.#needOffer();
    const bytes = viewOf(frame);
    const type = frameTypeOf(bytes);
    this.#checkFrame(peer, type);
    if (type === 'stop') {
      const stopId = readStop(bytes);
      if (typeof stopId !== 'number') throw new AppError('input.notAcceptable', `no stop: ${stopId}`);
      if (this.#stops.get(peer.id) !== stopId) this.#note(peer.party, 'control.stop', `${device.id} ${stopId}`);
      this.#stops.set(peer.id, stopId);
    }
    if (type === 'settings') this.#noteSettings(peer);
    bedside.connection?.send('control.frame', { peerId: peer.id, name: nameOf(peer), frame });
  }

  #checkFrame(peer: Peer, type: FrameType | null): void {
    if (type === 'stop') return;
    if (type !== 'heartbeat' && type !== 'settings') throw new AppError('input.notAcceptable', 'this path carries stops, heartbeats and settings');
    if (!hasPermission(peer.party.role, 'control.steer')) throw new AppError('auth.forbidden', `a ${type} frame needs control.steer`);
  }

  #noteSettings({ party }: Peer): void {
    this.#settings ??= { party, cancel: this.#options.clock.after(SETTINGS_TOLD_AFTER_MS, () => this.#tellSettings()) };
  }

  #tellSettings(): void {
    if (this.#settings === null || this.#offer === null) return;
    const { party, cancel } = this.#settings;
    cancel();
    this.#settings = null;
    this.#note(party, 'control.settings', this.#offer.device.id);
  }

  // ---- coming and going ----

  /** [CTL51] Some participant's data channels are others now. */
  handleChannels(): void {
    const channels = this.#channels;
    for (const peer of this.#options.peers()) peer.connection?.send('control.channels', { channels });
  }

  /** [CTL52] Somebody is gone for good, with what they asked, held and offered. */
  handleLeft(peer: Peer): void {
    this.#stops.delete(peer.id);
    this.unask(peer);
    const lease = this.#status?.lease ?? null;
    if (lease?.holder === peer.id) this.#offer?.peer.connection?.send('control.released', { peerId: peer.id, epoch: lease.epoch });
    if (this.isOffering(peer)) this.#withdraw();
    if (peer.media.channels.length > 0) this.handleChannels();
  }

  // ---- within ----

  get #described(): RequestResult<'control.look'>['offer'] {
    return this.#offer && { peerId: this.#offer.peer.id, device: this.#offer.device };
  }

  get #channels(): ControlChannels {
    return this.#options.peers().flatMap((peer) => peer.media.channels.map((channel) => ({ peerId: peer.id, ...channel })));
  }

  #tellOffer(): void {
    for (const peer of this.#options.peers()) peer.connection?.send('control.offered', { offer: this.#described });
  }

  #needOffer(): Offer {
    if (this.#offer === null) throw new AppError('control.notOffered', 'no device is offered in this room');
    return this.#offer;
  }

  #needOffering(peer: Peer): Offer {
    const offer = this.#needOffer();
    if (offer.peer !== peer) throw new AppError('control.notOffered', 'somebody else offers the device');
    return offer;
  }

  /** Answered once. */
  #needAsker(peerId: PeerId): Peer {
    const asker = this.#options.peers().find(({ id }) => id === peerId);
    if (asker === undefined || !this.#asking.delete(peerId)) throw new AppError('control.notAsked', 'this participant does not ask');
    return asker;
  }

  #note(party: Party, action: ControlAction, subject: string): void {
    this.#options.onAction(party, action, subject);
  }
}

const nameOf = ({ party }: Peer): string => party.name.zh;

function viewOf(base64: string): DataView {
  const bytes = Buffer.from(base64, 'base64');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
