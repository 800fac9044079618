import { describe, expect, it } from 'vitest';
import type { JsonDataSet } from '../../../../sfu-server/imaging/dicom/json.ts';
import { parseQuery, QidoAnswer, type QidoLevel, type QidoQuery } from '../../../../sfu-server/imaging/qido.ts';

const answerTo = (query: QidoQuery, level: QidoLevel, sets: Iterable<JsonDataSet>): unknown[] => {
  const answer = new QidoAnswer(query, level);
  for (const dataSet of sets) answer.offer({ dataSet, retrieveUrl: '' });
  return JSON.parse(answer.text) as unknown[]; // it is a list
};
const found = (wanted: string, value: unknown, vr = 'LO') => answerTo(parseQuery([['PatientID', wanted]]), 'studies', [{ '00100020': { vr, Value: [value] } }]).length === 1;

describe('searching', () => {
  it('[IMG5] wildcards stand for any characters and for one', () => {
    expect(['A-1*', '*1', '*-*', 'A?12', 'A-12', '**2*', '*?'].map((wanted) => found(wanted, 'A-12'))).toEqual([true, false, true, true, true, true, true]);
    expect(['', '?', 'a-12', 'A-12?', '*3*', 'A.12', '*2*2'].map((wanted) => found(wanted, 'A-12'))).toEqual([true, false, false, false, false, false, false]);
    expect([found('张*', { Alphabetic: 'ZHANG^SAN', Ideographic: '张^三' }, 'PN'), found('zhang*', { Alphabetic: 'ZHANG^SAN' }, 'PN'), found('a*c*', 'a*bcc')]).toEqual([true, true, true]);
  });

  it('[IMG4] a text made to fit nearly is looked at once, and not in every way', () => {
    // By a pattern that is tried in all ways these are 10¹² steps: this does not end.
    const set = { '00100020': { vr: 'LO', Value: Array.from({ length: 20_000 }, () => 'a'.repeat(200)) } };
    expect(answerTo(parseQuery([['PatientID', '*a*a*a*b']]), 'studies', [set])).toEqual([]);
  });

  it('[IMG5] gives the part of the list that is asked for', () => {
    const sets = Array.from({ length: 10 }, (_, at) => ({ '00100020': { vr: 'LO', Value: [at % 2 === 0 ? 'A' : 'B'] }, '00200013': { vr: 'IS', Value: [at] } }));
    const numbers = answerTo(parseQuery([['PatientID', 'B'], ['offset', '1'], ['limit', '3']]), 'instances', sets).map((one) => (one as JsonDataSet)['00200013']?.Value?.[0]); // as it was made above
    expect(numbers).toEqual([3, 5, 7]);
  });

  it('[IMG4] an answer that is larger than any may be is refused, and no more of it is held', () => {
    const large = { '00204000': { vr: 'LT', Value: ['x'.repeat(1_000_000)] } };
    const offered = { count: 0 };
    const many = function* () {
      for (; offered.count < 1000; offered.count += 1) yield large;
    };
    expect(() => answerTo(parseQuery([['includefield', 'all']]), 'instances', many())).toThrow('by limit and offset');
    expect(offered.count).toBeLessThan(100);
    expect(answerTo(parseQuery([]), 'instances', Array.from({ length: 1000 }, () => large)).length).toBe(1000); // what is not asked for does not count
  });
});
