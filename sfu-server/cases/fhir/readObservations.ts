import type { CaseItemBody } from '#shared/domain/caseFile';
import { BLOOD_PRESSURE, LAB_NAME, LOINC, VITALS, VITALS_PANEL } from './codes.ts';
import { msOf, said } from './readItems.ts';
import type { FhirConcept, FhirOf } from './schemas.ts';

type Observation = FhirOf<'Observation'>;

/** Other codes for what we measure. */
const ALIASES: Readonly<Record<string, string>> = { '59408-5': '2708-6', '8331-1': '8310-5', '76282-3': '8867-4' };

const codesOf = (concept: FhirConcept) => concept.coding.flatMap(({ system, code }) => (code === undefined || (system !== undefined && system !== LOINC) ? [] : [ALIASES[code] ?? code]));

/** When it was observed. */
export function observedAtMs(observation: Observation, nowMs: number): number {
  return msOf(observation.effectiveDateTime ?? observation.effectiveInstant ?? observation.effectivePeriod?.start, nowMs);
}

/** Whether it is one of the measurements of a round, or the panel around them. */
export function isVital({ code, component }: Observation): boolean {
  const codes = codesOf(code);
  return codes.includes(VITALS_PANEL) || codes.includes(BLOOD_PRESSURE) || VITALS.some((vital) => codes.includes(vital.code)) || component.some((part) => VITALS.some((vital) => codesOf(part.code).includes(vital.code)));
}

/** One round from a panel and its members, or from what was measured at one time. */
export function readVitals(observations: readonly Observation[], measuredAtMs: number): CaseItemBody<'vitals'> {
  const parts = observations.flatMap((observation) => [observation, ...observation.component]);
  const measured = (code: string) => parts.find((part) => codesOf(part.code).includes(code))?.valueQuantity?.value ?? null;
  const values = new Map(VITALS.map(({ field, code }) => [field, measured(code)]));
  const of = (field: (typeof VITALS)[number]['field']) => values.get(field) ?? null;
  return {
    measuredAtMs, heartRatePerMin: of('heartRatePerMin'), respiratoryRatePerMin: of('respiratoryRatePerMin'), systolicMmHg: of('systolicMmHg'), diastolicMmHg: of('diastolicMmHg'),
    oxygenSaturationPercent: of('oxygenSaturationPercent'), temperatureC: of('temperatureC'),
  };
}

/** Any other observation is a result of the laboratory: a number with its range, or words. */
export function readLab(observation: Observation, nowMs: number): CaseItemBody<'lab'> {
  const { code, valueQuantity, valueString, valueCodeableConcept, note, referenceRange } = observation;
  const loinc = code.coding.find(({ system }) => system === LOINC);
  const display = (loinc ?? code.coding.find(({ system }) => system === LAB_NAME) ?? code.coding[0])?.display;
  const zh = code.text ?? display ?? said(code);
  const words = valueString ?? (valueCodeableConcept === undefined ? undefined : said(valueCodeableConcept)) ?? (note.length > 0 ? note.map(({ text }) => text).join('\n') : undefined);
  const [range] = referenceRange;
  return {
    collectedAtMs: observedAtMs(observation, nowMs), name: { zh: zh.slice(0, 80), en: (display ?? zh).slice(0, 80) }, code: loinc?.code ?? null, value: valueQuantity?.value ?? null, text: words ?? null,
    unit: valueQuantity?.unit ?? valueQuantity?.code ?? range?.low?.unit ?? range?.high?.unit ?? '', low: range?.low?.value ?? null, high: range?.high?.value ?? null,
  };
}
