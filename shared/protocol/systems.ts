import { z } from 'zod';
import { MAX_SYSTEM_DAYS, systemScopeSchema } from '../domain/hospitalSystem.ts';
import { hospitalSystemIdSchema, organisationIdSchema } from '../domain/ids.ts';
import { keptText } from '../domain/keptText.ts';
import { bilingualSchema } from '../domain/people.ts';

const epochMs = z.number().int().min(0).max(253_402_300_799_999);
const nothing = z.object({});

/** A hospital's system as administrators see it. Times are Unix epoch ms of the server's civil clock. */
export const hospitalSystemSchema = z.object({
  id: hospitalSystemIdSchema,
  name: keptText(80),
  organisationId: organisationIdSchema,
  organisationName: bilingualSchema,
  scopes: z.array(systemScopeSchema).min(1).max(2),
  createdAtMs: epochMs,
  expiresAtMs: epochMs,
  revokedAtMs: epochMs.nullable(),
  /** To the minute; null: never. */
  lastUsedAtMs: epochMs.nullable(),
});
export type HospitalSystem = z.infer<typeof hospitalSystemSchema>;

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const SYSTEM_REQUESTS = {
  'admin.systems': { params: nothing, result: z.object({ systems: z.array(hospitalSystemSchema).max(1000) }) },
  /** The token is in this answer and nowhere else afterwards. */
  'admin.createSystem': {
    params: z.object({ organisationId: organisationIdSchema, name: keptText(80), scopes: z.array(systemScopeSchema).min(1).max(2), validDays: z.number().int().min(1).max(MAX_SYSTEM_DAYS) }),
    result: z.object({ systemId: hospitalSystemIdSchema, token: z.string().max(100), expiresAtMs: epochMs }),
  },
  'admin.revokeSystem': { params: z.object({ systemId: hospitalSystemIdSchema }), result: nothing },
} as const;
