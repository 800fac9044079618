import { describe, expect, it } from 'vitest';
import { type CasePatient, matchPatient, saysSamePatient } from '#shared/domain/imaging/patientMatch';

const CASE = { name: '陈建国', birthDate: '1959-03-08', recordNumber: 'ZY0042' };
const overall = (name: string, id: string, birthDate: string, known: CasePatient | null = CASE) => matchPatient({ name, id, birthDate }, known).overall;

describe('whose images these are', () => {
  it('[IMG40] takes the same name in any of its writings for the same', () => {
    expect(overall('CHEN^JIANGUO=陈^建国', 'ZY0042', '19590308')).toBe('same');
    expect(overall('陈建国', '', '19590308')).toBe('same');
    expect(overall('Chen^Jianguo', 'zy0042 ', '')).toBe('same');
    expect(matchPatient({ name: 'Jianguo Chen', id: '', birthDate: '' }, { name: 'CHEN Jianguo', birthDate: null, recordNumber: null }).name).toBe('same');
  });

  it('[IMG40] a name alone or a birthday alone is nobody’s', () => {
    expect(matchPatient({ name: '陈^建国', id: '', birthDate: '' }, CASE)).toEqual({ overall: 'unknown', name: 'same', id: 'unknown', birthDate: 'unknown' });
    expect(overall('', '', '19590308')).toBe('unknown');
    expect(overall('CHEN^JIANGUO', '', '19590308')).toBe('unknown'); // in another script, the name says nothing
    expect(overall('', 'ZY0042', '')).toBe('same');
    expect(overall('陈建国', '', '19590308', { name: '陈建国', birthDate: null, recordNumber: null })).toBe('unknown');
  });

  it('[IMG45] tells what a person confirmed from what they did not see', () => {
    const seen = { name: 'WANG^WU=王^五', id: 'XX-9', birthDate: '19711204' };
    expect(saysSamePatient(seen, { name: '王五', id: 'xx-9 ', birthDate: '19711204' })).toBe(true);
    expect(saysSamePatient(seen, { ...seen, name: 'WANG^LIU' })).toBe(false);
    expect(saysSamePatient(seen, { ...seen, name: '' })).toBe(false);
    expect(saysSamePatient(seen, { ...seen, id: '' })).toBe(false);
    expect(saysSamePatient(seen, { ...seen, birthDate: '' })).toBe(false);
    expect(saysSamePatient({ name: '', id: 'A', birthDate: '' }, { name: '^', id: 'a', birthDate: '' })).toBe(true);
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
