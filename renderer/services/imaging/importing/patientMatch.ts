import type { ImagePatientSaid } from '../../../workers/imageHead.ts';

/** The case's patient, as far as it is known. `birthDate`: YYYY-MM-DD. */
export interface CasePatient {
  readonly name: string;
  readonly birthDate: string | null;
  readonly recordNumber: string | null;
}

type Compared = 'same' | 'differs' | 'unknown';

/** Whose images these are, against the case's patient. */
export interface PatientMatch {
  /** `same`: nothing speaks against it, and name, number or date of birth for it. Everything else is for a person to decide. */
  readonly overall: Compared;
  readonly name: Compared;
  readonly id: Compared;
  readonly birthDate: Compared;
}

const HAN = /\p{Script=Han}/u;

/** A name without separators and case: «ZHANG^SAN» is «Zhang San». */
const plain = (name: string): string => name.normalize('NFKC').replace(/[\s^.,·・\-_]/gu, '').toLowerCase();

/** Names as one writing of them can be compared with another; null: written in another script, which says nothing. */
function compareNames(said: string, known: string): Compared {
  const forms = said.split('=').map((form) => form.trim()).filter((form) => plain(form) !== '');
  if (forms.length === 0 || plain(known) === '') return 'unknown';
  const isHan = HAN.test(known);
  const comparable = forms.filter((form) => HAN.test(form) === isHan);
  if (comparable.length === 0) return 'unknown';
  return comparable.some((form) => plain(form) === plain(known) || wordsOf(form) === wordsOf(known)) ? 'same' : 'differs';
}

/** Family name first or last: the same words are the same name. */
const wordsOf = (name: string): string => name.normalize('NFKC').toLowerCase().split(/[\s^.,·\-_]+/u).filter((word) => word !== '').sort().join(' ');

const compare = (said: string, known: string): Compared => (said === '' || known === '' ? 'unknown' : said === known ? 'same' : 'differs');

/** @param known null: the case does not say, or cannot be read now */
export function matchPatient(said: ImagePatientSaid, known: CasePatient | null): PatientMatch {
  const name = compareNames(said.name, known?.name ?? '');
  const id = compare(said.id.trim().toLowerCase(), (known?.recordNumber ?? '').trim().toLowerCase());
  const birthDate = compare(said.birthDate, (known?.birthDate ?? '').replaceAll('-', ''));
  const all = [name, id, birthDate];
  // A name alone is borne by many; it counts where nothing else can be compared.
  const overall = all.includes('differs') ? 'differs' : all.includes('same') ? 'same' : 'unknown';
  return { overall, name, id, birthDate };
}
