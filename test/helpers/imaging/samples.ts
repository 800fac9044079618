import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
/** Debian's own: another Python of the machine does not have its packages. */
const PYTHON = '/usr/bin/python3';

/** What pydicom says of a file. */
export interface Decoded {
  readonly path: string;
  readonly error?: string;
  /** Values of all frames, little endian. */
  readonly file?: string;
  readonly dtype?: string;
  readonly photometric?: string;
  /** Of a colour picture, red, green and blue of all frames, 8 bits, as they are seen. */
  readonly colours?: string;
  readonly frames?: number;
}

/** Sample files that nobody of this project wrote: those of Debian's pydicom, GDCM and dicom3tools, and of npm packages. */
export function samplePaths(): string[] {
  const pydicom = execFileSync(PYTHON, ['-c', 'import pydicom.data, os; print(os.path.dirname(pydicom.data.__file__))'], { encoding: 'utf8' }).trim();
  const lossless = join(dirname(require.resolve('jpeg-lossless-decoder-js/package.json')), 'tests', 'data');
  const folders = [pydicom, '/usr/share/doc/libgdcm3.0/examples', '/usr/share/doc/dicom3tools/examples', lossless];
  return folders.flatMap(filesIn).filter((path) => !/\.(py|pyc|json|txt|md|xml|html)$/.test(path)).sort();
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
  } catch {
    return [];
  }
}

/** Decodes the files with pydicom, all in one process; the values go into `folder`. */
export function decodeWithPydicom(paths: readonly string[], folder: string): Decoded[] {
  const script = join(dirname(fileURLToPath(import.meta.url)), 'decodeSamples.py');
  const { status, stdout, stderr } = spawnSync(PYTHON, [script, folder], { input: `${paths.join('\n')}\n`, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`pydicom: ${stderr.slice(-500)}`);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as Decoded); // the script's own lines
}

/** The values of one frame as pydicom has them. */
export function valuesOf({ file, dtype, frames }: Decoded, frame: number): ArrayLike<number> {
  const bytes = readFileSync(file ?? '');
  const size = bytes.byteLength / (frames ?? 1);
  const own = bytes.buffer.slice(bytes.byteOffset + frame * size, bytes.byteOffset + (frame + 1) * size);
  switch ((dtype ?? '').replace(/^[<>|=]/, '')) {
    case 'uint8': case 'u1': return new Uint8Array(own);
    case 'int8': case 'i1': return new Int8Array(own);
    case 'uint16': case 'u2': return new Uint16Array(own);
    case 'int16': case 'i2': return new Int16Array(own);
    case 'uint32': case 'u4': return new Uint32Array(own);
    case 'int32': case 'i4': return new Int32Array(own);
    case 'float32': case 'f4': return new Float32Array(own);
    case 'float64': case 'f8': return new Float64Array(own);
    default: throw new Error(`values of type ${dtype}`);
  }
}

/** Red, green and blue of one frame as pydicom shows them; null: the picture is grey, or pydicom makes no colours of it. */
export function coloursOf({ colours, frames }: Decoded, frame: number): Uint8Array | null {
  if (colours === undefined) return null;
  const bytes = readFileSync(colours);
  const size = bytes.byteLength / (frames ?? 1);
  return bytes.subarray(frame * size, (frame + 1) * size);
}
