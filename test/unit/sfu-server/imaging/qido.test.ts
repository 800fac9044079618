import { describe, expect, it } from 'vitest';
import { answerQuery, parseQuery } from '../../../../sfu-server/imaging/qido.ts';

const found = (wanted: string, value: unknown, vr = 'LO') => answerQuery(parseQuery([['PatientID', wanted]]), 'studies', [{ dataSet: { '00100020': { vr, Value: [value] } }, retrieveUrl: '' }]).length === 1;

describe('searching', () => {
  it('[IMG5] wildcards stand for any characters and for one', () => {
    expect(['A-1*', '*1', '*-*', 'A?12', 'A-12', '**2*', '*?'].map((wanted) => found(wanted, 'A-12'))).toEqual([true, false, true, true, true, true, true]);
    expect(['', '?', 'a-12', 'A-12?', '*3*', 'A.12', '*2*2'].map((wanted) => found(wanted, 'A-12'))).toEqual([true, false, false, false, false, false, false]);
    expect([found('张*', { Alphabetic: 'ZHANG^SAN', Ideographic: '张^三' }, 'PN'), found('zhang*', { Alphabetic: 'ZHANG^SAN' }, 'PN'), found('a*c*', 'a*bcc')]).toEqual([true, true, true]);
  });

  it('[IMG4] a text made to fit nearly is looked at once, and not in every way', () => {
    // By a pattern that is tried in all ways these are 10¹² steps: this does not end.
    const set = { '00100020': { vr: 'LO', Value: Array.from({ length: 20_000 }, () => 'a'.repeat(200)) } };
    expect(answerQuery(parseQuery([['PatientID', '*a*a*a*b']]), 'studies', [{ dataSet: set, retrieveUrl: '' }])).toEqual([]);
  });
});
