import { type BaseVolumeViewport, Enums, ImageVolume, type RenderingEngine, StackViewport, utilities, VolumeViewport, volumeLoader } from '@cornerstonejs/core';
import type { CellView, Plane, VoiWindow } from '#shared/domain/imaging/presentation';
import { nearestFrame, type Series, type Vector } from '../series.ts';
import type { ImageNames } from './imageNames.ts';
import type { UpdatedSlices } from './volumeUpload.ts';

const ORIENTATION: Readonly<Record<Exclude<Plane, 'stack'>, Enums.OrientationAxis>> = { axial: Enums.OrientationAxis.AXIAL, coronal: Enums.OrientationAxis.CORONAL, sagittal: Enums.OrientationAxis.SAGITTAL };
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
const dot = (a: readonly number[], b: readonly number[]): number => (a[0] ?? 0) * (b[0] ?? 0) + (a[1] ?? 0) * (b[1] ?? 0) + (a[2] ?? 0) * (b[2] ?? 0);

/** Of a series that has grown another: the library gives a volume that it has by that name, however many slices it was made of. */
export const volumeIdOf = (series: Series): string => `cornerstoneStreamingImageVolume:${series.seriesUid}.${series.frames.length}`;

/** One cell's picture: reading what it shows as a `CellView`, and bringing it to show one. Owns the library's viewport of the cell. */
export class CellViewport {
  readonly id: string;
  readonly element: HTMLDivElement;
  readonly #engine: RenderingEngine;
  readonly #names: ImageNames;
  readonly #replace: (act: () => void) => void;
  readonly #onVolume: (series: Series, texture: UpdatedSlices) => void;
  #series: Series | null = null;
  #plane: Plane = 'stack';

  /**
   * @param replace surrounds each change of the library's viewport: tools and marks are lost with it
   * @param onVolume before a volume is drawn here for the first time
   */
  constructor(id: string, element: HTMLDivElement, engine: RenderingEngine, names: ImageNames, replace: (act: () => void) => void, onVolume: (series: Series, texture: UpdatedSlices) => void) {
    this.id = id;
    this.element = element;
    this.#engine = engine;
    this.#names = names;
    this.#replace = replace;
    this.#onVolume = onVolume;
    this.#enable('stack');
  }

  get series(): Series | null {
    return this.#series;
  }

  get plane(): Plane {
    return this.#plane;
  }

  get stack(): StackViewport | null {
    const viewport = this.#engine.getViewport(this.id);
    return viewport instanceof StackViewport ? viewport : null;
  }

  get volume(): VolumeViewport | null {
    const viewport = this.#engine.getViewport(this.id);
    return viewport instanceof VolumeViewport ? viewport : null;
  }

  /** Shows a series: of a stack one picture of it at once. Rejects when that cannot be had. */
  async show(series: Series, plane: Plane, index: number): Promise<void> {
    if (plane !== this.#plane) this.#enable(plane);
    this.#series = series;
    const ids = [...this.#names.idsOf(series)];
    if (plane === 'stack') {
      await this.stack?.setStack(ids, Math.max(0, Math.min(index, ids.length - 1)));
      this.stack?.render();
      return;
    }
    const volume = await volumeLoader.createAndCacheVolume(volumeIdOf(series), { imageIds: ids });
    volume.load();
    if (volume instanceof ImageVolume && volume.vtkOpenGLTexture) this.#onVolume(series, volume.vtkOpenGLTexture as unknown as UpdatedSlices); // the library's own texture, declared without its slices
    await this.volume?.setVolumes([{ volumeId: volumeIdOf(series) }]);
    this.volume?.render();
  }

  clear(): void {
    this.#series = null;
    this.#enable('stack');
  }

  /** The picture's index in the series; on a plane the slice of the cut. */
  get index(): number {
    return this.stack?.getCurrentImageIdIndex() ?? this.volume?.getSliceIndex() ?? 0;
  }

  get sliceCount(): number {
    return this.#series === null ? 0 : (this.volume?.getNumberOfSlices() ?? this.#series.frames.length);
  }

  async goTo(index: number): Promise<void> {
    const last = this.sliceCount - 1;
    const to = Math.max(0, Math.min(index, last));
    if (this.stack) await this.stack.setImageIdIndex(to);
    else if (this.volume) utilities.scroll(this.volume as never, { delta: to - this.index } as never); // a volume viewport scrolls as any does
  }

  /** Goes to the plane or the picture that a place in the patient is on. */
  async goToPlace(world: Vector): Promise<void> {
    const normal = this.volume?.getCamera().viewPlaneNormal;
    if (this.volume && normal) {
      this.#movePlane(this.volume, dot(world, normal));
      this.volume.render();
      return;
    }
    const across = this.#series?.normal;
    const index = this.#series && across ? nearestFrame(this.#series, dot(world, across)) : null;
    if (index !== null && index !== this.index) await this.goTo(index);
  }

  /** What is shown, without the cine; null while nothing is. */
  read(): Omit<CellView, 'cine'> | null {
    const viewport: StackViewport | VolumeViewport | null = this.stack ?? this.volume;
    const frame = this.#series?.frames[this.#plane === 'stack' ? this.index : 0];
    if (!viewport || !this.#series || !frame || viewport.getActors().length + Number(this.stack?.getCornerstoneImage() !== undefined) === 0) return null;
    const { rotation = 0, flipHorizontal = false, flipVertical = false } = viewport.getViewPresentation();
    const properties = viewport.getProperties();
    const range = properties?.voiRange;
    const pan = viewport.getPan();
    const scale = this.#mmPerPixel();
    return {
      studyUid: this.#series.studyUid, seriesUid: this.#series.seriesUid, plane: this.#plane, sopUid: frame.sopUid, frame: frame.frame, planeMm: this.volume ? round(this.#planeMm(this.volume), 3) : null,
      window: range ? windowOf(range.lower, range.upper) : null, zoom: Math.min(60, Math.max(0.05, round(viewport.getZoom(), 4))), panMm: [round(pan[0] * scale, 2), round(pan[1] * scale, 2)], rotationDeg: round(((rotation % 360) + 360) % 360, 2),
      isFlippedAcross: flipHorizontal, isFlippedDown: flipVertical, isInverted: properties?.invert ?? false,
    };
  }

  /** Brings the cell to show this; only what differs is touched. The series has to be shown already. */
  async apply(view: Partial<CellView>): Promise<void> {
    const viewport: StackViewport | VolumeViewport | null = this.stack ?? this.volume;
    const now = this.read();
    if (!viewport || !now || !this.#series) return;
    if (this.stack && view.sopUid !== undefined) {
      const index = this.#series.frames.findIndex(({ sopUid, frame }) => sopUid === view.sopUid && frame === (view.frame ?? 1));
      if (index >= 0 && index !== this.index) await this.stack.setImageIdIndex(index);
    }
    if (this.volume && typeof view.planeMm === 'number' && view.planeMm !== now.planeMm) this.#movePlane(this.volume, view.planeMm);
    if (view.window && JSON.stringify(view.window) !== JSON.stringify(now.window)) viewport.setProperties({ voiRange: utilities.windowLevel.toLowHighRange(view.window.width, view.window.center) });
    if (view.isInverted !== undefined && view.isInverted !== now.isInverted) viewport.setProperties({ invert: view.isInverted });
    const isTurned = (view.rotationDeg ?? now.rotationDeg) !== now.rotationDeg || (view.isFlippedAcross ?? now.isFlippedAcross) !== now.isFlippedAcross || (view.isFlippedDown ?? now.isFlippedDown) !== now.isFlippedDown;
    if (isTurned) viewport.setViewPresentation({ rotation: view.rotationDeg ?? now.rotationDeg, flipHorizontal: view.isFlippedAcross ?? now.isFlippedAcross, flipVertical: view.isFlippedDown ?? now.isFlippedDown, zoom: now.zoom, pan: [0, 0] });
    if (view.zoom !== undefined && view.zoom !== now.zoom) viewport.setZoom(view.zoom);
    const panMm = view.panMm ?? now.panMm;
    if (isTurned || view.zoom !== undefined || view.panMm !== undefined) {
      const scale = this.#mmPerPixel();
      viewport.setPan([panMm[0] / scale, panMm[1] / scale]);
    }
    viewport.render();
  }

  /** As it was when it was opened; the slice stays. */
  reset(): void {
    const viewport = this.stack ?? this.volume;
    viewport?.resetProperties();
    viewport?.resetCamera();
    viewport?.setViewPresentation({ rotation: 0, flipHorizontal: false, flipVertical: false });
    viewport?.resetCamera();
    viewport?.render();
  }

  close(): void {
    this.#engine.disableElement(this.id);
  }

  #enable(plane: Plane): void {
    this.#plane = plane;
    this.#replace(() => this.#engine.enableElement({
      viewportId: this.id,
      element: this.element,
      type: plane === 'stack' ? Enums.ViewportType.STACK : Enums.ViewportType.ORTHOGRAPHIC,
      defaultOptions: { background: [0, 0, 0], ...(plane === 'stack' ? {} : { orientation: ORIENTATION[plane] }) },
    }));
  }

  #mmPerPixel(): number {
    const viewport = this.stack ?? this.volume;
    if (!viewport) return 1;
    const [a, b] = [viewport.canvasToWorld([0, 0]), viewport.canvasToWorld([100, 0])];
    return Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]) / 100 || 1;
  }

  #planeMm(viewport: BaseVolumeViewport): number {
    const { focalPoint, viewPlaneNormal } = viewport.getCamera();
    return dot(focalPoint ?? [], viewPlaneNormal ?? []);
  }

  #movePlane(viewport: VolumeViewport, toMm: number): void {
    const { focalPoint, position, viewPlaneNormal } = viewport.getCamera();
    if (!focalPoint || !position || !viewPlaneNormal) return;
    const by = toMm - dot(focalPoint, viewPlaneNormal);
    const move = (point: readonly number[]): [number, number, number] => [0, 1, 2].map((axis) => (point[axis] ?? 0) + (viewPlaneNormal[axis] ?? 0) * by) as [number, number, number]; // three in, three out
    viewport.setCamera({ focalPoint: move(focalPoint), position: move(position) });
  }
}

function windowOf(lower: number, upper: number): VoiWindow {
  const { windowWidth, windowCenter } = utilities.windowLevel.toWindowLevel(lower, upper);
  return { center: round(windowCenter, 2), width: Math.max(0.01, round(windowWidth, 2)) };
}
