import type { CaseId } from '#shared/domain/ids';
import { dicomwebPath, HELD_PATH, type HeldInstances, heldInstancesSchema, STORE_REASON } from '#shared/protocol/imaging';
import { AppError, type ErrorCode, errorCodeSchema, toAppError } from '#shared/protocol/errors';
import type { HttpClient } from '../../http.ts';
import { type DataSet, dataSetSchema, items, number, text } from '../dicomJson.ts';

/** A file that goes to the store, with what its head says. */
export interface ImageToSend {
  readonly file: Blob;
  readonly studyUid: string;
  readonly sopUid: string;
}

/** What became of one file. */
export type SendOutcome =
  /** The store has it, durably. `notDisplayable`: and says why it cannot be shown; null: it can. */
  | { readonly type: 'stored'; readonly notDisplayable: string | null }
  /** Those very bytes were in the case before. */
  | { readonly type: 'there' }
  | { readonly type: 'refused'; readonly code: ErrorCode; /** In English, of the server; may be empty. */ readonly reason: string }
  /** The machine's own disk or medium did not give it. */
  | { readonly type: 'lost' };

export interface SendImagesOptions {
  readonly http: HttpClient;
  readonly token: () => Promise<string | null>;
  /** SHA-256 of a file, hex; null: it cannot be read. */
  readonly hash: (file: Blob) => Promise<string | null>;
  /** Resolves when it is worth trying again after the network failed for the `attempt`th time, from 0; rejects when `signal` ends it. */
  readonly pause: (attempt: number, signal: AbortSignal) => Promise<void>;
  /** Resolves at once, or when a person goes on. */
  readonly gate: (signal: AbortSignal) => Promise<void>;
}

export interface SendListener {
  outcome(index: number, outcome: SendOutcome): void;
  /** The server cannot be reached, and is tried again; or it is back. */
  waiting(isWaiting: boolean): void;
}

/** Files sent in one request: what a broken connection costs again. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_FILES = 32;
/** Requests at a time: while the server reads the one, the other is on its way. */
const LANES = 2;
/** How long a request may take, ms, and bytes a second of the slowest line that still gets through. */
const TIMEOUT_MS = 60_000;
const SLOWEST_BYTES_A_SECOND = 20_000;
const HELD_TIMEOUT_MS = 60_000;
/** What passes by itself, besides a network that fails. */
const AGAIN: ReadonlySet<ErrorCode> = new Set(['input.rateLimited', 'server.stopping']);

/**
 * Sends images to a case's store (STOW-RS): what it has already is found out by hash and not sent, a connection that breaks is waited
 * for, and each file's fate is told once. Files are handed to the browser as handles: their bytes never lie in the page's memory.
 * Throws what concerns all of them: AppError `network.closed` when `signal` ended it, else the server's refusal of the whole.
 */
export async function sendImages(options: SendImagesOptions, caseId: CaseId, images: readonly ImageToSend[], listener: SendListener, signal: AbortSignal): Promise<void> {
  const held = await askHeld(options, caseId, new Set(images.map(({ studyUid }) => studyUid)), listener, signal);
  const waiting: number[] = [];
  for (const [index, { file, studyUid, sopUid }] of images.entries()) {
    const there = held.get(`${studyUid} ${sopUid}`);
    if (there === undefined) {
      waiting.push(index);
      continue;
    }
    if (signal.aborted) throw closed();
    const hash = there.sizeBytes === file.size ? await options.hash(file) : '';
    listener.outcome(index, hash === null ? { type: 'lost' } : hash === there.hash ? { type: 'there' } : { type: 'refused', code: 'imaging.otherContent', reason: '' });
  }
  const batches = batchesOf(images, waiting);
  const failure = new AbortController();
  const both = AbortSignal.any([signal, failure.signal]);
  const lane = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await sendBatch(options, caseId, images, batch, listener, both);
  };
  const lanes = Array.from({ length: LANES }, () =>
    lane().catch((error: unknown) => {
      failure.abort(); // what concerns one request as a whole concerns the next too
      throw error;
    }),
  );
  const ended = (await Promise.allSettled(lanes)).flatMap((result) => (result.status === 'rejected' ? [toAppError(result.reason)] : []));
  const told = ended.find(({ code }) => code !== 'network.closed') ?? ended[0];
  if (told !== undefined) throw told;
}

async function askHeld(options: SendImagesOptions, caseId: CaseId, studies: ReadonlySet<string>, listener: SendListener, signal: AbortSignal): Promise<Map<string, HeldInstances['instances'][number]>> {
  const held = new Map<string, HeldInstances['instances'][number]>();
  for (const studyUid of studies) {
    const path = `${dicomwebPath(encodeURIComponent(caseId))}/studies/${studyUid}${HELD_PATH}`;
    const { instances } = await patiently(options, listener, signal, async () => options.http.get(path, heldInstancesSchema, { timeoutMs: HELD_TIMEOUT_MS, signal, ...(await bearer(options)) }));
    for (const one of instances) held.set(`${studyUid} ${one.sopUid}`, one);
  }
  return held;
}

function batchesOf(images: readonly ImageToSend[], waiting: readonly number[]): number[][] {
  const batches: number[][] = [];
  let bytes = 0;
  for (const index of waiting) {
    const size = images[index]?.file.size ?? 0;
    const last = batches.at(-1);
    if (last === undefined || last.length >= BATCH_FILES || bytes + size > BATCH_BYTES) {
      batches.push([index]);
      bytes = size;
    } else {
      last.push(index);
      bytes += size;
    }
  }
  return batches;
}

async function sendBatch(options: SendImagesOptions, caseId: CaseId, images: readonly ImageToSend[], batch: readonly number[], listener: SendListener, signal: AbortSignal): Promise<void> {
  let indexes = [...batch];
  const answer = await patiently(options, listener, signal, async () => {
    await options.gate(signal);
    if (indexes.length === 0) return null;
    const files = indexes.flatMap((index) => images[index]?.file ?? []);
    const { body, type } = multipart(files);
    try {
      return await options.http.exchange(`${dicomwebPath(encodeURIComponent(caseId))}/studies`, body, type, dataSetSchema, {
        timeoutMs: TIMEOUT_MS + (body.size / SLOWEST_BYTES_A_SECOND) * 1000, headers: { accept: 'application/dicom+json' }, signal, alsoTaken: [409], ...(await bearer(options)),
      });
    } catch (error) {
      // A medium that was taken out looks to the browser like a network that is gone.
      if (toAppError(error).category === 'network') indexes = await stillThere(images, indexes, listener, signal);
      throw error;
    }
  });
  if (answer === null) return;
  const outcomes = outcomesOf(answer, indexes.flatMap((index) => images[index] ?? []));
  for (const [at, index] of indexes.entries()) listener.outcome(index, outcomes[at] ?? { type: 'refused', code: 'internal.bug', reason: 'the server did not say what became of it' });
}

async function stillThere(images: readonly ImageToSend[], indexes: readonly number[], listener: SendListener, signal: AbortSignal): Promise<number[]> {
  const stay: number[] = [];
  for (const index of indexes) {
    if (signal.aborted) throw closed();
    const isThere = await images[index]?.file.slice(0, 1).arrayBuffer().then(() => true, () => false);
    if (isThere === true) stay.push(index);
    else listener.outcome(index, { type: 'lost' });
  }
  return stay;
}

/** Tries until the server was heard: a network that fails is waited for, everything else is for the caller. */
async function patiently<T>({ pause }: SendImagesOptions, listener: SendListener, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    if (signal.aborted) throw closed();
    try {
      const result = await attempt();
      if (failures > 0) listener.waiting(false);
      return result;
    } catch (error) {
      const failure = toAppError(error);
      if (signal.aborted || failure.code === 'network.closed') throw closed();
      if (failure.category !== 'network' && !AGAIN.has(failure.code)) throw failure.code === 'storage.full' ? new AppError('server.full', failure.message) : failure;
      listener.waiting(true);
      await pause(failures, signal);
    }
  }
}

function multipart(files: readonly Blob[]): { readonly body: Blob; readonly type: string } {
  const boundary = `huizhen-${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  const parts = files.flatMap((file) => [`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, file, '\r\n']);
  return { body: new Blob([...parts, `--${boundary}--\r\n`]), type: `multipart/related; type="application/dicom"; boundary=${boundary}` };
}

/** What the answer to a store request (PS3.18, 10.5.3) says of each file of it, in the order of the files. */
export function outcomesOf(answer: DataSet, images: readonly Pick<ImageToSend, 'sopUid'>[]): (SendOutcome | null)[] {
  const said: (SendOutcome | null)[] = images.map(() => null);
  for (const refused of ['00081198', '0008119A'].flatMap((tag) => items(answer, tag))) {
    const at = (number(refused, STORE_REASON.place) ?? 0) - 1;
    const code = errorCodeSchema.safeParse(text(refused, STORE_REASON.code));
    // The server's disk, and not this machine's.
    if (at in said) said[at] = { type: 'refused', code: !code.success ? 'imaging.refused' : code.data === 'storage.full' ? 'server.full' : code.data, reason: text(refused, STORE_REASON.text) };
  }
  const stored = new Map(items(answer, '00081199').map((one) => [text(one, '00081155'), one]));
  for (const [at, { sopUid }] of images.entries()) {
    const one = stored.get(sopUid);
    if (said[at] === null && one !== undefined) said[at] = { type: 'stored', notDisplayable: text(one, STORE_REASON.text) || null };
  }
  return said;
}

async function bearer({ token }: SendImagesOptions): Promise<{ readonly token?: string }> {
  const held = await token();
  return held === null ? {} : { token: held };
}

const closed = () => new AppError('network.closed', 'the import was ended');
