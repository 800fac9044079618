import { createHash } from 'node:crypto';
import type { ReadStream } from 'node:fs';
import { TRANSFER_SYNTAXES } from '#shared/domain/imaging/transferSyntaxes';
import type { CaseId } from '#shared/domain/ids';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { CopiedInstance, SeriesCopy } from '#shared/protocol/imaging';
import type { Imaging, InstanceRecord, InstanceScope } from '../storage/imaging.ts';
import type { ObjectStore } from '../storage/objects.ts';
import { frameBytes, type PixelPlan, servedSyntax } from './dicom/pixels.ts';
import { offerSeries, parseMetadata, QidoAnswer, type QidoLevel, type QidoQuery } from './qido.ts';
import type { ImagingWorkers } from './worker/imagingWorkers.ts';
import type { Rendering } from './worker/jobs.ts';

export interface ImageReaderOptions {
  readonly imaging: Imaging;
  readonly objects: ObjectStore;
  readonly workers: ImagingWorkers;
}

/** One instance by its three UIDs. */
export type InstanceAddress = InstanceScope & { readonly studyUid: string; readonly seriesUid: string; readonly sopUid: string };

/** Frames as they go out. */
export interface ServedFrames {
  readonly syntax: string;
  readonly count: number;
  frames(): AsyncIterable<Uint8Array>;
}

/** The content of an instance's copy, from any byte. */
export interface CopyContent {
  readonly sizeBytes: number;
  /** Both ends included. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

interface Known {
  readonly hash: string;
  readonly plan: PixelPlan | null;
}

interface DecodedContent {
  readonly hash: string;
  readonly sizeBytes: number;
  /** Why it cannot be decoded after all; empty: it can. */
  readonly refusal: string;
}

/** Of so many pictures the middle one stands for all. */
const RENDER_AMONG = 1000;
/** Instances whose plans are remembered. */
const REMEMBERED = 2000;
const MAX_FRAMES_AT_ONCE = 1000;

/** Reading the images of a case (QIDO-RS, WADO-RS). Whether the case may be read is asked before. */
export class ImageReader {
  readonly #options: ImageReaderOptions;
  readonly #known = new Map<string, Known>();
  readonly #decodedContents = new Map<string, DecodedContent>();

  constructor(options: ImageReaderOptions) {
    this.#options = options;
  }

  /** The answer as JSON. @param base where the case's services are, as the asker reaches them. @throws AppError `input.tooLarge` */
  async search(caseId: CaseId, level: QidoLevel, scope: InstanceScope, query: QidoQuery, base: string): Promise<string> {
    const { imaging } = this.#options;
    const answer = new QidoAnswer(query, level);
    if (level !== 'instances') {
      const urlOf = (instance: InstanceRecord) => (level === 'studies' ? `${base}/studies/${instance.studyUid}` : `${base}/studies/${instance.studyUid}/series/${instance.seriesUid}`);
      await offerSeries(answer, level, imaging.firsts(caseId, scope), urlOf);
      return answer.text;
    }
    for await (const page of imaging.pages(caseId, scope)) {
      for (const record of page) answer.offer({ dataSet: parseMetadata(record), retrieveUrl: addressOf(base, record) });
      if (answer.isFull) break;
    }
    return answer.text;
  }

  /** What the case has of a study; nothing where it has no such. */
  held(caseId: CaseId, studyUid: string): ReturnType<Imaging['held']> {
    return this.#options.imaging.held(caseId, studyUid);
  }

  /** The metadata of everything in the scope, as the pieces of one JSON text. @throws AppError `record.notFound` when it holds nothing */
  async metadata(caseId: CaseId, scope: InstanceScope, base: string): Promise<AsyncIterable<string>> {
    const pages = this.#options.imaging.pages(caseId, scope);
    const first = await pages.next();
    if (first.done === true) throw new AppError('record.notFound', 'the case has no such images');
    const textOf = (record: InstanceRecord) => record.metadata.replaceAll('"BulkDataURI":"', `"BulkDataURI":"${addressOf(base, record)}/`);
    return (async function* () {
      yield `[${first.value.map(textOf).join(',')}`;
      for await (const page of pages) yield `,${page.map(textOf).join(',')}`;
      yield ']';
    })();
  }

  /** Whole instances, as they came. @throws AppError `record.notFound` when there is none, `attachment.cutOff` when a file is not whole on this disk */
  async instances(caseId: CaseId, scope: InstanceScope): Promise<AsyncIterable<{ readonly record: InstanceRecord; readonly syntax: string; readonly content: ReadStream }>> {
    const { objects } = this.#options;
    const pages = this.#options.imaging.pages(caseId, scope);
    const first = await pages.next();
    if (first.done === true) throw new AppError('record.notFound', 'the case has no such images');
    const open = async (record: InstanceRecord) => {
      if ((await objects.size(record.hash)) !== record.sizeBytes) throw new AppError('attachment.cutOff', 'the stored file does not have its size');
      const plan = planOf(record);
      return { record, syntax: plan === null ? TRANSFER_SYNTAXES.explicitLittle : TRANSFER_SYNTAXES[plan.syntax], content: objects.read(record.hash, 0, record.sizeBytes - 1) };
    };
    const head = await Promise.all(first.value.slice(0, 1).map(open));
    return (async function* () {
      yield* head;
      for (const record of first.value.slice(1)) yield open(record);
      for await (const page of pages) for (const record of page) yield open(record);
    })();
  }

  /**
   * Frames by number from 1, in the order asked for.
   * @param isPlain wants them uncompressed in any case
   * @throws AppError `record.notFound`; `imaging.notDisplayable` with the reason
   */
  async frames(caseId: CaseId, address: InstanceAddress, numbers: readonly number[], isPlain: boolean): Promise<ServedFrames> {
    const { hash, plan } = await this.#find(caseId, address);
    if (plan === null || numbers.length === 0 || numbers.length > MAX_FRAMES_AT_ONCE || numbers.some((number) => number < 1 || number > plan.frames)) throw new AppError('record.notFound', 'the instance has no such frames');
    const own = servedSyntax(plan);
    if (plan.delivery.type === 'refused' || own === null) throw new AppError('imaging.notDisplayable', plan.delivery.type === 'refused' ? plan.delivery.reason : '');
    const isDecoded = isPlain && own !== TRANSFER_SYNTAXES.explicitLittle;
    const one = (number: number) => this.#frame(hash, plan, number - 1, isDecoded);
    const first = await one(numbers[0] ?? 1); // so that what is wrong is said before the answer has begun
    return {
      syntax: isDecoded ? TRANSFER_SYNTAXES.explicitLittle : own,
      count: numbers.length,
      frames: async function* () {
        yield first;
        for (const number of numbers.slice(1)) yield one(number);
      },
    };
  }

  /** What a copy of a series is made of. @throws AppError `record.notFound` when the case has no such */
  async copyOf(caseId: CaseId, scope: InstanceScope & { readonly studyUid: string; readonly seriesUid: string }): Promise<SeriesCopy> {
    const instances: CopiedInstance[] = [];
    for await (const page of this.#options.imaging.pages(caseId, scope)) for (const record of page) instances.push(await this.#copied(record));
    if (instances.length === 0) throw new AppError('record.notFound', 'the case has no such series');
    return { instances };
  }

  /** @throws AppError `record.notFound`, `attachment.cutOff` when a file is not whole on this disk */
  async copyContent(caseId: CaseId, address: InstanceAddress): Promise<CopyContent> {
    const record = await this.#options.imaging.find(caseId, address);
    if (record === null) throw new AppError('record.notFound', 'the case has no such image');
    const plan = planOf(record);
    const decoded = plan?.delivery.type === 'decoded' ? await this.#decoded(record, plan) : null;
    if (plan !== null && decoded?.refusal === '') return { sizeBytes: decoded.sizeBytes, read: (start, end) => this.#decodedBytes(record.hash, plan, start, end) };
    const { objects } = this.#options;
    if ((await objects.size(record.hash)) !== record.sizeBytes) throw new AppError('attachment.cutOff', 'the stored file does not have its size');
    return { sizeBytes: record.sizeBytes, read: (start, end) => objects.read(record.hash, start, end) };
  }

  async #copied(record: InstanceRecord): Promise<CopiedInstance> {
    const plan = planOf(record);
    const { sopUid, hash, sizeBytes } = record;
    const unseen = (refusal: string): CopiedInstance => ({ sopUid, hash, sizeBytes, syntax: null, refusal: refusal.slice(0, 500), frames: null });
    if (plan === null) return unseen('');
    if (plan.delivery.type === 'refused') return unseen(plan.delivery.reason);
    const syntax = servedSyntax(plan);
    if (plan.delivery.type === 'decoded') {
      const decoded = await this.#decoded(record, plan);
      if (decoded.refusal !== '') return unseen(decoded.refusal);
      return { sopUid, hash: decoded.hash, sizeBytes: decoded.sizeBytes, syntax, refusal: '', frames: { type: 'even', offset: 0, length: decoded.sizeBytes / plan.frames, count: plan.frames } };
    }
    const { place } = plan;
    if (place.type === 'contiguous') return { sopUid, hash, sizeBytes, syntax, refusal: '', frames: { type: 'even', offset: place.offset, length: frameBytes(plan.layout), count: plan.frames } };
    return { sopUid, hash, sizeBytes, syntax, refusal: '', frames: { type: 'listed', places: place.frames.map((pieces) => pieces.map(([offset, length]) => [offset, length] as [number, number])) } };
  }

  /** Hash and size of an instance's decoded frames; decoding is dear, so what was found out is remembered. */
  async #decoded(record: InstanceRecord, plan: PixelPlan): Promise<DecodedContent> {
    const known = this.#decodedContents.get(record.hash);
    if (known !== undefined) return known;
    const digest = createHash('sha256');
    let [sizeBytes, refusal] = [0, ''];
    try {
      for (let frame = 0; frame < plan.frames; frame += 1) {
        const bytes = await this.#frame(record.hash, plan, frame, false);
        digest.update(bytes);
        sizeBytes += bytes.byteLength;
      }
    } catch (error) {
      // One that cannot be decoded after all holds up none of its series.
      const { code, message } = toAppError(error);
      if (!code.startsWith('imaging.')) throw error;
      refusal = message || code;
    }
    const content = { hash: digest.digest('hex'), sizeBytes, refusal };
    if (this.#decodedContents.size >= REMEMBERED) this.#decodedContents.clear();
    this.#decodedContents.set(record.hash, content);
    return content;
  }

  async *#decodedBytes(hash: string, plan: PixelPlan, start: number, end: number): AsyncGenerator<Uint8Array> {
    let at = 0;
    for (let frame = 0; frame < plan.frames && at <= end; frame += 1) {
      const size = plan.delivery.type === 'decoded' ? frameBytes(plan.delivery.as) : 0;
      if (at + size > start) {
        const bytes = await this.#frame(hash, plan, frame, false);
        yield bytes.subarray(Math.max(0, start - at), Math.min(bytes.byteLength, end + 1 - at));
      }
      at += size;
    }
  }

  /** The bytes of one element. @param place tags and item numbers in turn */
  async bulk(caseId: CaseId, address: InstanceAddress, place: readonly string[]): Promise<Uint8Array> {
    const { hash } = await this.#find(caseId, address);
    return this.#options.workers.run('bulk', { path: this.#options.objects.pathOf({ hash }), place });
  }

  /** A PNG of a frame. @param frame from 1; null: the middle one */
  async render(caseId: CaseId, scope: InstanceScope, frame: number | null, rendering: Rendering): Promise<Uint8Array> {
    const { imaging, objects, workers } = this.#options;
    const shown = await imaging.displayable(caseId, scope, RENDER_AMONG);
    const sopUid = shown[Math.floor(shown.length / 2)];
    if (sopUid === undefined && !(await imaging.has(caseId, scope))) throw new AppError('record.notFound', 'the case has no such images');
    const record = sopUid === undefined ? null : await imaging.find(caseId, { ...scope, sopUid });
    const plan = record === null ? null : planOf(record);
    if (record === null || plan === null) throw new AppError('imaging.notDisplayable', 'there is no picture in it that can be shown with certainty');
    const number = frame ?? Math.ceil(plan.frames / 2);
    if (number < 1 || number > plan.frames) throw new AppError('record.notFound', 'the instance has no such frame');
    return workers.run('render', { path: objects.pathOf({ hash: record.hash }), plan, frame: number - 1, rendering });
  }

  async #frame(hash: string, plan: PixelPlan, frame: number, isDecoded: boolean): Promise<Uint8Array> {
    const { objects, workers } = this.#options;
    const { place, layout, delivery } = plan;
    if (delivery.type === 'asIs' && !isDecoded) {
      const size = frameBytes(layout);
      const parts = place.type === 'fragments' ? (place.frames[frame] ?? []) : [[place.offset + frame * size, size] as const];
      return Buffer.concat(await Promise.all(parts.map(async ([offset, length]) => Buffer.concat(await objects.read(hash, offset, offset + length - 1).toArray()))));
    }
    const [given] = await workers.run('frames', { path: objects.pathOf({ hash }), plan, frames: [frame], isPlain: isDecoded });
    if (given === undefined) throw new AppError('internal.bug', 'a frame asked for was not given');
    return given;
  }

  async #find(caseId: CaseId, address: InstanceAddress): Promise<Known> {
    const key = `${caseId} ${address.variant ?? 'original'} ${address.studyUid} ${address.seriesUid} ${address.sopUid}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const record = await this.#options.imaging.find(caseId, address);
    if (record === null) throw new AppError('record.notFound', 'the case has no such image');
    const found = { hash: record.hash, plan: planOf(record) };
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(key, found); // what is stored never changes
    return found;
  }
}

function addressOf(base: string, { studyUid, seriesUid, sopUid }: InstanceRecord): string {
  return `${base}/studies/${studyUid}/series/${seriesUid}/instances/${sopUid}`;
}

function planOf({ pixels }: InstanceRecord): PixelPlan | null {
  return pixels === null ? null : (JSON.parse(pixels) as PixelPlan); // as `ImageStore` wrote it
}
