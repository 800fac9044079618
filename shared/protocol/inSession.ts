import { z } from 'zod';
import { consultIdSchema } from '../domain/ids.ts';
import { partySchema } from '../domain/people.ts';

const epochMs = z.number().int().min(0).max(253_402_300_799_999);
const text = (max: number) => z.string().max(max).refine((value) => !value.includes('\0'), 'holds a null character');
const consultRef = z.object({ consultId: consultIdSchema });

/** One point of a session's agenda. `id` is the writer's; `who` says in words who leads it, empty for nobody in particular. */
export const agendaItemSchema = z.object({ id: z.string().regex(/^[a-z0-9-]{1,64}$/), title: text(200), minutes: z.number().int().min(1).max(480), who: text(80) });
export type AgendaItem = z.infer<typeof agendaItemSchema>;

/** `version` 0: nothing was written yet. */
export const agendaSchema = z.object({ version: z.number().int().nonnegative(), items: z.array(agendaItemSchema).max(40) });
export type Agenda = z.infer<typeof agendaSchema>;

/** One stay in the room, by the server's civil clock. `leftAtMs` null: still there. */
export const staySchema = z.object({ party: partySchema, enteredAtMs: epochMs, leftAtMs: epochMs.nullable() });
export type Stay = z.infer<typeof staySchema>;

/** How many stays of one session are told, the newest. */
export const MAX_STAYS = 1000;

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const IN_SESSION_REQUESTS = {
  /** [INS1] Who was in the room from when to when, in the order of entering. */
  'consult.presence': { params: consultRef, result: z.object({ stays: z.array(staySchema).max(MAX_STAYS), serverTimeMs: epochMs }) },
  'consult.agenda': { params: consultRef, result: z.object({ agenda: agendaSchema }) },
  /** [INS4] `conflict`: somebody was faster; nothing was kept, and this is what is there. */
  'consult.setAgenda': {
    params: consultRef.extend({ baseVersion: z.number().int().nonnegative(), items: agendaSchema.shape.items }),
    result: z.discriminatedUnion('status', [z.object({ status: z.literal('saved'), agenda: agendaSchema }), z.object({ status: z.literal('conflict'), agenda: agendaSchema })]),
  },
} as const;

/** Said to everybody in the room: who is present, or the agenda, is another. */
export const consultRecordChangedSchema = consultRef;
