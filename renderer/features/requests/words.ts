import { REQUIRED_PARTS } from '#shared/domain/consultation/form';
import { SCREENING_POINTS } from '#shared/domain/consultation/request';
import { SPECIALTIES, specialtySchema } from '#shared/domain/specialties';
import { type LanguageName, pick } from '../../i18n/format.ts';
import type { MessageKey } from '../../i18n/zh-CN.ts';
import type { Translate } from '../../ui/text.ts';

const OTHERS = ['approval', 'outcome', 'reason', 'startsAtMs', 'hostPersonId', 'personId', 'byPersonId', 'partyId', 'centreId'];

/** What a refusal names, as a person reads it; null: it has no word of its own (an id). */
export function wordOf(name: string, t: Translate): string | null {
  // `question` and `consent` are both a part and a point of the list; the part says what is missing.
  if ((REQUIRED_PARTS as readonly string[]).includes(name)) return t(`missing.${name}` as MessageKey); // a member of the list just looked in
  if ((SCREENING_POINTS as readonly string[]).includes(name)) return t(`screening.${name}` as MessageKey); // likewise
  return OTHERS.includes(name) ? t(`named.${name}` as MessageKey) : null; // likewise
}

/** The name of a specialty by its code; a code of a newer list by itself. */
export function specialtyName(code: string, language: LanguageName): string {
  const known = specialtySchema.safeParse(code);
  return known.success ? pick(SPECIALTIES[known.data], language) : code;
}
