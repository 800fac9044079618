import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface PlotSeries {
  readonly label: string;
  readonly scale: string;
  /** A custom property of the theme, with `--`. */
  readonly color: string;
  /** Lengths of strokes and gaps, px: told apart without colours. Empty: unbroken. */
  readonly dash: readonly number[];
  readonly values: readonly (number | null)[];
}

export interface PlotScale {
  readonly key: string;
  readonly unit: string;
  readonly side: 'left' | 'right';
  /** A band drawn behind, in the scale's unit. */
  readonly band?: readonly [number | null, number | null];
}

export interface PlotProps {
  /** What it shows, for who cannot see it. */
  readonly label: string;
  /** Unix epoch seconds, rising. */
  readonly times: readonly number[];
  readonly series: readonly PlotSeries[];
  readonly scales: readonly PlotScale[];
  readonly height: number;
}

/** Values over time. It follows the width of its place and the theme it is first drawn in; its table stands elsewhere. */
export function Plot({ label, times, series, scales, height }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const token = (name: string) => style.getPropertyValue(name).trim();
    const font = `${token('--small-size')} ${style.fontFamily}`;
    const widest = measureIn(font);
    const axis = { stroke: token('--text-2'), font, grid: { stroke: token('--line'), width: 1 }, ticks: { stroke: token('--line') } };
    const first = times[0] ?? 0;
    const plot = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        padding: [12, 8, 0, 8],
        // One point alone has no span: give it an hour to each side.
        scales: { x: { time: true, ...(times.length < 2 ? { range: () => [first - 3600, first + 3600] as [number, number] } : {}) }, ...Object.fromEntries(scales.map(({ key, band }) => [key, { range: rangeWith(band) }])) },
        axes: [
          { ...axis, space: 80, values: (_plot, ticks) => ticks.map(timeTick) },
          ...scales.map(({ key, unit, side }, index) => ({ ...axis, scale: key, side: side === 'left' ? 3 : 1, size: (_plot: uPlot, ticks: string[]) => widest(ticks) + AXIS_EDGE_PX, grid: { ...axis.grid, show: index === 0 }, values: (_plot: uPlot, ticks: number[]) => ticks.map((tick, at) => (at === ticks.length - 1 ? `${tick} ${unit}` : String(tick))) }) satisfies uPlot.Axis),
        ],
        series: [{}, ...series.map((one) => ({ label: one.label, scale: one.scale, stroke: token(one.color), width: 2, dash: [...one.dash], spanGaps: true, points: { show: true, size: 7, fill: token(one.color) } }))],
        hooks: { drawClear: [(drawn) => drawBands(drawn, scales, token('--green-weak'))] },
      },
      [[...times], ...series.map(({ values }) => [...values])],
      element,
    );
    const observer = new ResizeObserver(() => {
      // Hidden sections have no width; they are measured when they are shown.
      if (element.clientWidth > 0) plot.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, series, scales, height]);
  return <div ref={place} className="cf-plot" role="img" aria-label={label} style={{ height }} />;
}

/** The strokes at the ticks, the gap to the words and some air, px. */
const AXIS_EDGE_PX = 22;

/** The width of the widest of some words in this font, px: a cart's letters are larger than a desk's. */
function measureIn(font: string): (texts: readonly string[] | null) => number {
  const context = document.createElement('canvas').getContext('2d');
  return (texts) => {
    if (!context) return 60;
    context.font = font;
    return Math.ceil(Math.max(0, ...(texts ?? []).map((text) => context.measureText(text).width)));
  };
}

/** The values with some room around them, and with them the band, so that how far they are from it can be seen. */
function rangeWith(band: PlotScale['band']): (plot: uPlot, min: number | null, max: number | null) => [number, number] {
  const [low, high] = band ?? [null, null];
  return (_plot, min, max) => (min === null || max === null ? [0, 1] : padded(Math.min(min, low ?? min, high ?? min), Math.max(max, low ?? max, high ?? max)));
}

function padded(min: number, max: number): [number, number] {
  const room = Math.max((max - min) * 0.15, Math.abs(max) * 0.02, 0.5);
  return [min - room, max + room];
}

const two = (value: number) => String(value).padStart(2, '0');

/** 14:05, and the day where a day begins. */
function timeTick(seconds: number): string {
  const date = new Date(seconds * 1000);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return time === '00:00' ? `${date.getMonth() + 1}-${two(date.getDate())}` : time;
}

function drawBands(plot: uPlot, scales: readonly PlotScale[], fill: string): void {
  const { left, top, width, height } = plot.bbox;
  for (const { key, band } of scales) {
    if (!band) continue;
    const [low, high] = band;
    const upper = high === null ? top : Math.max(top, plot.valToPos(high, key, true));
    const lower = low === null ? top + height : Math.min(top + height, plot.valToPos(low, key, true));
    if (lower <= upper) continue;
    plot.ctx.fillStyle = fill;
    plot.ctx.fillRect(left, upper, width, lower - upper);
  }
}
