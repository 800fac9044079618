import { type DataSet, items, text, timeOf } from '../dicomJson.ts';
import type { SeriesSummary } from '../series.ts';

/** One line of a structured report: what it is about, and what it says of that. `depth` from 0. */
export interface ReportLine {
  readonly depth: number;
  readonly name: string;
  readonly value: string;
}

/** A report that a device or program made. */
export interface DeviceReport {
  readonly summary: SeriesSummary;
  readonly sopUid: string;
  readonly title: string;
  /** Maker and name of what made it. */
  readonly by: string;
  readonly takenAtMs: number | null;
  readonly lines: readonly ReportLine[];
  /** Lines beyond those. */
  readonly left: number;
}

/** Reports of computer-aided detection (PS3.4 B.5): mammography, chest, colon. Always a program's. */
const DETECTION = new Set(['1.2.840.10008.5.1.4.1.1.88.50', '1.2.840.10008.5.1.4.1.1.88.65', '1.2.840.10008.5.1.4.1.1.88.69']);
const CODES = { observerType: '121005', device: '121007', deviceName: '121013', deviceMaker: '121014', algorithm: '111001', version: '111003' } as const;
const MAX_LINES = 400;
const MAX_DEPTH = 16;

const codeOf = (item: DataSet, tag: string): string => text(items(item, tag)[0] ?? {}, '00080100');
const meaningOf = (item: DataSet, tag: string): string => text(items(item, tag)[0] ?? {}, '00080104');

/** What a content item says, as text; references and containers say nothing by themselves. */
function spoken(item: DataSet): string {
  switch (text(item, '0040A040')) {
    case 'TEXT':
      return text(item, '0040A160');
    case 'CODE':
      return meaningOf(item, '0040A168');
    case 'NUM': {
      const [measured] = items(item, '0040A300');
      return measured ? `${text(measured, '0040A30A')} ${text(items(measured, '004008EA')[0] ?? {}, '00080100').replace(/^1$/, '').replace(/^\{.*\}$/, '')}`.trim() : meaningOf(item, '0040A301');
    }
    case 'PNAME':
      return text(item, '0040A123');
    case 'DATE':
      return text(item, '0040A121');
    case 'TIME':
      return text(item, '0040A122');
    case 'DATETIME':
      return text(item, '0040A120');
    default:
      return '';
  }
}

/** Whether a device or an algorithm speaks in the tree: as its observer, or named as what computed something. */
function isOfDevice(item: DataSet, depth = 0): boolean {
  const code = codeOf(item, '0040A043');
  if ((code === CODES.observerType && codeOf(item, '0040A168') === CODES.device) || code === CODES.algorithm) return true;
  return depth < MAX_DEPTH && items(item, '0040A730').some((child) => isOfDevice(child, depth + 1));
}

function find(item: DataSet, wanted: string, depth = 0): string {
  if (codeOf(item, '0040A043') === wanted) return spoken(item);
  if (depth >= MAX_DEPTH) return '';
  for (const child of items(item, '0040A730')) {
    const found = find(child, wanted, depth + 1);
    if (found !== '') return found;
  }
  return '';
}

/** Reads a structured report (PS3.3 C.17) of a device or algorithm; null: it is no report, or a person's. */
export function deviceReportOf(summary: SeriesSummary, set: DataSet): DeviceReport | null {
  if (text(set, '00080060') !== 'SR' || text(set, '0040A040') !== 'CONTAINER') return null;
  if (!DETECTION.has(text(set, '00080016')) && !isOfDevice(set)) return null;
  const lines: ReportLine[] = [];
  let left = 0;
  const walk = (item: DataSet, depth: number) => {
    for (const child of items(item, '0040A730')) {
      const [name, value] = [meaningOf(child, '0040A043'), spoken(child)];
      const isSaid = name !== '' || value !== '';
      if (isSaid && lines.length >= MAX_LINES) left += 1;
      else if (isSaid) lines.push({ depth, name, value });
      if (depth < MAX_DEPTH) walk(child, depth + 1);
    }
  };
  walk(set, 0);
  const algorithm = [find(set, CODES.algorithm), find(set, CODES.version)].filter((part) => part !== '').join(' ');
  const device = find(set, CODES.deviceName) || [text(set, '00080070'), text(set, '00081090')].filter((part) => part !== '').join(' ');
  return {
    summary, sopUid: text(set, '00080018'), title: meaningOf(set, '0040A043') || summary.description, by: [device, algorithm].filter((part) => part !== '').join(' · '),
    takenAtMs: timeOf(text(set, '00080023') || text(set, '00080020'), text(set, '00080033') || text(set, '00080030')), lines, left,
  };
}

