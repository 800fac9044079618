import { eventTarget } from '@cornerstonejs/core';
import { annotation, Enums, utilities } from '@cornerstonejs/tools';
import { DisposableStack } from '#shared/lib/disposable';
import { isMarkTool, type Mark, type Measured } from '#shared/domain/imaging/marks';
import type { ImageNames } from './imageNames.ts';
import { isWithinOneRegion } from './regionRule.ts';
import { libraryName, markToolOf, NO_WORD } from './toolbox.ts';

type Point = [number, number, number];
/** The part of a library's annotation that is read here. */
interface LibraryMark {
  readonly annotationUID?: string | undefined;
  readonly metadata: { readonly toolName: string; readonly referencedImageId?: string; readonly FrameOfReferenceUID?: string; readonly viewPlaneNormal?: Point; readonly viewUp?: Point };
  readonly data: { readonly handles?: { readonly points?: readonly Point[] }; label?: string; readonly cachedStats?: Record<string, Record<string, unknown>> };
}

export interface MarkBoardOptions {
  readonly names: ImageNames;
  /** Where marks are drawn. */
  readonly viewportIds: () => string[];
  /** Who draws here now. */
  readonly author: () => { readonly id: string; readonly name: string };
  readonly colourOf: (authorId: string) => string;
  readonly onDrawn: (mark: Mark) => void;
  readonly onRemoved: (id: string) => void;
  readonly onMeasured: () => void;
  /** It was taken off again. */
  readonly onRefused: (reason: 'acrossRegions' | 'locked' | 'onPlane') => void;
}

/** Measures of length or area, which a region's units give a meaning to. */
const CALIBRATED = new Set(['length', 'bidirectional', 'ellipse', 'rectangle', 'angle', 'cobb']);

/** The marks on all pictures: the library's annotations on one side, our records on the other. */
export class MarkBoard {
  readonly #options: MarkBoardOptions;
  readonly #own = new DisposableStack();
  readonly #marks = new Map<string, Mark>();
  /** Put by us just now: the library tells of it as if a person had drawn it. */
  readonly #putting = new Set<string>();
  #isQuiet = false;

  constructor(options: MarkBoardOptions) {
    this.#options = options;
    const listen = (name: string, act: (mark: LibraryMark) => void) => {
      const listener = (event: Event) => act((event as CustomEvent<{ annotation: LibraryMark }>).detail.annotation); // all four carry it
      eventTarget.addEventListener(name, listener as never); // the library's own event target has a narrower type
      this.#own.add(() => eventTarget.removeEventListener(name, listener as never));
    };
    listen(Enums.Events.ANNOTATION_COMPLETED, (drawn) => this.#take(drawn));
    listen(Enums.Events.ANNOTATION_MODIFIED, (drawn) => this.#changed(drawn));
    listen(Enums.Events.ANNOTATION_REMOVED, (drawn) => this.#removed(drawn));
  }

  get marks(): readonly Mark[] {
    return [...this.#marks.values()];
  }

  /** Shows a mark that is kept or came from somebody else, in place of its older self. */
  put(mark: Mark): void {
    const imageId = this.#options.names.idOf(mark.seriesUid, mark.sopUid, mark.frame);
    this.#marks.set(mark.id, mark);
    if (imageId === null) return; // its series is not open here; shown when it is
    this.#putting.add(mark.id);
    try {
      if (annotation.state.getAnnotation(mark.id)) annotation.state.removeAnnotation(mark.id);
      annotation.state.addAnnotation(this.#libraryMark(mark, imageId) as never, mark.frameOfReferenceUid || imageId); // the group is named by its frame of reference
      annotation.config.style.setAnnotationStyles(mark.id, { color: this.#options.colourOf(mark.authorId), colorHighlighted: '#ffffff', colorSelected: '#ffffff' } as never); // the library's style table is open-ended
      annotation.locking.setAnnotationLocked(mark.id, mark.isLocked && mark.authorId !== this.#options.author().id);
    } finally {
      this.#putting.delete(mark.id);
    }
    this.#draw();
  }

  /** The library takes all marks off when a place is taken away: that is nobody's wish, and they are put back. */
  keepWhile(act: () => void): void {
    this.#isQuiet = true;
    try {
      act();
    } finally {
      this.#isQuiet = false;
    }
    for (const mark of this.#marks.values()) if (!annotation.state.getAnnotation(mark.id)) this.put(mark);
  }

  /** Those of a series that came before it was open. */
  putAgain(seriesUid: string): void {
    for (const mark of this.#marks.values()) if (mark.seriesUid === seriesUid && !annotation.state.getAnnotation(mark.id)) this.put(mark);
  }

  /** Takes a mark off, as its author or because it is gone elsewhere; says nothing to `onRemoved`. */
  drop(id: string): void {
    this.#marks.delete(id);
    this.#putting.add(id);
    if (annotation.state.getAnnotation(id)) annotation.state.removeAnnotation(id);
    this.#putting.delete(id);
    this.#draw();
  }

  /** What this screen computed of a mark, in the units of the picture. Empty while it was not drawn yet. */
  measured(id: string): Measured[] {
    const drawn = annotation.state.getAnnotation(id) as unknown as LibraryMark | undefined; // ours have these data
    const stats = Object.values(drawn?.data.cachedStats ?? {})[0];
    if (!stats) return [];
    const take = (name: Measured['name'], field: string, unit: unknown): Measured[] => {
      const value = stats[field];
      return typeof value === 'number' && Number.isFinite(value) ? [{ name, value, unit: typeof unit === 'string' ? unit : '' }] : [];
    };
    const pixelUnit = stats['modalityUnit'];
    return [
      ...take('length', 'length', stats['unit']), ...take('width', 'width', stats['unit']), ...take('angle', 'angle', '°'), ...take('area', 'area', stats['areaUnit']), ...take('mean', 'mean', pixelUnit), ...take('stdDev', 'stdDev', pixelUnit),
      ...take('min', 'min', pixelUnit), ...take('max', 'max', pixelUnit), ...take('value', 'value', pixelUnit),
    ];
  }

  close(): void {
    this.#own.dispose();
    for (const id of [...this.#marks.keys()]) this.drop(id);
  }

  /** The library draws by itself only what a hand does. */
  #draw(): void {
    utilities.triggerAnnotationRenderForViewportIds(this.#options.viewportIds());
  }

  #take(drawn: LibraryMark): void {
    const mark = this.#recordOf(drawn);
    if (!mark) return this.#takeOff(drawn);
    if (this.#putting.has(mark.id)) return;
    if (!this.#isAllowed(drawn, mark)) return;
    this.#marks.set(mark.id, mark);
    annotation.config.style.setAnnotationStyles(mark.id, { color: this.#options.colourOf(mark.authorId), colorHighlighted: '#ffffff', colorSelected: '#ffffff' } as never); // as above
    this.#options.onDrawn(mark);
  }

  /** On a plane across the slices there is no picture that it could be kept with. */
  #takeOff({ annotationUID, metadata }: LibraryMark): void {
    if (annotationUID === undefined || !markToolOf(metadata.toolName)) return;
    this.drop(annotationUID);
    this.#options.onRefused('onPlane');
  }

  #changed(drawn: LibraryMark): void {
    const id = drawn.annotationUID;
    const known = id === undefined ? undefined : this.#marks.get(id);
    if (known && drawn.data.label === NO_WORD) drawn.data.label = ''; // drawn by now: an empty box beside it would be in the way
    if (!known || this.#putting.has(known.id)) return; // being drawn: told when it is done
    const mark = this.#recordOf(drawn);
    if (!mark || JSON.stringify(mark) === JSON.stringify(known)) return this.#options.onMeasured();
    if (!this.#isAllowed(drawn, mark)) return;
    this.#marks.set(mark.id, mark);
    this.#options.onDrawn(mark);
  }

  #removed(drawn: LibraryMark): void {
    const id = drawn.annotationUID;
    if (id === undefined || this.#isQuiet || this.#putting.has(id) || !this.#marks.delete(id)) return;
    this.#options.onRemoved(id);
  }

  #isAllowed(drawn: LibraryMark, mark: Mark): boolean {
    const imageId = drawn.metadata.referencedImageId;
    const image = imageId === undefined ? null : this.#options.names.find(imageId);
    if (!CALIBRATED.has(mark.tool) || !imageId || !image || isWithinOneRegion(image, imageId, mark.points)) return true;
    const known = this.#marks.get(mark.id);
    if (known) this.put(known);
    else this.drop(mark.id);
    this.#options.onRefused('acrossRegions');
    return false;
  }

  #recordOf(drawn: LibraryMark): Mark | null {
    const tool = markToolOf(drawn.metadata.toolName);
    const imageId = drawn.metadata.referencedImageId;
    const image = imageId === undefined ? null : this.#options.names.find(imageId);
    const points = drawn.data.handles?.points;
    if (!tool || !isMarkTool(tool) || !image || !points || drawn.annotationUID === undefined) return null;
    const known = this.#marks.get(drawn.annotationUID);
    const author = this.#options.author();
    const round = (point: readonly number[]): Point => [point[0] ?? 0, point[1] ?? 0, point[2] ?? 0].map((value) => Math.round(value * 1e4) / 1e4) as Point; // three in, three out
    return {
      id: drawn.annotationUID, tool, studyUid: image.series.studyUid, seriesUid: image.series.seriesUid, sopUid: image.frame.sopUid, frame: image.frame.frame, frameOfReferenceUid: drawn.metadata.FrameOfReferenceUID ?? '',
      points: points.map(round), normal: drawn.metadata.viewPlaneNormal ? round(drawn.metadata.viewPlaneNormal) : null, up: drawn.metadata.viewUp ? round(drawn.metadata.viewUp) : null, text: (drawn.data.label ?? '').trim().slice(0, 200),
      authorId: known?.authorId ?? author.id, authorName: known?.authorName ?? author.name, isLocked: known?.isLocked ?? false,
    };
  }

  /** Without `cachedStats`: every screen computes them from its own pixels, and is told so by `invalidated`. */
  #libraryMark(mark: Mark, imageId: string): object {
    return {
      annotationUID: mark.id, highlighted: false, isLocked: false, isVisible: true, invalidated: true,
      metadata: {
        toolName: libraryName(mark.tool), referencedImageId: imageId, FrameOfReferenceUID: mark.frameOfReferenceUid,
        ...(mark.normal ? { viewPlaneNormal: [...mark.normal] as Point } : {}), ...(mark.up ? { viewUp: [...mark.up] as Point } : {}),
      },
      data: {
        label: mark.text, cachedStats: {},
        handles: { points: mark.points.map((point) => [...point] as Point), activeHandleIndex: null, arrowFirst: true, textBox: { hasMoved: false, worldPosition: [0, 0, 0], worldBoundingBox: { topLeft: [0, 0, 0], topRight: [0, 0, 0], bottomLeft: [0, 0, 0], bottomRight: [0, 0, 0] } } },
      },
    };
  }
}
