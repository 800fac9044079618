import type { PictureInput } from '#shared/simulator/image';

/** What the page tells the worker that makes the simulated picture. */
export type ScanMessage =
  /** Once, first. `everyMs`: how often a picture is drawn. */
  | { readonly type: 'open'; readonly canvas: OffscreenCanvas; readonly everyMs: number }
  /** The newest state of device and scanner; the next picture shows it. */
  | { readonly type: 'input'; readonly input: PictureInput };
