/**
 * [ANN10] Where the marks on one picture lie in one frame: what the machine whose camera it is sends to everybody, up to 30 times a second.
 * Big endian.
 *
 * | byte | what |
 * |---|---|
 * | 0 | version, 1 |
 * | 1 | number of entries, 0–30 |
 * | 2–3 | 0 |
 * | 4–7 | RTP timestamp of the frame, u32 |
 * | 8–11 | which source: {@link sourceKey} of its id, u32 |
 * | 12… | entries of 36 bytes |
 *
 * An entry: the mark's number u16; state u8 (0 tracked, 1 weak, 2 lost); confidence u8, 0–255 for 0–1; the homography from the frame drawn on to
 * this one, in frame units, row by row without its last element (which is 1), 8 × f32.
 */
const VERSION = 1;
const HEAD_BYTES = 12;
const ENTRY_BYTES = 36;
/** Entries in one message; more are sent as several of the same frame. */
export const MAX_PLACES = 30;

export const PLACE_STATES = ['tracked', 'weak', 'lost'] as const;
export type PlaceState = (typeof PLACE_STATES)[number];

/** Row by row, h33 = 1. */
export type Homography = readonly [number, number, number, number, number, number, number, number];

export interface Place {
  /** The mark's. */
  readonly number: number;
  readonly state: PlaceState;
  /** 0–1. */
  readonly confidence: number;
  readonly transform: Homography;
}

export interface PlacesFrame {
  readonly rtpTimestamp: number;
  readonly sourceKey: number;
  readonly places: readonly Place[];
}

/** A source's id in 32 bits (FNV-1a): enough to tell the few sources of one participant apart. */
export function sourceKey(sourceId: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < sourceId.length; at += 1) hash = Math.imul(hash ^ sourceId.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** @throws RangeError for more than {@link MAX_PLACES} places */
export function writePlaces({ rtpTimestamp, sourceKey: key, places }: PlacesFrame): Uint8Array<ArrayBuffer> {
  if (places.length > MAX_PLACES) throw new RangeError(`${places.length} places do not fit into one message`);
  const bytes = new Uint8Array(HEAD_BYTES + ENTRY_BYTES * places.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, places.length);
  view.setUint32(4, rtpTimestamp);
  view.setUint32(8, key);
  for (const [index, { number, state, confidence, transform }] of places.entries()) {
    const at = HEAD_BYTES + ENTRY_BYTES * index;
    view.setUint16(at, number);
    view.setUint8(at + 2, PLACE_STATES.indexOf(state));
    view.setUint8(at + 3, Math.round(255 * Math.min(1, Math.max(0, confidence))));
    for (const [element, value] of transform.entries()) view.setFloat32(at + 4 + 4 * element, value);
  }
  return bytes;
}

/** Null: no such message, or one that is damaged. Numbers that are not finite damage it: nothing is drawn from them. */
export function readPlaces(view: DataView): PlacesFrame | null {
  if (view.byteLength < HEAD_BYTES || view.getUint8(0) !== VERSION || view.getUint16(2) !== 0) return null;
  const count = view.getUint8(1);
  if (count > MAX_PLACES || view.byteLength !== HEAD_BYTES + ENTRY_BYTES * count) return null;
  const places: Place[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = HEAD_BYTES + ENTRY_BYTES * index;
    const number = view.getUint16(at);
    const state = PLACE_STATES[view.getUint8(at + 2)];
    const element = (of: number): number => view.getFloat32(at + 4 + 4 * of);
    const transform: Homography = [element(0), element(1), element(2), element(3), element(4), element(5), element(6), element(7)];
    if (state === undefined || number === 0 || !transform.every(Number.isFinite)) return null;
    places.push({ number, state, confidence: view.getUint8(at + 3) / 255, transform });
  }
  return { rtpTimestamp: view.getUint32(4), sourceKey: view.getUint32(8), places };
}
