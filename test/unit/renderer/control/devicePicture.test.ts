import { MAX_PICTURE_BYTES, packPicture, unpackPicture, type CarriedPicture } from '#shared/host/controlPictures';
import { ManualClock } from '#shared/lib/clock';
import { Emitter } from '#shared/lib/emitter';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DevicePicture, type PictureCanvas } from '../../../../renderer/services/control/devicePicture.ts';

const picture = (width: number, height: number, components: 1 | 3, value: (at: number) => number = (at) => at % 251): CarriedPicture => ({ width, height, components, pixels: Uint8Array.from({ length: width * height * components }, (_one, at) => value(at)) });

function openPage() {
  const clock = new ManualClock();
  const events = new Emitter<{ picture: CarriedPicture }>();
  const drawn: number[][] = [];
  const tracks: (string | null)[] = [];
  const stopped: string[] = [];
  let [wanted, canvases] = [0, 0];
  const createCanvas = () => {
    const id = `track-${(canvases += 1)}`;
    return {
      width: 0, height: 0,
      getContext: () => ({ createImageData: (width: number, height: number) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }), putImageData: ({ data }: ImageData) => drawn.push([...data.slice(0, 8)]) }),
      captureStream: () => ({ getVideoTracks: () => [{ id, stop: () => stopped.push(id) }] }),
    } as unknown as PictureCanvas; // of a canvas what is used here
  };
  const pictures = new DevicePicture({ source: { want: async () => (wanted += 1), onPicture: (listener) => events.on('picture', listener) }, clock, createCanvas, onTrack: (track) => tracks.push(track?.id ?? null) });
  onTestFinished(() => pictures.close());
  return { clock, pictures, drawn, tracks, stopped, come: (one: CarriedPicture) => events.emit('picture', one), wanted: () => wanted };
}

describe('pictures that a device sends', () => {
  it('[CTL116] arrive to the pixel, grey and in colours', () => {
    for (const one of [picture(7, 5, 1), picture(640, 480, 3)]) expect(unpackPicture(packPicture(one))).toEqual(one);
  });

  it('[CTL116] are thinned out by whole steps where they are too large, and are never larger than said', () => {
    const large = unpackPicture(packPicture(picture(4000, 3000, 1, (at) => (at % 4000) % 256)));
    expect(large).toMatchObject({ width: 1334, height: 1000, components: 1 });
    expect([...(large?.pixels.slice(0, 4) ?? [])]).toEqual([0, 3, 6, 9]);
    const colours = unpackPicture(packPicture(picture(1500, 1000, 3, (at) => at % 3)));
    expect(colours?.pixels.byteLength).toBeLessThanOrEqual(MAX_PICTURE_BYTES);
    expect([...(colours?.pixels.slice(0, 6) ?? [])]).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('[CTL116] what is cut off, too long, of another version or kind is none', () => {
    const bytes = packPicture(picture(7, 5, 1));
    expect([bytes.subarray(0, -1), Uint8Array.from([...bytes, 0]), bytes.with(0, 0), bytes.with(1, 2), bytes.with(2, 2), bytes.with(5, 0), new Uint8Array(3)].map(unpackPicture)).toEqual(Array(7).fill(null));
  });

  it('[CTL116] one is asked for when the last is drawn, and again when none comes', () => {
    const { clock, drawn, tracks, come, wanted } = openPage();
    expect(wanted()).toBe(1);
    clock.advance(500);
    expect(wanted()).toBe(2);
    expect(tracks).toEqual([]);
    come(picture(4, 3, 1, (at) => 10 + at));
    come(picture(4, 3, 3, (at) => 20 + at));
    expect(wanted()).toBe(4);
    expect(drawn).toEqual([[10, 10, 10, 255, 11, 11, 11, 255], [20, 21, 22, 255, 23, 24, 25, 255]]);
    expect(tracks).toEqual(['track-1']);
  });

  it('[CTL116] a scanner that falls silent has no picture: the last would pass for live', () => {
    const { clock, pictures, tracks, stopped, come } = openPage();
    come(picture(4, 3, 1));
    clock.advance(1400);
    come(picture(4, 3, 1));
    clock.advance(1400);
    expect(tracks).toEqual(['track-1']);
    clock.advance(100);
    expect([tracks, stopped]).toEqual([['track-1', null], ['track-1']]);
    come(picture(4, 3, 1));
    come(picture(8, 6, 1)); // another size is another track
    pictures.close();
    come(picture(8, 6, 1));
    expect([tracks, stopped]).toEqual([['track-1', null, 'track-2', null, 'track-3', null], ['track-1', 'track-2', 'track-3']]);
  });
});
