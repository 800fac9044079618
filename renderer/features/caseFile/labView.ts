import type { CaseItemBody } from '#shared/domain/caseFile';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import type { Flag } from './vitalsView.ts';

export type LabBody = CaseItemBody<'lab'>;
export type LabItem = ViewedItem & { readonly content: { readonly kind: 'lab'; readonly body: LabBody } };

/** All results of one test, the newest first. */
export interface LabTest {
  readonly key: string;
  readonly results: readonly LabItem[];
  /** The newest that stands. */
  readonly latest: LabItem | null;
  readonly flag: Flag;
  /** The change from the result before it; null: there is none, or another unit. */
  readonly change: number | null;
}

export function labFlag({ value, low, high }: Pick<LabBody, 'value' | 'low' | 'high'>): Flag {
  if (value === null) return null;
  if (low !== null && value < low) return 'low';
  return high !== null && value > high ? 'high' : null;
}

/** Results by test: by code where there is one, else by name. Tests out of range come first, then by name. */
export function groupLabs(items: readonly LabItem[]): LabTest[] {
  const groups = new Map<string, LabItem[]>();
  for (const item of items) {
    const { code, name } = item.content.body;
    const key = code ?? `name ${name.zh.trim().toLowerCase()}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const tests = [...groups].map(([key, results]): LabTest => {
    const sorted = results.sort((a, b) => b.content.body.collectedAtMs - a.content.body.collectedAtMs);
    const standing = sorted.filter(({ retraction }) => retraction === null);
    const [latest, before] = standing;
    const now = latest?.content.body;
    const then = before?.content.body;
    const change = now && then && now.value !== null && then.value !== null && now.unit === then.unit ? now.value - then.value : null;
    return { key, results: sorted, latest: latest ?? null, flag: now ? labFlag(now) : null, change };
  });
  const name = (test: LabTest) => test.results[0]?.content.body.name.zh ?? '';
  return tests.sort((a, b) => Number(b.flag !== null) - Number(a.flag !== null) || name(a).localeCompare(name(b), 'zh'));
}

/** The course of one test: times in Unix epoch seconds, rising, with values and the range of the newest result. Other units are left out. */
export function labTrend({ results, latest }: LabTest): { readonly times: number[]; readonly values: number[]; readonly unit: string; readonly low: number | null; readonly high: number | null } {
  const unit = latest?.content.body.unit ?? '';
  const points = results
    .filter(({ retraction, content }) => retraction === null && content.body.value !== null && content.body.unit === unit)
    .map(({ content }) => ({ at: content.body.collectedAtMs / 1000, value: content.body.value ?? 0 }))
    .reverse();
  return { times: points.map(({ at }) => at), values: points.map(({ value }) => value), unit, low: latest?.content.body.low ?? null, high: latest?.content.body.high ?? null };
}

/** «3.5–5.3 mmol/L», «< 10 ng/L»; null where the laboratory gave none. */
export function referenceRange({ low, high, unit }: Pick<LabBody, 'low' | 'high' | 'unit'>): string | null {
  if (low === null && high === null) return null;
  const range = low === null ? `< ${high}` : high === null ? `> ${low}` : `${low}–${high}`;
  return unit === '' ? range : `${range} ${unit}`;
}
