import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JsonDataSet } from '../../../sfu-server/imaging/dicom/json.ts';

interface ClientFrame {
  readonly pixelData: ArrayLike<number>;
}
type DecodeImageFrame = (imageFrame: object, transferSyntax: string, pixelData: Uint8Array, decodeConfig: object, options: object) => Promise<ClientFrame>;

const require = createRequire(import.meta.url);
const WASM = [
  '@cornerstonejs/codec-charls/decodewasm', '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm', '@cornerstonejs/codec-openjpeg/decodewasm', '@cornerstonejs/codec-openjph/wasm',
];

/** The functions with which the client decodes frames, in Node: the image loader's own worker, asked as the loader asks it. */
export class ClientDecoder {
  readonly #decode: DecodeImageFrame;
  readonly #wasm: string;

  private constructor(decode: DecodeImageFrame, wasm: string) {
    this.#decode = decode;
    this.#wasm = wasm;
  }

  static async load(): Promise<ClientDecoder> {
    const wasm = mkdtempSync(join(tmpdir(), 'huizhen-wasm-'));
    for (const name of WASM) {
      const file = require.resolve(name);
      copyFileSync(file, join(wasm, file.slice(dirname(file).length + 1)));
    }
    const entry = join(dirname(require.resolve('@cornerstonejs/dicom-image-loader/package.json')), 'dist/esm/decodeImageFrameWorker.js');
    const { decodeImageFrame } = (await import(pathToFileURL(entry).href)) as { decodeImageFrame: DecodeImageFrame }; // the package's own worker
    return new ClientDecoder(decodeImageFrame, wasm);
  }

  /** The stored values of a frame as the client has them before any rescaling or change of colours. */
  async decode(metadata: JsonDataSet, transferSyntax: string, bytes: Uint8Array): Promise<ArrayLike<number>> {
    const value = (tag: string): unknown => metadata[tag]?.Value?.[0];
    const imageFrame = {
      samplesPerPixel: value('00280002'), photometricInterpretation: value('00280004'), planarConfiguration: value('00280006'), rows: value('00280010'), columns: value('00280011'),
      bitsAllocated: value('00280100'), bitsStored: value('00280101'), pixelRepresentation: value('00280103'), smallestPixelValue: undefined, largestPixelValue: undefined, pixelData: undefined,
    };
    return (await this.#decode(imageFrame, transferSyntax, Uint8Array.from(bytes), { wasmBasePath: this.#wasm }, { preScale: { enabled: false } })).pixelData;
  }

  close(): void {
    rmSync(this.#wasm, { recursive: true, force: true });
  }
}
