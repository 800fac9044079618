import { z } from 'zod';
import { cartIdSchema, organisationIdSchema, personIdSchema, sessionIdSchema } from '../domain/ids.ts';
import { bilingualSchema, emailSchema } from '../domain/people.ts';
import { roleSchema } from '../domain/roles.ts';

export const sessionInfoSchema = z.object({
  id: sessionIdSchema,
  createdAtMs: z.number().int(),
  lastSeenAtMs: z.number().int(),
  expiresAtMs: z.number().int(),
  client: z.string().max(200),
  isThisOne: z.boolean(),
});

export const personRecordSchema = z.object({
  id: personIdSchema,
  signInName: z.string().max(64),
  name: bilingualSchema,
  title: bilingualSchema.nullable(),
  role: roleSchema,
  organisationId: organisationIdSchema,
  organisationName: bilingualSchema,
  /** Set while locked out after repeated failures; server's civil clock. */
  lockedUntilMs: z.number().int().nullable(),
  isActive: z.boolean(),
  /** Where notices go besides the client. */
  email: emailSchema.nullable(),
});

export const cartRecordSchema = z.object({
  id: cartIdSchema,
  name: bilingualSchema,
  organisationId: organisationIdSchema,
  organisationName: bilingualSchema,
  state: z.enum(['new', 'awaitingEnrolment', 'enrolled', 'revoked']),
  lastSeenAtMs: z.number().int().nullable(),
});

export const auditEntrySchema = z.object({
  sequence: z.number().int(),
  atMs: z.number().int(),
  actorKind: z.enum(['person', 'cart', 'system', 'server', 'anonymous']),
  actorId: z.string().max(64).nullable(),
  action: z.string().max(80),
  subject: z.string().max(120).nullable(),
  outcome: z.enum(['done', 'refused']),
  code: z.string().max(60).nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;
