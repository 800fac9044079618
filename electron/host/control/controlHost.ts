import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { HostParams, HostRequestName, HostResult } from '#shared/host/contract';
import type { ControlStatus } from '#shared/control/status';
import { type CarriedPicture, packPicture } from '#shared/host/controlPictures';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import type { UltrasoundDevice } from '../devices/device.ts';
import { SimulatedDevice } from '../devices/simulator/simulatedDevice.ts';
import type { SetAsideReport } from '../jsonFile.ts';
import type { HostLog } from '../logFile.ts';
import { type AskPerson, Confirmation } from './confirmation.ts';
import { ControlRecord } from './controlRecord.ts';
import { ControlService } from './controlService.ts';
import { hasChosenDevice, openChosenDevice } from './deviceChoice.ts';
import { type DeviceLock, lockDevice } from './deviceLock.ts';
import { Epochs } from './epochs.ts';
import { Handovers } from './handovers.ts';
import { type Verification, verifyRecord } from './recordChain.ts';
import { readSiteLimits } from './siteLimits.ts';

const RECORD_FOLDER = 'control';
/** [CTL116] Pictures go no oftener than this, ms: 20 a second. */
const PICTURE_EVERY_MS = 50;

export interface ControlHostOptions {
  /** The host's folder: `device.json`, `siteLimits.json`, `controlEpoch.json`, and the record in `control/`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly onSetAside: (report: SetAsideReport) => void;
  /** [CTL99] A way to a person that no page has; null: there is none here. */
  readonly askPerson: AskPerson | null;
}

type ControlRequest = Extract<HostRequestName, `control.${string}`>;
type ControlHandlers = { readonly [N in ControlRequest]: (params: HostParams<N>) => Promise<HostResult<N>> };

interface Events {
  status: ControlStatus;
  state: Uint8Array;
  handover: undefined;
  picture: Uint8Array;
}

/** The device of this machine, where it has one: opened once, from the files of its folder, and closed with the host. */
export class ControlHost {
  readonly #options: ControlHostOptions;
  readonly #events = new Emitter<Events>();
  #opening: Promise<void> | null = null;
  #device: UltrasoundDevice | null = null;
  #service: ControlService | null = null;
  #record: ControlRecord | null = null;
  #handovers: Handovers | null = null;
  #problem: string | null = null;
  #isPictureWanted = false;
  #picturedAtMs = Number.NEGATIVE_INFINITY;
  #lock: DeviceLock | null = null;
  readonly #confirmation: Confirmation;
  #isClosed = false;

  constructor(options: ControlHostOptions) {
    this.#options = options;
    this.#confirmation = new Confirmation({ ask: options.askPerson, onStop: () => this.#service?.stop(randomInt(0xffff_ffff)) });
  }

  /** Once, however often it is called; a device that cannot be had is told by `control.describe`. Never rejects. */
  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#problem = error instanceof AppError ? error.message : 'the device could not be opened; the host\'s log says why';
      this.#options.log.write('error', 'control', 'the device could not be opened', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    });
    return this.#opening;
  }

  onStatus(listener: (status: ControlStatus) => void): Undo {
    return this.#events.on('status', listener);
  }

  /** State frames, 50 a second while there is a device. */
  onState(listener: (bytes: Uint8Array) => void): Undo {
    return this.#events.on('state', listener);
  }

  /** [CTL112] Parts of the record wait to be handed over. */
  onHandover(listener: () => void): Undo {
    return this.#events.on('handover', listener);
  }

  /** [CTL116] Pictures of the scanner as `controlPictures.ts` lays them out, one for each time that a page asked. */
  onPicture(listener: (bytes: Uint8Array) => void): Undo {
    return this.#events.on('picture', listener);
  }

  /** From a page, as it came. What is no frame, and what comes while there is no device, changes nothing. */
  handleFrame(bytes: Uint8Array, from: string): void {
    this.#service?.handleFrame(bytes, from);
  }

  /** [CTL46] Without opening the device. */
  verifyRecord(): Promise<Verification> {
    return verifyRecord(join(this.#options.folder, RECORD_FOLDER));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#opening;
    await this.#service?.close();
    await this.#lock?.release();
    this.#events.clear();
  }

  readonly handlers: ControlHandlers = {
    'control.describe': async () => {
      await this.open();
      return { status: this.#service?.status ?? null, problem: this.#problem };
    },
    'control.ask': async (ask) => this.#with((service) => service.ask(ask)),
    'control.unask': async ({ by }) => this.#with((service) => service.unask(by)),
    'control.grant': async ({ by, mode }) => {
      const service = await this.#present();
      const asked = service.askOf(by);
      await this.#confirmation.need({ type: 'grant', name: asked.name, mode }, () => service.isAsked(asked));
      return service.grant(by, mode);
    },
    'control.reveal': async ({ by, epoch, publicKey }) => this.#with((service) => service.reveal(by, epoch, publicKey)),
    'control.decline': async ({ by }) => this.#with((service) => service.decline(by)),
    'control.release': async ({ epoch }) => this.#with((service) => service.release(epoch)),
    'control.takeOver': async () => this.#with((service) => service.takeOver()),
    'control.stop': async ({ stopId }) => this.#with((service) => service.stop(stopId)),
    'control.resetStop': async () => {
      const service = await this.#present();
      const { stops } = service;
      if (service.status.isStopLatched) await this.#confirmation.need({ type: 'resetStop' }, () => service.stops === stops);
      return this.#with(() => service.resetStop());
    },
    'control.record': async ({ from, limit }) => {
      await this.#present();
      if (this.#record === null) throw new AppError('device.notFound', 'this machine has no device');
      return this.#record.read(from, limit);
    },
    'control.attend': async ({ consultId }) => {
      await this.#present();
      this.#handovers?.attend(consultId);
      return {};
    },
    'control.handovers': async () => {
      await this.#present();
      return { parts: [...(this.#handovers?.waiting ?? [])] };
    },
    'control.handedOver': async ({ id }) => {
      await this.#present();
      await this.#handovers?.handedOver(id);
      return {};
    },
    'control.wantPicture': async () => {
      await this.#present();
      this.#isPictureWanted = true;
      return {};
    },
    'control.simulatorFault': async ({ fault }) => {
      await this.#present();
      if (!(this.#device instanceof SimulatedDevice)) throw new AppError('device.unsupported', 'only a simulator fails on command');
      this.#device.break(fault);
      return {};
    },
  };

  async #open(): Promise<void> {
    const { folder, clock, log, onSetAside } = this.#options;
    if (!(await hasChosenDevice(folder))) return;
    this.#lock = await lockDevice(folder);
    if (this.#lock === null) throw new AppError('device.busy', 'another window of this program on this machine has the device');
    const device = await openChosenDevice(folder, clock, onSetAside);
    if (device === null) return;
    try {
      const siteLimits = await readSiteLimits(folder, device.limits);
      if (siteLimits.problem !== null) log.write('error', 'control', `nothing may move: ${siteLimits.problem}`);
      const epochs = new Epochs({ folder, clock, onSetAside });
      const lastEpoch = await epochs.read();
      const record = await ControlRecord.open({ folder: join(folder, RECORD_FOLDER), clock });
      const handovers = await Handovers.open({ folder, clock, log, record, onSetAside, onWaiting: () => this.#events.emit('handover', undefined) });
      this.#device = device;
      this.#record = record;
      this.#handovers = handovers;
      const service = new ControlService({
        device, siteLimits, epochs, lastEpoch, record, handovers, clock, log,
        onStatus: (status) => this.#events.emit('status', status),
        onState: (bytes) => this.#events.emit('state', bytes),
      });
      this.#service = service;
      handovers.setHead(() => {
        const { device: about, limits, settings, isStopLatched, stoppedBy } = service.status;
        return { device: about, limits, settings: settings.applied, isStopLatched, stoppedBy };
      });
      device.onImage?.((image) => this.#handleImage(image));
      log.write('info', 'control', `${device.about.kind} ${device.about.model}`);
    } catch (error) {
      await device.close();
      throw error;
    }
  }

  /** [CTL116] One that nobody asked for, or that comes too soon, is dropped: the next is newer. */
  #handleImage(image: CarriedPicture): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (!this.#isPictureWanted || nowMs - this.#picturedAtMs < PICTURE_EVERY_MS) return;
    this.#isPictureWanted = false;
    this.#picturedAtMs = nowMs;
    this.#events.emit('picture', packPicture(image));
  }

  /** @throws AppError `device.notFound` */
  async #present(): Promise<ControlService> {
    await this.open();
    if (this.#service === null || this.#isClosed) throw new AppError('device.notFound', this.#problem ?? 'this machine has no device');
    return this.#service;
  }

  async #with(act: (service: ControlService) => void): Promise<Record<string, never>> {
    act(await this.#present());
    return {};
  }
}
