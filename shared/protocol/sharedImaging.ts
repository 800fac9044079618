import { z } from 'zod';
import { caseIdSchema, peerIdSchema } from '../domain/ids.ts';
import { deltaSchema, presentationSchema } from '../domain/imaging/presentation.ts';

const nothing = z.object({});
/** A Yjs update, base64. A mark is below 1 KB; this is a long absence's worth. */
const updateSchema = z.string().max(400_000).regex(/^[A-Za-z0-9+/]+={0,2}$/);

/** [IMG20] Who presents, and who asked to, in order. `isPresenterHere` false: their connection is lost and the grace time runs. */
export const presenterSchema = z.object({ presenterPeerId: peerIdSchema.nullable(), asking: z.array(peerIdSchema).max(100), isPresenterHere: z.boolean() });
export type PresenterState = z.infer<typeof presenterSchema>;

const sequence = z.number().int().nonnegative();
const changeSchema = z.discriminatedUnion('type', [z.object({ type: z.literal('whole'), presentation: presentationSchema }), z.object({ type: z.literal('delta'), delta: deltaSchema })]);

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const SHARED_IMAGING_REQUESTS = {
  /** [IMG25] Begins to look along: what is presented now. Asked again after a gap or a lost connection. Marks are in the case; `marks` is what an observer gets of them [IMG56], null for everybody else. */
  'imaging.join': { params: nothing, result: z.object({ presenter: presenterSchema, sequence, presentation: presentationSchema.nullable(), marks: updateSchema.nullable() }) },
  /** [IMG14] The case whose images the room reads, for those who do not read cases; null: it has none. */
  'imaging.case': { params: nothing, result: z.object({ caseId: caseIdSchema.nullable() }) },
  'imaging.leave': { params: nothing, result: nothing },
  'imaging.ask': { params: z.object({ isAsking: z.boolean() }), result: nothing },
  'imaging.give': { params: z.object({ peerId: peerIdSchema }), result: nothing },
  'imaging.release': { params: nothing, result: nothing },
  'imaging.takeBack': { params: nothing, result: nothing },
  /** [IMG24] */
  'imaging.present': { params: z.object({ change: changeSchema }), result: z.object({ sequence }) },
  /** [IMG27] [IMG30] Answered when it is kept with the case, and before others hear of it. */
  'imaging.mark': { params: z.object({ update: updateSchema }), result: nothing },
} as const;

/** To who looks along, besides the presenter. A number left out: `imaging.join` again. */
export const imagingPresentedSchema = z.object({ sequence, change: changeSchema });
export const imagingMarkedSchema = z.object({ update: updateSchema });
