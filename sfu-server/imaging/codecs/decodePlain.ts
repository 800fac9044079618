import type { PixelLayout } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';
import type { ParsedFile } from '../dicom/parse.ts';
import { joined, type PixelPlan, servedLayout } from '../dicom/pixels.ts';
import { decodeFrame } from './decodeFrame.ts';
import { cutFrame, frameSpan } from './uncompressed.ts';

/** All frames of a file, uncompressed, in the layout in which they are served. @throws AppError `imaging.notDisplayable`, `imaging.damaged` */
export async function decodePlain({ bytes, isBigEndian }: ParsedFile, plan: PixelPlan): Promise<{ readonly frames: readonly Uint8Array[]; readonly layout: PixelLayout }> {
  const layout = servedLayout(plan);
  if (layout === null || plan.delivery.type === 'refused') throw new AppError('imaging.notDisplayable', plan.delivery.type === 'refused' ? plan.delivery.reason : '');
  const frames: Uint8Array[] = [];
  for (let frame = 0; frame < plan.frames; frame += 1) {
    if (plan.place.type === 'fragments') {
      frames.push(Uint8Array.from(await decodeFrame(plan.syntax, joined(bytes, plan.place.frames[frame] ?? []), plan.layout, layout)));
      continue;
    }
    const { start, end, firstBit } = frameSpan(plan.layout, frame);
    frames.push(cutFrame(bytes.subarray(plan.place.offset + start, plan.place.offset + end), firstBit, plan.layout, isBigEndian));
  }
  return { frames, layout };
}
