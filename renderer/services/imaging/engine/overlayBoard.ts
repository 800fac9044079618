import { Enums } from '@cornerstonejs/core';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { type Cut, type PaintedSegment, paintMasks } from '../results/paintMasks.ts';
import { cross, dot, type Vector } from '../series.ts';
import type { CellViewport } from './cellViewport.ts';

/** What is drawn over the pictures of one series. `opacity`: 0 to 1. */
export interface Overlay {
  readonly segments: readonly PaintedSegment[];
  readonly opacity: number;
}

/** Pixels of a mask picture at most; a larger cell's is stretched, since a voxel covers several of its pixels anyhow. */
const MAX_PIXELS = 400_000;

/**
 * Draws segments, and where other planes cut, on a canvas of its own over each cell, whenever the library has drawn its picture below:
 * the picture stays as it is, and the same works on stacks, on planes, and without a GPU.
 */
export class OverlayBoard {
  readonly #bySeries = new Map<string, Overlay>();
  readonly #layers = new Map<CellViewport, HTMLCanvasElement>();
  #hasCross = false;

  /** Watches a cell until it is taken back. */
  add(cell: CellViewport): Undo {
    const layer = document.createElement('canvas');
    layer.className = 'im-mask';
    layer.dataset['testid'] = 'imaging-mask';
    cell.element.append(layer);
    this.#layers.set(cell, layer);
    const draw = () => this.#draw(cell, layer);
    const own = new DisposableStack();
    for (const name of [Enums.Events.IMAGE_RENDERED, Enums.Events.STACK_NEW_IMAGE]) {
      cell.element.addEventListener(name, draw);
      own.add(() => cell.element.removeEventListener(name, draw));
    }
    return () => {
      own.dispose();
      this.#layers.delete(cell);
      layer.remove();
    };
  }

  /** Replaces what is drawn over all series. */
  show(bySeries: ReadonlyMap<string, Overlay>): void {
    this.#bySeries.clear();
    for (const [seriesUid, overlay] of bySeries) this.#bySeries.set(seriesUid, overlay);
    this.drawAll();
  }

  /** Whether each plane shows where the others cut it. */
  showCross(hasCross: boolean): void {
    this.#hasCross = hasCross;
    this.drawAll();
  }

  drawAll(): void {
    for (const [cell, layer] of this.#layers) this.#draw(cell, layer);
  }

  #draw(cell: CellViewport, layer: HTMLCanvasElement): void {
    const shown = cell.stack ?? cell.volume;
    const { clientWidth, clientHeight } = cell.element;
    const overlay = cell.series ? this.#bySeries.get(cell.series.seriesUid) : undefined;
    const segments = overlay?.segments ?? [];
    const lines = this.#hasCross ? this.#crossings(cell) : [];
    layer.dataset['segments'] = String(segments.length);
    if (!shown || clientWidth === 0 || clientHeight === 0 || (segments.length === 0 && lines.length === 0)) {
      layer.hidden = true;
      return;
    }
    const scale = Math.min(1, Math.sqrt(MAX_PIXELS / (clientWidth * clientHeight)));
    const [width, height] = [Math.max(1, Math.round(clientWidth * scale)), Math.max(1, Math.round(clientHeight * scale))];
    if (layer.width !== width || layer.height !== height) [layer.width, layer.height] = [width, height];
    layer.hidden = false;
    const context = layer.getContext('2d');
    if (!context) return;
    context.clearRect(0, 0, width, height);
    const [stepX, stepY] = [clientWidth / width, clientHeight / height];
    const world = (x: number, y: number): Vector => {
      const [a, b, c] = shown.canvasToWorld([(x + 0.5) * stepX, (y + 0.5) * stepY]);
      return [a, b, c];
    };
    if (overlay && segments.length > 0) {
      const origin = world(0, 0);
      // Over a hundred pixels: the step of one is too small for the library's single precision.
      const [right, down] = [world(100, 0), world(0, 100)].map((far): Vector => [(far[0] - origin[0]) / 100, (far[1] - origin[1]) / 100, (far[2] - origin[2]) / 100]);
      if (!right || !down) return;
      const cut: Cut = { origin, right, down, width, height };
      context.putImageData(new ImageData(paintMasks(segments, cut, overlay.opacity), width, height), 0, 0);
    }
    for (const { from, to, colour } of lines) {
      context.strokeStyle = colour;
      context.lineWidth = Math.max(1, scale * 1.5);
      context.beginPath();
      context.moveTo(from[0] * scale, from[1] * scale);
      context.lineTo(to[0] * scale, to[1] * scale);
      context.stroke();
    }
  }

  /** Where the planes of the same series in other cells cut this one, in the element's pixels, from edge to edge. */
  #crossings(cell: CellViewport): { readonly from: readonly [number, number]; readonly to: readonly [number, number]; readonly colour: string }[] {
    const own = cell.volume;
    if (!own || cell.series === null) return [];
    const { viewPlaneNormal: normal, focalPoint: centre } = own.getCamera();
    if (!normal || !centre) return [];
    return [...this.#layers.keys()].flatMap((other) => {
      const { viewPlaneNormal: theirs, focalPoint: point } = other.volume?.getCamera() ?? {};
      if (other === cell || !theirs || !point || other.series?.seriesUid !== cell.series?.seriesUid) return [];
      const along = cross([normal[0], normal[1], normal[2]], [theirs[0], theirs[1], theirs[2]]);
      const length = Math.hypot(...along);
      if (length < 0.1) return [];
      // From this plane's middle to the other plane, within this plane.
      const inPlane = cross(along, [normal[0], normal[1], normal[2]]);
      const away = dot([point[0] - centre[0], point[1] - centre[1], point[2] - centre[2]], [theirs[0], theirs[1], theirs[2]]) / (dot(inPlane, [theirs[0], theirs[1], theirs[2]]) || 1);
      const on = (reach: number): [number, number] => {
        const [x, y] = own.worldToCanvas([0, 1, 2].map((axis) => (centre[axis] ?? 0) + (inPlane[axis] ?? 0) * away + ((along[axis] ?? 0) / length) * reach) as [number, number, number]); // three in, three out
        return [x, y];
      };
      return [{ from: on(-1000), to: on(1000), colour: PLANE_COLOURS[other.plane] }];
    });
  }
}

/** Of the plane that cuts, as its own frame has it. */
const PLANE_COLOURS = { axial: '#56b4e9', coronal: '#f0e442', sagittal: '#ff8a5c', stack: '#ffffff' } as const;
