import { apply, type Homography, inFrameUnits, invert, multiply, type Point, translation } from '../../../../../renderer/workers/tracking/homography.ts';
import { type Cv, loadCv, type Mat } from '../../../../../renderer/workers/tracking/openCv.ts';
import type { GreyFrame } from '../../../../../renderer/workers/tracking/frameRing.ts';

export const WIDTH = 640;
export const HEIGHT = 360;
const WORLD = { width: 1200, height: 800 };

/** One for the file that asks. */
export const cv: Cv = await loadCv();

/** Blots of several sizes; another seed is another place. */
export function createWorld(seed: number): Mat {
  const world = new cv.Mat(WORLD.height, WORLD.width, cv.CV_8UC1, new cv.Scalar(128));
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let i = 0; i < 5000; i += 1) cv.circle(world, new cv.Point(Math.floor(random() * WORLD.width), Math.floor(random() * WORLD.height)), 2 + Math.floor(random() * 9), new cv.Scalar(60 + random() * 140), -1);
  cv.GaussianBlur(world, world, new cv.Size(5, 5), 1);
  return world;
}

/** What a camera sees of a world: `view` takes the world's pixels (its middle at (600, 400)) to the picture's. */
export function seen(world: Mat, view: Homography): Mat {
  const matrix = cv.matFromArray(3, 3, cv.CV_64F, [...multiply(view, translation(-(WORLD.width - WIDTH) / 2, -(WORLD.height - HEIGHT) / 2))]);
  const picture = new cv.Mat();
  cv.warpPerspective(world, picture, matrix, new cv.Size(WIDTH, HEIGHT), cv.INTER_LINEAR, cv.BORDER_REPLICATE, new cv.Scalar());
  matrix.delete();
  return picture;
}

/** Zoomed, turned (degrees) and moved (pixels) about the picture's middle. */
export function view(x: number, y: number, turned = 0, zoom = 1): Homography {
  const angle = (turned * Math.PI) / 180;
  const [c, s] = [zoom * Math.cos(angle), zoom * Math.sin(angle)];
  return multiply(translation(WIDTH / 2 + x, HEIGHT / 2 + y), multiply([c, -s, 0, s, c, 0, 0, 0, 1], translation(-WIDTH / 2, -HEIGHT / 2)));
}

export const frameOf = (grey: Mat, rtpTimestamp: number): GreyFrame => ({ grey, rtpTimestamp });

/** 30 frames a second, beginning a little before the 32 bits turn over. */
export const rtp = (index: number): number => (2 ** 32 - 30_000 + index * 3000) % 2 ** 32;

/** A square of 40 pixels around a place, frame units. */
export function square(x: number, y: number, half = 20): readonly Point[] {
  return [[-half, -half], [half, -half], [half, half], [-half, half]].map(([dx = 0, dy = 0]) => ({ x: (x + dx + 0.5) / WIDTH, y: (y + dy + 0.5) / WIDTH }));
}

/** How far a transform takes a polygon's worst corner from where the camera's way takes it, working pixels. */
export function errorOf(transform: Homography, polygon: readonly Point[], from: Homography, to: Homography): number {
  const truth = inFrameUnits(multiply(to, invert(from)), WIDTH);
  return Math.max(...polygon.map(({ x, y }) => {
    const [is, ought] = [apply(transform, x, y), apply(truth, x, y)];
    return Math.hypot(is.x - ought.x, is.y - ought.y) * WIDTH;
  }));
}

/** Covers a rectangle of a picture with other stuff. */
export function cover(picture: Mat, other: Mat, left: number, top: number, width: number, height: number): Mat {
  const rectangle = new cv.Rect(left, top, width, height);
  const [from, to] = [other.roi(rectangle), picture.roi(rectangle)];
  from.copyTo(to);
  from.delete();
  to.delete();
  return picture;
}
