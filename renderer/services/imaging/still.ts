import { AppError } from '#shared/protocol/errors';

/** What is drawn in a cell, one over the other. */
export interface StillLayers {
  readonly picture: HTMLCanvasElement;
  /** Null: no mark was ever drawn in it. */
  readonly marks: SVGSVGElement | null;
}

/** The longer side of a still at most, pixels: what an A4 page can show at 200 dots an inch. */
export const MAX_STILL_SIDE = 1600;
/** A still is part of an opinion's file; a larger one is a JPEG. */
const MAX_PNG_BYTES = 3_000_000;
const JPEG_QUALITY = 0.92;

/** The size of a still, the sides in proportion; never larger than the screen drew it. */
export function stillSize(width: number, height: number): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, MAX_STILL_SIDE / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * A cell as a picture file: what is seen, its marks, and a line of text at its foot. Names of the patient are not drawn; writing that is
 * part of the picture itself stays, as it does on the page the still is printed on.
 * @throws AppError `imaging.undecodable` when the browser cannot draw it
 */
export async function drawStill({ picture, marks }: StillLayers, footer: string): Promise<Blob> {
  const { width, height } = stillSize(picture.width, picture.height);
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d');
  if (!context) throw new AppError('imaging.undecodable', 'no canvas to draw a still on');
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, 0, 0, width, height);
  const layer = marks === null ? null : await imageOf(marks);
  if (layer) context.drawImage(layer, 0, 0, width, height);
  const size = Math.max(11, Math.round(height / 48));
  context.font = `${size}px sans-serif`;
  context.textBaseline = 'bottom';
  context.lineWidth = 3;
  context.strokeStyle = '#000';
  context.fillStyle = '#f2f6f8';
  context.strokeText(footer, size / 2, height - size / 2, width - size);
  context.fillText(footer, size / 2, height - size / 2, width - size);
  const png = await blobOf(canvas, 'image/png');
  return png.size <= MAX_PNG_BYTES ? png : blobOf(canvas, 'image/jpeg');
}

/** The marks' drawing as an image of its own, in the size that it has on the page. */
async function imageOf(svg: SVGSVGElement): Promise<HTMLImageElement> {
  const { width, height } = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true) as SVGSVGElement; // a clone is of its original's kind
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  try {
    await image.decode();
  } catch (error) {
    throw new AppError('imaging.undecodable', 'the marks could not be drawn', { cause: error });
  }
  return image;
}

function blobOf(canvas: HTMLCanvasElement, type: 'image/png' | 'image/jpeg'): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new AppError('imaging.undecodable', 'no still came of the canvas'))), type, JPEG_QUALITY));
}
