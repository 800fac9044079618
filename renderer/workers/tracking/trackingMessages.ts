import type { Point } from './homography.ts';
import type { AnchorOutcome, Pose } from './tracker.ts';

/** What the page tells the tracking worker. */
export type TrackingRequest =
  /** The frames of a source, transferred. Another `open` is another source: marks and history of the one before are gone, and its stream is cancelled. */
  | { readonly type: 'open'; readonly frames: ReadableStream<VideoFrame> }
  /**
   * One moment in both clocks: a frame's own timestamp (µs) and the RTP timestamp it is sent with. The clocks run alike, so that the newest pair tells that of
   * every frame; frames before the first pair are not followed. Told again when the sender begins anew.
   */
  | { readonly type: 'clock'; readonly timestampUs: number; readonly rtpTimestamp: number }
  /** A mark drawn on the frame of this RTP timestamp; answered by `anchored`. `polygon`: frame units, 1–200 points. */
  | { readonly type: 'anchor'; readonly markId: string; readonly rtpTimestamp: number; readonly polygon: readonly Point[] }
  | { readonly type: 'drop'; readonly markId: string }
  /** Ends the worker's work; everything is given back. */
  | { readonly type: 'close' };

/** What the tracking worker tells the page. */
export type TrackingReport =
  /** The library is loaded; frames are being followed. */
  | { readonly type: 'ready' }
  | { readonly type: 'anchored'; readonly markId: string; readonly outcome: AnchorOutcome }
  /** After each frame that was looked at, while there are marks. A frame that came while another was being looked at has none. */
  | { readonly type: 'poses'; readonly timestampUs: number; readonly rtpTimestamp: number; readonly poses: readonly Pose[] }
  /** The stream ended or broke off; marks are kept until the next `open`. */
  | { readonly type: 'ended' }
  /** The library could not be loaded, or a frame not read: nothing is followed any more. */
  | { readonly type: 'failed'; readonly reason: string };
