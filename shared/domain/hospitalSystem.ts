import { z } from 'zod';

/** What a hospital's information system (HIS, EMR) may do through the FHIR facade: look, and apply for its physicians. */
export const systemScopeSchema = z.enum(['read', 'serviceRequest.create']);
export type SystemScope = z.infer<typeof systemScopeSchema>;

/** A token is good for at most so many days. */
export const MAX_SYSTEM_DAYS = 1095;
