import type { Point } from './homography.ts';
import type { Proposal } from './search.ts';
import type { SearchFrame } from './tracker.ts';

/** What the tracking worker tells the searching one. `generation` names the source: an answer for an older one counts no more. */
export type SearchRequest =
  | { readonly type: 'describe'; readonly markId: string; readonly frame: SearchFrame; readonly polygon: readonly Point[] }
  | { readonly type: 'forget'; readonly markId: string }
  /** Answered by a `SearchAnswer`, found or not. */
  | { readonly type: 'look'; readonly generation: number; readonly frame: SearchFrame; readonly markIds: readonly string[] };

export interface SearchAnswer {
  readonly generation: number;
  readonly rtpTimestamp: number;
  readonly proposals: readonly Proposal[];
}
