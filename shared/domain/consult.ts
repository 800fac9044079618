import { z } from 'zod';
import { consultIdSchema, organisationIdSchema } from './ids.ts';
import { bilingualSchema, partySchema } from './people.ts';

/** The states a session passes on the day itself; the states before and after belong to scheduling. */
export const consultStateSchema = z.enum(['scheduled', 'inSession', 'ended', 'cancelled']);
export type ConsultState = z.infer<typeof consultStateSchema>;

export const consultKindSchema = z.enum(['consultation', 'mdt', 'urgent', 'teaching']);

/** A row of the worklist. Times are Unix epoch ms of the server's civil clock. `patient` is masked unless the reader may see it. */
export const consultSummarySchema = z.object({
  id: consultIdSchema,
  kind: consultKindSchema,
  state: consultStateSchema,
  startsAtMs: z.number().int(),
  durationMinutes: z.number().int().min(5).max(24 * 60),
  /** The patient's label with the given name masked («陈*»); the whole name belongs to the case file. */
  patientMasked: z.string().max(80),
  patientAge: z.number().int().min(0).max(130).nullable(),
  patientSex: z.enum(['female', 'male', 'other', 'unknown']),
  question: z.string().max(500),
  organisationId: organisationIdSchema,
  organisationName: bilingualSchema,
  host: partySchema,
  panel: z.array(partySchema).max(60),
  /** How many are in the room at this moment. */
  presentCount: z.number().int().nonnegative(),
  /** Whether the reader is part of the panel (false: sees it as an administrator of the centre). */
  isMember: z.boolean(),
});
export type ConsultSummary = z.infer<typeof consultSummarySchema>;
