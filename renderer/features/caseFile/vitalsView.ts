import type { CaseItemBody } from '#shared/domain/caseFile';
import type { ViewedItem } from '../../services/cases/caseView.ts';

export type VitalsBody = CaseItemBody<'vitals'>;
export type VitalName = Exclude<keyof VitalsBody, 'measuredAtMs'>;

/** Scales of the plot: values that share a unit share an axis. */
export type VitalScale = 'perMinute' | 'mmHg' | 'percent' | 'celsius';

export interface VitalDefinition {
  readonly name: VitalName;
  readonly unit: string;
  readonly scale: VitalScale;
  /** What the record accepts; outside it is a slip of the finger. */
  readonly possible: readonly [number, number];
  /** An adult at rest (诊断学, 10th ed.; SpO₂ on room air). */
  readonly usual: readonly [number, number];
  readonly decimals: 0 | 1;
}

export const VITALS: readonly VitalDefinition[] = [
  { name: 'heartRatePerMin', unit: '/min', scale: 'perMinute', possible: [0, 400], usual: [60, 100], decimals: 0 },
  { name: 'respiratoryRatePerMin', unit: '/min', scale: 'perMinute', possible: [0, 150], usual: [12, 20], decimals: 0 },
  { name: 'systolicMmHg', unit: 'mmHg', scale: 'mmHg', possible: [0, 400], usual: [90, 139], decimals: 0 },
  { name: 'diastolicMmHg', unit: 'mmHg', scale: 'mmHg', possible: [0, 300], usual: [60, 89], decimals: 0 },
  { name: 'oxygenSaturationPercent', unit: '%', scale: 'percent', possible: [0, 100], usual: [95, 100], decimals: 0 },
  { name: 'temperatureC', unit: '°C', scale: 'celsius', possible: [10, 50], usual: [36, 37.3], decimals: 1 },
];

export type Flag = 'low' | 'high' | null;

/** Where a value lies against its usual range. Children's ranges differ by age and are not judged. */
export function vitalFlag({ usual: [low, high] }: VitalDefinition, value: number | null, ageYears: number | null): Flag {
  if (value === null || (ageYears !== null && ageYears < 18)) return null;
  return value < low ? 'low' : value > high ? 'high' : null;
}

export type VitalsDraft = Readonly<Partial<Record<VitalName, number | null>>>;
export type VitalsProblem = { readonly field: VitalName; readonly type: 'impossible' } | { readonly type: 'pressureSwapped' } | { readonly type: 'empty' };

/** What keeps a round of measurements from being written down. */
export function vitalsProblems(draft: VitalsDraft): VitalsProblem[] {
  const problems: VitalsProblem[] = VITALS.flatMap(({ name, possible: [low, high] }) => {
    const value = draft[name] ?? null;
    return value !== null && (value < low || value > high) ? [{ field: name, type: 'impossible' as const }] : [];
  });
  const systolic = draft.systolicMmHg ?? null;
  const diastolic = draft.diastolicMmHg ?? null;
  if (systolic !== null && diastolic !== null && diastolic >= systolic) problems.push({ type: 'pressureSwapped' });
  if (VITALS.every(({ name }) => (draft[name] ?? null) === null)) problems.push({ type: 'empty' });
  return problems;
}

/** Columns for the plot: times in Unix epoch seconds, rising, then one column for each of `names`; null: not taken. What was taken back is left out. */
export function vitalsPlotData(items: readonly (Pick<ViewedItem, 'retraction'> & { readonly content: { readonly body: VitalsBody } })[], names: readonly VitalName[]): { readonly times: number[]; readonly columns: (number | null)[][] } {
  const rounds = items.filter(({ retraction }) => retraction === null).map(({ content }) => content.body).sort((a, b) => a.measuredAtMs - b.measuredAtMs);
  return { times: rounds.map(({ measuredAtMs }) => measuredAtMs / 1000), columns: names.map((name) => rounds.map((round) => round[name])) };
}
