import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#shared/lib/clock';
import { type Pulse, pulsesOf } from '../../../../renderer/services/control/alarmPattern.ts';
import { Alarms, PAUSE_MS } from '../../../../renderer/services/control/alarms.ts';
import { listenForStop } from '../../../../renderer/services/control/stopKey.ts';

describe('bursts', () => {
  it('[CTL69] have ten, three and one pulses, and no two sound alike', () => {
    const [high, medium, low] = [pulsesOf('high'), pulsesOf('medium'), pulsesOf('low')];
    expect([high.length, medium.length, low.length]).toEqual([10, 3, 1]);
    // The second five are the first again, after a pause.
    const [first, second] = [high.slice(0, 5), high.slice(5)];
    const offsets = (pulses: readonly Pulse[]) => pulses.map(({ atS, hz }) => [(atS - (pulses[0]?.atS ?? 0)).toFixed(3), hz]);
    expect(offsets(second)).toEqual(offsets(first));
    for (const { hz, lengthS } of [...high, ...medium, ...low]) {
      expect(hz).toBeGreaterThanOrEqual(150);
      expect(hz).toBeLessThanOrEqual(1000);
      expect(lengthS).toBeLessThanOrEqual(0.25);
    }
    expect(new Set([high, medium, low].map((pulses) => pulses[0]?.hz)).size).toBe(3);
  });
});

describe('alarms', () => {
  let clock: ManualClock;
  let played: number[];
  let alarms: Alarms;
  beforeEach(() => {
    clock = new ManualClock();
    played = [];
    alarms = new Alarms({ clock, play: (pulses) => void played.push(pulses.length) });
  });
  const stop = { cause: 'stopped', priority: 'high' } as const;
  const deaf = { cause: 'deaf', priority: 'medium' } as const;
  const asked = { cause: 'asked', priority: 'low' } as const;

  it('[CTL69] sound at once and again while the sign is there, the most urgent only', () => {
    alarms.set([deaf]);
    alarms.set([deaf, stop]);
    expect(played).toEqual([3, 10]);
    clock.advance(8000);
    clock.advance(8000);
    expect(played).toEqual([3, 10, 10, 10]);
    alarms.set([]);
    clock.advance(60_000);
    expect(played).toHaveLength(4);
  });

  it('[CTL69] of low priority sound once, and again for a new sign', () => {
    alarms.set([asked]);
    clock.advance(60_000);
    expect(played).toEqual([1]);
    alarms.set([]);
    alarms.set([asked]);
    expect(played).toEqual([1, 1]);
    alarms.set([asked]); // the same sign is no new one
    expect(played).toEqual([1, 1]);
  });

  it('[CTL69] are silent for two minutes when acknowledged, and then sound again; a new sign sounds at once', () => {
    alarms.set([stop]);
    alarms.acknowledge();
    clock.advance(PAUSE_MS - 1000);
    expect(played).toEqual([10]);
    alarms.set([stop, deaf]);
    expect(played).toEqual([10, 3]);
    clock.advance(1000);
    expect(played.at(-1)).toBe(10);
    alarms.close();
    const before = played.length;
    clock.advance(60_000);
    expect(played).toHaveLength(before);
  });

  it('[CTL69] forget an acknowledgement when the sign goes: what comes back is new', () => {
    alarms.set([stop]);
    alarms.acknowledge();
    alarms.set([]);
    alarms.set([stop]);
    expect(played).toEqual([10, 10]);
  });
});

describe('the key', () => {
  it('[CTL67] stops wherever the focus is, once for a press, and is not an input method’s', () => {
    const window = new EventTarget();
    let stops = 0;
    const undo = listenForStop(window, () => {
      stops += 1;
    });
    const press = (more: object) => window.dispatchEvent(Object.assign(new Event('keydown'), { key: 'Escape', repeat: false, isComposing: false, ...more }));
    press({});
    press({ repeat: true });
    press({ isComposing: true });
    press({ key: 'a' });
    expect(stops).toBe(1);
    undo();
    press({});
    expect(stops).toBe(1);
  });
});
