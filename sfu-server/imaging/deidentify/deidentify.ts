import dcmjs from 'dcmjs';
import { TRANSFER_SYNTAXES } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';
import { decodePlain } from '../codecs/decodePlain.ts';
import { parseFile, type ParsedFile } from '../dicom/parse.ts';
import { type FrameBytes, joined, type PixelPlan, readPixels } from '../dicom/pixels.ts';
import { blankComments } from './blankComments.ts';
import { blacken, masksFor } from './masks.ts';
import { type Action, actionOf, type DeidentifyPolicy, mapUid, pseudonymOf, shiftDate } from './profile.ts';

/** What was done to which element, and how often; never what stood there. */
export interface DeidentifyReport {
  readonly elements: readonly { readonly tag: string; readonly name: string; readonly action: Action; readonly count: number }[];
  /** Rectangles that were blackened in every frame, in pixels. */
  readonly blackened: number;
}

type Elements = Record<string, { vr: string; Value?: unknown[]; InlineBinary?: string }>;

/** Instances whose meaning is in words: without them nothing is left, and with them nobody is hidden. */
const IN_WORDS = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(88|104|11|9)\./;
/** Elements that this profile writes itself. */
const BASIC_PROFILE = '113100';

/**
 * A copy of a file without what names the patient (PS3.15, E.1: the basic profile, and beyond it whatever is not known to be harmless).
 * Nothing is kept between calls: the same file under the same policy gives the same copy.
 * @throws AppError `imaging.notDisplayable` when it cannot be made sure that nothing is left, with why
 */
export async function deidentify(file: Uint8Array, policy: DeidentifyPolicy): Promise<{ readonly file: Uint8Array; readonly report: DeidentifyReport }> {
  const parsed = parseFile(file);
  const sopClassUid = parsed.dataSet.string('x00080016')?.trim() ?? '';
  if (IN_WORDS.test(sopClassUid)) throw new AppError('imaging.notDisplayable', 'a report, document or presentation cannot be made without words');
  const pixels = readPixels(parsed);
  const rectangles = pixels === null ? [] : masksFor(parsed.dataSet, pixels.layout, policy);
  const wasBlackened = pixels !== null && rectangles.length > 0;
  const whole = Uint8Array.from(file);
  // Pixels that are written anew have nothing beside the picture.
  const hadComments = !wasBlackened && pixels?.place.type === 'fragments' && blankFrames(whole, parsed, pixels.place.frames);
  const dictionary = readElements(whole, parsed);
  const counts = new Map<string, number>();
  const note = (tag: string, action: Action) => counts.set(`${tag} ${action}`, (counts.get(`${tag} ${action}`) ?? 0) + 1);
  const patientId = parsed.dataSet.string('x00100020')?.trim() ?? '';
  clean(dictionary.dict, policy, patientId, note);
  if (hadComments) note('7FE00010', 'emptied');
  if (wasBlackened) {
    await replacePixels(dictionary.dict, parsed, pixels, rectangles);
    note('7FE00010', 'blackened');
  }
  dictionary.dict['00120062'] = { vr: 'CS', Value: ['YES'] };
  dictionary.dict['00120063'] = { vr: 'LO', Value: ['DICOM PS3.15 basic profile, and beyond'] };
  dictionary.dict['00120064'] = { vr: 'SQ', Value: [BASIC_PROFILE, ...(wasBlackened ? ['113101'] : []), ...(policy.dates === 'shifted' ? ['113107'] : [])].map((code) => ({ '00080100': { vr: 'SH', Value: [code] }, '00080102': { vr: 'SH', Value: ['DCM'] }, '00080104': { vr: 'LO', Value: [CODES[code] ?? ''] } })) };
  if (pixels !== null) dictionary.dict['00280301'] = { vr: 'CS', Value: ['NO'] };
  const sopUid = mapUid(policy.secret, parsed.dataSet.string('x00080018')?.trim() ?? '');
  // Of the old file's own meta information only what says how to read it.
  dictionary.meta = {
    '00020001': { vr: 'OB', Value: [Uint8Array.from([0, 1]).buffer] },
    '00020002': { vr: 'UI', Value: [sopClassUid] },
    '00020003': { vr: 'UI', Value: [sopUid] },
    '00020010': { vr: 'UI', Value: [wasBlackened || !COMPRESSED_AS_IS(pixels) ? TRANSFER_SYNTAXES.explicitLittle : TRANSFER_SYNTAXES[parsed.syntax]] },
    '00020012': { vr: 'UI', Value: ['2.25.296470229118370253014637151409254385671'] },
  };
  return { file: new Uint8Array(dictionary.write({ fragmentMultiframe: false })), report: reportOf(counts, rectangles.length) };
}

const CODES: Readonly<Record<string, string>> = { [BASIC_PROFILE]: 'Basic Application Confidentiality Profile', '113101': 'Clean Pixel Data Option', '113107': 'Retain Longitudinal Temporal Information Modified Dates Option' };
const COMPRESSED_AS_IS = (pixels: PixelPlan | null) => pixels?.place.type === 'fragments';

/** Blanks what compressed frames say beside their pictures, in place. @returns whether there was something */
function blankFrames(file: Uint8Array, { syntax, dataSet }: ParsedFile, frames: readonly FrameBytes[]): boolean {
  // What belongs to no frame would be copied unseen.
  if (frames.reduce((sum, pieces) => sum + pieces.length, 0) !== dataSet.elements['x7fe00010']?.fragments?.length) throw new AppError('imaging.notDisplayable', 'there are compressed pixels that belong to no frame');
  let isFound = false;
  for (const pieces of frames) {
    const frame = Uint8Array.from(joined(file, pieces));
    if (!blankComments(syntax, frame)) continue;
    isFound = true;
    let at = 0;
    for (const [offset, length] of pieces) {
      file.set(frame.subarray(at, at + length), offset);
      at += length;
    }
  }
  return isFound;
}

function readElements(file: Uint8Array<ArrayBuffer>, { syntax }: ParsedFile) {
  if (syntax === 'explicitBig') throw new AppError('imaging.notDisplayable', 'a big endian file cannot be written without what names the patient');
  try {
    return dcmjs.data.DicomMessage.readFile(file.buffer);
  } catch (error) {
    throw new AppError('imaging.notDisplayable', 'the file cannot be written anew', { cause: error });
  }
}

function clean(elements: Elements, policy: DeidentifyPolicy, patientId: string, note: (tag: string, action: Action) => void): void {
  for (const [tag, element] of Object.entries(elements)) {
    if (tag === '00080005' || tag === '7FE00010') continue;
    // A file may call a name a code: by what the standard says it is, it goes too, and so does what the standard does not know.
    const action = actionOf(tag, element.vr, policy) ?? actionOf(tag, standardVr(tag), policy);
    if (action !== null && (action !== 'uidMapped' || changesUid(element.Value, policy))) note(tag, action);
    switch (action) {
      case null:
      case 'blackened':
        if (element.vr === 'SQ') for (const item of element.Value ?? []) if (typeof item === 'object' && item !== null) clean(item as Elements, policy, patientId, note); // items of a sequence are data sets
        break;
      case 'removed':
        delete elements[tag];
        break;
      case 'emptied':
        elements[tag] = { vr: element.vr, Value: [] };
        break;
      case 'replaced':
        elements[tag] = { vr: element.vr, Value: [pseudonymOf(policy.secret, patientId)] };
        break;
      case 'uidMapped':
        elements[tag] = { vr: 'UI', Value: (element.Value ?? []).map((uid) => mapUid(policy.secret, String(uid))) };
        break;
      case 'dateShifted':
        elements[tag] = { vr: element.vr, Value: (element.Value ?? []).map((date) => shiftDate(policy.secret, patientId, String(date))) };
        break;
    }
  }
}

const standardVr = (tag: string): string => dcmjs.data.DicomMetaDictionary.dictionary[`(${tag.slice(0, 4)},${tag.slice(4)})`]?.vr ?? 'UN';

function changesUid(values: readonly unknown[] | undefined, { secret }: DeidentifyPolicy): boolean {
  return (values ?? []).some((uid) => mapUid(secret, String(uid)) !== uid);
}

async function replacePixels(elements: Elements, file: ParsedFile, plan: PixelPlan, rectangles: Parameters<typeof blacken>[2]): Promise<void> {
  const { frames, layout } = await decodePlain(file, plan);
  for (const frame of frames) blacken(frame, layout, rectangles);
  const whole = Buffer.concat(frames);
  const padded = whole.byteLength % 2 === 0 ? whole : Buffer.concat([whole, Buffer.alloc(1)]);
  elements['7FE00010'] = { vr: layout.bitsAllocated > 8 ? 'OW' : 'OB', Value: [Uint8Array.from(padded).buffer] };
  elements['00280004'] = { vr: 'CS', Value: [layout.photometric] };
  elements['00280100'] = { vr: 'US', Value: [layout.bitsAllocated] };
  elements['00280101'] = { vr: 'US', Value: [layout.bitsStored] };
  elements['00280102'] = { vr: 'US', Value: [layout.bitsStored - 1] };
  if (layout.samplesPerPixel > 1) elements['00280006'] = { vr: 'US', Value: [0] };
}

function reportOf(counts: ReadonlyMap<string, number>, blackened: number): DeidentifyReport {
  const elements = [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, count]) => {
    const [tag = '', action = ''] = key.split(' ');
    const name = dcmjs.data.DicomMetaDictionary.dictionary[`(${tag.slice(0, 4)},${tag.slice(4)})`]?.name ?? '';
    return { tag, name, action: action as Action, count }; // as it was noted
  });
  return { elements, blackened };
}
