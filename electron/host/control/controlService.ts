import { frameTypeOf } from '#shared/control/frames/frame';
import { STATE_BYTES, writeState } from '#shared/control/frames/stateFrame';
import { type MotionLimits, smallestLimits } from '#shared/control/limits';
import type { ControlMode } from '#shared/control/modes';
import { BEDSIDE, type ControlEvent, type Measured, PatientSide } from '#shared/control/patientSide';
import { createPose } from '#shared/control/pose';
import { TAG_BYTES } from '#shared/control/seal';
import type { ControlStatus } from '#shared/control/status';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { AppError } from '#shared/protocol/errors';
import type { UltrasoundDevice } from '../devices/device.ts';
import type { HostLog } from '../logFile.ts';
import type { ControlRecord } from './controlRecord.ts';
import type { Epochs } from './epochs.ts';
import { FrameBudget } from './frameBudget.ts';
import type { Handovers } from './handovers.ts';
import { RecordKeeper } from './recordKeeper.ts';
import { createSealKeys, isPromised, type Seal, type SealKeys } from './seal.ts';
import { SettingsDesk } from './settingsDesk.ts';
import { hasRoom, type SiteLimits } from './siteLimits.ts';

/** Decides, and orders the device, this often, ms. */
const TICK_MS = 5;
/** Ticks between two state frames: 50 a second. */
const TICKS_PER_STATE = 4;
/** [CTL48] A device that measured nothing for this long is lost, ms. */
const DEVICE_SILENT_MS = 100;
const MAX_ASKING = 16;

/** Who wants to steer. */
export interface ControlAsk {
  /** Participant of the room, as the page names them. */
  readonly by: string;
  readonly name: string;
  readonly mode: ControlMode;
  /** [CTL90] SHA-256 of the key that they will show, base64. */
  readonly commitment: string;
  /** What they ask for themselves; narrower only. */
  readonly wanted: MotionLimits | null;
}

export interface ControlGrant {
  readonly deviceId: string;
  readonly epoch: number;
  readonly mode: ControlMode;
  /** Ours, for this lease. */
  readonly publicKey: string;
  readonly limits: MotionLimits;
}

export interface ControlServiceOptions {
  readonly device: UltrasoundDevice;
  readonly siteLimits: SiteLimits;
  readonly epochs: Epochs;
  readonly lastEpoch: number;
  readonly record: ControlRecord;
  /** Left out: what happens belongs to no consult. */
  readonly handovers?: Pick<Handovers, 'handleBefore' | 'handleAfter' | 'note' | 'close'>;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly onStatus: (status: ControlStatus) => void;
  /** A state frame, 50 a second; the bytes are the listener's. */
  readonly onState: (bytes: Uint8Array) => void;
}

interface Holding {
  readonly name: string;
  readonly commitment: string;
  readonly keys: SealKeys;
  /** Null until the holder has shown their key. */
  readonly seal: Seal | null;
}

/**
 * The last word about one device: owns it, decides by `PatientSide`, and believes nothing that the page says. What moves the device is
 * sealed with a key that only this process and the lease's holder have; what the page may ask for (grants, stops, take-over) can give and
 * end a lease within the limits of device and site, and nothing more.
 */
export class ControlService {
  readonly #options: ControlServiceOptions;
  readonly #patient: PatientSide;
  readonly #keeper: RecordKeeper;
  readonly #settings: SettingsDesk;
  readonly #owned = new DisposableStack();
  readonly #grants = new AsyncQueue();
  readonly #asks = new Map<string, ControlAsk>();
  readonly #budget = new FrameBudget();
  #lastEpoch: number;
  #holding: Holding | null = null;
  /** Whose lease is being given: the event that says so comes before the answer. */
  #next: Holding | null = null;
  #stoppedBy: string | null = null;
  #stops = 0;
  #measured: Measured = { pose: createPose(), forceN: 0, isInContact: false, fault: 'the device was not heard yet' };
  #measuredAtMs: number;
  #ticks = 0;
  #nextTickAtMs: number;
  #told = '';
  #cancelTick: Undo = () => undefined;
  #isClosed = false;

  constructor(options: ControlServiceOptions) {
    this.#options = options;
    const { device, siteLimits, clock, record } = options;
    this.#lastEpoch = options.lastEpoch;
    this.#keeper = new RecordKeeper(record, clock);
    this.#settings = new SettingsDesk({ device, clock, record });
    this.#patient = new PatientSide({ deviceLimits: device.limits, siteLimits: siteLimits.limits, lastEpoch: options.lastEpoch, tickMs: TICK_MS, onEvent: (event) => this.#handleEvent(event) });
    this.#measuredAtMs = clock.monotonicMs();
    this.#nextTickAtMs = clock.monotonicMs();
    record.append('opened', { device: device.about, deviceLimits: device.limits, siteLimits: siteLimits.limits, problem: siteLimits.problem, lastEpoch: options.lastEpoch });
    if (record.stoppedBefore !== null) this.#patient.stop(record.stoppedBefore, null); // latched until a person resets it, also over restarts
    this.#owned.add(device.onMeasured((measured) => this.#handleMeasured(measured)));
    this.#schedule();
  }

  /** The newest status. */
  get status(): ControlStatus {
    const { device } = this.#options;
    const { lease, limits, isStopLatched } = this.#patient;
    const holding = this.#holding;
    return {
      device: device.about,
      lease: lease === null || holding === null ? null : { holder: lease.holder, name: holding.name, epoch: lease.epoch, mode: lease.mode, checkCode: holding.seal?.checkCode ?? null },
      asking: [...this.#asks.values()].map(({ by, name, mode }) => ({ by, name, mode })),
      limits,
      settings: this.#settings.status,
      isStopLatched,
      stoppedBy: isStopLatched ? this.#stoppedBy : null,
      fault: (this.#hostFault ?? this.#measured.fault)?.slice(0, 200) ?? null,
    };
  }

  // ---- who steers ----

  /** @throws AppError `capacity.full` */
  ask(ask: ControlAsk): void {
    if (!this.#asks.has(ask.by) && this.#asks.size >= MAX_ASKING) throw new AppError('capacity.full', `${MAX_ASKING} ask already`);
    if (this.#patient.lease?.holder === ask.by) this.#patient.release(this.#patient.lease.epoch); // asks anew with a new key: the old one is lost
    this.#asks.set(ask.by, ask);
    this.#patient.ask(ask.by, this.#nowMs);
  }

  unask(by: string): void {
    this.#asks.delete(by);
    this.#patient.unask(by);
  }

  /** [CTL49] At the bedside. Nobody hears of it here: the page tells who asked. */
  decline(by: string): void {
    if (this.#asks.has(by)) {
      this.#options.record.append('declined', { by, name: this.#asks.get(by)?.name ?? null });
      this.#options.handovers?.note();
    }
    this.unask(by);
  }

  /**
   * [CTL44] [CTL47] At the bedside. The epoch is on the disk before there is a lease, and the grant is before anybody hears of it.
   * @throws AppError `control.notAsked`, `input.notAcceptable` when what they ask for leaves nothing within the limits, `storage.*`
   * when the site's limits are not understood or the record cannot be written
   */
  grant(by: string, mode: ControlMode): Promise<ControlGrant> {
    return this.#grants.push(async () => {
      const ask = this.askOf(by);
      const { device, siteLimits, record, epochs } = this.#options;
      if (siteLimits.problem !== null) throw new AppError('storage.corrupt', siteLimits.problem);
      const limits = ask.wanted === null ? siteLimits.limits : smallestLimits(device.limits, siteLimits.limits, ask.wanted);
      if (!hasRoom(limits)) throw new AppError('input.notAcceptable', 'what is asked for leaves no room within the limits');
      const epoch = this.#lastEpoch + 1;
      const keys = createSealKeys();
      await epochs.write(epoch);
      await record.flush();
      if (this.#isClosed || this.askOf(by) !== ask) throw new AppError('control.notAsked', 'they asked anew, or nobody is here any more');
      this.#lastEpoch = epoch;
      this.#next = { name: ask.name, commitment: ask.commitment, keys, seal: null };
      const lease = this.#patient.grant(by, mode, ask.wanted, this.#nowMs);
      if (lease.epoch !== epoch) throw new Error('the lease has another epoch than its key');
      try {
        await record.flush();
      } catch (error) {
        if (this.#patient.lease?.epoch === epoch) this.takeOver();
        throw error;
      }
      return { deviceId: device.about.id, epoch, mode, publicKey: keys.publicKey, limits: this.#patient.limits };
    });
  }

  /**
   * [CTL90] The holder shows the key that they promised; until then nothing of theirs is obeyed, and their lease runs out by itself.
   * @throws AppError `control.notSteering` when they hold no such lease, `input.notAcceptable` when they have shown it, and, with the lease
   * over, `control.keyChanged` for another key and `input.malformed` for none
   */
  reveal(by: string, epoch: number, publicKey: string): void {
    const [lease, holding] = [this.#patient.lease, this.#holding];
    if (lease === null || holding === null || lease.holder !== by || lease.epoch !== epoch) throw new AppError('control.notSteering', 'they hold no such lease');
    if (holding.seal !== null) throw new AppError('input.notAcceptable', 'their key was shown already');
    let seal: Seal;
    try {
      if (!isPromised(holding.commitment, publicKey)) throw new AppError('control.keyChanged', 'another key than the one that was promised');
      seal = holding.keys.agree(publicKey, this.#options.device.about.id, epoch);
    } catch (error) {
      this.#options.record.append('keyRefused', { by, epoch });
      this.takeOver();
      throw error;
    }
    if (!this.#patient.handleKey(epoch, this.#nowMs)) throw new AppError('control.notSteering', 'their lease ran out before they showed their key');
    this.#holding = { ...holding, seal };
  }

  /** The holder gives it back. What is not the present lease's changes nothing. */
  release(epoch: number): void {
    this.#patient.release(epoch);
  }

  /** [CTL3] At the bedside: the lease is over and the device holds before this returns. */
  takeOver(): void {
    this.#patient.takeOver();
    this.#orderDevice();
  }

  // ---- stop ----

  /** [CTL31] At the bedside. The copies of one press are one. */
  stop(stopId: number): void {
    this.#patient.stop(BEDSIDE, stopId);
  }

  /** [CTL32] */
  resetStop(): void {
    this.#patient.resetStop();
  }

  // ---- what arrives ----

  /** A frame as the page carried it, and the participant it says it came from. */
  handleFrame(bytes: Uint8Array, from: string): void {
    const nowMs = this.#nowMs;
    const whole = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const type = frameTypeOf(whole);
    const isHolder = from === this.#patient.lease?.holder;
    // [CTL45] A stop is never too many.
    if (type === 'stop') return void this.#patient.handleFrame(whole, from, false, nowMs);
    if (!this.#budget.take(isHolder, nowMs)) return;
    if (isHolder && this.#holding?.seal === null) return; // it overtook their key: nobody can tell whose it is
    const isSealed = isHolder && this.#holding?.seal?.verify(bytes) === true;
    const frame = new DataView(bytes.buffer, bytes.byteOffset, Math.max(0, bytes.byteLength - TAG_BYTES));
    const rejection = this.#patient.handleFrame(frame, from, isSealed, nowMs);
    if (isSealed && type === 'settings' && rejection === 'setting') this.#settings.refuse(frame.getUint32(12));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTick();
    this.takeOver();
    this.#owned.dispose();
    this.#grants.close(new AppError('host.unavailable', 'the host ends'));
    await this.#options.handovers?.close(); // [CTL112] its end is on record before the record's
    this.#options.record.append('closed', {});
    await this.#options.record.close();
    await this.#options.device.close();
  }

  // ---- time ----

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #schedule(): void {
    const nowMs = this.#nowMs;
    this.#nextTickAtMs = Math.max(this.#nextTickAtMs + TICK_MS, nowMs); // what was missed is not made up for
    this.#cancelTick = this.#options.clock.after(this.#nextTickAtMs - nowMs, () => {
      this.#schedule();
      this.#tick();
    });
  }

  #tick(): void {
    try {
      const nowMs = this.#nowMs;
      if (nowMs - this.#measuredAtMs > DEVICE_SILENT_MS) this.#handleMeasured({ ...this.#measured, fault: 'the device is silent' }, false);
      if (this.#hostFault !== null && this.#patient.lease !== null) this.#patient.takeOver();
      this.#orderDevice();
      this.#settings.tick();
      this.#ticks += 1;
      if (this.#ticks % TICKS_PER_STATE === 0) this.#tellState(nowMs);
      this.#tellStatus();
    } catch (error) {
      // [CTL48] A mistake of ours: nobody knows what was decided, so nothing moves until a person looks.
      this.#options.device.stop();
      this.#options.log.write('error', 'control', 'the tick failed; the device was stopped', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      this.#patient.stop('host', null);
    }
  }

  #orderDevice(): void {
    this.#options.device.order(this.#patient.tick(this.#nowMs));
  }

  #tellState(nowMs: number): void {
    const state = this.#patient.state(nowMs);
    const bytes = new Uint8Array(STATE_BYTES);
    writeState(new DataView(bytes.buffer), state);
    this.#keeper.keepMotion(state);
    this.#options.onState(bytes);
  }

  /** On change only. */
  #tellStatus(): void {
    const { status } = this;
    const text = JSON.stringify(status);
    if (text === this.#told) return;
    this.#told = text;
    this.#options.onStatus(status);
  }

  // ---- what the device says ----

  /** [CTL43] [CTL47] What keeps everything from moving, whatever the device says. */
  get #hostFault(): string | null {
    return this.#options.siteLimits.problem ?? this.#options.record.failure?.message ?? null;
  }

  #handleMeasured(measured: Measured, isHeard = true): void {
    const nowMs = this.#nowMs;
    if (isHeard) this.#measuredAtMs = nowMs;
    this.#measured = measured;
    this.#patient.handleMeasured({ ...measured, fault: this.#hostFault ?? measured.fault }, nowMs);
  }

  #handleEvent(event: ControlEvent): void {
    if (event.type === 'granted') {
      this.#asks.delete(event.lease.holder);
      this.#holding = this.#next;
      this.#next = null;
      this.#settings.begin();
    }
    if (event.type === 'unasked') this.#asks.delete(event.by);
    if (event.type === 'ended') this.#holding = null;
    if (event.type === 'emergency') {
      this.#options.device.stop();
      this.#stoppedBy ??= event.by;
      this.#stops += 1;
    }
    if (event.type === 'reset') this.#stoppedBy = null;
    if (event.type === 'setting') this.#settings.want(event.sequence, event.settings);
    this.#options.handovers?.handleBefore(event);
    this.#keeper.keep(event, this.#patient.limits, this.#holding);
    this.#options.handovers?.handleAfter(event);
  }

  /** How often it was stopped: a reset that was confirmed is of the stop that was there when it was asked about. */
  get stops(): number {
    return this.#stops;
  }

  /** Whether this very asking still waits for its answer. */
  isAsked(ask: ControlAsk): boolean {
    return this.#asks.get(ask.by) === ask;
  }

  /** @throws AppError `control.notAsked` */
  askOf(by: string): ControlAsk {
    const ask = this.#asks.get(by);
    if (ask === undefined) throw new AppError('control.notAsked', 'nobody of that name asks to steer');
    return ask;
  }
}
