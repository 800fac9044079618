import { describe, expect, it } from 'vitest';
import { matchPatient } from '../../../../renderer/services/imaging/importing/patientMatch.ts';

const CASE = { name: '陈建国', birthDate: '1959-03-08', recordNumber: 'ZY0042' };
const overall = (name: string, id: string, birthDate: string, known: typeof CASE | null = CASE) => matchPatient({ name, id, birthDate }, known).overall;

describe('whose images these are', () => {
  it('[IMG40] takes the same name in any of its writings for the same', () => {
    expect(overall('CHEN^JIANGUO=陈^建国', 'ZY0042', '19590308')).toBe('same');
    expect(overall('陈建国', '', '')).toBe('same');
    expect(overall('Chen^Jianguo', 'zy0042 ', '')).toBe('same');
    expect(matchPatient({ name: 'Jianguo Chen', id: '', birthDate: '' }, { name: 'CHEN Jianguo', birthDate: null, recordNumber: null }).overall).toBe('same');
  });

  it('[IMG40] one thing that differs is enough', () => {
    expect(matchPatient({ name: 'LI^MEI=李^梅', id: 'ZY0042', birthDate: '19590308' }, CASE)).toEqual({ overall: 'differs', name: 'differs', id: 'same', birthDate: 'same' });
    expect(overall('陈建国', 'ZY0043', '')).toBe('differs');
    expect(overall('陈建国', '', '19590309')).toBe('differs');
  });

  it('[IMG40] says that it cannot tell, where nothing can be compared', () => {
    expect(overall('', '', '')).toBe('unknown');
    // Another script says nothing of the name.
    expect(overall('LI^MEI', '', '')).toBe('unknown');
    expect(overall('陈建国', 'ZY0042', '19590308', null)).toBe('unknown');
    expect(overall('^', ' ', '')).toBe('unknown');
  });
});
