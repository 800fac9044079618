import { type PictureInput, UltrasoundPicture } from '#shared/simulator/image';
import type { ScanMessage } from './scanMessages.ts';

let input: PictureInput | null = null;

/** Draws the newest input; pictures between two inputs are the same, and drawn all the same: a stream without new frames looks broken. */
function open(canvas: OffscreenCanvas, everyMs: number): void {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('no 2D context for the simulated picture');
  const picture = new UltrasoundPicture(canvas.width, canvas.height);
  const pixels = context.createImageData(canvas.width, canvas.height);
  const words = new Uint32Array(pixels.data.buffer);
  const draw = () => {
    if (input === null) return;
    picture.form(input);
    for (let at = 0; at < words.length; at += 1) words[at] = 0xff000000 | ((picture.grey[at] ?? 0) * 0x010101);
    context.putImageData(pixels, 0, 0);
  };
  setInterval(draw, everyMs);
}

self.onmessage = ({ data }: MessageEvent<ScanMessage>) => {
  if (data.type === 'open') open(data.canvas, data.everyMs);
  else input = data.input;
};
