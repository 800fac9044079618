import type { TransferSyntaxName } from '#shared/domain/imaging/transferSyntaxes';
import { AppError } from '#shared/protocol/errors';

const SPACE = 0x20;

/**
 * Blanks, in place, what a compressed frame says beside its picture: comments, a camera's notes with its place and small pictures (EXIF,
 * also in APP segments of any name), and whatever follows the picture's end. Lengths stay, so that every offset table still holds, and
 * so does what decoders read.
 * @returns whether something was there
 * @throws AppError `imaging.notDisplayable` when the frame cannot be followed from its first byte to its last
 */
export function blankComments(syntax: TransferSyntaxName, frame: Uint8Array): boolean {
  if (syntax === 'rle') return false; // it has no place for words
  return syntax.startsWith('jpeg2000') || syntax.startsWith('htj2k') ? blankJ2k(frame) : blankJpeg(frame);
}

const lost = (): AppError => new AppError('imaging.notDisplayable', 'a compressed frame cannot be followed, and may have comments');

/** ISO/IEC 10918-1 Annex B; JPEG-LS (14495-1 Annex C) has the same segments. */
function blankJpeg(frame: Uint8Array): boolean {
  if (frame[0] !== 0xff || frame[1] !== 0xd8) throw lost();
  let isFound = false;
  for (let at = 2; at < frame.byteLength; ) {
    const marker = frame[at + 1];
    if (frame[at] !== 0xff || marker === undefined) throw lost();
    if (marker === 0xff) {
      at += 1; // a fill byte
      continue;
    }
    if (marker === 0xd9) return blank(frame, at + 2, frame.byteLength, 0) || isFound;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    const end = segmentEnd(frame, at);
    if (marker === 0xfe || (marker >= 0xe0 && marker <= 0xef)) isFound = blank(frame, at + 4 + neededOf(marker, frame.subarray(at + 4, end)), end, 0) || isFound;
    at = marker === 0xda ? afterScan(frame, end) : end;
  }
  return isFound;
}

/** Bytes of an application's segment without which colours come out otherwise. */
function neededOf(marker: number, content: Uint8Array): number {
  const begins = (name: string) => name === String.fromCharCode(...content.subarray(0, name.length));
  if (marker === 0xe0 && begins('JFIF\0')) return 14; // what follows is a small picture
  if (marker === 0xee && begins('Adobe')) return 12;
  if (marker === 0xe8 && begins('mrfx')) return 5; // the colour transform of JPEG-LS
  return 0;
}

/** Where the next marker after a scan is: in its bits no 0xFF is followed by a byte above 0x7F, but for its own restarts. */
function afterScan(frame: Uint8Array, from: number): number {
  for (let at = frame.indexOf(0xff, from); at >= 0; at = frame.indexOf(0xff, at + 1)) {
    const next = frame[at + 1] ?? 0;
    if (next >= 0x80 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return frame.byteLength;
}

/** ISO/IEC 15444-1 Annex A: a main header, then tile-parts, each with a header of its own. */
function blankJ2k(frame: Uint8Array): boolean {
  if (frame[0] !== 0xff || frame[1] !== 0x4f) throw lost();
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let isFound = false;
  /** @returns where the marker `last` is */
  const header = (from: number, last: number): number => {
    for (let at = from; ; ) {
      const marker = frame[at + 1];
      if (frame[at] !== 0xff || marker === undefined) throw lost();
      if (marker === last) return at;
      if (marker >= 0x30 && marker <= 0x3f) {
        at += 2; // reserved ones that stand alone
        continue;
      }
      const end = segmentEnd(frame, at);
      // A comment begins with what kind of text it is.
      if (marker === 0x64) isFound = blank(frame, at + 6, end, SPACE) || isFound;
      at = end;
    }
  };
  for (let at = header(2, 0x90); ; ) {
    if (at + 12 > frame.byteLength) throw lost();
    const length = view.getUint32(at + 6);
    const data = header(segmentEnd(frame, at), 0x93) + 2;
    // A last part of no said length reaches to the end of the codestream.
    const end = length === 0 ? endOfCodestream(frame, data) : at + length;
    if (end < data || end > frame.byteLength) throw lost();
    at = end;
    if (frame[at] === 0xff && frame[at + 1] === 0x90) continue;
    const isEnd = frame[at] === 0xff && frame[at + 1] === 0xd9;
    return blank(frame, isEnd ? at + 2 : at, frame.byteLength, 0) || isFound;
  }
}

/** Where its end marker is, from within the data of a tile: they have no such pair of bytes but as the number of a packet. */
function endOfCodestream(frame: Uint8Array, from: number): number {
  for (let at = frame.indexOf(0xff, from); at >= 0; at = frame.indexOf(0xff, at + 1)) {
    const isNumber = frame[at - 4] === 0xff && frame[at - 3] === 0x91;
    if (frame[at + 1] === 0xd9 && !isNumber) return at;
  }
  return frame.byteLength;
}

function segmentEnd(frame: Uint8Array, at: number): number {
  const length = ((frame[at + 2] ?? 0) << 8) + (frame[at + 3] ?? 0);
  const end = at + 2 + length;
  if (length < 2 || end > frame.byteLength) throw lost();
  return end;
}

function blank(frame: Uint8Array, from: number, to: number, by: number): boolean {
  const place = frame.subarray(Math.min(from, to), to);
  if (place.every((byte) => byte === by)) return false;
  place.fill(by);
  return true;
}
