import { inflateRawSync } from 'node:zlib';
import { type TransferSyntaxName, transferSyntaxName } from '#shared/domain/imaging/transferSyntaxes';
import { dicomUidSchema, MAX_INSTANCE_BYTES } from '#shared/protocol/imaging';
import { AppError } from '#shared/protocol/errors';
import dicomParser, { type DataSet, type Element } from 'dicom-parser';

/** A file that was read, with the places of its values. */
export interface ParsedFile {
  readonly dataSet: DataSet;
  /** The bytes that offsets of elements count in: the file, or of a deflated one the file with its data set inflated. */
  readonly bytes: Uint8Array;
  readonly syntax: TransferSyntaxName;
  readonly isBigEndian: boolean;
}

/** Sequences within sequences; real files have up to about ten. */
const MAX_DEPTH = 32;
/** Elements of all sequences together, so that a file of nothing but headers ends here and not in a full memory. */
const MAX_ELEMENTS = 200_000;
const PREAMBLE_BYTES = 132;
/** A directory of a medium: it names other files and is none itself. */
const MEDIA_DIRECTORY = '1.2.840.10008.1.3.10';
/** A data set that is a thousand times its deflated size was made to fill a memory. */
const MAX_DEFLATE_RATIO = 1000;

/**
 * Reads a DICOM Part 10 file (PS3.10) within bounds: whatever the bytes are, this returns or throws an AppError.
 * @throws AppError `imaging.notDicom`, `imaging.unsupported`, `imaging.damaged`, each with what is wrong
 */
export function parseFile(file: Uint8Array): ParsedFile {
  if (file.byteLength < PREAMBLE_BYTES || String.fromCharCode(...file.subarray(128, 132)) !== 'DICM') throw new AppError('imaging.notDicom', 'the file does not begin as a DICOM file does (PS3.10)');
  const syntaxUid = readSyntax(file);
  const syntax = transferSyntaxName(syntaxUid);
  if (syntax === null) throw new AppError('imaging.unsupported', `the transfer syntax ${dicomUidSchema.safeParse(syntaxUid).success ? syntaxUid : '(unreadable)'} is not taken in`);
  let bytes = file;
  const inflater = (whole: Uint8Array, position: number): Uint8Array => {
    bytes = inflate(whole, position);
    return bytes;
  };
  const dataSet = parsed(() => dicomParser.parseDicom(file, { inflater } as Parameters<typeof dicomParser.parseDicom>[1])); // the package's types leave out `inflater`
  const [warning] = dataSet.warnings;
  if (warning !== undefined) throw new AppError('imaging.damaged', `the data set cannot be read without guessing: ${warning}`);
  checkBounds(dataSet, bytes);
  return { dataSet, bytes, syntax, isBigEndian: syntax === 'explicitBig' };
}

function readSyntax(file: Uint8Array): string {
  const meta = parsed(() => dicomParser.parseDicom(file, { untilTag: 'x00020010' }));
  const uid = meta.string('x00020010');
  if (uid === undefined) throw new AppError('imaging.notDicom', 'the file does not name its transfer syntax (0002,0010)');
  if (meta.string('x00020002') === MEDIA_DIRECTORY) throw new AppError('imaging.unsupported', 'a directory of a medium (DICOMDIR) is no image; the files that it names are stored by themselves');
  return uid;
}

function inflate(whole: Uint8Array, position: number): Uint8Array {
  const deflated = whole.subarray(position);
  const limit = Math.min(MAX_INSTANCE_BYTES, Math.max(1_000_000, deflated.byteLength * MAX_DEFLATE_RATIO));
  try {
    const inflated = inflateRawSync(deflated, { maxOutputLength: limit });
    const joined = new Uint8Array(position + inflated.byteLength);
    joined.set(whole.subarray(0, position));
    joined.set(inflated, position);
    return joined;
  } catch (error) {
    const isTooLarge = error instanceof RangeError || (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE');
    throw isTooLarge ? new AppError('imaging.damaged', 'the deflated data set is larger than any image is', { cause: error }) : new AppError('imaging.damaged', 'the deflated data set is cut off or damaged', { cause: error });
  }
}

/** The package throws strings and objects; each means that the bytes do not follow from each other. */
function parsed(parse: () => DataSet): DataSet {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (error instanceof RangeError) throw new AppError('imaging.damaged', 'sequences lie within each other without an end', { cause: error });
    throw new AppError('imaging.damaged', `the data set is cut off or damaged: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const said = typeof error === 'string' ? error : error instanceof Error ? error.message : typeof error === 'object' && error !== null && 'exception' in error ? reasonOf(error.exception) : 'it cannot be read';
  return said.replace(/^dicomParser\.\w+: /, '').slice(0, 200);
}

/** Every element lies within the bytes; no deeper and no more of them than a real file has. */
function checkBounds(dataSet: DataSet, bytes: Uint8Array): void {
  let count = 0;
  const walk = (elements: Readonly<Record<string, Element>>, depth: number): void => {
    if (depth > MAX_DEPTH) throw new AppError('imaging.damaged', `sequences lie more than ${MAX_DEPTH} deep within each other`);
    for (const element of Object.values(elements)) {
      count += 1;
      if (count > MAX_ELEMENTS) throw new AppError('imaging.damaged', `the file has more than ${MAX_ELEMENTS} elements`);
      if (element.length < 0 || element.dataOffset + element.length > bytes.byteLength) throw new AppError('imaging.damaged', `the element ${nameOf(element.tag)} reaches beyond the end of the file`);
      for (const item of element.items ?? []) if (item.dataSet !== undefined) walk(item.dataSet.elements, depth + 1);
    }
  };
  walk(dataSet.elements, 0);
}

/** `(0028,0010)` of `x00280010`. */
function nameOf(tag: string): string {
  return `(${tag.slice(1, 5)},${tag.slice(5, 9)})`.toUpperCase();
}
