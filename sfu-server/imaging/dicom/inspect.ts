import { dicomUidSchema } from '#shared/protocol/imaging';
import { AppError } from '#shared/protocol/errors';
import { type JsonDataSet, toJson } from './json.ts';
import { parseFile, type ParsedFile } from './parse.ts';
import { type PixelPlan, readPixels, servedLayout, servedSyntax } from './pixels.ts';

/** What is kept of an instance besides its file. */
export interface Inspection {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopUid: string;
  readonly sopClassUid: string;
  /** The data set in the DICOM JSON model, its pixels described as they go out; bulk data by relative paths. */
  readonly metadata: JsonDataSet;
  /** Null: an instance without pixels, such as a report. */
  readonly pixels: PixelPlan | null;
}

/** Besides bulk data; a real header has a hundredth of it. */
const MAX_METADATA_CHARACTERS = 4_000_000;

/** Reads everything of a file that the store wants to know. @throws AppError `imaging.notDicom`, `imaging.damaged`, `imaging.unsupported` */
export function inspect(bytes: Uint8Array): Inspection {
  const file = parseFile(bytes);
  const pixels = readPixels(file);
  const metadata = toJson(file);
  if (JSON.stringify(metadata).length > MAX_METADATA_CHARACTERS) throw new AppError('imaging.unsupported', 'the header is larger than any image needs');
  if (pixels !== null) describeAsServed(metadata, pixels);
  return {
    studyUid: uidOf(file, 'x0020000d', 'study (0020,000D)'),
    seriesUid: uidOf(file, 'x0020000e', 'series (0020,000E)'),
    sopUid: uidOf(file, 'x00080018', 'instance (0008,0018)'),
    sopClassUid: uidOf(file, 'x00080016', 'kind (0008,0016)'),
    metadata,
    pixels,
  };
}

function textOf({ dataSet }: ParsedFile, tag: string): string | undefined {
  return dataSet.string(tag)?.trim();
}

function uidOf(file: ParsedFile, tag: string, what: string): string {
  const uid = dicomUidSchema.safeParse(textOf(file, tag));
  if (!uid.success) throw new AppError('imaging.damaged', `the file does not name its ${what} by a UID`);
  return uid.data;
}

/** Whoever reads frames reads them in the layout in which they go out. */
function describeAsServed(metadata: JsonDataSet, plan: PixelPlan): void {
  const [layout, syntax] = [servedLayout(plan), servedSyntax(plan)];
  if (layout === null || syntax === null) return;
  metadata['00083002'] = { vr: 'UI', Value: [syntax] };
  if (plan.delivery.type === 'asIs') return;
  metadata['00280004'] = { vr: 'CS', Value: [layout.photometric] };
  metadata['00280100'] = { vr: 'US', Value: [layout.bitsAllocated] };
  metadata['00280101'] = { vr: 'US', Value: [layout.bitsStored] };
  metadata['00280102'] = { vr: 'US', Value: [plan.layout.bitsAllocated === layout.bitsAllocated ? (numberOf(metadata, '00280102') ?? layout.bitsStored - 1) : layout.bitsStored - 1] };
  if (layout.samplesPerPixel > 1) metadata['00280006'] = { vr: 'US', Value: [0] };
}

function numberOf(metadata: JsonDataSet, tag: string): number | null {
  const value = metadata[tag]?.Value?.[0];
  return typeof value === 'number' ? value : null;
}
