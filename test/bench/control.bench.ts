import type { VirtualDevice } from '../../build/demo/virtualDevices.mjs';
import { MOTION_EVERY_MS } from '../../shared/control/operatorSide.ts';
import { whyNoImpairment } from '../helpers/impairment/impairment.ts';
import { type LineRoom, openLineRoom } from '../helpers/impairment/lineRoom.ts';
import type { Row } from './benchReport.ts';
import { figuresOf, type LineFigures, measureCommands, openCommandLine } from './control/commandLine.ts';
import { measureGuard } from './control/guardCost.ts';
import { raisePriority } from './forward/processes.ts';

export const description = 'Commands of a remote operator: delay and loss by data channel and by websocket, and what the guard costs';

/** One way of the bad line, ms. */
const DELAY_MS = 25;
/** Lost packets, %, and the mean length of a loss, packets of all that goes over the line. The aims are for 3 % of single packets; bursts are told beside them. */
const LINES = [
  { name: '0pct', lossPercent: 0, burst: 1 },
  { name: '1pct', lossPercent: 1, burst: 1 },
  { name: '3pct', lossPercent: 3, burst: 1 },
  { name: '3pct_bursts', lossPercent: 3, burst: 3 },
  { name: '5pct_bursts', lossPercent: 5, burst: 3 },
] as const;
/** How much longer the line of the aims is watched: one in 10,000 is not seen in 6,000. */
const LONGER = { quick: 1, full: 5 } as const;
/** No cameras: painting made-up pictures holds up a page, which the measurement would call the line's delay. */
const SOUND: readonly VirtualDevice[] = [{ kind: 'audioinput', label: 'Headset', toneHz: 440 }];
const SECONDS = { quick: 10, full: 60 } as const;

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  if (!raisePriority()) console.log('control: at ordinary priority (only root may raise it): what else runs on this machine shows in the delays');
  const { us, obeyed } = measureGuard();
  const guard: Row = { metric: 'guard_us', value: us, unit: 'µs', note: `a command through the whole patient side, ${obeyed} obeyed; with the clock that measures it` };
  console.log(`control: the guard takes ${us.toFixed(2)} µs a command`);
  const why = whyNoImpairment();
  if (why !== null) return [...NEEDS_LINE.map((metric): Row => ({ metric, missing: why })), guard];
  const room = await openLineRoom({
    people: [{ name: 'nurse', role: 'bedside', tag: 3, devices: SOUND }, { name: 'expert', role: 'expert', tag: 1, devices: SOUND }],
  });
  try {
    const extent = quick ? 'quick' : 'full';
    return [...(await measureLines(room, SECONDS[extent], LONGER[extent])), guard];
  } finally {
    await room.close();
  }
}

const NEEDS_LINE = ['added_delay_p50_ms', 'added_delay_p99_ms', 'over_one_way_p99_ms_3pct', 'websocket_over_one_way_p99_ms_3pct', 'lost_per_million_3pct'] as const;

async function measureLines({ line, near, far }: LineRoom, seconds: number, longer: number): Promise<Row[]> {
  await openCommandLine(near.page, far.page);
  const measure = async (name: string, times = 1): Promise<LineFigures> => {
    const figures = figuresOf(await measureCommands(near.page, far.page, times * seconds, MOTION_EVERY_MS));
    for (const path of ['channel', 'socket'] as const) {
      const { count, arrived, p50Ms, p99Ms, jitterMs, latePerMillion, lostPerMillion } = figures[path];
      console.log(`control: ${name}, ${path}: ${arrived} of ${count} arrived, p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)}, jitter p99 ${jitterMs.toFixed(1)} ms, ${Math.round(latePerMillion)} in a million late, ${Math.round(lostPerMillion)} lost; way ${figures.oneWayMs.toFixed(1)} ms`);
    }
    return figures;
  };
  const rows: Row[] = [];
  await line.set({});
  await measure('not counted');
  const clean = await measure('no line between');
  rows.push(
    { metric: 'added_delay_p50_ms', value: clean.channel.p50Ms - clean.oneWayMs, unit: 'ms', note: `above the shortest way, ${clean.oneWayMs.toFixed(2)} ms; 100 commands a second beside sound` },
    { metric: 'added_delay_p99_ms', value: clean.channel.p99Ms - clean.oneWayMs, unit: 'ms' },
    { metric: 'websocket_added_delay_p99_ms', value: clean.socket.p99Ms - clean.oneWayMs, unit: 'ms', note: '33 frames a second, as the server lets one connection' },
    { metric: 'jitter_p99_ms', value: clean.channel.jitterMs, unit: 'ms', note: 'between one delay and the next' },
  );
  for (const { name, lossPercent, burst } of LINES) {
    await line.set({ delayMs: DELAY_MS, lossPercent, burst });
    const { channel, socket } = await measure(`${2 * DELAY_MS} ms there and back, ${lossPercent} % lost, ${burst} in a row`, name === '3pct' ? longer : 1);
    rows.push(
      { metric: `over_one_way_p99_ms_${name}`, value: channel.p99Ms - DELAY_MS, unit: 'ms', note: `until a command or a newer one was there; of ${channel.count} ${channel.arrived} arrived` },
      { metric: `websocket_over_one_way_p99_ms_${name}`, value: socket.p99Ms - DELAY_MS, unit: 'ms' },
      { metric: `late_per_million_${name}`, value: channel.latePerMillion, unit: '', note: 'nothing as new 12 ms after its way' },
      { metric: `lost_per_million_${name}`, value: channel.lostPerMillion, unit: '', note: 'nothing as new by the time the second after it was due: three in a row missed' },
    );
  }
  return rows;
}
