import { z } from 'zod';
import { organisationIdSchema, personIdSchema } from '../ids.ts';
import { plannedSessionSchema, panelMemberSchema, ratingSchema, rehearsalSchema, screeningSchema } from './request.ts';

/** A reason somebody reads later: never empty. */
const reason = z.string().trim().min(1).max(1000);
const text = z.string().max(1000);
const panel = z.array(personIdSchema).min(1).max(20);
const rated = ratingSchema.omit({ by: true });

/** What an appointment is made of, before it has answers. */
const plan = plannedSessionSchema.pick({ startsAtMs: true, durationMinutes: true, hostPersonId: true, attendeeIds: true, cartIds: true, venueId: true }).extend({ panelIds: panel });
export type SessionPlan = z.infer<typeof plan>;

/** Steps that a person takes by asking for them. */
const askedSteps = [
  /** The form and the case as they are go to the approver; an emergency goes to the centre at once. */
  z.object({ type: z.literal('send'), centreId: organisationIdSchema, consentException: text }),
  z.object({ type: z.literal('approve'), note: text }),
  z.object({ type: z.literal('refuseApproval'), reason }),
  z.object({ type: z.literal('screen') }),
  z.object({ type: z.literal('check'), screening: screeningSchema }),
  z.object({ type: z.literal('returnForMaterial'), reason }),
  z.object({ type: z.literal('supply'), note: text }),
  z.object({ type: z.literal('accept') }),
  z.object({ type: z.literal('decline'), reason }),
  z.object({ type: z.literal('forward'), centreId: organisationIdSchema, reason }),
  z.object({ type: z.literal('schedule'), plan }),
  z.object({ type: z.literal('reschedule'), plan, reason }),
  z.object({ type: z.literal('answer'), answer: panelMemberSchema.shape.answer.exclude(['pending']), reason: text }),
  z.object({ type: z.literal('substitute'), personId: personIdSchema, byPersonId: personIdSchema, reason }),
  z.object({ type: z.literal('rehearse'), rehearsal: rehearsalSchema.omit({ by: true }) }),
  z.object({ type: z.literal('waiveRehearsal'), reason }),
  /** The session is over though nobody ended it in the room. */
  z.object({ type: z.literal('closeSession') }),
  z.object({ type: z.literal('recordOutcome'), adoption: z.enum(['adopted', 'partly', 'notAdopted']), text: z.string().trim().min(1).max(4000) }),
  z.object({ type: z.literal('rate'), rating: rated }),
  z.object({ type: z.literal('archive') }),
  z.object({ type: z.literal('cancel'), reason }),
  z.object({ type: z.literal('noShow'), reason }),
] as const;

/** What a person may ask for. */
export const askedStepSchema = z.discriminatedUnion('type', askedSteps);
export type AskedStep = z.infer<typeof askedStepSchema>;

/** Steps that follow from what happens elsewhere: in the room, and to the opinion. Nobody can ask for them. */
export type CausedStep =
  | { readonly type: 'start' }
  | { readonly type: 'end' }
  | { readonly type: 'submitOpinion'; readonly version: number; readonly signerIds: readonly z.infer<typeof personIdSchema>[] }
  | { readonly type: 'returnOpinion'; readonly reason: string }
  | { readonly type: 'signOpinion' };

export type RequestStep = AskedStep | CausedStep;
export type StepType = RequestStep['type'];
export const ASKED_STEPS: readonly AskedStep['type'][] = askedSteps.map((option) => option.shape.type.value);
