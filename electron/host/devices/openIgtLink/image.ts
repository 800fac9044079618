const HEADER_BYTES = 72;
const MAX_SIDE = 8192;
const UINT8 = 3;

/** A picture that the device sent. */
export interface DeviceImage {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: red, green, blue, interleaved. */
  readonly components: 1 | 3;
  /** Row by row, `width · height · components` bytes. */
  readonly pixels: Uint8Array;
  /** From one pixel to the next along a row, and from row to row, mm. */
  readonly spacingMm: readonly [number, number];
}

/**
 * IMAGE: one plane of 8 bits, grey or colours, sent whole. u16 version; u8 components; u8 scalar type (3: 8 bits); u8 byte order; u8
 * coordinate system; 3 u16 size; 12 f32: how one goes from pixel to pixel in mm along i, j and k, and where the middle is; 3 u16 where the
 * sent part begins; 3 u16 its size; the pixels. Null for what is none of these: a volume, a part, 16 bits. The pixels are a copy.
 */
export function readImage(content: DataView): DeviceImage | null {
  if (content.byteLength < HEADER_BYTES) return null;
  const components = content.getUint8(2);
  if ((components !== 1 && components !== 3) || content.getUint8(3) !== UINT8) return null;
  const u16 = (at: number): number => content.getUint16(at);
  const [width, height] = [u16(6), u16(8)];
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || u16(10) !== 1) return null;
  const isWhole = u16(60) === 0 && u16(62) === 0 && u16(64) === 0 && u16(66) === width && u16(68) === height && u16(70) === 1;
  const length = width * height * components;
  if (!isWhole || content.byteLength !== HEADER_BYTES + length) return null;
  const lengthOf = (at: number): number => Math.hypot(content.getFloat32(at), content.getFloat32(at + 4), content.getFloat32(at + 8));
  const spacingMm = [lengthOf(12), lengthOf(24)] as const;
  if (!spacingMm.every((mm) => Number.isFinite(mm) && mm > 0)) return null;
  const from = content.byteOffset + HEADER_BYTES;
  return { width, height, components, pixels: new Uint8Array(content.buffer.slice(from, from + length)), spacingMm };
}
