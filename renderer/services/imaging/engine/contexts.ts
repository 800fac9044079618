import type { RenderingEngine } from '@cornerstonejs/core';

/** The parts of the library's pool of WebGL contexts that are used here; it has no public face. */
interface ContextPool {
  getContextByIndex(index: number): { readonly context: { getOpenGLRenderWindow(): { getCanvas(): HTMLCanvasElement } } } | null;
  calculateMaxSizeForContext(index: number): Size;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** As vtk.js asks for them, but without four samples a pixel: a picture has no edges to smooth, marks are SVG, and on a CPU it is most of the cost. */
const ATTRIBUTES: WebGLContextAttributes = { preserveDrawingBuffer: false, depth: true, alpha: true, antialias: false, powerPreference: 'high-performance' };

/**
 * Makes the contexts of an engine that has no viewport yet such that a change of layout does not stop the page. The library fits each
 * context's canvas to the largest of its cells, and a WebGL canvas that gets another size waits for the whole GPU process: 0.6 to 0.8 s
 * with a software GPU, for each change. Here a canvas only grows, and the one that all planes share begins as large as all cells together.
 * @param stage the size of all cells together, pixels of the screen
 */
export function steadyContexts(engine: RenderingEngine, stage: () => Size): void {
  const { contextPool } = (engine as unknown as { readonly _implementation: { readonly contextPool?: ContextPool } })._implementation; // see above
  if (contextPool === undefined) return; // drawn by the CPU
  // Made when it is first asked for, before the library would make it: whoever asks a canvas again gets the same.
  const give = contextPool.getContextByIndex.bind(contextPool);
  contextPool.getContextByIndex = (index) => {
    const given = give(index);
    given?.context.getOpenGLRenderWindow().getCanvas().getContext('webgl2', ATTRIBUTES);
    return given;
  };
  const fit = contextPool.calculateMaxSizeForContext.bind(contextPool);
  const held = new Map<number, Size>();
  contextPool.calculateMaxSizeForContext = (index) => {
    const wanted = fit(index);
    const before = held.get(index) ?? (index === 0 ? stage() : { width: 0, height: 0 });
    const size = { width: Math.max(before.width, wanted.width), height: Math.max(before.height, wanted.height) };
    held.set(index, size);
    return size;
  };
}
