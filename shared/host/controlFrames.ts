/**
 * Frames of remote control between page and host: one binary message each, both ways.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 0 | u8 | n, length of the name: 1 to 64 towards the host, 0 from it |
 * | 1 | n bytes | ASCII without spaces: the participant that the frame came from, as the page says |
 * | 1 + n … | | the frame of `shared/control/frames`, with its seal where it has one; at most 256 bytes |
 */
export const MAX_FRAME_BYTES = 256;
const MAX_NAME_BYTES = 64;
export const MAX_CARRIED_BYTES = 1 + MAX_NAME_BYTES + MAX_FRAME_BYTES;

export interface CarriedFrame {
  readonly from: string;
  readonly frame: Uint8Array;
}

/** @throws RangeError for a name or a frame that does not fit: then no page of ours made it */
export function packFrame(from: string, frame: Uint8Array): Uint8Array<ArrayBuffer> {
  if (from.length > MAX_NAME_BYTES || frame.byteLength > MAX_FRAME_BYTES || !/^[!-~]*$/.test(from)) throw new RangeError('no name of a participant, or a frame that is too long');
  const bytes = new Uint8Array(1 + from.length + frame.byteLength);
  bytes[0] = from.length;
  for (let at = 0; at < from.length; at += 1) bytes[1 + at] = from.charCodeAt(at);
  bytes.set(frame, 1 + from.length);
  return bytes;
}

/** Null for bytes that no page and no host of ours sends. The frame is a view of `bytes`. */
export function unpackFrame(bytes: Uint8Array): CarriedFrame | null {
  const length = bytes[0];
  if (length === undefined || length > MAX_NAME_BYTES || bytes.byteLength <= 1 + length || bytes.byteLength > 1 + length + MAX_FRAME_BYTES) return null;
  const from = String.fromCharCode(...bytes.subarray(1, 1 + length));
  return /^[!-~]*$/.test(from) ? { from, frame: bytes.subarray(1 + length) } : null;
}
