import { describe, expect, it } from 'vitest';
import { MAX_PLACES, type Place, readPlaces, sourceKey, writePlaces } from '#shared/annotation/placesFrame';
import { PlacesHistory } from '#shared/annotation/placesHistory';
import { rtpPlusMs } from '#shared/annotation/rtpTime';
import { createRandom } from '#shared/lib/seededRandom';
import { MAX_DATA_BYTES } from '#shared/protocol/control';

const place = (number: number): Place => ({ number, state: 'weak', confidence: 0.4, transform: [1, 0.25, -0.5, 0, 1, 0.125, 0, 0.0625] });
const frame = (rtpTimestamp: number, ...places: Place[]) => ({ rtpTimestamp, sourceKey: 7, places });

describe('places of marks on the wire', () => {
  it('[ANN10] what is written is read; the most that fits goes into one message of a channel', () => {
    const places = Array.from({ length: MAX_PLACES }, (_, index) => place(index + 1));
    const bytes = writePlaces({ rtpTimestamp: 0xffff_fff0, sourceKey: sourceKey('field-1'), places });
    expect(bytes.length).toBeLessThanOrEqual(MAX_DATA_BYTES);
    const read = readPlaces(new DataView(bytes.buffer));
    expect(read).toMatchObject({ rtpTimestamp: 0xffff_fff0, sourceKey: sourceKey('field-1') });
    expect(read?.places[29]).toEqual({ ...place(30), confidence: 102 / 255 });
    expect(() => writePlaces(frame(1, ...places, place(31)))).toThrow(RangeError);
    expect(sourceKey('field-1')).not.toBe(sourceKey('field-2'));
  });

  it('[ANN10] a damaged message is none: cut, of another version, with numbers that are none', () => {
    const whole = writePlaces(frame(5, place(1), place(2)));
    for (let length = 0; length < whole.length; length += 1) expect(readPlaces(new DataView(whole.buffer, 0, length))).toBeNull();
    for (const [at, value] of [[0, 2], [1, 31], [2, 1], [14, 3], [13, 0]] as const) expect(readPlaces(new DataView(whole.with(at, value).buffer)), `byte ${at}`).toBeNull();
    const nan = whole.slice();
    new DataView(nan.buffer).setFloat32(16, Number.NaN);
    expect(readPlaces(new DataView(nan.buffer))).toBeNull();
    const random = createRandom(4);
    for (let turn = 0; turn < 2000; turn += 1) {
      const noise = Uint8Array.from({ length: Math.floor(100 * random()) }, () => 256 * random());
      expect(() => readPlaces(new DataView(noise.buffer))).not.toThrow();
    }
  });
});

describe('places by frame', () => {
  it('[ANN11] a frame gets its own places, else the newest before it with their age; messages may come in any order, and in parts', () => {
    const history = new PlacesHistory();
    const start = 0xffff_ffff - 4000; // wraps within
    const at = (ms: number) => rtpPlusMs(start, ms);
    expect(history.at(start)).toBeNull();
    for (const ms of [0, 66, 33]) history.handle(frame(at(ms), place(1 + ms)));
    history.handle(frame(at(66), place(200)));
    expect(history.at(at(67))?.places.map(({ number }) => number)).toEqual([67, 200]);
    expect(history.at(at(33))).toEqual({ places: [place(34)], ageMs: 0 });
    expect(history.at(at(50))).toEqual({ places: [place(34)], ageMs: 17 });
    expect(history.at(at(1066))?.ageMs).toBeCloseTo(1000);
    expect(history.at(at(-20))).toBeNull();
    expect(history.newest?.rtpTimestamp).toBe(at(66));
    for (let ms = 100; ms < 5000; ms += 33) history.handle(frame(at(ms), place(1)));
    expect(history.at(at(66))).toBeNull(); // forgotten
  });
});
