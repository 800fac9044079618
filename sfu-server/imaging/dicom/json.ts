import type { DataSet, Element } from 'dicom-parser';
import dcmjs from 'dcmjs';
import { convertBytes } from 'dicom-character-set';
import type { ParsedFile } from './parse.ts';

/** One element of the DICOM JSON model (PS3.18, F.2). */
export interface JsonElement {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}
/** A data set by tags as eight hexadecimal digits in upper case. */
export type JsonDataSet = Record<string, JsonElement>;

/** Bytes of a binary value that still go inline: palettes do, pixels and documents do not. */
const INLINE_BYTES = 8192;
/** Numbers or characters of one value before it becomes bulk data. */
const INLINE_VALUES = 4096;
const INLINE_TEXT_BYTES = 65_536;
const BINARY = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);
const WHOLE_TEXT = new Set(['LT', 'ST', 'UT', 'UR']);
/** Value representations whose text is in the Specific Character Set (PS3.5, 6.1.2.2). */
const IN_CHARACTER_SET = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
const NUMBER_BYTES: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, UV: 8, SV: 8 };

/** A parsed file as the DICOM JSON model, without the file's own meta information. Bulk data is named by its path: `bulkdata/TAG[/ITEM/TAG]…`. */
export function toJson({ dataSet, bytes, isBigEndian }: Pick<ParsedFile, 'dataSet' | 'bytes' | 'isBigEndian'>): JsonDataSet {
  return convert(dataSet, { bytes, isBigEndian, characterSet: undefined, path: 'bulkdata' });
}

interface Context {
  readonly bytes: Uint8Array;
  readonly isBigEndian: boolean;
  readonly characterSet: string | undefined;
  readonly path: string;
}

function convert(dataSet: DataSet, outer: Context): JsonDataSet {
  const own = dataSet.elements['x00080005'];
  const context = own === undefined || own.length === 0 ? outer : { ...outer, characterSet: ascii(outer.bytes, own).trim() };
  const json: JsonDataSet = {};
  for (const element of Object.values(dataSet.elements)) {
    const tag = element.tag.slice(1).toUpperCase();
    // The file's own meta information, group lengths and padding are of the file and not of the data set.
    if (tag.startsWith('0002') || tag.endsWith('0000') || tag === 'FFFCFFFC') continue;
    json[tag] = convertElement(tag, element, dataSet, context);
  }
  return json;
}

function convertElement(tag: string, element: Element, dataSet: DataSet, context: Context): JsonElement {
  if (element.items !== undefined) return { vr: 'SQ', Value: element.items.map((item, index) => (item.dataSet === undefined ? {} : convert(item.dataSet, { ...context, path: `${context.path}/${tag}/${index + 1}` }))) };
  const vr = vrOf(tag, element, dataSet);
  if (vr === 'SQ' || element.length === 0) return { vr };
  const bulk = (): JsonElement => ({ vr, BulkDataURI: `${context.path}/${tag}` });
  if (element.encapsulatedPixelData === true || tag === '7FE00010') return bulk();
  const bytes = context.bytes.subarray(element.dataOffset, element.dataOffset + element.length);
  if (BINARY.has(vr)) return bytes.byteLength > INLINE_BYTES ? bulk() : { vr, InlineBinary: Buffer.from(context.isBigEndian ? swapped(bytes, vr) : bytes).toString('base64') };
  const size = NUMBER_BYTES[vr];
  if (size !== undefined) return bytes.byteLength / size > INLINE_VALUES ? bulk() : { vr, Value: numbers(bytes, vr, size, context.isBigEndian) };
  if (vr === 'AT') return { vr, Value: tags(bytes, context.isBigEndian) };
  return bytes.byteLength > INLINE_TEXT_BYTES ? bulk() : texts(vr, bytes, context.characterSet);
}

/** The value representation; of an implicit one from the dictionary (PS3.6), `UN` for what is not in it. */
function vrOf(tag: string, { vr }: Element, dataSet: DataSet): string {
  if (vr !== undefined && vr !== 'UN') return vr;
  if (isPrivateCreator(tag)) return 'LO';
  const known = dcmjs.data.DicomMetaDictionary.dictionary[`(${tag.slice(0, 4)},${tag.slice(4)})`]?.vr ?? (tag.startsWith('60') && tag.endsWith('3000') ? 'OW' : 'UN');
  if (known === 'ox') return 'OW';
  if (known === 'xs') return dataSet.uint16('x00280103') === 1 ? 'SS' : 'US';
  return /^[A-Z]{2}$/.test(known) ? known : 'UN';
}

function isPrivateCreator(tag: string): boolean {
  return Number.parseInt(tag.slice(0, 4), 16) % 2 === 1 && tag.slice(4, 6) === '00' && Number.parseInt(tag.slice(6), 16) >= 0x10;
}

function texts(vr: string, bytes: Uint8Array, characterSet: string | undefined): JsonElement {
  const text = IN_CHARACTER_SET.has(vr) ? decode(bytes, characterSet, vr) : Buffer.from(bytes).toString('latin1');
  const parts = (WHOLE_TEXT.has(vr) ? [text] : text.split('\\')).map((part) => (WHOLE_TEXT.has(vr) ? part.replace(/[\0 ]+$/, '') : part.replace(/^[\0 ]+|[\0 ]+$/g, '')));
  if (parts.every((part) => part === '')) return { vr };
  return { vr, Value: parts.map((part) => (part === '' ? null : readValue(vr, part))) };
}

function readValue(vr: string, part: string): unknown {
  if (vr === 'PN') {
    const [alphabetic = '', ideographic = '', phonetic = ''] = part.split('=');
    return { ...(alphabetic === '' ? {} : { Alphabetic: alphabetic }), ...(ideographic === '' ? {} : { Ideographic: ideographic }), ...(phonetic === '' ? {} : { Phonetic: phonetic }) };
  }
  if (vr !== 'DS' && vr !== 'IS') return part;
  const number = Number(part);
  return Number.isFinite(number) ? number : part; // as it stands: the standard lets these be text
}

/** Text in its character set; where that is unknown, or the bytes are not of it, as Latin-1, in which nothing is lost. */
function decode(bytes: Uint8Array, characterSet: string | undefined, vr: string): string {
  try {
    return convertBytes(characterSet, bytes, { vr });
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

function numbers(bytes: Uint8Array, vr: string, size: number, isBigEndian: boolean): unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = !isBigEndian;
  const read = (at: number): number => {
    switch (vr) {
      case 'US':
        return view.getUint16(at, little);
      case 'SS':
        return view.getInt16(at, little);
      case 'UL':
        return view.getUint32(at, little);
      case 'SL':
        return view.getInt32(at, little);
      case 'FL':
        return view.getFloat32(at, little);
      case 'FD':
        return view.getFloat64(at, little);
      default:
        return Number(vr === 'UV' ? view.getBigUint64(at, little) : view.getBigInt64(at, little));
    }
  };
  return Array.from({ length: Math.floor(bytes.byteLength / size) }, (_, index) => {
    const value = read(index * size);
    return Number.isFinite(value) ? value : String(value); // JSON has no NaN
  });
}

function tags(bytes: Uint8Array, isBigEndian: boolean): string[] {
  const halves = numbers(bytes, 'US', 2, isBigEndian) as number[]; // unsigned numbers are always finite
  return Array.from({ length: Math.floor(halves.length / 2) }, (_, index) => halves.slice(2 * index, 2 * index + 2).map((half) => half.toString(16).toUpperCase().padStart(4, '0')).join(''));
}

/** Big endian words as the little endian ones that everybody expects. */
export function swapped(bytes: Uint8Array, vr: string): Uint8Array {
  const size = vr === 'OW' ? 2 : vr === 'OF' || vr === 'OL' ? 4 : vr === 'OD' || vr === 'OV' ? 8 : 1;
  if (size === 1) return bytes;
  const copy = Buffer.from(bytes.subarray(0, bytes.byteLength - (bytes.byteLength % size)));
  return size === 2 ? copy.swap16() : size === 4 ? copy.swap32() : copy.swap64();
}

function ascii(bytes: Uint8Array, { dataOffset, length }: Element): string {
  return Buffer.from(bytes.subarray(dataOffset, dataOffset + length)).toString('latin1').replace(/\0/g, '');
}
