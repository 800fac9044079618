/**
 * A picture of the device's scanner on its way from host to page: one binary message, beside the frames of `controlFrames.ts`.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 0 | u8 | 255, which is no length of a name |
 * | 1 | u8 | version, 1 |
 * | 2 | u8 | components: 1 grey; 3 red, green, blue |
 * | 3 | u8 | n: every n-th pixel of every n-th row was taken |
 * | 4 | u16 | width |
 * | 6 | u16 | height |
 * | 8 | | row by row, width · height · components bytes |
 */
export const PICTURE_MARK = 255;
const HEADER_BYTES = 8;
/** Of the pixels; a larger picture is thinned out to it, bytes. */
export const MAX_PICTURE_BYTES = 2_000_000;

export interface CarriedPicture {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3;
  /** Row by row, `width · height · components` bytes. */
  readonly pixels: Uint8Array;
}

/** [CTL116] Thins out what is too large, by whole steps; nothing is made up between pixels. */
export function packPicture({ width, height, components, pixels }: CarriedPicture): Uint8Array<ArrayBuffer> {
  let step = 1;
  while (Math.ceil(width / step) * Math.ceil(height / step) * components > MAX_PICTURE_BYTES) step += 1;
  const [columns, rows] = [Math.ceil(width / step), Math.ceil(height / step)];
  const bytes = new Uint8Array(HEADER_BYTES + columns * rows * components);
  bytes.set([PICTURE_MARK, 1, components, step]);
  const view = new DataView(bytes.buffer);
  view.setUint16(4, columns);
  view.setUint16(6, rows);
  if (step === 1) bytes.set(pixels.subarray(0, columns * rows * components), HEADER_BYTES);
  else {
    let to = HEADER_BYTES;
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const from = (row * step * width + column * step) * components;
        for (let part = 0; part < components; part += 1) bytes[to++] = pixels[from + part] ?? 0;
      }
    }
  }
  return bytes;
}

/** Null for what is no picture of ours. The pixels are a view of `bytes`. */
export function unpackPicture(bytes: Uint8Array): CarriedPicture | null {
  if (bytes.byteLength < HEADER_BYTES || bytes[0] !== PICTURE_MARK || bytes[1] !== 1) return null;
  const components = bytes[2];
  if (components !== 1 && components !== 3) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint16(4), view.getUint16(6)];
  const length = width * height * components;
  return length > 0 && length <= MAX_PICTURE_BYTES && bytes.byteLength === HEADER_BYTES + length ? { width, height, components, pixels: bytes.subarray(HEADER_BYTES) } : null;
}
