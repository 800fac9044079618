import { open, readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { createSystemClock } from '#shared/lib/clock';
import { AppError, toAppError } from '#shared/protocol/errors';
import dcmjs from 'dcmjs';
import { decodeFrame } from '../codecs/decodeFrame.ts';
import { cutFrame, frameSpan } from '../codecs/uncompressed.ts';
import { deidentify } from '../deidentify/deidentify.ts';
import { readBulk } from '../dicom/bulk.ts';
import { inspect } from '../dicom/inspect.ts';
import { parseFile } from '../dicom/parse.ts';
import type { PixelPlan } from '../dicom/pixels.ts';
import { renderPicture } from '../render/renderPicture.ts';
import { Inflated } from './inflated.ts';
import type { Job, JobReply, JobTable } from './jobs.ts';

dcmjs.log.setLevel('silent');

const inflatedFiles = new Inflated(createSystemClock(globalThis));

/** Everything that reads what others wrote, in a thread of its own: it may take long, or all of the memory that it is given. */
const HANDLERS: { readonly [N in keyof JobTable]: (params: JobTable[N]['params']) => Promise<JobTable[N]['result']> } = {
  inspect: async ({ path }) => inspect(await readFile(path)),
  frames: async ({ path, plan, frames, isPlain }) => decoded(path, plan, frames, isPlain),
  bulk: async ({ path, place }) => readBulk(parseFile(await readFile(path)), place),
  deidentify: async ({ path, policy }) => {
    const { file, report } = await deidentify(await readFile(path), policy);
    return { file, report, inspection: inspect(file) };
  },
  render: async ({ path, plan, frame, rendering }) => {
    const [pixels] = await decoded(path, plan, [frame], true);
    if (pixels === undefined) throw new AppError('internal.bug', 'a frame asked for was not given');
    return renderPicture(parseFile(await readFile(path)).dataSet, plan, pixels, rendering);
  },
};

/** @param isPlain decodes also what a client could */
async function decoded(path: string, plan: PixelPlan, frames: readonly number[], isPlain: boolean): Promise<Uint8Array[]> {
  const { place, layout, syntax, delivery } = plan;
  if (delivery.type === 'refused') throw new AppError('imaging.notDisplayable', delivery.reason);
  const as = delivery.type === 'decoded' ? delivery.as : layout;
  const file = await open(path, 'r');
  try {
    // The place counts in the inflated data set; every other file is its own bytes.
    const inflated = syntax === 'deflatedLittle' ? await inflatedFiles.of(path, () => file.readFile()) : null;
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      if (inflated !== null) return inflated.subarray(offset, offset + length);
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    };
    const given: Uint8Array[] = [];
    for (const frame of frames) {
      if (place.type === 'contiguous') {
        const { start, end, firstBit } = frameSpan(layout, frame);
        given.push(cutFrame(await read(place.offset + start, end - start), firstBit, layout, syntax === 'explicitBig'));
        continue;
      }
      const compressed = Buffer.concat(await Promise.all((place.frames[frame] ?? []).map(([offset, length]) => read(offset, length))));
      given.push(delivery.type === 'asIs' && !isPlain ? compressed : await decodeFrame(syntax, compressed, layout, as));
    }
    return given;
  } finally {
    await file.close();
  }
}

const port = parentPort;
if (port === null) throw new Error('this is a thread of the server, not a program');
port.on('message', (job: Job) => {
  const answer = (reply: JobReply) => port.postMessage(reply);
  // The table pairs each name with its parameters.
  const handle = HANDLERS[job.name] as (params: Job['params']) => Promise<unknown>;
  handle(job.params).then(
    (result) => answer({ id: job.id, type: 'done', result }),
    (error: unknown) => answer({ id: job.id, type: 'failed', error: toAppError(error).toWire() }),
  );
});
