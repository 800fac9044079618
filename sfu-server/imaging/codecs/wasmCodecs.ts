import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import charls from '@cornerstonejs/codec-charls/decodewasmjs';
import libjpeg from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import openjpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import openjph from '@cornerstonejs/codec-openjph/wasmjs';
import { AppError } from '#shared/protocol/errors';

const require = createRequire(import.meta.url);
/** The libraries that the client decodes with, so that there is one to keep right and not two. */
const CODECS = {
  jpeg: { factory: libjpeg, wasm: '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm', decoder: 'JPEGDecoder' },
  jpegLs: { factory: charls, wasm: '@cornerstonejs/codec-charls/decodewasm', decoder: 'JpegLSDecoder' },
  jpeg2000: { factory: openjpeg, wasm: '@cornerstonejs/codec-openjpeg/decodewasm', decoder: 'J2KDecoder' },
  htj2k: { factory: openjph, wasm: '@cornerstonejs/codec-openjph/wasm', decoder: 'HTJ2KDecoder' },
} as const;

/** A frame as a codec gave it, little endian. */
export interface RawFrame {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly precision: number;
  readonly isSigned: boolean;
  /** Components one after the other and not beside each other. */
  readonly isPlanar: boolean;
}

const loaded = new Map<keyof typeof CODECS, Promise<WasmCodec>>();

/** Decodes with one of the libraries. @throws AppError `imaging.damaged` with the library's word */
export async function decodeWith(name: keyof typeof CODECS, compressed: Uint8Array): Promise<RawFrame> {
  const codec = await load(name);
  const decoder = new codec[CODECS[name].decoder]();
  try {
    decoder.getEncodedBuffer(compressed.byteLength).set(compressed);
    decoder.decode();
    const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo();
    const isPlanar = name === 'jpegLs' && componentCount > 1 && decoder.getInterleaveMode?.() === 0;
    return { bytes: Uint8Array.from(decoder.getDecodedBuffer()), rows: height, columns: width, components: componentCount, precision: bitsPerSample, isSigned: isSigned === true, isPlanar };
  } catch (error) {
    // After an abort the instance is not to be trusted any more.
    loaded.delete(name);
    throw new AppError('imaging.damaged', `${name}: the frame cannot be decoded (${error instanceof Error ? error.message.slice(0, 120) : 'the codec gave up'})`, { cause: error });
  } finally {
    if (loaded.has(name)) decoder.delete();
  }
}

function load(name: keyof typeof CODECS): Promise<WasmCodec> {
  const present = loaded.get(name);
  if (present !== undefined) return present;
  const { factory, wasm } = CODECS[name];
  const loading = readFile(require.resolve(wasm)).then((wasmBinary) => factory({ wasmBinary, print: () => undefined, printErr: () => undefined }));
  loaded.set(name, loading);
  return loading;
}
