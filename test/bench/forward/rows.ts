import type { Row } from '../benchReport.ts';
import { median } from '../statistics.ts';
import type { KeyFrameCounts, Sample } from './measure.ts';

type Name = 'ours' | 'bare' | 'janus';

/** What each contestant showed in one round; one that lost packets in it is left out of it. */
export type Round = Readonly<Partial<Record<Name, Sample>>>;

export interface ForwardResults {
  readonly rounds: readonly Round[];
  /** Why a contestant has no, or not all, samples: the last reason. */
  readonly problems: ReadonlyMap<Name, string>;
  readonly keyFrames: KeyFrameCounts | null;
  readonly receivers: number;
}

const NAMES = ['ours', 'bare', 'janus'] as const;

/** How many of so many rounds count: half, at least three. */
export function quietCount(rounds: number): number {
  return Math.min(rounds, Math.max(3, Math.ceil(rounds / 2)));
}

/**
 * The half of the rounds, at least three, in which others used the least of the machine. They are chosen by what others did, never
 * by their own figures, so the choice favours no contestant.
 */
export function quietHalf(rounds: readonly Round[]): readonly Round[] {
  const disturbance = (round: Round) => Math.max(...NAMES.map((name) => round[name]?.othersShare ?? 0));
  return [...rounds].sort((a, b) => disturbance(a) - disturbance(b)).slice(0, quietCount(rounds.length));
}

/** The figures of the forwarding bench. Ratios are taken within each round, because the machine changes between rounds. */
export function forwardRows({ rounds: allRounds, problems, keyFrames, receivers }: ForwardResults): readonly Row[] {
  const rounds = quietHalf(allRounds);
  const samples = (name: Name) => rounds.flatMap((each) => each[name] ?? []);
  const of = (name: Name, key: keyof Sample) => median(samples(name).map((sample) => sample[key]));
  const has = (...names: readonly Name[]) => rounds.some((each) => names.every((name) => each[name] !== undefined));
  const reason = (...names: readonly Name[]) => names.map((name) => [name, problems.get(name)]).filter(([, problem]) => problem !== undefined).map((parts) => parts.join(': ')).join('; ') || 'no round in which all took part';
  const list = (format: (name: Name) => string) => NAMES.filter((name) => has(name)).map((name) => `${name} ${format(name)}`).join(', ');
  const figure = (metric: string, unit: string, names: readonly Name[], value: () => number, note: () => string): Row =>
    has(...names) ? { metric, value: round(value()), unit, note: note() } : { metric, missing: reason(...names) };
  const ratio = (other: Name, key: 'usPerPacket' | 'workerUsPerPacket' = 'usPerPacket') => median(rounds.flatMap(({ ours, [other]: against }) => (ours && against ? [ours[key] / against[key]] : [])));
  const others = median(rounds.flatMap((each) => NAMES.flatMap((name) => each[name]?.othersShare ?? [])));
  const setting = `1 sender, ${receivers} receivers, AES-GCM, 1200-byte packets, loopback; others used ${Math.round(100 * others)} % of the machine`;
  const delays = (key: 'delayP50Ms' | 'delayP99Ms') => list((name) => of(name, key).toFixed(2));
  return [
    figure('cpu_ratio_vs_bare', '', ['ours', 'bare'], () => ratio('bare'), () => `${setting}; our worker alone ${ratio('bare', 'workerUsPerPacket').toFixed(3)}`),
    figure('cpu_ratio_vs_janus', '', ['ours', 'janus'], () => ratio('janus'), () => 'Debian\'s janus, videoroom, its defaults, ICE-lite'),
    figure('us_per_packet', 'µs', ['ours'], () => of('ours', 'usPerPacket'), () => `${list((name) => of(name, 'usPerPacket').toFixed(2))}; CPU s/GB: ${list((name) => of(name, 'cpuSPerGigabyte').toFixed(2))}`),
    figure('added_delay_p50_ms', 'ms', ['ours'], () => of('ours', 'delayP50Ms'), () => `${delays('delayP50Ms')}; sender's clock to the kernel's stamp of arrival`),
    figure('added_delay_p99_ms', 'ms', ['ours'], () => of('ours', 'delayP99Ms'), () => delays('delayP99Ms')),
    keyFrames === null
      ? { metric: 'key_frames_for_100_joins', missing: problems.get('ours') ?? 'the server did not run' }
      : { metric: 'key_frames_for_100_joins', value: keyFrames.spread, unit: '', note: `${receivers} receivers resumed evenly within one second; ${keyFrames.atOnce} when all at once` },
  ];
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
