import type { WireError } from '#shared/protocol/errors';
import type { DeidentifyReport } from '../deidentify/deidentify.ts';
import type { DeidentifyPolicy } from '../deidentify/profile.ts';
import type { Inspection } from '../dicom/inspect.ts';
import type { PixelPlan } from '../dicom/pixels.ts';

/** How a picture for people is made of a frame; widths of grey by the file's own window unless one is given. */
export interface Rendering {
  readonly window: { readonly centre: number; readonly width: number } | null;
  /** The longer side at most, pixels; null: as it is. */
  readonly longestSide: number | null;
}

/** What may be asked of the worker; files are named by their paths, which only the server knows. */
export interface JobTable {
  inspect: { readonly params: { readonly path: string }; readonly result: Inspection };
  /** Frames by number from 0, each as it goes out; plain ones are decoded in any case. */
  frames: { readonly params: { readonly path: string; readonly plan: PixelPlan; readonly frames: readonly number[]; readonly isPlain: boolean }; readonly result: readonly Uint8Array[] };
  /** The value of an element: `TAG[/ITEM/TAG]…`, items from 1. */
  bulk: { readonly params: { readonly path: string; readonly place: readonly string[] }; readonly result: Uint8Array };
  /** A copy without what names the patient, and what is kept of it. */
  deidentify: { readonly params: { readonly path: string; readonly policy: DeidentifyPolicy }; readonly result: { readonly file: Uint8Array; readonly report: DeidentifyReport; readonly inspection: Inspection } };
  /** A PNG. */
  render: { readonly params: { readonly path: string; readonly plan: PixelPlan; readonly frame: number; readonly rendering: Rendering }; readonly result: Uint8Array };
}

export type JobName = keyof JobTable;
export type Job = { [N in JobName]: { readonly id: number; readonly name: N; readonly params: JobTable[N]['params'] } }[JobName];
export type JobReply = { readonly id: number; readonly type: 'done'; readonly result: unknown } | { readonly id: number; readonly type: 'failed'; readonly error: WireError };
