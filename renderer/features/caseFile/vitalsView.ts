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

/** Whose ranges are used; `unknown`: no age is written down, and an adult's are. */
export type AgeGroup = 'infant' | 'toddler' | 'preschool' | 'school' | 'preadolescent' | 'adolescent' | 'adult' | 'unknown';

type ChildRanges = Readonly<Partial<Record<VitalName, readonly [number, number]>>>;

/**
 * Awake children (American Heart Association, Pediatric Advanced Life Support Provider Manual, 2016: heart rate, respiratory rate and
 * blood pressure by age). `below`: whole years. Ages are known in years only: who is 0 is judged as an infant of 1 to 12 months.
 * Saturation and temperature are as an adult's.
 */
const CHILDREN: readonly { readonly group: AgeGroup; readonly below: number; readonly usual: ChildRanges }[] = [
  { group: 'infant', below: 1, usual: { heartRatePerMin: [100, 180], respiratoryRatePerMin: [30, 53], systolicMmHg: [72, 104], diastolicMmHg: [37, 56] } },
  { group: 'toddler', below: 3, usual: { heartRatePerMin: [98, 140], respiratoryRatePerMin: [22, 37], systolicMmHg: [86, 106], diastolicMmHg: [42, 63] } },
  { group: 'preschool', below: 6, usual: { heartRatePerMin: [80, 120], respiratoryRatePerMin: [20, 28], systolicMmHg: [89, 112], diastolicMmHg: [46, 72] } },
  { group: 'school', below: 10, usual: { heartRatePerMin: [75, 118], respiratoryRatePerMin: [18, 25], systolicMmHg: [97, 115], diastolicMmHg: [57, 76] } },
  { group: 'preadolescent', below: 12, usual: { heartRatePerMin: [75, 118], respiratoryRatePerMin: [18, 25], systolicMmHg: [102, 120], diastolicMmHg: [61, 80] } },
  { group: 'adolescent', below: 16, usual: { heartRatePerMin: [60, 100], respiratoryRatePerMin: [12, 20], systolicMmHg: [110, 131], diastolicMmHg: [64, 83] } },
];

const childOf = (ageYears: number | null) => (ageYears === null ? undefined : CHILDREN.find(({ below }) => ageYears < below));

/** Whose ranges a patient of this age is judged by. */
export function ageGroup(ageYears: number | null): AgeGroup {
  return ageYears === null ? 'unknown' : (childOf(ageYears)?.group ?? 'adult');
}

/** The usual range at this age, both ends included. */
export function usualRange({ name, usual }: VitalDefinition, ageYears: number | null): readonly [number, number] {
  return childOf(ageYears)?.usual[name] ?? usual;
}

/** Where a value lies against the usual range of the patient's age. */
export function vitalFlag(vital: VitalDefinition, value: number | null, ageYears: number | null): Flag {
  if (value === null) return null;
  const [low, high] = usualRange(vital, ageYears);
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
