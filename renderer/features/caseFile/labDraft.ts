import type { LabBody, LabTest } from './labView.ts';

/** A result as it is typed. */
export interface LabDraft {
  readonly name: string;
  readonly result: string;
  readonly unit: string;
  readonly low: string;
  readonly high: string;
}

export type LabProblem = 'name' | 'result' | 'low' | 'high' | 'rangeSwapped';

export const EMPTY_LAB: LabDraft = { name: '', result: '', unit: '', low: '', high: '' };

/** What was typed as a number, with a full-width or ordinary sign; null: nothing, NaN: no number. */
function numberOf(text: string): number | null {
  const plain = text.trim().normalize('NFKC').replace('−', '-');
  if (plain === '') return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN;
}

/** What keeps a result from being written down. A result that is no number is kept as words («阴性», «<0.01»). */
export function labProblems(draft: LabDraft): LabProblem[] {
  const low = numberOf(draft.low);
  const high = numberOf(draft.high);
  return [
    ...(draft.name.trim() === '' ? (['name'] as const) : []),
    ...(draft.result.trim() === '' ? (['result'] as const) : []),
    ...(Number.isNaN(low) ? (['low'] as const) : []),
    ...(Number.isNaN(high) ? (['high'] as const) : []),
    ...(low !== null && high !== null && low > high ? (['rangeSwapped'] as const) : []),
  ];
}

/** The test of this case that goes by the name typed, in either language. */
export function knownTest(tests: readonly LabTest[], name: string): LabTest | null {
  const wanted = name.trim().toLowerCase();
  return tests.find(({ results }) => results.some(({ content: { body } }) => body.name.zh.toLowerCase() === wanted || body.name.en.toLowerCase() === wanted)) ?? null;
}

/** The draft with what the case knows of the test: unit and range as the laboratory gave them last. What was typed stays. */
export function withKnown(draft: LabDraft, test: LabTest): LabDraft {
  const body = (test.latest ?? test.results[0])?.content.body;
  if (!body) return draft;
  const or = (typed: string, known: number | string | null) => (typed.trim() === '' && known !== null ? String(known) : typed);
  return { ...draft, unit: or(draft.unit, body.unit), low: or(draft.low, body.low), high: or(draft.high, body.high) };
}

/** A draft without problems as a record. A test the case knows keeps its two names and its code, so that the results make one course. */
export function toLabBody(draft: LabDraft, tests: readonly LabTest[], collectedAtMs: number): LabBody {
  const known = knownTest(tests, draft.name)?.results[0]?.content.body;
  const typed = draft.name.trim();
  const value = numberOf(draft.result);
  const isNumber = value !== null && !Number.isNaN(value);
  return {
    collectedAtMs, name: known?.name ?? { zh: typed, en: typed }, code: known?.code ?? null,
    value: isNumber ? value : null, text: isNumber ? null : draft.result.trim(),
    unit: draft.unit.trim(), low: numberOf(draft.low), high: numberOf(draft.high),
  };
}
