import { z } from 'zod';
import { caseIdSchema, cartIdSchema, consultIdSchema, consultRequestIdSchema, organisationIdSchema, personIdSchema, venueIdSchema } from '../ids.ts';
import { requestFormSchema } from './form.ts';
import { requestStateSchema } from './states.ts';

/** Times are Unix epoch ms of the server's civil clock. */
const epochMs = z.number().int().min(0).max(253_402_300_799_999);
const reason = z.string().max(1000);
const actorSchema = z.object({ id: z.string().max(64), atMs: epochMs });

/** What a screener looks at before a request is taken; all have to be confirmed before a routine one is accepted. */
export const SCREENING_POINTS = ['identity', 'question', 'record', 'imaging', 'consent'] as const;
export const screeningSchema = z.object(Object.fromEntries(SCREENING_POINTS.map((point) => [point, z.boolean()])) as Record<(typeof SCREENING_POINTS)[number], z.ZodBoolean>); // one boolean for each point of the list
export type Screening = z.infer<typeof screeningSchema>;

/** One member of the panel and what they said to the invitation. */
export const panelMemberSchema = z.object({ personId: personIdSchema, answer: z.enum(['pending', 'accepted', 'declined']), reason });
export type PanelMember = z.infer<typeof panelMemberSchema>;

/** The time, people and places a request was given. `sequence` rises with every change, as an invitation's does (RFC 5545). */
export const plannedSessionSchema = z.object({
  consultId: consultIdSchema,
  startsAtMs: epochMs,
  durationMinutes: z.number().int().min(5).max(1440),
  hostPersonId: personIdSchema,
  panel: z.array(panelMemberSchema).min(1).max(20),
  /** Bedside staff and the requester, who come besides the panel. */
  attendeeIds: z.array(personIdSchema).max(20),
  cartIds: z.array(cartIdSchema).max(5),
  venueId: venueIdSchema.nullable(),
  sequence: z.number().int().nonnegative(),
});
export type PlannedSession = z.infer<typeof plannedSessionSchema>;

/** One site's rehearsal (联调): what was measured there, kept as evidence. Rates in bit/s, times in ms; null: could not be measured. */
export const rehearsalSchema = z.object({
  /** The person or cart whose machine was tried. */
  partyId: z.string().max(64),
  by: actorSchema,
  hasPicture: z.boolean(),
  hasSound: z.boolean(),
  upBps: z.number().nonnegative().nullable(),
  downBps: z.number().nonnegative().nullable(),
  roundTripMs: z.number().nonnegative().nullable(),
  lossRatio: z.number().min(0).max(1).nullable(),
  hasPassed: z.boolean(),
  note: z.string().max(400),
});
export type Rehearsal = z.infer<typeof rehearsalSchema>;

/** 1 (poor) to 5 (very good). */
const stars = z.number().int().min(1).max(5);
export const ratingSchema = z.object({ by: actorSchema, overall: stars, timeliness: stars, quality: stars, technique: stars, comment: z.string().max(1000) });
export type Rating = z.infer<typeof ratingSchema>;

/**
 * A consultation request as the server keeps it. It changes by steps alone (`steps.ts`), and each raises `version` by one.
 * The form is what was true when it was last sent; the case file goes on living.
 */
export const consultRequestSchema = z.object({
  id: consultRequestIdSchema,
  version: z.number().int().positive(),
  state: requestStateSchema,
  caseId: caseIdSchema,
  /** The applying hospital, which keeps the decision and the duty for treatment. */
  organisationId: organisationIdSchema,
  requesterId: personIdSchema,
  /** The centre that has it before it; null until it is sent to one. */
  centreId: organisationIdSchema.nullable(),
  form: requestFormSchema,
  createdAtMs: epochMs,
  /** When it came into its present state. */
  stateSinceMs: epochMs,
  /** When it was first before a centre. */
  submittedAtMs: epochMs.nullable(),
  /** `owed`: an emergency went ahead, and the department or medical office says its word afterwards. */
  approval: z.discriminatedUnion('status', [
    z.object({ status: z.literal('needed') }),
    z.object({ status: z.literal('owed') }),
    z.object({ status: z.literal('given'), by: actorSchema, wasAfterwards: z.boolean() }),
    z.object({ status: z.literal('refusedAfterwards'), by: actorSchema, reason }),
  ]),
  /** Why an emergency goes ahead without written consent; null: it needs the document. */
  consentException: z.object({ by: actorSchema, reason }).nullable(),
  screening: screeningSchema.nullable(),
  /** What the centre asked for, while it waits for it. */
  materialAsked: reason.nullable(),
  appointment: plannedSessionSchema.nullable(),
  /** Those of the present appointment. */
  rehearsals: z.array(rehearsalSchema).max(100),
  session: z.object({ startedAtMs: epochMs, endedAtMs: epochMs.nullable() }).nullable(),
  /** Who signs, in order, and who has; of the version that waits for signatures or has all. */
  opinion: z.object({ version: z.number().int().positive(), signerIds: z.array(personIdSchema).min(1).max(20), signedIds: z.array(personIdSchema).max(20) }).nullable(),
  /** What the applying hospital did with the advice. */
  outcome: z.object({ by: actorSchema, adoption: z.enum(['adopted', 'partly', 'notAdopted']), text: z.string().max(4000) }).nullable(),
  /** The hospital's of the consultation, and the experts' of the request. */
  ratings: z.object({ hospital: ratingSchema.nullable(), expert: ratingSchema.nullable() }),
  /** Why it was declined, cancelled or did not take place; null otherwise. */
  endReason: reason.nullable(),
});
export type ConsultRequest = z.infer<typeof consultRequestSchema>;
