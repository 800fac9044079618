import { z } from 'zod';
import { markDraftSchema, markIdSchema, markPointSchema, markSchema, MAX_BATCH_POINTS, MAX_MARKS, placementSchema, rtpTimestampSchema } from '../annotation/mark.ts';
import { peerIdSchema, sourceIdSchema } from '../domain/ids.ts';
import { keptText } from '../domain/keptText.ts';
import { channelsSchema } from './control.ts';

const nothing = z.object({});
const marksSchema = z.array(markSchema).max(MAX_MARKS);
const markIdsSchema = z.array(markIdSchema).min(1).max(MAX_MARKS);

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const ANNOTATION_REQUESTS = {
  /** [ANN5] All marks that there are, oldest first, and the channels on which places come: after joining, and after a lost connection. */
  'annotation.look': { params: nothing, result: z.object({ marks: marksSchema, channels: channelsSchema }) },
  /** [ANN2] The pen goes down; the same id again is the same mark. */
  'annotation.draw': { params: z.object({ draft: markDraftSchema }), result: z.object({ mark: markSchema }) },
  /** [ANN3] `from`: how many points came before; what is there already is left out. */
  'annotation.extend': { params: z.object({ markId: markIdSchema, from: z.number().int().nonnegative(), points: z.array(markPointSchema).max(MAX_BATCH_POINTS), isOpen: z.boolean() }), result: nothing },
  'annotation.change': { params: z.object({ markId: markIdSchema, isPinned: z.boolean().optional(), isHidden: z.boolean().optional(), text: keptText(80).nullable().optional() }), result: nothing },
  /** [ANN4] One's own; the host's also others'. */
  'annotation.erase': { params: z.object({ markIds: markIdsSchema }), result: nothing },
  /** [ANN4] What was erased comes back as it was. */
  'annotation.restore': { params: z.object({ markIds: markIdsSchema }), result: nothing },
  /** [ANN6] From the machine whose source it is. */
  'annotation.place': { params: z.object({ markId: markIdSchema, placement: placementSchema }), result: nothing },
  /** [ANN7] Where somebody points; presence, kept nowhere. Null: no longer. */
  'annotation.point': { params: z.object({ at: z.object({ sourceId: sourceIdSchema, rtpTimestamp: rtpTimestampSchema.nullable(), point: markPointSchema }).nullable() }), result: nothing },
} as const;

/** Events of this topic, to everybody in the room. */
export const ANNOTATION_EVENTS = {
  /** A mark is new, or is otherwise than before. */
  'annotation.drawn': z.object({ mark: markSchema }),
  'annotation.extended': z.object({ markId: markIdSchema, from: z.number().int().nonnegative(), points: z.array(markPointSchema).max(MAX_BATCH_POINTS), isOpen: z.boolean() }),
  'annotation.erased': z.object({ markIds: z.array(markIdSchema).max(MAX_MARKS) }),
  'annotation.pointed': z.object({ peerId: peerIdSchema, at: ANNOTATION_REQUESTS['annotation.point'].params.shape.at }),
} as const;
