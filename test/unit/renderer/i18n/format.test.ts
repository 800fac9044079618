import { describe, expect, it } from 'vitest';
import { bitrate, clockTime, duration, fullName, initials, stopwatch } from '../../../../renderer/i18n/format.ts';
import { PARTIES } from '../../../helpers/staticConsultModel.ts';

const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();

describe('format', () => {
  it('writes names as 姓名（职称·医院）', () => {
    expect(fullName(PARTIES.expert, 'zh-CN')).toBe('林静远（主任医师·省立医院）');
    expect(fullName(PARTIES.expert, 'en')).toBe('Lin Jingyuan (Chief Physician · Provincial Hospital)');
    expect(fullName(PARTIES.cart, 'zh-CN')).toBe('重症二号推车（青石县人民医院）');
    expect([initials(PARTIES.expert, 'zh-CN'), initials(PARTIES.expert, 'en')]).toEqual(['林', 'LJ']);
  });

  it('writes times as 14:05, with the date when not today', () => {
    const now = at(2026, 4, 6, 9, 0);
    expect(clockTime(at(2026, 4, 6, 14, 5), now, 'zh-CN')).toBe('14:05');
    expect(clockTime(at(2026, 4, 7, 8, 0), now, 'zh-CN')).toBe('5月7日 08:00');
    expect(clockTime(at(2026, 4, 7, 8, 0), now, 'en')).toBe('7 May 08:00');
    expect(clockTime(at(2027, 0, 2, 8, 0), now, 'zh-CN')).toBe('2027年1月2日 08:00');
  });

  it('writes lengths of time with their unit, rounded up', () => {
    expect(duration(0, 'zh-CN')).toBe('1 秒');
    expect(duration(61_000, 'zh-CN')).toBe('2 分钟');
    expect(duration(3600_000, 'en')).toBe('1 h');
    expect(duration(70 * 60_000, 'en')).toBe('1 h 10 min');
    expect([stopwatch(65_000), stopwatch(3_845_000), stopwatch(-5)]).toEqual(['1:05', '1:04:05', '0:00']);
    expect([bitrate(18_430_000), bitrate(48_000)]).toEqual(['18.4 Mbit/s', '48 kbit/s']);
  });
});
