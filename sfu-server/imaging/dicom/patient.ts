import type { ImagePatientSaid } from '#shared/domain/imaging/patientMatch';
import type { JsonDataSet } from './json.ts';

/** The length of each of the three at most, characters, as the protocol has them. */
const LONGEST = 200;

/** Whose images a data set says these are. */
export function patientSaidIn(dataSet: JsonDataSet): ImagePatientSaid {
  return { name: nameOf(dataSet['00100010']?.Value?.[0]), id: textOf(dataSet['00100020']?.Value?.[0]), birthDate: textOf(dataSet['00100030']?.Value?.[0]).replaceAll('.', '') };
}

/** As a file has it: the groups one after the other, separated by `=`. Some archives give a text. */
function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return textOf(value);
  const groups = new Map(Object.entries(value));
  return ['Alphabetic', 'Ideographic', 'Phonetic'].map((group) => textOf(groups.get(group))).join('=').replace(/=+$/, '').slice(0, LONGEST);
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value).trim().slice(0, LONGEST) : '');
