import { unitOf } from '#shared/domain/imaging/report';
import { type DataSet, items, number, text } from './dicomJson.ts';

/** One line of a report: what, and its value; a heading has none. `depth` from 0. */
export interface ReportLine {
  readonly depth: number;
  readonly name: string;
  readonly value: string;
}

/** A tree that goes deeper than this was not made to be read. */
export const MAX_DEPTH = 16;

/** Reports of computer-aided detection (PS3.4 B.5): mammography, chest, colon. Always a program's. */
const DETECTION = new Set(['1.2.840.10008.5.1.4.1.1.88.50', '1.2.840.10008.5.1.4.1.1.88.65', '1.2.840.10008.5.1.4.1.1.88.69']);
const OBSERVER_TYPE = '121005';
const DEVICE = '121007';
export const ALGORITHM = '111001';

export const codeOf = (item: DataSet, tag: string): { readonly value: string; readonly meaning: string } => {
  const [code] = items(item, tag);
  return { value: code ? text(code, '00080100') : '', meaning: code ? text(code, '00080104') : '' };
};
export const conceptOf = (item: DataSet) => codeOf(item, '0040A043');
export const typeOf = (item: DataSet) => text(item, '0040A040');
export const childrenOf = (item: DataSet) => items(item, '0040A730');

/** What a content item (PS3.3 C.17) says, as it is read; empty for containers and for what refers to something. */
export function spokenBy(item: DataSet): string {
  switch (typeOf(item)) {
    case 'TEXT':
      return text(item, '0040A160');
    case 'CODE':
      return codeOf(item, '0040A168').meaning;
    case 'PNAME':
      return text(item, '0040A123');
    case 'DATE':
      return text(item, '0040A121');
    case 'TIME':
      return text(item, '0040A122');
    case 'DATETIME':
      return text(item, '0040A120');
    case 'NUM': {
      const [measured] = items(item, '0040A300');
      const value = measured ? number(measured, '0040A30A') : null;
      // Without a value its place may say why there is none.
      return measured === undefined || value === null ? codeOf(item, '0040A301').meaning : `${Math.round(value * 100) / 100} ${unitOf(codeOf(measured, '004008EA'))}`.trim();
    }
    default:
      return '';
  }
}

/** Whether a device or an algorithm speaks: by the kind of report, as its observer, or named as what computed something. */
export function isOfDevice(set: DataSet): boolean {
  return DETECTION.has(text(set, '00080016')) || speaksForDevice(set, 0);
}

function speaksForDevice(item: DataSet, depth: number): boolean {
  const { value } = conceptOf(item);
  if ((value === OBSERVER_TYPE && codeOf(item, '0040A168').value === DEVICE) || value === ALGORITHM) return true;
  return depth < MAX_DEPTH && childrenOf(item).some((child) => speaksForDevice(child, depth + 1));
}
