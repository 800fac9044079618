export interface LoopPoint {
  readonly roundTripMs: number;
  readonly openRmsMm: number;
  readonly guardedRmsMm: number;
  readonly steeredShare: number;
  readonly stillRmsMm: number;
}

const WIDTH = 900;
const HEIGHT = 520;
const EDGE = { left: 64, right: 64, top: 56, bottom: 56 } as const;

/** Error against round trip as an SVG: the bands of the latency gate behind, the two curves, and the share of time in which steering was allowed. */
export function drawPlot(points: readonly LoopPoint[], bounds: { readonly green: number; readonly amber: number; readonly red: number }): string {
  const lastMs = Math.max(...points.map(({ roundTripMs }) => roundTripMs));
  const topMm = Math.ceil(Math.max(...points.flatMap(({ openRmsMm, guardedRmsMm }) => [openRmsMm, guardedRmsMm])) + 1);
  const x = (ms: number) => EDGE.left + (ms / lastMs) * (WIDTH - EDGE.left - EDGE.right);
  const y = (share: number) => HEIGHT - EDGE.bottom - share * (HEIGHT - EDGE.top - EDGE.bottom);
  const line = (colour: string, dash: string, shareOf: (point: LoopPoint) => number) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="2.5" stroke-dasharray="${dash}" points="${points.map((point) => `${x(point.roundTripMs).toFixed(1)},${y(shareOf(point)).toFixed(1)}`).join(' ')}"/>`;
  const band = (fromMs: number, untilMs: number, colour: string, name: string) =>
    `<rect x="${x(fromMs)}" y="${EDGE.top}" width="${x(untilMs) - x(fromMs)}" height="${HEIGHT - EDGE.top - EDGE.bottom}" fill="${colour}"/><text x="${(x(fromMs) + x(untilMs)) / 2}" y="${EDGE.top + 18}" text-anchor="middle">${name}</text>`;
  const step = Math.max(1, Math.round(topMm / 8));
  const marks = Array.from({ length: Math.floor(topMm / step) + 1 }, (_, index) => index * step);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${band(0, bounds.green, '#e7f5e9', 'green')}${band(bounds.green, bounds.amber, '#fff5dd', 'amber')}${band(bounds.amber, bounds.red, '#fde4df', 'red')}${band(bounds.red, lastMs, '#ececef', 'refused')}
${marks.map((mm) => `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y(mm / topMm)}" y2="${y(mm / topMm)}" stroke="#0002"/><text x="${EDGE.left - 8}" y="${y(mm / topMm) + 4}" text-anchor="end">${mm}</text>`).join('')}
${[0, 0.25, 0.5, 0.75, 1].map((share) => `<text x="${WIDTH - EDGE.right + 8}" y="${y(share) + 4}" fill="#555">${share * 100} %</text>`).join('')}
${points.filter((_, index) => index % 2 === 0).map(({ roundTripMs }) => `<text x="${x(roundTripMs)}" y="${HEIGHT - EDGE.bottom + 20}" text-anchor="middle">${roundTripMs}</text>`).join('')}
${line('#555', '2 5', ({ steeredShare }) => steeredShare)}
${line('#b3261e', '', ({ openRmsMm }) => openRmsMm / topMm)}
${line('#1257a8', '7 4', ({ guardedRmsMm }) => guardedRmsMm / topMm)}
<text x="${EDGE.left}" y="22" font-size="15">Distance of the probe from what the operator follows (root of the mean square, mm)</text>
<text x="${EDGE.left}" y="42" fill="#b3261e">if everything were obeyed</text><text x="${EDGE.left + 190}" y="42" fill="#1257a8">as it is</text><text x="${EDGE.left + 270}" y="42" fill="#555">share of time steering (right)</text>
<text x="${WIDTH / 2}" y="${HEIGHT - 12}" text-anchor="middle">round trip, ms</text>
</svg>
`;
}
