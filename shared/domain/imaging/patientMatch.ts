/** Whose images these are, as a file or an archive says; empty where it does not say. `birthDate`: YYYYMMDD. */
export interface ImagePatientSaid {
  /** As DICOM has it: groups of one name separated by `=`, its components by `^`. */
  readonly name: string;
  readonly id: string;
  readonly birthDate: string;
}

/** The case's patient, as far as it is known. `birthDate`: YYYY-MM-DD. */
export interface CasePatient {
  readonly name: string;
  readonly birthDate: string | null;
  readonly recordNumber: string | null;
}

type Compared = 'same' | 'differs' | 'unknown';

/** Whose images these are, against the case's patient. */
export interface PatientMatch {
  /** `same`: nothing speaks against it, and for it the number, or name and date of birth together. Everything else is for a person to decide. */
  readonly overall: Compared;
  readonly name: Compared;
  readonly id: Compared;
  readonly birthDate: Compared;
}

const HAN = /\p{Script=Han}/u;

/** A name without separators and case: «ZHANG^SAN» is «Zhang San». */
const plain = (name: string): string => name.normalize('NFKC').replace(/[\s^.,·・\-_]/gu, '').toLowerCase();
const formsOf = (said: string): string[] => said.split('=').map((form) => form.trim()).filter((form) => plain(form) !== '');

/** Names as one writing of them can be compared with another; null: written in another script, which says nothing. */
function compareNames(said: string, known: string): Compared {
  const forms = formsOf(said);
  if (forms.length === 0 || plain(known) === '') return 'unknown';
  const isHan = HAN.test(known);
  const comparable = forms.filter((form) => HAN.test(form) === isHan);
  if (comparable.length === 0) return 'unknown';
  return comparable.some((form) => plain(form) === plain(known) || wordsOf(form) === wordsOf(known)) ? 'same' : 'differs';
}

/** Family name first or last: the same words are the same name. */
const wordsOf = (name: string): string => name.normalize('NFKC').toLowerCase().split(/[\s^.,·\-_]+/u).filter((word) => word !== '').sort().join(' ');

const compare = (said: string, known: string): Compared => (said === '' || known === '' ? 'unknown' : said === known ? 'same' : 'differs');
const numberOf = (id: string): string => id.trim().toLowerCase();

/** @param known null: the case does not say, or cannot be read now */
export function matchPatient(said: ImagePatientSaid, known: CasePatient | null): PatientMatch {
  const name = compareNames(said.name, known?.name ?? '');
  const id = compare(numberOf(said.id), numberOf(known?.recordNumber ?? ''));
  const birthDate = compare(said.birthDate, (known?.birthDate ?? '').replaceAll('-', ''));
  const all = [name, id, birthDate];
  // A name is borne by many, and so is a birthday: neither alone says who somebody is.
  const isEnough = id === 'same' || (name === 'same' && birthDate === 'same');
  return { overall: all.includes('differs') ? 'differs' : isEnough ? 'same' : 'unknown', name, id, birthDate };
}

/** Whether two files, or a file and an archive, say the same of whose they are: number and date of birth alike, and a writing of the name in common. */
export function saysSamePatient(one: ImagePatientSaid, other: ImagePatientSaid): boolean {
  const [own, theirs] = [formsOf(one.name).map(plain), formsOf(other.name).map(plain)];
  const isSameName = own.length === 0 ? theirs.length === 0 : own.some((form) => theirs.includes(form));
  return isSameName && numberOf(one.id) === numberOf(other.id) && one.birthDate === other.birthDate;
}
