import { z } from 'zod';
import { mediaIdSchema, peerIdSchema, sourceIdSchema } from '../domain/ids.ts';
import { ANNOTATION_EVENTS } from './annotation.ts';
import { caseChangedSchema, caseWipeAskedSchema } from './cases.ts';
import { requestChangedSchema } from './consultation.ts';
import { CONTROL_EVENTS } from './control.ts';
import { imagingChangedSchema } from './imaging.ts';
import { consultRecordChangedSchema } from './inSession.ts';
import { layersSchema } from './media.ts';
import { noticeNewSchema } from './notices.ts';
import { opinionChangedSchema } from './opinions.ts';
import { chatMessageSchema, roomStateSchema } from './room.ts';
import { scheduleChangedSchema } from './scheduling.ts';
import { imagingMarkedSchema, imagingPresentedSchema, presenterSchema } from './sharedImaging.ts';

/** Everything the server says unasked: name → payload. */
export const EVENTS = {
  'session.ended': z.object({ reason: z.enum(['revoked', 'expired', 'deactivated']) }),
  'worklist.changed': z.object({}),
  'case.changed': caseChangedSchema,
  'case.wipeAsked': caseWipeAskedSchema,
  'imaging.changed': imagingChangedSchema,
  'schedule.changed': scheduleChangedSchema,
  'request.changed': requestChangedSchema,
  'notice.new': noticeNewSchema,
  'opinion.changed': opinionChangedSchema,
  'consult.recordChanged': consultRecordChangedSchema,
  'room.state': roomStateSchema,
  /** The waiting room's answer; after `admitted` the client joins again. */
  'room.admission': z.object({ peerId: peerIdSchema, decision: z.enum(['admitted', 'turnedAway']) }),
  'room.closed': z.object({ reason: z.enum(['removed', 'ended', 'takenOver', 'sessionEnded']) }),
  'room.muteRequested': z.object({ sourceId: sourceIdSchema }),
  'room.unmuteAsked': z.object({}),
  'chat.message': chatMessageSchema,
  /** To everybody in the room. */
  'imaging.presenter': presenterSchema,
  'imaging.presented': imagingPresentedSchema,
  'imaging.marked': imagingMarkedSchema,
  ...ANNOTATION_EVENTS,
  ...CONTROL_EVENTS,
  /** The layers the SFU sends for a consumer at this moment; null: none (paused or no bandwidth). */
  'media.layers': z.object({ consumerId: mediaIdSchema, layers: layersSchema.nullable() }),
  'server.stopping': z.object({ inMs: z.number().int() }),
} as const satisfies Record<string, z.ZodType>;

export type EventName = keyof typeof EVENTS;
export type EventPayload<N extends EventName> = z.infer<(typeof EVENTS)[N]>;
export type EventMap = { [N in EventName]: EventPayload<N> };
