/** Packages without types of their own, as far as they are used here. */
declare module 'dicom-character-set' {
  /** Text of a value in a Specific Character Set (0008,0005); throws where it knows no such set. */
  export function convertBytes(specificCharacterSet: string | undefined, bytes: Uint8Array, options?: { readonly vr?: string }): string;
}

declare module 'dcmjs' {
  interface DcmjsElement {
    vr: string;
    Value?: unknown[];
    InlineBinary?: string;
  }
  type DcmjsDict = Record<string, DcmjsElement>;
  class DicomDict {
    constructor(meta: DcmjsDict);
    meta: DcmjsDict;
    dict: DcmjsDict;
    write(options?: object): ArrayBuffer;
  }
  const dcmjs: {
    readonly log: { setLevel(level: string): void };
    readonly data: {
      readonly DicomDict: typeof DicomDict;
      readonly DicomMessage: { readFile(bytes: ArrayBuffer, options?: { readonly ignoreErrors?: boolean }): DicomDict };
      readonly DicomMetaDictionary: { readonly dictionary: Readonly<Record<string, { readonly vr: string; readonly name: string } | undefined>> };
    };
  };
  export default dcmjs;
}

interface WasmFrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned: boolean;
}
interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getFrameInfo(): WasmFrameInfo;
  getDecodedBuffer(): Uint8Array;
  getInterleaveMode?(): number;
  delete(): void;
}
interface WasmCodec {
  readonly JPEGDecoder: new () => WasmDecoder;
  readonly JpegLSDecoder: new () => WasmDecoder;
  readonly J2KDecoder: new () => WasmDecoder;
  readonly HTJ2KDecoder: new () => WasmDecoder;
}
type WasmCodecFactory = (options: { readonly wasmBinary: Uint8Array; readonly print: () => void; readonly printErr: () => void }) => Promise<WasmCodec>;

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const factory: WasmCodecFactory;
  export default factory;
}
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  const factory: WasmCodecFactory;
  export default factory;
}
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const factory: WasmCodecFactory;
  export default factory;
}
declare module '@cornerstonejs/codec-openjph/wasmjs' {
  const factory: WasmCodecFactory;
  export default factory;
}

declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    /** A typed array of the frame's samples; `bytesPerSample` 1 or 2. */
    decode(buffer: ArrayBuffer, offset: number, length: number, bytesPerSample: number): Uint8Array | Uint16Array;
  }
}
