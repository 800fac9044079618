import type { OpinionContent } from '#shared/domain/opinion';
import type { Party } from '#shared/domain/people';
import { clockTime, fullName, type LanguageName } from '../../i18n/format.ts';

/** Members of the panel that are people: a cart neither disagrees nor signs. */
export function panelOptions(panel: readonly Party[], language: LanguageName) {
  return panel.flatMap((party) => (party.kind === 'person' ? [{ value: party.id as OpinionContent['signerIds'][number], label: fullName(party, language) }] : [])); // its kind says what id it is
}

/** When a signature was made, with its date: it is read years later. */
export function fullTime(ms: number, language: LanguageName): string {
  return clockTime(ms, 0, language);
}
