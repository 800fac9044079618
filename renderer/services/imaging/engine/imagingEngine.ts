import { cache, Enums, eventTarget, RenderingEngine } from '@cornerstonejs/core';
import type { CaseId } from '#shared/domain/ids';
import type { CellView, Plane } from '#shared/domain/imaging/presentation';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import type { KeptFrame } from '../copies/seriesCopies.ts';
import { text } from '../dicomJson.ts';
import type { DicomWeb } from '../dicomWeb.ts';
import { indexOfFrame, type Series } from '../series.ts';
import type { Mark, ToolName } from '#shared/domain/imaging/marks';
import type { ImagePoint } from '#shared/domain/imaging/report';
import type { StillLayers } from '../still.ts';
import { CellViewport } from './cellViewport.ts';
import { playCine } from './cinePlayer.ts';
import { ImageNames } from './imageNames.ts';
import { type Size, steadyContexts } from './contexts.ts';
import { sidesOf, toImage, toPatient } from './imagePlaces.ts';
import { startLibrary, whyNot } from './library.ts';
import { MarkBoard, type MarkBoardOptions } from './markBoard.ts';
import { type Overlay, OverlayBoard } from './overlayBoard.ts';
import { Prefetch } from './prefetch.ts';
import { Toolbox } from './toolbox.ts';
import { uploadInSteps } from './volumeUpload.ts';

/** Said by the engine; `cell` is the number of a cell, from 0. */
export interface EngineEvents {
  /** What a cell shows is another: by a person's hand, a command, or a picture that came. */
  viewed: { readonly cell: number };
  /** The picture that a cell stands at could not be shown. */
  failed: { readonly cell: number; readonly error: AppError };
  progress: { readonly seriesUid: string; readonly loaded: number; readonly total: number };
  /** Where the mouse is on a cell, patient coordinates; null: it left. */
  pointed: { readonly cell: number; readonly world: readonly [number, number, number] | null; readonly value: string };
}

export interface EngineOptions {
  readonly caseId: CaseId;
  readonly web: DicomWeb;
  readonly clock: Clock;
  readonly deviceMemoryGb: number | null;
  readonly cores: number;
  readonly marks: Omit<MarkBoardOptions, 'names' | 'viewportIds'>;
  /** Somebody wants to give the arrow with that id another word. */
  readonly onRename: (id: string) => void;
}

let engineCount = 0;

/** Shows series of one case in cells on the page, over Cornerstone3D. Nothing of the library leaves this folder. */
export class ImagingEngine {
  readonly events = new Emitter<EngineEvents>();
  readonly hasVolumes: boolean;
  readonly marks: MarkBoard;
  readonly #options: EngineOptions;
  readonly #rendering: RenderingEngine;
  readonly #names: ImageNames;
  readonly #tools: Toolbox;
  readonly #overlays = new OverlayBoard();
  readonly #cells = new Map<number, { readonly viewport: CellViewport; readonly own: DisposableStack }>();
  readonly #prefetches = new Map<string, { readonly series: Series; readonly prefetch: Prefetch }>();
  readonly #cines = new Map<number, Undo>();
  readonly #own = new DisposableStack();
  readonly #id: string;
  #isResizing = false;
  #stage: Size = { width: 0, height: 0 };
  #isClosed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    ({ hasVolumes: this.hasVolumes } = startLibrary({ token: options.web.token, kept: (imageId) => this.#kept(imageId), deviceMemoryGb: options.deviceMemoryGb, cores: options.cores }));
    engineCount += 1;
    this.#id = `imaging-${engineCount}`;
    this.#rendering = new RenderingEngine(this.#id);
    steadyContexts(this.#rendering, () => this.#stage);
    this.#names = new ImageNames((series, { sopUid, frame }) => options.web.frameUrl(options.caseId, series, sopUid, frame));
    this.#tools = new Toolbox(this.#id, options.onRename);
    this.marks = new MarkBoard({ ...options.marks, names: this.#names, viewportIds: () => [...this.#cells.values()].map(({ viewport }) => viewport.id) });
    const onFailed = (event: Event) => this.#handleFailed((event as CustomEvent<{ imageId: string; error: unknown }>).detail); // as the library makes it
    eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_ERROR, onFailed as never); // its event target has a narrower type
    this.#own.add(() => eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, onFailed as never));
  }

  /** Puts a cell on the page; an empty one until `show`. */
  attach(cell: number, element: HTMLDivElement): void {
    this.detach(cell);
    const stage = element.closest('[data-imaging-stage]');
    const ratio = window.devicePixelRatio || 1;
    if (stage) this.#stage = { width: Math.round(stage.clientWidth * ratio), height: Math.round(stage.clientHeight * ratio) };
    const id = `${this.#id}-${cell}`;
    const viewport = new CellViewport(id, element, this.#rendering, this.#names, (act) => {
      this.marks.keepWhile(act);
      this.#tools.add(id, this.#id);
    }, (series, texture) => uploadInSteps(texture, series.frames.length, this.#options.clock, (taken) => this.#drawVolume(series, taken)));
    const own = new DisposableStack();
    const viewed = () => {
      const { series } = viewport;
      if (series) this.#prefetches.get(series.seriesUid)?.prefetch.moveTo(viewport.plane === 'stack' ? viewport.index : 0);
      if (this.#tools.active === 'crosshair') this.#overlays.drawAll();
      this.events.emit('viewed', { cell });
    };
    for (const name of [Enums.Events.STACK_NEW_IMAGE, Enums.Events.VOLUME_NEW_IMAGE, Enums.Events.VOI_MODIFIED, Enums.Events.CAMERA_MODIFIED]) {
      element.addEventListener(name, viewed);
      own.add(() => element.removeEventListener(name, viewed));
    }
    const onMove = (event: MouseEvent) => this.#point(cell, viewport, event);
    const onLeave = () => this.events.emit('pointed', { cell, world: null, value: '' });
    const onCross = (event: PointerEvent) => {
      if (this.#tools.active === 'crosshair' && event.isPrimary && (event.buttons & 1) === 1) this.#cross(cell, viewport, event);
    };
    element.addEventListener('mousemove', onMove);
    element.addEventListener('mouseleave', onLeave);
    element.addEventListener('pointerdown', onCross);
    element.addEventListener('pointermove', onCross);
    own.add(this.#overlays.add(viewport));
    const resized = new ResizeObserver(() => this.#resize());
    resized.observe(element);
    own.add(() => {
      resized.disconnect();
      element.removeEventListener('mousemove', onMove);
      element.removeEventListener('mouseleave', onLeave);
      element.removeEventListener('pointerdown', onCross);
      element.removeEventListener('pointermove', onCross);
    });
    this.#cells.set(cell, { viewport, own });
  }

  detach(cell: number): void {
    const held = this.#cells.get(cell);
    if (!held) return;
    this.stopCine(cell);
    held.own.dispose();
    this.#tools.remove(held.viewport.id, this.#id);
    this.marks.keepWhile(() => held.viewport.close());
    this.#cells.delete(cell);
    this.#sweepPrefetches();
  }

  /** Rejects with AppError: the server's refusal, `imaging.undecodable`, or `imaging.noVolume`. */
  async show(cell: number, series: Series, plane: Plane, index: number): Promise<void> {
    const held = this.#cells.get(cell);
    if (!held) return;
    if (plane !== 'stack' && (!this.hasVolumes || series.noVolume !== null)) throw new AppError('imaging.noVolume', this.hasVolumes ? `the series has no volume: ${series.noVolume}` : 'no WebGL2');
    this.stopCine(cell);
    try {
      await held.viewport.show(series, plane, index);
    } catch (error) {
      throw whyNot(error);
    }
    this.marks.putAgain(series.seriesUid);
    this.#sweepPrefetches();
    const fetched = this.#prefetches.get(series.seriesUid);
    if (fetched?.series === series) return;
    // One that has grown is fetched to its new end.
    fetched?.prefetch.close();
    const total = series.frames.length;
    this.#prefetches.set(series.seriesUid, { series, prefetch: new Prefetch(this.#names.idsOf(series), index, (loaded) => this.events.emit('progress', { seriesUid: series.seriesUid, loaded, total })) });
  }

  clear(cell: number): void {
    this.stopCine(cell);
    this.#cells.get(cell)?.viewport.clear();
    this.#sweepPrefetches();
  }

  read(cell: number): Omit<CellView, 'cine'> | null {
    return this.#cells.get(cell)?.viewport.read() ?? null;
  }

  /** Index and count of the slice that a cell stands at, from 0. */
  place(cell: number): { readonly index: number; readonly count: number } {
    const viewport = this.#cells.get(cell)?.viewport;
    return { index: viewport?.index ?? 0, count: viewport?.sliceCount ?? 0 };
  }

  async apply(cell: number, view: Partial<CellView>): Promise<void> {
    try {
      await this.#cells.get(cell)?.viewport.apply(view);
    } catch (error) {
      this.events.emit('failed', { cell, error: whyNot(error) });
    }
  }

  async goTo(cell: number, index: number): Promise<void> {
    try {
      await this.#cells.get(cell)?.viewport.goTo(index);
    } catch (error) {
      this.events.emit('failed', { cell, error: whyNot(error) });
    }
  }

  reset(cell: number): void {
    this.#cells.get(cell)?.viewport.reset();
  }

  setTool(tool: ToolName): void {
    this.#tools.setActive(tool);
    this.#overlays.showCross(tool === 'crosshair');
  }

  /** What is drawn over which series; replaces all of before. */
  showOverlays(bySeries: ReadonlyMap<string, Overlay>): void {
    this.#overlays.show(bySeries);
  }

  /** Scout lines of this cell on the others; null: none. */
  setScout(cell: number | null): void {
    const held = cell === null ? undefined : this.#cells.get(cell);
    this.#tools.setScout(held?.viewport.series ? held.viewport.id : null);
    this.#rendering.render();
  }

  playCine(cell: number, framesPerSecond: number): void {
    this.stopCine(cell);
    const held = this.#cells.get(cell);
    const series = held?.viewport.series;
    if (held && series) this.#cines.set(cell, playCine(held.viewport, this.#names.idsOf(series), framesPerSecond, () => this.#options.clock.monotonicMs()));
  }

  stopCine(cell: number): void {
    this.#cines.get(cell)?.();
    this.#cines.delete(cell);
  }

  /** Patient coordinates to the cell's own pixels from its top left; null: nothing is shown. */
  toScreen(cell: number, world: readonly [number, number, number]): readonly [number, number] | null {
    const viewport = this.#cells.get(cell)?.viewport;
    return (viewport?.stack ?? viewport?.volume)?.worldToCanvas([...world]) ?? null;
  }

  /** What is drawn in a cell: the picture as it is seen, and over it the marks; for key images. Null: nothing is shown. */
  layers(cell: number): StillLayers | null {
    const viewport = this.#cells.get(cell)?.viewport;
    (viewport?.stack ?? viewport?.volume)?.render();
    const canvas = viewport?.series ? viewport.element.querySelector('canvas') : null;
    return canvas ? { picture: canvas, marks: viewport?.element.querySelector<SVGSVGElement>('svg.svg-layer') ?? null } : null;
  }

  /** Where a mark is on its picture; null: the picture is not the series'. */
  markOnPicture(series: Series, mark: Mark): readonly ImagePoint[] | null {
    const imageId = this.#imageId(series, mark);
    return imageId === null ? null : toImage(imageId, mark.points);
  }

  /** Places on a picture as a mark has them. */
  pictureToPatient(series: Series, at: Pick<Mark, 'sopUid' | 'frame'>, points: readonly ImagePoint[]): Pick<Mark, 'points' | 'normal' | 'up'> | null {
    const imageId = this.#imageId(series, at);
    if (imageId === null) return null;
    const sides = sidesOf(imageId);
    return { points: toPatient(imageId, points).map(([x, y, z]) => [x, y, z]), normal: sides ? [...sides.normal] : null, up: sides ? [...sides.up] : null };
  }

  #imageId(series: Series, { sopUid, frame }: Pick<Mark, 'sopUid' | 'frame'>): string | null {
    this.#names.idsOf(series);
    return this.#names.idOf(series.seriesUid, sopUid, frame);
  }

  close(): void {
    this.#isClosed = true;
    for (const cell of [...this.#cells.keys()]) this.detach(cell);
    for (const { prefetch } of this.#prefetches.values()) prefetch.close();
    this.#prefetches.clear();
    this.marks.close();
    this.#own.dispose();
    this.#tools.close();
    this.#rendering.destroy();
    // Another case's pictures are not this one's: nothing stays in memory of a case that is closed.
    cache.purgeCache();
    this.#names.close();
    this.events.clear();
  }

  /** A step of taking a volume to the GPU is done: its planes are drawn again until all of it is there. */
  #drawVolume(series: Series, taken: number): void {
    if (this.#isClosed) return;
    const total = series.frames.length;
    const here = this.#names.idsOf(series).filter((id) => cache.isLoaded(id)).length;
    this.events.emit('progress', { seriesUid: series.seriesUid, loaded: Math.min(taken, here), total });
    if (taken === total) return;
    for (const { viewport } of this.#cells.values()) if (viewport.series === series && viewport.volume) viewport.volume.render();
  }

  /** What is shown nowhere is not fetched any further. */
  #sweepPrefetches(): void {
    const shown = new Set([...this.#cells.values()].map(({ viewport }) => viewport.series?.seriesUid));
    for (const [seriesUid, { prefetch }] of this.#prefetches) {
      if (shown.has(seriesUid)) continue;
      prefetch.close();
      this.#prefetches.delete(seriesUid);
    }
  }

  /** From this machine's copy, where it has the frame in the form that the data sets at hand describe. */
  async #kept(imageId: string): Promise<KeptFrame | null> {
    const image = this.#names.find(imageId);
    if (!image) return null;
    const { series, frame } = image;
    const kept = await this.#options.web.keptFrame(this.#options.caseId, series, frame.sopUid, frame.frame);
    const set = series.sets.get(frame.sopUid);
    return kept !== null && set !== undefined && text(set, '00083002') === kept.syntax ? kept : null;
  }

  #handleFailed({ imageId, error }: { readonly imageId: string; readonly error: unknown }): void {
    const image = this.#names.find(imageId);
    if (!image) return;
    for (const [cell, { viewport }] of this.#cells) {
      if (viewport.series?.seriesUid === image.series.seriesUid && indexOfFrame(image.series, image.frame.sopUid, image.frame.frame) === (viewport.stack?.getTargetImageIdIndex() ?? viewport.index)) this.events.emit('failed', { cell, error: whyNot(error) });
    }
  }

  /** What fitted still fits, and what was enlarged is so by the same factor around the same place. */
  #resize(): void {
    if (this.#isResizing) return;
    this.#isResizing = true;
    // Once a frame for all places: each resize is of all of them, and costs as much as drawing.
    requestAnimationFrame(() => {
      this.#isResizing = false;
      if (!this.#isClosed) this.#resizeNow();
    });
  }

  #resizeNow(): void {
    const views = [...this.#cells.values()].map(({ viewport }) => ({ viewport, view: viewport.read() }));
    this.#rendering.resize(true, false);
    for (const { viewport, view } of views) if (view) void viewport.apply({ zoom: view.zoom, panMm: view.panMm, rotationDeg: view.rotationDeg, isFlippedAcross: view.isFlippedAcross, isFlippedDown: view.isFlippedDown });
  }

  /** Brings the other cells of the same space to where a hand points in this one. */
  #cross(cell: number, viewport: CellViewport, event: PointerEvent): void {
    const shown = viewport.stack ?? viewport.volume;
    const space = viewport.series?.frameOfReferenceUid;
    if (!shown || !space) return;
    const box = viewport.element.getBoundingClientRect();
    const [x, y, z] = shown.canvasToWorld([event.clientX - box.left, event.clientY - box.top]);
    for (const [index, other] of this.#cells) {
      if (index === cell || other.viewport.series?.frameOfReferenceUid !== space) continue;
      void other.viewport.goToPlace([x, y, z]).catch((error: unknown) => this.events.emit('failed', { cell: index, error: whyNot(error) }));
    }
  }

  #point(cell: number, viewport: CellViewport, event: MouseEvent): void {
    const shown = viewport.stack ?? viewport.volume;
    if (!shown || viewport.series === null) return;
    const box = viewport.element.getBoundingClientRect();
    const world = shown.canvasToWorld([event.clientX - box.left, event.clientY - box.top]);
    this.events.emit('pointed', { cell, world: [world[0], world[1], world[2]], value: '' });
  }
}
