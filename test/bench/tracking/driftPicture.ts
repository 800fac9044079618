import type { Trace } from './page.ts';

const WIDE = 900;
const HIGH = 90;
const LEFT = 130;
/** Errors are drawn by their logarithm from 0.05 to 500 pixels. */
const LEAST = 0.05;
const MOST = 500;
const COLOURS = { tracked: '#177a3a', weak: '#c98a00', lost: '#c0392b' } as const;

/** The error over time, one row a scene: each frame a dot in the colour of what was shown, hidden frames grey behind, the line of 10 pixels; static overlay and plain flow as thin lines. */
export function driftPicture(traces: ReadonlyMap<string, Trace>): string {
  const rows = [...traces].map(([name, { marks }], row) => {
    const top = row * (HIGH + 14) + 20;
    const last = Math.max(1, ...marks.flatMap(({ samples }) => samples.map(({ t }) => t)));
    const x = (t: number) => (LEFT + (t / last) * (WIDE - LEFT - 10)).toFixed(1);
    const y = (error: number) => (top + HIGH - (Math.log(Math.min(MOST, Math.max(LEAST, error)) / LEAST) / Math.log(MOST / LEAST)) * HIGH).toFixed(1);
    const worst = (errors: readonly number[]) => Math.max(...errors);
    const parts = marks.flatMap(({ samples }) => {
      const line = (pick: (sample: (typeof samples)[number]) => readonly number[], colour: string) => `<polyline fill="none" stroke="${colour}" stroke-width="0.7" points="${samples.filter((sample) => pick(sample).length > 0).map((sample) => `${x(sample.t)},${y(worst(pick(sample)))}`).join(' ')}"/>`;
      return [
        ...samples.filter(({ isVisible }) => !isVisible).map(({ t }) => `<rect x="${x(t)}" y="${top}" width="1.2" height="${HIGH}" fill="#0001"/>`),
        line(({ staticErrors }) => staticErrors, '#9db4cc'),
        line(({ plainErrors }) => plainErrors, '#b79ad0'),
        ...samples.flatMap(({ t, state, errors }) => (state === 'waiting' || errors.length === 0 ? [] : [`<circle cx="${x(t)}" cy="${y(worst(errors))}" r="1" fill="${COLOURS[state]}"/>`])),
      ];
    });
    const tens = [0.1, 1, 10, 100].map((error) => `<line x1="${LEFT}" x2="${WIDE - 10}" y1="${y(error)}" y2="${y(error)}" stroke="${error === 10 ? '#c0392b' : '#ddd'}" stroke-width="0.6"/><text x="${LEFT - 4}" y="${Number(y(error)) + 3}" text-anchor="end">${error}</text>`);
    return `<text x="4" y="${top + HIGH / 2}" font-weight="bold">${name}</text>${tens.join('')}${parts.join('')}`;
  });
  const high = traces.size * (HIGH + 14) + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDE} ${high}" width="${WIDE}" height="${high}" font-family="sans-serif" font-size="9"><rect width="100%" height="100%" fill="#fff"/><text x="4" y="12">Error at the worst of middle and corners, pixels of 1920, over time. Green: shown as sure; yellow: faded; red: lost. Blue line: static overlay; violet: plain optical flow. Shaded: out of sight.</text>${rows.join('\n')}</svg>\n`;
}
