import type { MotionLimits } from '#shared/control/limits';
import type { DeviceOrder, Measured } from '#shared/control/patientSide';
import { composePose, copyPose, createPose, type Pose, relativePose } from '#shared/control/pose';
import type { UltrasoundSettings } from '#shared/control/settings';
import type { ControlDevice } from '#shared/control/status';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { numberAt } from '#shared/lib/numberAt';
import { AppError } from '#shared/protocol/errors';
import type { UltrasoundDevice } from '../device.ts';
import { withoutMotion } from '../motionless.ts';
import { faultOf, readForces, readPosition, readStatus, readTransform, STATUS_OK, STATUS_PANIC, type Status, writePosition, writeStatus, writeTransform } from './contents.ts';
import { type DeviceImage, readImage } from './image.ts';
import { type HeaderVersion, type Message, writeMessage } from './message.ts';
import type { OpenIgtLinkChoice } from './openIgtLinkChoice.ts';
import { PeerLink } from './peerLink.ts';
import { StreamReader } from './streamReader.ts';

/** [CTL83] A pose, or a force, older than this is not one any more, ms. */
const SILENT_MS = 250;
/** How often that is looked after, ms. */
const WATCH_MS = 50;
/** A body of a small message with metadata, and of a picture, bytes. */
const MAX_SMALL_BYTES = 16 * 1024;
const MAX_IMAGE_BYTES = 32 * 1024 * 1024;
/** Orders that the peer has not taken: no more are sent, since they would be old. */
const MAX_ORDERS_WAITING_BYTES = 512;
/** Types that a peer may ask one message of; others are answered with nothing. */
const SMALL_TYPES: ReadonlySet<string> = new Set(['TRANSFORM', 'POSITION', 'QTRANS', 'STATUS', 'SENSOR', 'GET_STATUS', 'GET_TRANS', 'GET_TRANSFOR', 'GET_POSITION', 'GET_QTRANS']);

/** What the device is told to do with the poses that it gets. */
type Doing = 'hold' | 'follow' | 'stop';
const DOING: Readonly<Record<Doing, Status>> = {
  hold: { code: STATUS_OK, subCode: 0n, name: 'HOLD', text: 'no motion is ordered' },
  follow: { code: STATUS_OK, subCode: 1n, name: 'FOLLOW', text: 'follow the poses' },
  stop: { code: STATUS_PANIC, subCode: 0n, name: 'STOP', text: 'emergency stop' },
};

export interface OpenIgtLinkOptions {
  readonly choice: OpenIgtLinkChoice;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * A robot that speaks OpenIGTLink (version 1, 2 or 3), as client or server. Out go poses, 50 a second and only while motion is ordered,
 * and a STATUS on each change; in come its pose, its force, its STATUS, its pictures. The rules are CTL80 to 85.
 */
export class OpenIgtLinkDevice implements UltrasoundDevice {
  readonly about: ControlDevice;
  readonly limits: MotionLimits;
  readonly #choice: OpenIgtLinkChoice;
  readonly #clock: Clock;
  readonly #events = new Emitter<{ measured: Measured; image: DeviceImage }>();
  readonly #link: PeerLink;
  readonly #pose = createPose();
  readonly #target = createPose();
  #reader = this.#createReader();
  /** Of the peer's newest message; a peer that said nothing yet is spoken to in the version that all understand. */
  #version: HeaderVersion = 1;
  #messageId = 0;
  #doing: Doing = 'hold';
  #nextOrderAtMs = Number.NEGATIVE_INFINITY;
  /** Orders went out that the peer has not shown life since. */
  #isOwedAnswer = false;
  #forceN = Number.NaN;
  #poseAtMs = Number.NEGATIVE_INFINITY;
  #forceAtMs = Number.NEGATIVE_INFINITY;
  #openedAtMs = Number.NEGATIVE_INFINITY;
  /** What the device says of itself; only the device takes it back. */
  #told: string | null = null;
  #image: DeviceImage | null = null;
  #refused = 0;
  #cancelWatch: Undo;
  #isClosed = false;

  constructor({ choice, clock, random }: OpenIgtLinkOptions) {
    this.about = { id: choice.id, model: choice.model, kind: 'openIgtLink' };
    this.limits = choice.force === null ? withoutMotion(choice.limits) : choice.limits;
    this.#choice = choice;
    this.#clock = clock;
    this.#link = new PeerLink({ place: choice.place, clock, random, onOpen: () => this.#handleOpen(), onBytes: (bytes) => this.#handleBytes(bytes), onClose: () => this.#handleClose(), isSilent: () => clock.monotonicMs() - Math.max(this.#poseAtMs, this.#openedAtMs) > SILENT_MS });
    this.#cancelWatch = clock.after(WATCH_MS, () => this.#watch());
  }

  /** Where it listens; null: it does not, or not yet. */
  get port(): number | null {
    return this.#link.port;
  }

  /** The newest picture; null: none came yet. */
  get newestImage(): DeviceImage | null {
    return this.#image;
  }

  /** Messages that were no message, or said nothing that can be. */
  get refusedCount(): number {
    return this.#refused;
  }

  order({ isMoving, isStopped, pose }: Readonly<DeviceOrder>): void {
    this.#setDoing(isStopped ? 'stop' : isMoving ? 'follow' : 'hold');
    if (this.#doing !== 'follow') return;
    composePose(this.#target, this.#choice.base, pose);
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#nextOrderAtMs || !this.#link.isOpen || this.#link.waitingBytes > MAX_ORDERS_WAITING_BYTES) return;
    this.#nextOrderAtMs = nowMs + 1000 / this.#choice.order.perSecond;
    this.#isOwedAnswer = true;
    this.#sendPose(this.#choice.order.type, this.#choice.order.deviceName);
  }

  stop(): void {
    this.#setDoing('stop');
  }

  /** OpenIGTLink has no message for a scanner's settings. @throws AppError `device.unsupported` always */
  async applySettings(_settings: Readonly<UltrasoundSettings>): Promise<UltrasoundSettings> {
    throw new AppError('device.unsupported', 'OpenIGTLink carries no settings of a scanner');
  }

  onMeasured(listener: (measured: Measured) => void): Undo {
    return this.#events.on('measured', listener);
  }

  onImage(listener: (image: DeviceImage) => void): Undo {
    return this.#events.on('image', listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelWatch();
    if (this.#doing === 'follow') this.#setDoing('hold'); // a stop stays one
    await this.#link.close();
    this.#events.clear();
  }

  // ---- out ----

  #setDoing(doing: Doing): void {
    if (doing === this.#doing) return;
    this.#doing = doing;
    if (doing === 'follow') this.#nextOrderAtMs = Number.NEGATIVE_INFINITY;
    this.#sendStatus(this.#choice.order.deviceName);
  }

  #sendStatus(deviceName: string): void {
    this.#send('STATUS', deviceName, writeStatus(DOING[this.#doing]));
  }

  #sendPose(type: string, deviceName: string): void {
    this.#send(type, deviceName, type === 'TRANSFORM' ? writeTransform(this.#target) : writePosition(this.#target));
  }

  #send(type: string, deviceName: string, content: Uint8Array): void {
    this.#messageId = (this.#messageId + 1) >>> 0;
    this.#link.send(writeMessage({ version: this.#version, type, deviceName, wallMs: this.#clock.wallMs(), content, messageId: this.#messageId }));
  }

  // ---- the connection ----

  #handleOpen(): void {
    this.#reader = this.#createReader();
    this.#version = 1;
    this.#isOwedAnswer = false;
    this.#openedAtMs = this.#clock.monotonicMs();
    this.#sendStatus(this.#choice.order.deviceName);
  }

  #handleClose(): void {
    this.#poseAtMs = this.#forceAtMs = Number.NEGATIVE_INFINITY;
    this.#emit();
  }

  #handleBytes(bytes: Uint8Array): void {
    if (this.#reader.push(bytes) === null) return;
    this.#refused += 1;
    this.#link.reset();
  }

  #createReader(): StreamReader {
    return new StreamReader({
      maxBytes: (type) => (type === 'IMAGE' ? MAX_IMAGE_BYTES : SMALL_TYPES.has(type) || /^ST[TP]_/.test(type) ? MAX_SMALL_BYTES : 0),
      onMessage: (message) => this.#handleMessage(message),
      onFault: () => {
        this.#refused += 1;
      },
    });
  }

  // ---- in ----

  #handleMessage(message: Message): void {
    this.#version = message.version;
    const { type, content } = message;
    if (type === 'TRANSFORM') this.#handlePose(message, readTransform(content));
    else if (type === 'POSITION' || type === 'QTRANS') this.#handlePose(message, readPosition(content));
    else if (type === 'SENSOR') this.#handleForces(message);
    else if (type === 'STATUS') this.#handleStatus(readStatus(content));
    else if (type === 'IMAGE') this.#handleImage(readImage(content));
    else this.#answer(type, message.deviceName);
  }

  /** [CTL81] */
  #handlePose({ deviceName }: Message, pose: Pose | null): void {
    if (deviceName !== this.#choice.poseName) return;
    if (pose === null) {
      this.#refused += 1;
      return;
    }
    relativePose(this.#pose, this.#choice.base, pose);
    this.#poseAtMs = this.#clock.monotonicMs();
    this.#isOwedAnswer = false;
    this.#emit();
  }

  #handleForces({ deviceName, content }: Message): void {
    const { force } = this.#choice;
    if (force === null || deviceName !== force.deviceName) return;
    const forces = readForces(content);
    if (forces === null || force.index >= forces.length || !Number.isFinite(forces[force.index])) {
      this.#refused += 1;
      return;
    }
    this.#forceN = numberAt(forces, force.index) * (force.isPressNegative ? -1 : 1);
    this.#forceAtMs = this.#clock.monotonicMs();
    this.#emit();
  }

  #handleStatus(status: Status | null): void {
    if (status === null) {
      this.#refused += 1;
      return;
    }
    this.#told = faultOf(status);
    this.#emit();
  }

  #handleImage(image: DeviceImage | null): void {
    if (image === null) {
      this.#refused += 1;
      return;
    }
    this.#image = image;
    this.#events.emit('image', image);
  }

  /** [CTL85] Questions. None of them begins, ends or changes motion. */
  #answer(type: string, deviceName: string): void {
    if (this.#link.waitingBytes > MAX_ORDERS_WAITING_BYTES) return;
    const [verb, what = ''] = [type.slice(0, 3), type.slice(4)];
    if (type === 'GET_STATUS') this.#sendStatus(deviceName);
    else if (verb === 'GET') this.#answerPose(what.startsWith('TRANS') ? 'TRANSFORM' : what, deviceName);
    // Poses come when motion is ordered, and not otherwise: nobody can have them begin or end.
    else this.#send(`RTS_${what}`, deviceName, Uint8Array.of(1));
  }

  #answerPose(type: string, deviceName: string): void {
    if (this.#doing === 'follow') this.#sendPose(type, deviceName);
    else this.#send(type, deviceName, new Uint8Array());
  }

  // ---- what holds ----

  #watch(): void {
    this.#cancelWatch = this.#clock.after(WATCH_MS, () => this.#watch());
    const nowMs = this.#clock.monotonicMs();
    // [CTL82] Orders that wait somewhere on the way to a peer that shows no life would arrive when nobody holds the dead-man any more.
    if (this.#isOwedAnswer && nowMs - Math.max(this.#poseAtMs, this.#openedAtMs) > SILENT_MS) this.#link.reset();
    if (this.#fault(nowMs) !== null) this.#emit();
  }

  #emit(): void {
    const nowMs = this.#clock.monotonicMs();
    const hasForce = this.#choice.force !== null && nowMs - this.#forceAtMs <= SILENT_MS;
    const forceN = hasForce ? this.#forceN : Number.NaN;
    const pose = createPose();
    copyPose(pose, this.#pose);
    this.#events.emit('measured', { pose, forceN, isInContact: forceN > (this.#choice.force?.contactN ?? 0), fault: this.#fault(nowMs) });
  }

  /** [CTL83] */
  #fault(nowMs: number): string | null {
    if (!this.#link.isOpen) return this.#choice.place.type === 'connect' ? 'the device cannot be reached' : 'the device has not connected';
    if (this.#told !== null) return this.#told;
    if (nowMs - this.#poseAtMs > SILENT_MS) return 'the device was not heard: no pose for 250 ms';
    return this.#choice.force !== null && nowMs - this.#forceAtMs > SILENT_MS ? 'the force sensor was not heard for 250 ms' : null;
  }
}
