import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

export interface ChartProps {
  readonly title: string;
  readonly names: readonly string[];
  /** `values`: one for each name; null leaves a gap. `share`: 0 to 1, on an axis of its own. */
  readonly series: readonly { readonly name: string; readonly kind: 'bar' | 'line' | 'share'; readonly values: readonly (number | null)[] }[];
  /** Names are long: they stand beside lying bars. */
  readonly isLying: boolean;
}

/** A plot. What it shows stands in a table beside it, which is what a screen reader reads. */
export default function Chart({ title, names, series, isLying }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const text = { color: colour('--text-2'), fontFamily: style.fontFamily };
    const line = { lineStyle: { color: colour('--line') } };
    const chart = init(element, null, { renderer: 'svg' });
    const shares = series.some(({ kind }) => kind === 'share');
    const category = { type: 'category' as const, data: [...names], axisLabel: { ...text, ...(isLying ? { width: 150, overflow: 'truncate' as const } : {}) }, axisLine: line, inverse: isLying };
    const value = { type: 'value' as const, minInterval: shares ? 0 : 1, axisLabel: text, splitLine: line };
    const share = { type: 'value' as const, min: 0, max: 1, axisLabel: { ...text, formatter: (part: number) => `${Math.round(part * 100)}%` }, splitLine: { show: false } };
    chart.setOption({
      animation: false,
      color: [colour('--primary-text'), colour('--amber-line'), colour('--green-dot'), colour('--line-strong')],
      textStyle: text,
      grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
      legend: { top: 0, textStyle: text },
      tooltip: { trigger: 'axis' },
      xAxis: isLying ? value : category,
      yAxis: isLying ? category : shares ? [value, share] : value,
      series: series.map(({ name, kind, values }) => ({ name, type: kind === 'bar' ? 'bar' : 'line', data: [...values], yAxisIndex: kind === 'share' && !isLying ? 1 : 0, barMaxWidth: 36 })),
    });
    const watcher = new ResizeObserver(() => chart.resize());
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      chart.dispose();
    };
  }, [names, series, isLying]);
  return <div ref={box} className="in-chart" role="img" aria-label={title} />;
}
