import { z } from 'zod';
import { GUIDANCE_CUES } from '../control/guidance.ts';
import { partySchema } from '../domain/people.ts';
import { sourceIdSchema } from '../domain/ids.ts';
import { keptText } from '../domain/keptText.ts';

/**
 * Marks on live pictures. Coordinates are **frame units**: both axes in widths of the frame, origin top left, x 0–1, y 0–height/width; the
 * same in every simulcast layer and at every size on a screen. A point may lie somewhat outside: a circle around what is at the edge does.
 */
const coordinate = z.number().min(-1).max(2);
/** x, y, and for the pen its pressure 0–1 (0.5: a mouse). */
export const markPointSchema = z.tuple([coordinate, coordinate]).or(z.tuple([coordinate, coordinate, z.number().min(0).max(1)]));
export type MarkPoint = z.infer<typeof markPointSchema>;

/** As many as a pen's stroke of a quarter of a minute has, at 60 a second. */
export const MAX_MARK_POINTS = 1000;
/** One message's worth of an open stroke. */
export const MAX_BATCH_POINTS = 120;
/** Marks in a room that are not erased. */
export const MAX_MARKS = 60;
/** Colours that authors get, in order of their first mark. */
export const MARK_COLOURS = 8;

/** Chosen by the author: a mark sent twice is one. */
export const markIdSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/).brand<'MarkId'>();
export type MarkId = z.infer<typeof markIdSchema>;

/** RTP timestamp of a video frame: unsigned 32 bits, 90 kHz, wraps. */
export const rtpTimestampSchema = z.number().int().min(0).max(0xffff_ffff);

/**
 * How many points each tool's mark has. `pen`: a line. `arrow`: from, to (the tip). `circle`: two opposite corners of its box. `polygon`:
 * its corners. `text`, `number`, `motion`: where it stands. `distance`: its two ends.
 */
export const MARK_TOOLS = {
  pen: { fewest: 1, most: MAX_MARK_POINTS },
  arrow: { fewest: 2, most: 2 },
  circle: { fewest: 2, most: 2 },
  polygon: { fewest: 2, most: 60 },
  text: { fewest: 1, most: 1 },
  number: { fewest: 1, most: 1 },
  motion: { fewest: 1, most: 1 },
  distance: { fewest: 2, most: 2 },
} as const;
export const markToolSchema = z.enum(['pen', 'arrow', 'circle', 'polygon', 'text', 'number', 'motion', 'distance']);
export type MarkTool = z.infer<typeof markToolSchema>;

/** What the author says of a mark as the pen goes down. */
export const markDraftSchema = z.object({
  markId: markIdSchema,
  sourceId: sourceIdSchema,
  /** [ANN1] The frame that was drawn on. */
  rtpTimestamp: rtpTimestampSchema,
  tool: markToolSchema,
  points: z.array(markPointSchema).min(1).max(MAX_BATCH_POINTS),
  /** For `text`: what it says; for the others a name, or null. */
  text: keptText(80).nullable(),
  /** For `motion`: what is asked of whoever holds the probe. */
  cue: z.enum(GUIDANCE_CUES).nullable(),
  /** More points follow. */
  isOpen: z.boolean(),
});
export type MarkDraft = z.infer<typeof markDraftSchema>;

/**
 * Whether the mark has found its place: `waiting` for the machine whose camera it is; `placed`; `frameGone`: the frame drawn on is no longer
 * known there; `plain`: nothing there to hold on to, so it cannot follow; `fixed`: a source that is a plane of its own and not tracked.
 */
export const placementSchema = z.enum(['waiting', 'placed', 'frameGone', 'plain', 'fixed']);
export type Placement = z.infer<typeof placementSchema>;

/** A mark as everybody in the room has it. */
export const markSchema = markDraftSchema.extend({
  points: z.array(markPointSchema).min(1).max(MAX_MARK_POINTS),
  /** What it is called on the wire of transforms and on the screen; from 1, not used again in this room. */
  number: z.number().int().min(1).max(65_535),
  author: partySchema.pick({ id: true, name: true }),
  /** 0 to {@link MARK_COLOURS} − 1. */
  colour: z.number().int().min(0).max(MARK_COLOURS - 1),
  placement: placementSchema,
  /** Stays when its author or the host clears. */
  isPinned: z.boolean(),
  isHidden: z.boolean(),
  /** The server's wall clock. */
  drawnAtMs: z.number().int(),
});
export type Mark = z.infer<typeof markSchema>;

/** The points of a mark of which more come: a pen's line and a polygon grow; of the others the last point moves while they are drawn. What is there already is left out. */
export function extended(tool: MarkTool, there: readonly MarkPoint[], from: number, points: readonly MarkPoint[]): MarkPoint[] {
  if (tool === 'pen' || tool === 'polygon') return [...there, ...points.slice(Math.max(0, there.length - from))];
  return [...there.slice(0, from), ...points];
}

/** False: this tool's marks have another number of points, or lack their words. */
export function isWhole({ tool, points, text, cue }: Pick<Mark, 'tool' | 'points' | 'text' | 'cue'>): boolean {
  const { fewest, most } = MARK_TOOLS[tool];
  if (points.length < fewest || points.length > most) return false;
  if (tool === 'text') return text !== null;
  return tool !== 'motion' || cue !== null;
}
