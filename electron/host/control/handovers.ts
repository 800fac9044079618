import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ControlEvent } from '#shared/control/patientSide';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { type RecordPart, recordPartSchema } from '#shared/host/control';
import { AppError } from '#shared/protocol/errors';
import { z } from 'zod';
import { JsonFile, type SetAsideReport } from '../jsonFile.ts';
import type { HostLog } from '../logFile.ts';
import type { ControlRecord } from './controlRecord.ts';

/** A lease that ended leaves its ramp behind: the part ends when that is in it, ms. */
const CUT_AFTER_MS = 1000;
/** A page sits down again at most this often, so that none fills the disk by doing so, ms. */
const BEGIN_EVERY_MS = 1000;
/** Parts that wait to be handed over; older ones stay in the machine's record, and are not offered any more. */
const MAX_WAITING = 500;

const openSchema = recordPartSchema.omit({ to: true, endedAtMs: true }).extend({ hasContent: z.boolean() });
const schema = z.object({ schemaVersion: z.literal(1), open: openSchema.nullable(), waiting: z.array(recordPartSchema).max(MAX_WAITING) });
type OpenPart = z.infer<typeof openSchema>;

/** What stands at the head of a part, so that it can be read by itself. */
export type PartHead = () => Readonly<Record<string, unknown>>;

export interface HandoversOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: HostLog;
  readonly record: ControlRecord;
  readonly onSetAside: (report: SetAsideReport) => void;
  /** Parts wait that did not before. */
  readonly onWaiting: () => void;
}

/**
 * [CTL112] Which parts of the record belong to which consult, and have not been handed to its case, in `controlHandovers.json`. A part
 * begins when the page beside the patient sits down in a consult, and at each end of a lease another begins; parts in which nobody steered,
 * asked in vain or stopped are not handed over. What is handed over stays in the record all the same.
 */
export class Handovers {
  readonly #options: HandoversOptions;
  readonly #file: JsonFile<z.infer<typeof schema>>;
  readonly #writes = new AsyncQueue();
  #head: PartHead = () => ({});
  #open: OpenPart | null = null;
  #waiting: RecordPart[] = [];
  #cancelCut: Undo | null = null;
  #begunAtMs = Number.NEGATIVE_INFINITY;

  private constructor(options: HandoversOptions) {
    this.#options = options;
    this.#file = new JsonFile({ ...options, path: join(options.folder, 'controlHandovers.json'), schema, schemaVersion: 1 });
  }

  /** A part that was open when the host ended is closed here, before anything else of this start is on record. */
  static async open(options: HandoversOptions): Promise<Handovers> {
    const handovers = new Handovers(options);
    const content = await handovers.#file.read();
    if (content.type === 'value') {
      handovers.#open = content.value.open;
      handovers.#waiting = [...content.value.waiting];
      handovers.#end('restart');
    }
    return handovers;
  }

  /** What the head of a part says of the device; known once there is a service. */
  setHead(head: PartHead): void {
    this.#head = head;
  }

  /** The oldest first. */
  get waiting(): readonly RecordPart[] {
    return this.#waiting;
  }

  /** The page sits in that consult; null: in none. The same again changes nothing. @throws AppError `input.rateLimited` */
  attend(consultId: string | null): void {
    if ((this.#open?.consultId ?? null) === consultId) return;
    const nowMs = this.#options.clock.monotonicMs();
    if (consultId !== null && nowMs - this.#begunAtMs < BEGIN_EVERY_MS) throw new AppError('input.rateLimited', 'a page sits down once a second');
    this.#end('left');
    if (consultId === null) return;
    this.#begunAtMs = nowMs;
    this.#begin(consultId, 1);
  }

  /** Before the record keeps it: a new lease is not in the part of the last. */
  handleBefore(event: ControlEvent): void {
    if (event.type === 'granted' && this.#cancelCut !== null) this.#cut();
  }

  /** After the record kept it. */
  handleAfter(event: ControlEvent): void {
    if (event.type === 'granted' || event.type === 'emergency' || event.type === 'reset') this.note();
    if (event.type === 'ended' && this.#open !== null) {
      this.#cancelCut?.();
      this.#cancelCut = this.#options.clock.after(CUT_AFTER_MS, () => this.#cut());
    }
  }

  /** Something happened that belongs into the case. */
  note(): void {
    if (this.#open === null || this.#open.hasContent) return;
    this.#open = { ...this.#open, hasContent: true, beganAtMs: this.#options.clock.wallMs() };
    this.#keep();
  }

  /** The case has it, on this machine's disk at least; what is not known changes nothing. */
  async handedOver(id: string): Promise<void> {
    this.#waiting = this.#waiting.filter((part) => part.id !== id);
    await this.#keepNow();
  }

  async close(): Promise<void> {
    this.#end('left');
    await this.#keepNow().catch(() => undefined); // told already; the next start closes what is open
    this.#writes.close(new Error('the host ends'));
  }

  #cut(): void {
    const open = this.#open;
    if (open === null) return;
    this.#end('lease');
    this.#begin(open.consultId, open.part + 1);
  }

  #begin(consultId: string, part: number): void {
    const { record, clock } = this.#options;
    record.append('partBegan', { consultId, part, ...this.#head() });
    this.#open = { id: randomUUID(), consultId, part, from: record.sequence, beganAtMs: clock.wallMs(), hasContent: false };
    this.#keep();
  }

  #end(reason: 'lease' | 'left' | 'restart'): void {
    this.#cancelCut?.();
    this.#cancelCut = null;
    if (this.#open === null) return;
    const { record, clock } = this.#options;
    const { hasContent, ...part } = this.#open;
    record.append('partEnded', { consultId: part.consultId, part: part.part, reason });
    this.#open = null;
    if (hasContent) this.#waiting = [...this.#waiting, { ...part, to: record.sequence, endedAtMs: clock.wallMs() }].slice(-MAX_WAITING);
    this.#keep();
    if (hasContent) this.#options.onWaiting();
  }

  #keep(): void {
    drop(this.#keepNow(), 'told inside; the next change writes all of it');
  }

  #keepNow(): Promise<void> {
    return this.#writes.push(async () => {
      try {
        await this.#file.write({ schemaVersion: 1, open: this.#open, waiting: this.#waiting });
      } catch (error) {
        this.#options.log.write('error', 'control', 'what of the record is still to be handed over could not be written', { reason: error instanceof Error ? error.message : String(error) });
        throw error;
      }
    });
  }
}
