import { frameTypeOf } from '#shared/control/frames/frame';
import type { DeviceState } from '#shared/control/frames/stateFrame';
import { MAX_ECHO_AGE_MS } from '#shared/control/guard';
import { ASKING_TIMEOUT_MS, HEARTBEAT_EVERY_MS, LEASE_TIMEOUT_MS } from '#shared/control/leaseAuthority';
import type { MotionLimits } from '#shared/control/limits';
import { type ControlMode, movesProbe } from '#shared/control/modes';
import { type Hand, MOTION_EVERY_MS, OperatorSide } from '#shared/control/operatorSide';
import { createPose } from '#shared/control/pose';
import type { UltrasoundSettings } from '#shared/control/settings';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { Emitter } from '#shared/lib/emitter';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { EventPayload } from '#shared/protocol/events';
import type { ArrivedFrame, ControlLink } from './controlLink.ts';
import type { KeyPair, Seal } from './seal.ts';

/** Behind by more than this, a page was held up: it goes on from now and makes nothing good, ms. */
const HELD_UP_MS = 50;
/** Between two settings, ms: no slider is followed faster, and the server takes no more. */
const SETTINGS_EVERY_MS = 100;
/** Nothing heard of the device for this long: the lease is over there, and here, ms. */
const GIVEN_UP_MS = 2 * LEASE_TIMEOUT_MS;

/**
 * Where an operator stands: without a lease, asking, with a lease of which the device has not spoken yet (or one that moves nothing),
 * waiting to engage, moving, coming to rest, stopped by an emergency stop, held up by a fault, or deaf.
 */
export type OperatorPhase = 'idle' | 'asking' | 'granted' | 'waiting' | 'engaged' | 'stopping' | 'stopped' | 'fault' | 'lost';

/** Why a lease, or the asking for one, is over. */
export type OperatorEnd = 'released' | 'declined' | 'unanswered' | 'ended' | 'lost' | 'withdrawn';

export interface OperatorView {
  readonly phase: OperatorPhase;
  readonly mode: ControlMode | null;
  /** Four digits that the bedside shows too; null without a lease. */
  readonly checkCode: string | null;
  /** Of the last lease or asking; null while there is one. */
  readonly ended: OperatorEnd | null;
  /** What was asked of the scanner in this lease, and whether the device's side has answered to it. */
  readonly requested: UltrasoundSettings | null;
  readonly isAnswered: boolean;
}

export interface OperatorControlOptions {
  readonly link: Pick<ControlLink, 'view' | 'on' | 'ask' | 'reveal' | 'unask' | 'release' | 'sendMotion' | 'sendBoth' | 'sendReliable'>;
  readonly clock: Clock;
  readonly createKeyPair: () => Promise<KeyPair>;
}

interface Asking {
  readonly mode: ControlMode;
  readonly keys: KeyPair;
  readonly cancelTimeout: Undo;
  /** [CTL90] A grant came: the key is shown to the first, and to no other. */
  isGranted: boolean;
}

interface HeldLease {
  readonly epoch: number;
  readonly mode: ControlMode;
  readonly seal: Seal;
  /** What spoke of this lease already: from then on its word that there is another, or none, ends it. */
  readonly spokenOf: { byState: boolean; byStatus: boolean };
  readonly grantedAtMs: number;
}

interface OperatorControlEvents {
  changed: OperatorView;
  error: AppError;
}

const RESTING: Hand = { pose: createPose(), forceN: 0, isDeadManHeld: false };

/**
 * [CTL55] [CTL57] Whoever steers, on their page: asks, agrees on the seal, sends what the hand does ten milliseconds apart and heartbeats
 * on both paths, and hears what the device does. Whether anything moves is the device's side to decide; this says only what it heard.
 */
export class OperatorControl {
  readonly #options: OperatorControlOptions;
  readonly #events = new Emitter<OperatorControlEvents>();
  readonly #undos: Undo[];
  #side = new OperatorSide();
  #hand: Hand = RESTING;
  /** Deaf meanwhile, or newly come: a dead-man that is held has to be let go before it counts. */
  #mustLetGo = true;
  #asking: Asking | null = null;
  #lease: HeldLease | null = null;
  #ended: OperatorEnd | null = null;
  #phase: OperatorPhase = 'idle';
  #requested: UltrasoundSettings | null = null;
  #requestedSequence = 0;
  #isSendingSettings = false;
  #hasUnsentSettings = false;
  #cancelPace: Undo | null = null;
  #cancelTick: Undo | null = null;
  #dueMs = 0;
  #heartbeatDueMs = 0;
  /** Counts askings and grants: what was waited for may be of an older one. */
  #run = 0;

  constructor(options: OperatorControlOptions) {
    this.#options = options;
    const { link } = options;
    this.#undos = [
      link.on('frame', (frame) => this.#handleFrame(frame)),
      link.on('granted', (granted) => drop(this.#handleGranted(granted), 'told inside')),
      link.on('declined', () => {
        if (this.#asking !== null) this.#endAll('declined');
      }),
      link.on('changed', () => this.#handleStatus()),
    ];
  }

  on<K extends keyof OperatorControlEvents>(name: K, listener: (payload: OperatorControlEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  get view(): OperatorView {
    const { status } = this.#options.link.view;
    const mode = this.#lease?.mode ?? this.#asking?.mode ?? null;
    return {
      phase: this.#phase, mode, checkCode: this.#lease?.seal.checkCode ?? null, ended: this.#ended,
      requested: this.#requested, isAnswered: this.#requested !== null && !this.#hasUnsentSettings && status !== null && status.settings.sequence >= this.#requestedSequence,
    };
  }

  /** What the device said last, 50 times a second; read only, and written over. Also without a lease. */
  get state(): Readonly<DeviceState> {
    return this.#side.state;
  }

  /** ms; null: never heard. */
  get stateAgeMs(): number | null {
    return this.#side.stateAgeMs(this.#options.clock.monotonicMs());
  }

  // ---- what a person does ----

  /** @throws AppError `control.notOffered`, or what kept it from being asked */
  async ask(mode: ControlMode, wanted: MotionLimits | null): Promise<void> {
    this.#endAll(null);
    const run = ++this.#run;
    const keys = await this.#options.createKeyPair();
    if (run !== this.#run) return;
    const cancelTimeout = this.#options.clock.after(ASKING_TIMEOUT_MS, () => this.#endAll('unanswered'));
    this.#asking = { mode, keys, cancelTimeout, isGranted: false };
    this.#judge();
    try {
      await this.#options.link.ask({ mode, commitment: keys.commitment, wanted });
    } catch (error) {
      if (run === this.#run) this.#endAll(null);
      throw error;
    }
  }

  /** Asks no longer. */
  unask(): void {
    if (this.#asking === null) return;
    this.#endAll(null);
    drop(this.#options.link.unask(), 'the asking runs out by itself');
  }

  /** Gives the lease back; the hand lets go first. */
  release(): void {
    const lease = this.#lease;
    if (lease === null) return;
    this.#sendMotion(lease, RESTING);
    drop(this.#options.link.release(lease.epoch), 'without heartbeats the lease is over within a second');
    this.#endAll('released');
  }

  /** As often as the input device says; the newest is sent. Who loses the input device says a hand that lets go. */
  setHand(hand: Hand): void {
    this.#hand = hand;
    if (!hand.isDeadManHeld) this.#mustLetGo = false;
  }

  /** How much of the hand's way the probe goes, 0.05 to 1; changed only while nothing moves. */
  setScale(scale: number): void {
    this.#side.setScale(scale);
  }

  get scale(): number {
    return this.#side.scale;
  }

  /** What the scanner is to be set to. Sent one after another; of those that came meanwhile only the newest. Without a lease: nothing. */
  setSettings(settings: UltrasoundSettings): void {
    if (this.#lease === null) return;
    this.#requested = settings;
    this.#hasUnsentSettings = true;
    drop(this.#sendSettings(), 'told inside');
    this.#changed();
  }

  close(): void {
    this.release();
    this.unask();
    this.#endAll(null);
    for (const undo of this.#undos) undo();
    this.#events.clear();
  }

  // ---- what arrives ----

  async #handleGranted({ deviceId, epoch, mode, publicKey }: EventPayload<'control.granted'>): Promise<void> {
    const asking = this.#asking;
    if (asking === null || asking.isGranted) return;
    asking.isGranted = true;
    try {
      const seal = await asking.keys.agree(publicKey, deviceId, epoch);
      if (asking !== this.#asking) return;
      this.#show(epoch, asking.keys.publicKey);
      asking.cancelTimeout();
      this.#asking = null;
      const scale = this.#side.scale;
      this.#side = new OperatorSide(); // whatever it had heard may be of a host that has begun anew since
      this.#side.setScale(scale);
      this.#side.begin(epoch);
      const nowMs = this.#options.clock.monotonicMs();
      this.#lease = { epoch, mode, seal, spokenOf: { byState: false, byStatus: false }, grantedAtMs: nowMs };
      this.#mustLetGo = true;
      this.#dueMs = nowMs;
      this.#heartbeatDueMs = nowMs;
      this.#tick();
      this.#handleStatus();
      this.#judge();
    } catch (error) {
      if (asking === this.#asking) this.#endAll('ended');
      this.#events.emit('error', toAppError(error));
    }
  }

  /** [CTL90] Not waited for: what follows on the socket comes after it, and what overtakes it on the channel is not looked at. */
  #show(epoch: number, publicKey: string): void {
    this.#options.link.reveal({ epoch, publicKey }).catch((error: unknown) => {
      if (this.#lease?.epoch === epoch) this.#endAll('ended');
      this.#events.emit('error', toAppError(error));
    });
  }

  #handleFrame({ bytes, from }: ArrivedFrame): void {
    if (from !== this.#options.link.view.offer?.peerId || frameTypeOf(bytes) !== 'state') return;
    const nowMs = this.#options.clock.monotonicMs();
    if (!this.#side.handleState(bytes, nowMs)) {
      // A device's host that began anew counts from the start: without a lease nothing hangs on the order.
      const isDeaf = (this.#side.stateAgeMs(nowMs) ?? 0) > MAX_ECHO_AGE_MS;
      if (this.#lease !== null || !isDeaf) return;
      this.#side = new OperatorSide();
      if (!this.#side.handleState(bytes, nowMs)) return;
    }
    const lease = this.#lease;
    if (lease !== null) {
      if (this.#side.state.epoch === lease.epoch) lease.spokenOf.byState = true;
      else if (lease.spokenOf.byState) return this.#endAll('ended');
    }
    this.#judge();
  }

  #handleStatus(): void {
    const { offer, status } = this.#options.link.view;
    if (offer === null && (this.#lease !== null || this.#asking !== null)) return this.#endAll('withdrawn');
    const lease = this.#lease;
    if (lease !== null && status !== null) {
      if (status.lease?.epoch === lease.epoch) lease.spokenOf.byStatus = true;
      else if (lease.spokenOf.byStatus || (status.lease?.epoch ?? 0) > lease.epoch) return this.#endAll('ended');
    }
    this.#changed();
  }

  // ---- time ----

  #tick(): void {
    const lease = this.#lease;
    if (lease === null) return;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#dueMs > HELD_UP_MS) this.#dueMs = nowMs;
    this.#dueMs += MOTION_EVERY_MS;
    this.#cancelTick = this.#options.clock.after(Math.max(0, this.#dueMs - nowMs), () => this.#tick());
    if (this.#isDeaf(lease, nowMs, GIVEN_UP_MS)) return this.#endAll('lost');
    // It was over there before it was heard of here: taken over meanwhile, or a grant that was longer on its way than a lease lasts.
    if (!lease.spokenOf.byState && !lease.spokenOf.byStatus && nowMs - lease.grantedAtMs > GIVEN_UP_MS) return this.#endAll('ended');
    if (movesProbe(lease.mode)) this.#sendMotion(lease, this.#mustLetGo && this.#hand.isDeadManHeld ? { ...this.#hand, isDeadManHeld: false } : this.#hand);
    if (nowMs >= this.#heartbeatDueMs) {
      this.#heartbeatDueMs = nowMs + HEARTBEAT_EVERY_MS;
      this.#sendSealed(lease, this.#side.nextHeartbeat(), (bytes) => this.#options.link.sendBoth(bytes));
    }
    this.#judge();
  }

  #isDeaf(lease: HeldLease, nowMs: number, limitMs: number): boolean {
    return Math.min(this.#side.stateAgeMs(nowMs) ?? Number.POSITIVE_INFINITY, nowMs - lease.grantedAtMs) > limitMs;
  }

  // ---- what is sent ----

  #sendMotion(lease: HeldLease, hand: Hand): void {
    this.#sendSealed(lease, this.#side.nextMotion(hand, this.#options.clock.monotonicMs()), (bytes) => void this.#options.link.sendMotion(bytes));
  }

  #sendSealed(lease: HeldLease, frame: DataView | null, send: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    if (frame === null) return;
    lease.seal.seal(frame).then(send, (error: unknown) => this.#events.emit('error', toAppError(error)));
  }

  async #sendSettings(): Promise<void> {
    const lease = this.#lease;
    if (lease === null || this.#requested === null || !this.#hasUnsentSettings || this.#isSendingSettings || this.#cancelPace !== null) return;
    this.#isSendingSettings = true;
    this.#hasUnsentSettings = false;
    this.#requestedSequence += 1;
    this.#cancelPace = this.#options.clock.after(SETTINGS_EVERY_MS, () => {
      this.#cancelPace = null;
      drop(this.#sendSettings(), 'told inside');
    });
    try {
      const frame = this.#side.nextSettings(this.#requested);
      if (frame !== null) await this.#options.link.sendReliable(await lease.seal.seal(frame));
    } catch (error) {
      this.#events.emit('error', toAppError(error));
    } finally {
      this.#isSendingSettings = false;
      drop(this.#sendSettings(), 'told inside');
      this.#changed();
    }
  }

  // ---- where it stands ----

  #endAll(why: OperatorEnd | null): void {
    this.#run += 1;
    this.#cancelTick?.();
    this.#cancelTick = null;
    this.#cancelPace?.();
    this.#cancelPace = null;
    this.#asking?.cancelTimeout();
    this.#asking = null;
    this.#lease = null;
    this.#side.end();
    this.#ended = why;
    this.#requested = null;
    this.#requestedSequence = 0;
    this.#hasUnsentSettings = false;
    this.#mustLetGo = true;
    this.#judge();
    this.#changed();
  }

  #judge(): void {
    const phase = this.#phaseNow();
    if (phase === this.#phase) return;
    if (phase === 'lost') this.#mustLetGo = true;
    this.#phase = phase;
    this.#changed();
  }

  #phaseNow(): OperatorPhase {
    const lease = this.#lease;
    if (lease === null) return this.#asking === null ? 'idle' : 'asking';
    if (this.#isDeaf(lease, this.#options.clock.monotonicMs(), MAX_ECHO_AGE_MS)) return 'lost';
    const { epoch, phase } = this.#side.state;
    if (epoch !== lease.epoch || phase === 'idle' || phase === 'settings') return 'granted';
    return phase === 'clutched' ? 'waiting' : phase;
  }

  #changed(): void {
    this.#events.emit('changed', this.view);
  }
}
