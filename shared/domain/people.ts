import { z } from 'zod';
import { cartIdSchema, organisationIdSchema, personIdSchema } from './ids.ts';
import { keptText } from './keptText.ts';
import { roleSchema } from './roles.ts';

/** A name in both languages; `en` is a transliteration where there is no other. */
export const bilingualSchema = z.object({ zh: keptText(80), en: keptText(80) });
export type Bilingual = z.infer<typeof bilingualSchema>;

/** From the top of the tree down. */
export const tierSchema = z.enum(['province', 'city', 'county']);
export type Tier = z.infer<typeof tierSchema>;
export const TIERS: readonly Tier[] = tierSchema.options;

/** What an organisation of this tier may have directly below it; the tiers between may be left out. */
export function tiersBelow(tier: Tier): readonly Tier[] {
  return TIERS.slice(TIERS.indexOf(tier) + 1);
}

/** An address for notices, as people type them: ASCII, one `@`, a dot in the domain. Whether anybody reads there, only the mail server knows. */
export const emailSchema = z.string().max(200).regex(/^[A-Za-z0-9_+-]{1,40}(\.[A-Za-z0-9_+-]{1,15}){0,2}@[A-Za-z0-9-]{1,40}(\.[A-Za-z0-9-]{1,20}){1,3}$/);

/** Lower case, so that nobody wonders how they wrote it. */
export const signInNameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,62}$/);

/** One node of the province → city → county tree. */
export const organisationSchema = z.object({
  id: organisationIdSchema,
  parentId: organisationIdSchema.nullable(),
  tier: tierSchema,
  name: bilingualSchema,
});
export type Organisation = z.infer<typeof organisationSchema>;

/** How a participant is shown: 姓名（职称·医院）. A cart has no title. */
export const partySchema = z.object({
  kind: z.enum(['person', 'cart']),
  id: z.union([personIdSchema, cartIdSchema]),
  name: bilingualSchema,
  title: bilingualSchema.nullable(),
  role: roleSchema,
  organisationId: organisationIdSchema,
  organisationName: bilingualSchema,
});
export type Party = z.infer<typeof partySchema>;
