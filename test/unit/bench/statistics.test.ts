import { describe, expect, it } from 'vitest';
import { formatTable, formatValue } from '../../bench/benchReport.ts';
import { median, percentile } from '../../bench/statistics.ts';

describe('statistics of the benches', () => {
  it('[BEN1] gives the middle value, and the mean of the two middle ones', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('[BEN1] gives percentiles by the nearest rank, whatever the order', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile(hundred, 0)).toBe(1);
    expect(percentile([7], 0.5)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('the report of a bench', () => {
  it('[BEN2] shows four significant digits', () => {
    expect(formatValue(312.44)).toBe('312.4');
    expect(formatValue(0.56549)).toBe('0.5655');
    expect(formatValue(12_345.6)).toBe('12346');
    expect(formatValue(3)).toBe('3');
  });

  it('[BEN2] shows what was not measured with its reason and without a figure', () => {
    const table = formatTable([
      { metric: 'join_p50_ms', value: 312.4, unit: 'ms', note: '20 joins' },
      { metric: 'join_p95_ms', missing: 'no browser' },
    ]);
    expect(table.split('\n')).toEqual(['join_p50_ms  312.4 ms  20 joins', 'join_p95_ms         –  not measured: no browser']);
  });
});
