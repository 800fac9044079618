import type { Party } from '#shared/domain/people';
import type { Resource, Venue } from '#shared/domain/scheduling';
import { SPECIALTIES, SPECIALTY_CODES, type SpecialtyCode } from '#shared/domain/specialties';
import { type LanguageName, pick, shortName } from '../i18n/format.ts';
import type { Translate } from './text.ts';

const two = (value: number) => String(value).padStart(2, '0');

/** 14:05 without the day; Unix epoch ms, this machine's zone. */
export function hourMinute(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Minutes since midnight as 14:05; 1440 is 24:00. */
export function minuteText(minute: number): string {
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** The reverse, for fields of type `time`; null where there is none. */
export function minuteOf(text: string): number | null {
  const match = /^(\d{2}):(\d{2})/.exec(text);
  return match === null ? null : Number(match[1]) * 60 + Number(match[2]);
}

export function specialtyName(code: SpecialtyCode, language: LanguageName): string {
  return pick(SPECIALTIES[code], language);
}

/** Every specialty, for a Select; found by either language's name. */
export function specialtyOptions(language: LanguageName): { value: SpecialtyCode; label: string; search: string }[] {
  return SPECIALTY_CODES.map((value) => ({ value, label: specialtyName(value, language), search: `${SPECIALTIES[value].zh} ${SPECIALTIES[value].en} ${value}`.toLowerCase() }));
}

/** The `filterOption` of Selects whose options carry `search`. */
export function bySearch(input: string, option: { readonly search: string } | undefined): boolean {
  return option?.search.includes(input.trim().toLowerCase()) ?? false;
}

/** What a person can type to find a party: both names, the hospital. */
export function searchOf({ name, organisationName, title }: Party): string {
  return `${name.zh} ${name.en} ${organisationName.zh} ${organisationName.en} ${title?.zh ?? ''} ${title?.en ?? ''}`.toLowerCase();
}

/** A person, cart or room by its name; one that is not known here says so. */
export function resourceName({ kind, id }: Resource, known: { readonly parties: readonly Party[]; readonly venues: readonly Venue[] }, language: LanguageName, t: Translate): string {
  if (kind === 'venue') {
    const venue = known.venues.find((one) => one.id === id);
    return venue ? pick(venue.name, language) : t('sched.unknownResource');
  }
  const party = known.parties.find((one) => one.id === id);
  return party ? shortName(party, language) : t('sched.unknownResource');
}

/** The days of a week from Monday, for headings. */
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;
