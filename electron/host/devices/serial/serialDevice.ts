import type { ReadStream } from 'node:tty';
import type { MotionLimits } from '#shared/control/limits';
import type { DeviceOrder, Measured } from '#shared/control/patientSide';
import { createPose } from '#shared/control/pose';
import { areInRange, type UltrasoundSettings } from '#shared/control/settings';
import type { ControlDevice } from '#shared/control/status';
import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import type { UltrasoundDevice } from '../device.ts';
import { withoutMotion } from '../motionless.ts';
import { readMeasured, readSettings, type SerialFrame, type SerialMeasured, writeOrder, writeSettings } from './frame.ts';
import { FrameReader } from './frameReader.ts';
import type { SerialChoice } from './serialChoice.ts';
import { openTty } from './ttyPort.ts';

/** [CTL83] As with OpenIGTLink, ms. */
const SILENT_MS = 250;
const WATCH_MS = 50;
const APPLY_TIMEOUT_MS = 1000;
/** What the line has not taken: more would be old when it leaves. */
const MAX_WAITING_BYTES = 200;
/** A line that takes nothing at all is closed, and what waits in it is gone. */
const MAX_STUCK_BYTES = 4096;
const BACKOFF: BackoffPolicy = { firstMs: 200, maxMs: 3000, jitter: 0.3 };
const MAX_REQUEST = 0xffff;

export interface SerialDeviceOptions {
  readonly choice: SerialChoice;
  readonly clock: Clock;
  readonly random: () => number;
}

interface Applying {
  readonly request: number;
  readonly resolve: (settings: UltrasoundSettings) => void;
  readonly reject: (error: AppError) => void;
  readonly cancelTimeout: Undo;
}

/** A probe's controller on a serial line, in the frames of `frame.ts`. Opens the line again when it was pulled out and is back. */
export class SerialDevice implements UltrasoundDevice {
  readonly about: ControlDevice;
  readonly limits: MotionLimits;
  readonly #choice: SerialChoice;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #events = new Emitter<{ measured: Measured }>();
  #port: ReadStream | null = null;
  #reader = this.#createReader();
  #newest: SerialMeasured = { pose: createPose(), forceN: Number.NaN, isInContact: false, fault: null };
  #newestAtMs = Number.NEGATIVE_INFINITY;
  /** Why there is no line. */
  #problem: string | null = 'the serial port is not open yet';
  #count = 0;
  #nextOrderAtMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #wasMoving = false;
  #request = 0;
  #applying: Applying | null = null;
  #refused = 0;
  #attempt = 0;
  #cancelRetry: Undo = () => undefined;
  #cancelWatch: Undo;
  #isClosed = false;

  constructor({ choice, clock, random }: SerialDeviceOptions) {
    this.about = { id: choice.id, model: choice.model, kind: 'serial' };
    this.limits = choice.measuresForce ? choice.limits : withoutMotion(choice.limits);
    this.#choice = choice;
    this.#clock = clock;
    this.#random = random;
    this.#cancelWatch = clock.after(WATCH_MS, () => this.#watch());
    this.#open();
  }

  /** Frames that were whole and said nothing that can be. */
  get refusedCount(): number {
    return this.#refused;
  }

  /** Whether the line is open. */
  get isOpen(): boolean {
    return this.#port !== null;
  }

  /** Sent always, also when nothing moves: the device notices by itself when nobody is here any more. A change goes out at once. */
  order(order: Readonly<DeviceOrder>): void {
    const nowMs = this.#clock.monotonicMs();
    const isChange = order.isStopped !== this.#isStopped || (this.#wasMoving && !order.isMoving);
    this.#isStopped = order.isStopped;
    this.#wasMoving = order.isMoving;
    if (!isChange && (nowMs < this.#nextOrderAtMs || (this.#port?.writableLength ?? 0) > MAX_WAITING_BYTES)) return;
    this.#nextOrderAtMs = nowMs + 1000 / this.#choice.ordersPerSecond;
    this.#send(writeOrder(order, this.#count));
  }

  stop(): void {
    this.order({ isMoving: false, isStopped: true, pose: this.#newest.pose, forceN: 0 });
  }

  applySettings(settings: Readonly<UltrasoundSettings>): Promise<UltrasoundSettings> {
    this.#settle((applying) => applying.reject(new AppError('device.busy', 'other settings were asked for')));
    if (this.#port === null) return Promise.reject(new AppError('device.lost', 'the serial port is not open'));
    this.#request = (this.#request + 1) & MAX_REQUEST;
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#clock.after(APPLY_TIMEOUT_MS, () => this.#settle((applying) => applying.reject(new AppError('device.lost', 'the device did not answer'))));
      this.#applying = { request, resolve, reject, cancelTimeout };
      this.#send(writeSettings('settings', { request, settings, isRefused: false }, this.#count));
    });
  }

  onMeasured(listener: (measured: Measured) => void): Undo {
    return this.#events.on('measured', listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelWatch();
    this.#cancelRetry();
    this.#settle((applying) => applying.reject(new AppError('host.unavailable', 'the host ends')));
    if (this.#wasMoving) this.#send(writeOrder({ isMoving: false, isStopped: this.#isStopped, pose: this.#newest.pose, forceN: 0 }, this.#count));
    this.#port?.destroy();
    this.#port = null;
    this.#events.clear();
  }

  // ---- the line ----

  #open(): void {
    drop(
      openTty(this.#choice).then((port) => this.#adopt(port)),
      'tried again below; why it failed is the fault that people read',
      (error) => {
        this.#problem = error instanceof AppError ? error.message : 'the serial port cannot be opened';
        this.#retry();
      },
    );
  }

  #adopt(port: ReadStream): void {
    if (this.#isClosed) return void port.destroy();
    this.#port = port;
    this.#problem = null;
    this.#attempt = 0;
    this.#reader = this.#createReader();
    port.on('data', (bytes: Uint8Array) => this.#reader.push(bytes));
    port.on('error', () => undefined); // followed by 'close'
    port.once('end', () => port.destroy());
    port.once('close', () => {
      if (this.#isClosed) return;
      this.#port = null;
      this.#problem = 'the serial port was unplugged';
      this.#newestAtMs = Number.NEGATIVE_INFINITY;
      this.#settle((applying) => applying.reject(new AppError('device.lost', 'the serial port was unplugged')));
      this.#emit();
      this.#retry();
    });
  }

  #retry(): void {
    if (this.#isClosed) return;
    const delayMs = backoffDelayMs(BACKOFF, this.#attempt, this.#random);
    this.#attempt += 1;
    this.#cancelRetry = this.#clock.after(delayMs, () => this.#open());
  }

  #send(bytes: Uint8Array): void {
    this.#count += 1;
    if ((this.#port?.writableLength ?? 0) > MAX_STUCK_BYTES) this.#port?.destroy();
    else this.#port?.write(bytes);
  }

  #createReader(): FrameReader {
    return new FrameReader((frame) => this.#handleFrame(frame));
  }

  // ---- what it says ----

  #handleFrame({ type, payload }: SerialFrame): void {
    if (type === 'measured') this.#handleMeasured(readMeasured(payload));
    else if (type === 'applied') this.#handleApplied(payload);
    else this.#refused += 1; // ours, come back: a line that echoes
  }

  #handleMeasured(measured: SerialMeasured | null): void {
    if (measured === null) {
      this.#refused += 1;
      return;
    }
    this.#newest = measured;
    this.#newestAtMs = this.#clock.monotonicMs();
    this.#emit();
  }

  #handleApplied(payload: DataView): void {
    const applied = readSettings(payload);
    if (applied === null || applied.request !== this.#applying?.request) {
      this.#refused += 1;
      return;
    }
    const { settings } = applied;
    if (applied.isRefused) this.#settle((applying) => applying.reject(new AppError('device.unsupported', 'the device refused the settings')));
    else if (!areInRange(settings)) this.#settle((applying) => applying.reject(new AppError('device.unsupported', 'the device applied what cannot be')));
    else this.#settle((applying) => applying.resolve(settings));
  }

  #settle(how: (applying: Applying) => void): void {
    const applying = this.#applying;
    if (applying === null) return;
    this.#applying = null;
    applying.cancelTimeout();
    how(applying);
  }

  #watch(): void {
    this.#cancelWatch = this.#clock.after(WATCH_MS, () => this.#watch());
    if (this.#lineFault !== null) this.#emit();
  }

  #emit(): void {
    const { pose, forceN, isInContact, fault } = this.#newest;
    this.#events.emit('measured', { pose, forceN: this.#choice.measuresForce ? forceN : Number.NaN, isInContact, fault: this.#lineFault ?? fault });
  }

  /** [CTL83] */
  get #lineFault(): string | null {
    if (this.#problem !== null) return this.#problem;
    return this.#clock.monotonicMs() - this.#newestAtMs > SILENT_MS ? 'the device was not heard for 250 ms' : null;
  }
}
