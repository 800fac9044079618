import { describe, expect, it } from 'vitest';
import { filterCases } from '../../../../renderer/state/cases/caseFilesModel.ts';
import { summaryOf } from '../../../helpers/cases/caseFixtures.ts';

const rows = [summaryOf('a', { patientName: 'Wang Wei', question: '肺部多发结节' }), summaryOf('b', { patientName: '欧阳测试', question: 'Nodule of the lung' })].map((summary) => ({ summary }));

describe('the filter of the case list', () => {
  it('finds every word in patient, question or hospital, in any order and case', () => {
    expect(filterCases(rows, ' wei  结节 ')).toEqual([rows[0]]);
    expect(filterCases(rows, 'QINGHE lung')).toEqual([rows[1]]);
    expect(filterCases(rows, 'wei lung')).toEqual([]);
  });

  it('without a word gives the very rows it got: nothing is drawn anew', () => {
    expect(filterCases(rows, '  ')).toBe(rows);
  });
});
