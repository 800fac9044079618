import { ALGORITHM, childrenOf, conceptOf, isOfDevice, MAX_DEPTH, type ReportLine, spokenBy, typeOf } from '../contentTree.ts';
import { type DataSet, text, timeOf } from '../dicomJson.ts';
import type { SeriesSummary } from '../series.ts';

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

const CODES = { deviceName: '121013', version: '111003' } as const;
const MAX_LINES = 400;

function find(item: DataSet, wanted: string, depth = 0): string {
  if (conceptOf(item).value === wanted) return spokenBy(item);
  if (depth >= MAX_DEPTH) return '';
  for (const child of childrenOf(item)) {
    const found = find(child, wanted, depth + 1);
    if (found !== '') return found;
  }
  return '';
}

/** Reads a structured report (PS3.3 C.17) of a device or algorithm; null: it is no report, or a person's. */
export function deviceReportOf(summary: SeriesSummary, set: DataSet): DeviceReport | null {
  if (text(set, '00080060') !== 'SR' || typeOf(set) !== 'CONTAINER') return null;
  if (!isOfDevice(set)) return null;
  const lines: ReportLine[] = [];
  let left = 0;
  const walk = (item: DataSet, depth: number) => {
    for (const child of childrenOf(item)) {
      const [name, value] = [conceptOf(child).meaning, spokenBy(child)];
      const isSaid = name !== '' || value !== '';
      if (isSaid && lines.length >= MAX_LINES) left += 1;
      else if (isSaid) lines.push({ depth, name, value });
      if (depth < MAX_DEPTH) walk(child, depth + 1);
    }
  };
  walk(set, 0);
  const algorithm = [find(set, ALGORITHM), find(set, CODES.version)].filter((part) => part !== '').join(' ');
  const device = find(set, CODES.deviceName) || [text(set, '00080070'), text(set, '00081090')].filter((part) => part !== '').join(' ');
  return {
    summary, sopUid: text(set, '00080018'), title: conceptOf(set).meaning || summary.description, by: [device, algorithm].filter((part) => part !== '').join(' · '),
    takenAtMs: timeOf(text(set, '00080023') || text(set, '00080020'), text(set, '00080033') || text(set, '00080030')), lines, left,
  };
}

