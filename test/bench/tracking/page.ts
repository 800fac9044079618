import { GreyGrabber } from '../../../renderer/workers/tracking/grabGrey.ts';
import { apply, inFrameUnits, type Point, toPixels } from '../../../renderer/workers/tracking/homography.ts';
import { loadCv } from '../../../renderer/workers/tracking/openCv.ts';
import { Search } from '../../../renderer/workers/tracking/search.ts';
import { Tracker } from '../../../renderer/workers/tracking/tracker.ts';
import { CodedFrames } from './codedFrames.ts';
import { loadPictures } from './pictures.ts';
import { PlainFlow } from './plainFlow.ts';
import { SceneRenderer } from './sceneRenderer.ts';
import { COVER, project, SCENES, shutterTimes, surfaceAt, worldOf } from './scenes.ts';

export interface RunOptions {
  readonly scene: string;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly bitrateBps: number;
  /** The frame that is drawn on. Not the first: a stream's first pictures are coarse, and nobody draws in them. */
  readonly drawnFrame: number;
  /** The frame at which the cart hears of the mark, once the pen is up. */
  readonly anchorFrame: number;
}

/** One mark in one frame. Errors in pixels of a picture 1920 wide, at the middle and the four corners. */
export interface Sample {
  readonly t: number;
  readonly state: 'tracked' | 'weak' | 'lost' | 'waiting';
  readonly confidence: number;
  readonly isVisible: boolean;
  /** Some of it is in the picture; a mark outside cannot be wrong. */
  readonly isInside: boolean;
  readonly errors: readonly number[];
  readonly staticErrors: readonly number[];
  readonly plainErrors: readonly number[];
}

export interface MarkTrace {
  readonly name: string;
  readonly isBlank: boolean;
  readonly outcome: string;
  readonly samples: readonly Sample[];
}

export interface Trace {
  readonly marks: readonly MarkTrace[];
  readonly frameMs: readonly number[];
  readonly searchMs: readonly number[];
  readonly bitrateBps: number;
}

const HALF = 58 / 1920;
const FPS = 30;

const pictures = new Map<string, ImageBitmap | OffscreenCanvas>();

const cornersOf = ({ x, y }: Point): readonly Point[] => [{ x: x - HALF, y: y - HALF }, { x: x + HALF, y: y - HALF }, { x: x + HALF, y: y + HALF }, { x: x - HALF, y: y + HALF }];

/** What is smeared over a way is seen in its middle. */
const meanOf = (points: readonly Point[]): Point => ({ x: points.reduce((sum, { x }) => sum + x, 0) / points.length, y: points.reduce((sum, { y }) => sum + y, 0) / points.length });

/** Makes one scene, frame by frame, and follows its marks. Called from outside by name. */
async function runScene({ scene: name, width, height, seconds, bitrateBps, drawnFrame, anchorFrame }: RunOptions): Promise<Trace> {
  const scene = SCENES.find((one) => one.name === name);
  if (!scene) throw new Error(`no scene ${name}`);
  await loadPictures([COVER, ...scene.surfaces.map(({ texture }) => texture)], pictures);
  const cv = await loadCv();
  const renderer = new SceneRenderer(scene, width, height, pictures);
  const coded = new CodedFrames(width, height, bitrateBps);
  const grabber = new GreyGrabber(cv);
  const tracker = new Tracker(cv);
  const search = new Search(cv);
  const tall = height / width;
  const drawnT = drawnFrame / FPS;
  const marks = scene.marks.map((mark) => {
    const surface = scene.surfaces[mark.surface];
    if (!surface) throw new Error('no surface');
    const points = [mark.at, ...cornersOf(mark.at)];
    const aspect = renderer.aspectOf(surface);
    return { ...mark, surface, aspect, points, on: points.map((point) => surfaceAt(surface, aspect, scene.camera(drawnT), point, drawnT, tall)), outcome: 'none', plain: null as PlainFlow | null, samples: [] as Sample[] };
  });
  const frameMs: number[] = [];
  const searchMs: number[] = [];
  let found: { readonly atT: number; readonly rtpTimestamp: number; readonly proposals: ReturnType<Search['look']> } | null = null;
  const rtpOf = (frame: number) => (4_294_900_000 + frame * 3000) % 2 ** 32;
  for (let index = 0; index < seconds * FPS; index += 1) {
    const t = index / FPS;
    renderer.render(t);
    const frame = await coded.code(new VideoFrame(renderer.canvas, { timestamp: Math.round(t * 1e6) }), index === 0);
    if (frame.timestamp !== Math.round(t * 1e6)) throw new Error('frames out of order');
    const startedMs = performance.now();
    const grey = await grabber.grab(frame);
    const tracked = tracker.track({ rtpTimestamp: rtpOf(index), grey });
    if (tracked.poses.length > 0) frameMs.push(performance.now() - startedMs);
    frame.close();
    for (const mark of marks) {
      if (index === drawnFrame) mark.plain = new PlainFlow(cv, grey, apply(toPixels(640), mark.at.x, mark.at.y));
      else mark.plain?.follow(grey);
      if (index === anchorFrame) {
        mark.outcome = tracker.anchor(mark.name, rtpOf(drawnFrame), cornersOf(mark.at));
        const drawn = tracker.frameAt(rtpOf(drawnFrame));
        if (drawn && mark.outcome === 'ok') search.describe(mark.name, drawn, cornersOf(mark.at));
      }
    }
    // A search runs beside the following and takes its time: what it says is heard that much later.
    if (found && found.atT <= t) {
      for (const { markId, transform } of found.proposals) tracker.propose(markId, found.rtpTimestamp, transform);
      found = null;
    }
    if (!found && tracked.lost.length > 0) {
      const picture = tracker.searchFrame();
      if (picture) {
        const beganMs = performance.now();
        const proposals = search.look(picture, tracked.lost);
        const tookMs = performance.now() - beganMs;
        searchMs.push(tookMs);
        found = { atT: t + tookMs / 1000, rtpTimestamp: picture.rtpTimestamp, proposals };
      }
    }
    if (index < drawnFrame) continue;
    const camera = scene.camera(t);
    for (const mark of marks) {
      const truth = mark.on.map(({ x, y }) => meanOf(shutterTimes(scene, t).map((at) => project(scene.camera(at), worldOf(mark.surface, mark.aspect, x, y, at), tall))));
      const pose = tracked.poses.find(({ markId }) => markId === mark.name);
      const off = (transform: Parameters<typeof apply>[0]) => mark.points.map(({ x, y }, i) => {
        const at = apply(transform, x, y);
        return Math.hypot(at.x - (truth[i]?.x ?? 0), at.y - (truth[i]?.y ?? 0)) * 1920;
      });
      const hand = scene.hand?.(t);
      const isHidden = (scene.gone?.(t) ?? null) !== null || truth.some((at) => hand && Math.hypot((at.x - hand.x) / hand.radiusX, (at.y - hand.y) / hand.radiusY) < 1.05) || scene.surfaces.some((other) => other.z < mark.surface.z && truth.some((at) => {
        const { x, y } = surfaceAt(other, renderer.aspectOf(other), camera, at, t, tall);
        return x > -0.02 && x < 1.02 && y > -0.02 && y < 1.02;
      }));
      const isIn = ({ x, y }: Point) => x > 0.005 && x < 0.995 && y > 0.005 && y < tall - 0.005;
      const isVisible = !isHidden && truth.every(isIn);
      if (index === drawnFrame && !isVisible) throw new Error(`${name}: ${mark.name} is drawn on what does not show`);
      mark.samples.push({
        t,
        state: pose?.state ?? 'waiting',
        confidence: pose?.confidence ?? 0,
        isVisible,
        isInside: truth.some(isIn),
        errors: pose ? off(pose.transform) : [],
        staticErrors: off([1, 0, 0, 0, 1, 0, 0, 0, 1]),
        plainErrors: mark.plain ? off(inFrameUnits(mark.plain.transform, 640)) : [],
      });
    }
  }
  for (const { plain } of marks) plain?.close();
  for (const part of [renderer, coded, grabber, tracker, search]) part.close();
  return { marks: marks.map(({ name: markName, isBlank = false, outcome, samples }) => ({ name: markName, isBlank, outcome, samples })), frameMs, searchMs, bitrateBps: (coded.bytes * 8) / seconds };
}

/** A picture of a scene at a time, for looking at. */
async function lookAt(name: string, width: number, height: number, t: number): Promise<string> {
  const scene = SCENES.find((one) => one.name === name);
  if (!scene) throw new Error(`no scene ${name}`);
  await loadPictures([COVER, ...scene.surfaces.map(({ texture }) => texture)], pictures);
  const renderer = new SceneRenderer(scene, width, height, pictures);
  renderer.render(t);
  const blob = await renderer.canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 });
  renderer.close();
  return btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''));
}

Object.assign(globalThis, { runScene, lookAt });
