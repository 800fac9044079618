import { z } from 'zod';

/** Every state of a consultation request (会诊申请), in the order in which a routine one passes them; the last three end or interrupt it. */
export const requestStateSchema = z.enum([
  'draft', 'awaitingApproval', 'submitted', 'screening', 'materialAsked', 'accepted', 'scheduled', 'rehearsed', 'inSession',
  'opinionDue', 'awaitingSignatures', 'completed', 'rated', 'archived', 'declined', 'cancelled', 'noShow',
]);
export type RequestState = z.infer<typeof requestStateSchema>;
export const REQUEST_STATES: readonly RequestState[] = requestStateSchema.options;

/** Nothing leads out of these. */
export const FINAL_STATES: readonly RequestState[] = ['archived', 'declined', 'cancelled'];

/** The centre has it before it and has to do something about it. */
export const DESK_STATES: readonly RequestState[] = ['submitted', 'screening', 'materialAsked', 'accepted', 'scheduled', 'rehearsed', 'inSession', 'opinionDue', 'awaitingSignatures', 'noShow'];
