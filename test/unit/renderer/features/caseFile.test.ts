import { describe, expect, it } from 'vitest';
import { ofKind, viewCase } from '../../../../renderer/services/cases/caseView.ts';
import { groupLabs, labFlag, labTrend, referenceRange } from '../../../../renderer/features/caseFile/labView.ts';
import { EMPTY_LAB, labProblems, toLabBody, withKnown } from '../../../../renderer/features/caseFile/labDraft.ts';
import { fromLocalInput, toLocalInput } from '../../../../renderer/ui/localTime.ts';
import { placeOf } from '../../../../renderer/features/caseFile/placeOf.ts';
import { emptyContent, fits, RECORD_FIELDS, toValue } from '../../../../renderer/features/caseFile/recordFields.ts';
import { excerpt, highlightParts, kindsOf, timeline } from '../../../../renderer/features/caseFile/timelineView.ts';
import { ageGroup, VITALS, vitalFlag, vitalsPlotData, vitalsProblems } from '../../../../renderer/features/caseFile/vitalsView.ts';
import { visibleRange } from '../../../../renderer/ui/parts/visibleRange.ts';
import { caseItemContentSchema } from '#shared/domain/caseFile';
import { fieldNames } from '#shared/protocol/cases';
import { syntheticItems, syntheticOutbox } from '../../../helpers/cases/syntheticCase.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

const NOW = 1_800_000_000_000;
const items = viewCase(syntheticItems(NOW), syntheticOutbox(NOW), new Set(), PARTIES.expert);
const vital = (name: string) => VITALS.find((one) => one.name === name) ?? VITALS[0];

describe('vital signs', () => {
  it('are judged against the range of the patient’s age, an adult’s where none is known', () => {
    const pulse = vital('heartRatePerMin');
    if (!pulse) throw new Error('the table has it');
    expect([59, 60, 100, 101].map((value) => vitalFlag(pulse, value, 40))).toEqual(['low', null, null, 'high']);
    expect([79, 80, 120, 121].map((value) => vitalFlag(pulse, value, 3))).toEqual(['low', null, null, 'high']);
    expect(vitalFlag(pulse, 150, 0)).toBeNull();
    expect([0, 1, 2, 3, 5, 6, 9, 10, 11, 12, 15, 16, null].map(ageGroup)).toEqual(['infant', 'toddler', 'toddler', 'preschool', 'preschool', 'school', 'school', 'preadolescent', 'preadolescent', 'adolescent', 'adolescent', 'adult', 'unknown']);
    expect(vitalFlag(pulse, 140, null)).toBe('high');
    expect(vitalFlag(pulse, null, 40)).toBeNull();
  });

  it('that cannot be are not kept', () => {
    expect(vitalsProblems({})).toEqual([{ type: 'empty' }]);
    expect(vitalsProblems({ temperatureC: 366 })).toEqual([{ type: 'impossible', field: 'temperatureC' }]);
    expect(vitalsProblems({ systolicMmHg: 70, diastolicMmHg: 120 })).toEqual([{ type: 'pressureSwapped' }]);
    expect(vitalsProblems({ systolicMmHg: 120, diastolicMmHg: 70, oxygenSaturationPercent: 0 })).toEqual([]);
  });

  it('give a column for each curve, times rising, without what was taken back', () => {
    const rounds = ofKind(items, 'vitals');
    const { times, columns } = vitalsPlotData(rounds, ['heartRatePerMin', 'temperatureC']);
    expect(times).toHaveLength(rounds.filter(({ retraction }) => retraction === null).length);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(columns.map((column) => column.length)).toEqual([times.length, times.length]);
    expect(columns[1]).toContain(null);
  });
});

describe('laboratory results', () => {
  const tests = groupLabs(ofKind(items, 'lab'));
  it('are grouped by test, the newest first, what is out of range on top', () => {
    const potassium = tests.find(({ key }) => key === '2823-3');
    expect(potassium?.results.map(({ content }) => content.body.value)).toEqual([3.3, 3.6, 3.9, 4.1]);
    expect(potassium?.flag).toBe('low');
    expect(potassium?.change).toBeCloseTo(-0.3);
    const flags = tests.map(({ flag }) => flag !== null);
    expect(flags).toEqual([...flags].sort((a, b) => Number(b) - Number(a)));
  });

  it('in words are never out of range, and have no course', () => {
    const culture = tests.find(({ results }) => results[0]?.content.body.code === null);
    expect(culture?.flag).toBeNull();
    expect(culture && labTrend(culture).times).toEqual([]);
  });

  it('of another unit do not enter the course, nor what was taken back', () => {
    const one = tests.find(({ key }) => key === '1988-5');
    const [first, second, ...rest] = one?.results ?? [];
    if (!one || !first || !second) throw new Error('the synthetic case has it');
    const odd = { ...one, results: [first, { ...second, content: { ...second.content, body: { ...second.content.body, unit: 'mg/dL' } } }, ...rest.map((item, index) => (index === 0 ? { ...item, retraction: { by: PARTIES.expert, atMs: 1, reason: 'x' } } : item))] };
    expect(labTrend(odd).values).toEqual([212, 178, 64]);
  });

  it('are typed in as numbers or words; a test the case knows gives its unit, range, names and code', () => {
    const potassium = tests.find(({ key }) => key === '2823-3');
    if (!potassium) throw new Error('the synthetic case has it');
    const draft = withKnown({ ...EMPTY_LAB, name: ' potassium ', result: '３．９', high: '5.1' }, potassium);
    expect(draft).toMatchObject({ unit: 'mmol/L', low: '3.5', high: '5.1' });
    expect(labProblems(draft)).toEqual([]);
    expect(toLabBody(draft, tests, NOW)).toEqual({ collectedAtMs: NOW, name: { zh: '血钾', en: 'Potassium' }, code: '2823-3', value: 3.9, text: null, unit: 'mmol/L', low: 3.5, high: 5.1 });
    expect(toLabBody({ ...EMPTY_LAB, name: '新冠抗原', result: ' 阴性 ' }, tests, NOW)).toMatchObject({ name: { zh: '新冠抗原', en: '新冠抗原' }, code: null, value: null, text: '阴性', low: null });
    expect(toLabBody({ ...EMPTY_LAB, name: 'x', result: '<0.01' }, tests, NOW)).toMatchObject({ value: null, text: '<0.01' });
    expect(labProblems(EMPTY_LAB)).toEqual(['name', 'result']);
    expect(labProblems({ ...EMPTY_LAB, name: 'x', result: '1', low: '5', high: '3' })).toEqual(['rangeSwapped']);
    expect(labProblems({ ...EMPTY_LAB, name: 'x', result: '1', low: 'a', high: '1e9' })).toEqual(['low', 'high']);
  });

  it('say their range as far as there is one', () => {
    expect(labFlag({ value: 5.3, low: 3.5, high: 5.3 })).toBeNull();
    expect(referenceRange({ low: 3.5, high: 5.3, unit: 'mmol/L' })).toBe('3.5–5.3 mmol/L');
    expect(referenceRange({ low: null, high: 10, unit: '' })).toBe('< 10');
    expect(referenceRange({ low: 90, high: null, unit: '%' })).toBe('> 90 %');
    expect(referenceRange({ low: null, high: null, unit: 'g/L' })).toBeNull();
  });
});

describe('the timeline', () => {
  it('holds every item once, newest day first', () => {
    const days = timeline(items, [], '');
    expect(days.flatMap(({ events }) => events)).toHaveLength(items.length);
    expect(days.map(({ dayMs }) => dayMs)).toEqual(days.map(({ dayMs }) => dayMs).sort((a, b) => b - a));
    expect(kindsOf(items).reduce((sum, { count }) => sum + count, 0)).toBe(items.length);
  });

  it('filters by kind and finds in every text, notes too', () => {
    expect(timeline(items, ['consent'], '').flatMap(({ events }) => events.map(({ content }) => content.kind))).toEqual(['consent']);
    expect(timeline(items, [], '下腔静脉').flatMap(({ events }) => events.map(({ id }) => id))).toEqual(['note-1']);
    expect(timeline(items, ['lab'], '下腔静脉')).toEqual([]);
  });

  it('marks what was found and loses no letter', () => {
    const text = '血钾 3.3 mmol/L，补钾后 MMOL';
    const parts = highlightParts(text, '钾 mmol');
    expect(parts.map((part) => part.text).join('')).toBe(text);
    expect(parts.filter(({ isHit }) => isHit).map((part) => part.text)).toEqual(['钾', 'mmol', '钾', 'MMOL']);
    expect(highlightParts('', 'x')).toEqual([]);
    expect(highlightParts('plain', '  ')).toEqual([{ text: 'plain', isHit: false }]);
  });

  it('cuts a long text around the first hit', () => {
    const text = `${'前'.repeat(300)}过敏${'后'.repeat(300)}`;
    const cut = excerpt(text, '过敏', 100);
    expect(cut).toContain('过敏');
    expect(cut.length).toBeLessThanOrEqual(102);
    expect(excerpt('short', 'x', 100)).toBe('short');
  });
});

describe('writing', () => {
  it('has a field for everything its kinds hold, and empty entries that the contract takes', () => {
    for (const kind of ['patient', 'request', 'history', 'examination', 'opinion'] as const) {
      // The rest of the form is written where the request is made.
      const elsewhere = kind === 'request' ? ['kind', 'wanted', 'preferredTimes', 'needsCart'] : [];
      expect([...RECORD_FIELDS[kind].map(({ name }) => name), ...elsewhere].sort()).toEqual([...fieldNames(kind)].sort());
      expect(caseItemContentSchema.safeParse(emptyContent(kind)).success).toBe(true);
    }
  });

  it('turns what was typed into the field’s value', () => {
    expect(toValue('number', 'ageYears', ' 63 ')).toBe(63);
    expect(toValue('number', 'ageYears', '')).toBeNull();
    expect(toValue('line', 'phone', ' ')).toBeNull();
    expect(toValue('line', 'bed', ' 05 ')).toBe('05');
    expect(toValue('prose', 'findings', '  indented\n')).toBe('  indented');
    expect([fits('number', '131', 130), fits('number', '6x', 130), fits('number', '', 130), fits('line', 'abc', 2)]).toEqual([false, false, true, false]);
  });

  it('[OFF4] says of each change where it is', () => {
    const outbox = syntheticOutbox(NOW);
    const placeOfItem = (id: string) => items.find((item) => item.id === id) ?? null;
    expect(outbox.map((entry) => placeOf(entry, placeOfItem(entry.change.operation.itemId)))).toEqual(['conflict', 'refused', 'held', 'onlyHere', 'onlyHere', 'onlyHere']);
    const [, , , waiting] = outbox;
    expect(waiting && placeOf(waiting, { place: 'sending' })).toBe('sending');
  });

  it('takes times to the minute and back', () => {
    const ms = new Date(2026, 2, 5, 4, 7).getTime();
    expect(toLocalInput(ms)).toBe('2026-03-05T04:07');
    expect(fromLocalInput('2026-03-05T04:07')).toBe(ms);
    expect([fromLocalInput(''), fromLocalInput('soon')]).toEqual([null, null]);
  });
});

describe('the long list', () => {
  it('draws what is in sight and a little more, whatever its length', () => {
    expect(visibleRange(10_000, 92, 0, 600)).toEqual({ from: 0, to: 11 });
    const { from, to } = visibleRange(10_000, 92, 92 * 5000, 600);
    expect([from, to]).toEqual([4996, 5011]);
    expect(visibleRange(3, 92, 92 * 5000, 600)).toEqual({ from: 0, to: 3 });
    expect(visibleRange(100, 92, 92 * 5000, 600)).toEqual({ from: 89, to: 100 });
    expect(visibleRange(0, 92, 0, 600)).toEqual({ from: 0, to: 0 });
  });
});
