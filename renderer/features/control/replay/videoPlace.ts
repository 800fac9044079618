import type { Timeline } from '../../../state/control/replay/timeline.ts';

/** Where in a video a moment of the record lies; `isBefore`: the video begins later. */
export type PlaceInVideo = { readonly type: 'inside'; readonly seconds: number } | { readonly type: 'outside'; readonly isBefore: boolean };

export function placeInVideo({ startMs, durationMs }: { readonly startMs: number; readonly durationMs: number }, atMs: number): PlaceInVideo {
  const inMs = atMs - startMs;
  return inMs >= 0 && inMs <= durationMs ? { type: 'inside', seconds: inMs / 1000 } : { type: 'outside', isBefore: inMs < 0 };
}

/**
 * [CTL115] A first guess for a person to put right: recorders write a file to its end, so that it began its length before it was last
 * written. Where that is no time of the record's (the file was copied since), both begin together.
 * @returns ms from the record's beginning
 */
export function guessedStartMs(lastModifiedMs: number, durationMs: number, { startedAtMs, durationMs: recordMs }: Pick<Timeline, 'startedAtMs' | 'durationMs'>): number {
  const startMs = lastModifiedMs - durationMs - startedAtMs;
  return startMs > -durationMs && startMs < recordMs ? Math.round(startMs) : 0;
}
