import type { CarriedPicture } from '#shared/host/controlPictures';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';

/** Asked again after this long without one: the answer may have been lost with a connection, ms. */
const ASK_AGAIN_MS = 500;
/** [CTL116] Without a new picture for this long there is none: the last one would pass for live, ms. */
const SILENT_MS = 1500;

/** What of the host is needed: it sends one picture for each time that it is asked. */
export interface PictureSource {
  want(): Promise<unknown>;
  onPicture(listener: (picture: CarriedPicture) => void): Undo;
}

/** What of a canvas is needed; tests give a fake. */
export type PictureCanvas = Pick<HTMLCanvasElement, 'width' | 'height' | 'captureStream'> & {
  getContext(kind: '2d', options: { alpha: false }): Pick<CanvasRenderingContext2D, 'createImageData' | 'putImageData'> | null;
};

export interface DevicePictureOptions {
  readonly source: PictureSource;
  readonly clock: Clock;
  /** A track to be shown while pictures come; null: none come any more. */
  readonly onTrack: (track: MediaStreamTrack | null) => void;
  readonly createCanvas?: () => PictureCanvas;
}

/**
 * [CTL116] The pictures that a device sends through its host, as a video track: what the cart publishes as its `ultrasound` source. The next
 * is asked for when the last was drawn, so that what the page cannot draw in time is dropped where it comes from, and nothing queues up.
 */
export class DevicePicture {
  readonly #options: DevicePictureOptions;
  readonly #undos: Undo[] = [];
  #canvas: PictureCanvas | null = null;
  #context: ReturnType<PictureCanvas['getContext']> = null;
  #pixels: ImageData | null = null;
  #track: MediaStreamTrack | null = null;
  #cancelAsk: Undo | null = null;
  #cancelSilence: Undo | null = null;
  #isClosed = false;

  constructor(options: DevicePictureOptions) {
    this.#options = options;
    this.#undos.push(options.source.onPicture((picture) => this.#handle(picture)));
    this.#ask();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelAsk?.();
    for (const undo of this.#undos) undo();
    this.#end();
  }

  #ask(): void {
    this.#cancelAsk?.();
    this.#cancelAsk = this.#options.clock.after(ASK_AGAIN_MS, () => this.#ask());
    drop(this.#options.source.want(), 'asked again in half a second');
  }

  #handle(picture: CarriedPicture): void {
    if (this.#isClosed) return;
    this.#draw(picture);
    this.#cancelSilence?.();
    this.#cancelSilence = this.#options.clock.after(SILENT_MS, () => this.#end());
    this.#ask();
  }

  /** A picture of another size is another track: who shows it lays out anew. */
  #draw({ width, height, components, pixels }: CarriedPicture): void {
    if (this.#canvas === null || this.#canvas.width !== width || this.#canvas.height !== height) this.#begin(width, height);
    const target = this.#pixels;
    if (target === null || this.#context === null) return;
    const { data } = target;
    for (let at = 0, from = 0; at < data.length; at += 4, from += components) {
      data[at] = pixels[from] ?? 0;
      data[at + 1] = pixels[from + (components === 3 ? 1 : 0)] ?? 0;
      data[at + 2] = pixels[from + (components === 3 ? 2 : 0)] ?? 0;
      data[at + 3] = 255;
    }
    this.#context.putImageData(target, 0, 0);
    if (this.#track !== null) return;
    this.#track = this.#canvas?.captureStream().getVideoTracks()[0] ?? null;
    if (this.#track !== null) this.#options.onTrack(this.#track);
  }

  #begin(width: number, height: number): void {
    this.#end();
    const create: () => PictureCanvas = this.#options.createCanvas ?? (() => document.createElement('canvas'));
    const canvas = create();
    canvas.width = width;
    canvas.height = height;
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false });
    this.#pixels = this.#context?.createImageData(width, height) ?? null;
  }

  #end(): void {
    this.#cancelSilence?.();
    this.#cancelSilence = null;
    const track = this.#track;
    this.#track = null;
    this.#canvas = null;
    if (track === null) return;
    this.#options.onTrack(null);
    track.stop();
  }
}
