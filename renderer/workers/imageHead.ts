import { convertBytes } from 'dicom-character-set';
import type { ImagePatientSaid } from '#shared/domain/imaging/patientMatch';
import dicomParser, { type DataSet } from 'dicom-parser';
import { Inflate } from 'fflate';

/** What a file is, as far as its first bytes say. */
export type ImageHead =
  | { readonly type: 'image'; readonly studyUid: string; readonly seriesUid: string; readonly sopUid: string; readonly patient: ImagePatientSaid; readonly modality: string; /** YYYYMMDD. */ readonly studyDate: string; readonly description: string }
  /** The list of contents of a medium (DICOMDIR); it is no image. */
  | { readonly type: 'directory' }
  /** No DICOM file at all. */
  | { readonly type: 'other' }
  /** A DICOM file that does not say what it is: cut off within its head, or damaged. */
  | { readonly type: 'unreadable' };

/** Nearly every head lies within the first of these, bytes; the next is read only when it does not. */
const LOOKS = [128 * 1024, 4 * 1024 * 1024, 32 * 1024 * 1024] as const;
const PREAMBLE_BYTES = 132;
const MEDIA_DIRECTORY = '1.2.840.10008.1.3.10';
/** Of a deflated data set, what is inflated to find its head, bytes: whatever it would grow to. */
const INFLATED_BYTES = 2 * 1024 * 1024;
/** The last of what is wanted; elements lie in the order of their tags. */
const LAST_TAG = 'x0020000e';

/** Reads what a file says of itself, without its pixels and without ever throwing for what is in it. Rejects when the disk does not give it. */
export async function readHead(file: Blob): Promise<ImageHead> {
  for (const limit of LOOKS) {
    const bytes = new Uint8Array(await file.slice(0, limit).arrayBuffer());
    const head = headOf(bytes);
    if (head.type !== 'unreadable' || bytes.byteLength >= file.size) return head;
  }
  return { type: 'unreadable' };
}

function headOf(bytes: Uint8Array): ImageHead {
  if (bytes.byteLength < PREAMBLE_BYTES || String.fromCharCode(...bytes.subarray(128, 132)) !== 'DICM') return { type: 'other' };
  const dataSet = parsed(bytes);
  if (dataSet === null) return { type: 'unreadable' };
  if (ascii(dataSet, 'x00020002') === MEDIA_DIRECTORY) return { type: 'directory' };
  const [studyUid, seriesUid, sopUid] = [ascii(dataSet, 'x0020000d'), ascii(dataSet, LAST_TAG), ascii(dataSet, 'x00080018')];
  if ([studyUid, seriesUid, sopUid].some((uid) => !/^[0-9]+(\.[0-9]+)+$/.test(uid))) return { type: 'unreadable' };
  const characterSet = ascii(dataSet, 'x00080005');
  const text = (tag: string, vr: string) => textOf(dataSet, tag, vr, characterSet === '' ? undefined : characterSet);
  return {
    type: 'image', studyUid, seriesUid, sopUid, modality: ascii(dataSet, 'x00080060'), studyDate: ascii(dataSet, 'x00080020'), description: text('x00081030', 'LO'),
    patient: { name: text('x00100010', 'PN'), id: text('x00100020', 'LO'), birthDate: ascii(dataSet, 'x00100030').replaceAll('.', '') },
  };
}

/** As far as it can be read; null: not even its own meta information. */
function parsed(bytes: Uint8Array): DataSet | null {
  try {
    const inflater = (whole: Uint8Array, position: number): Uint8Array => inflated(whole, position);
    return dicomParser.parseDicom(bytes, { untilTag: LAST_TAG, inflater } as Parameters<typeof dicomParser.parseDicom>[1]); // the package's types leave out `inflater`
  } catch (error) {
    // Cut off within the slice that was read: what came before is there.
    const partial: unknown = typeof error === 'object' && error !== null && 'dataSet' in error ? error.dataSet : null;
    return isDataSet(partial) ? partial : null;
  }
}

const isDataSet = (value: unknown): value is DataSet => typeof value === 'object' && value !== null && 'elements' in value && 'byteArray' in value;

/** The beginning of a deflated data set, behind the file's meta information as the parser wants it. */
function inflated(whole: Uint8Array, position: number): Uint8Array {
  const parts: Uint8Array[] = [whole.subarray(0, position)];
  let length = position;
  const inflate = new Inflate((chunk) => {
    parts.push(chunk);
    length += chunk.byteLength;
  });
  try {
    for (let at = position; at < whole.byteLength && length < INFLATED_BYTES; at += 16_384) inflate.push(whole.subarray(at, at + 16_384));
  } catch {
    // What came before the damage is looked at.
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.byteLength;
  }
  return joined;
}

function bytesAt(dataSet: DataSet, tag: string): Uint8Array | null {
  const element = dataSet.elements[tag];
  if (element === undefined || element.length <= 0 || element.dataOffset + element.length > dataSet.byteArray.length) return null;
  return dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length) as Uint8Array; // a Buffer is one too
}

function ascii(dataSet: DataSet, tag: string): string {
  const bytes = bytesAt(dataSet, tag);
  return bytes === null ? '' : String.fromCharCode(...bytes.subarray(0, 256)).replaceAll('\0', '').trim();
}

function textOf(dataSet: DataSet, tag: string, vr: string, characterSet: string | undefined): string {
  const bytes = bytesAt(dataSet, tag);
  if (bytes === null) return '';
  try {
    return convertBytes(characterSet, bytes.slice(0, 512), { vr }).replaceAll('\0', '').trim();
  } catch {
    return ascii(dataSet, tag); // a character set that nobody knows: at least its Latin letters
  }
}
