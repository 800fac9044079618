import { median, percentile } from '../statistics.ts';
import type { MarkTrace, Sample, Trace } from './page.ts';

/** Farther off than this, a mark that is shown as sure misleads: pixels of a picture 1920 wide. */
export const WRONG_PX = 10;
const BACK_FRAMES_S = 5;

export interface Figures {
  /** Errors of marks shown as sure and visible, at the middle and the four corners. */
  readonly errors: readonly number[];
  readonly staticErrors: readonly number[];
  readonly plainErrors: readonly number[];
  /** Shares of frames, per cent; NaN when there was no such frame. */
  readonly wrongPct: number;
  readonly lostPct: number;
  readonly weakPct: number;
  /** Times from being visible again until shown as sure and right; 5000 for not within five seconds. */
  readonly backMs: readonly number[];
  /** Marks that were refused because nothing could prove their place. */
  readonly refused: readonly string[];
}

const isWrong = ({ state, isInside, errors }: Sample): boolean => state === 'tracked' && isInside && Math.max(...errors) > WRONG_PX;

/** From the end of each stretch out of sight. One that is hidden again sooner than it could be found counts for nothing. */
function returnsOf(samples: readonly Sample[]): readonly number[] {
  return samples.flatMap((sample, i) => {
    if (i === 0 || !sample.isVisible || samples[i - 1]?.isVisible) return [];
    const until = samples.findIndex((later, j) => j > i && !later.isVisible);
    const seen = samples.slice(i, until < 0 ? undefined : until);
    const back = seen.find((later) => later.state === 'tracked' && !isWrong(later));
    if (back) return [(back.t - sample.t) * 1000];
    const seenS = (seen.at(-1)?.t ?? sample.t) - sample.t;
    return seenS < 0.3 ? [] : [BACK_FRAMES_S * 1000];
  });
}

/** The figures of marks together, from the frame on in which each was placed. */
export function figuresOf(marks: readonly MarkTrace[]): Figures {
  const placed = marks.filter(({ outcome }) => outcome === 'ok').map((mark) => ({ ...mark, samples: mark.samples.filter(({ state }) => state !== 'waiting') }));
  const all = placed.flatMap(({ samples }) => samples);
  const visible = placed.filter(({ isBlank }) => !isBlank).flatMap(({ samples }) => samples.filter(({ isVisible }) => isVisible));
  const share = (part: number, whole: number) => (whole === 0 ? Number.NaN : (100 * part) / whole);
  const everySeen = marks.flatMap(({ samples }) => samples.filter(({ isVisible }) => isVisible));
  return {
    errors: visible.filter(({ state }) => state === 'tracked').flatMap(({ errors }) => errors),
    staticErrors: everySeen.flatMap(({ staticErrors }) => staticErrors),
    plainErrors: everySeen.flatMap(({ plainErrors }) => plainErrors),
    wrongPct: share(all.filter(isWrong).length, all.length),
    lostPct: share(visible.filter(({ state }) => state !== 'tracked').length, visible.length),
    weakPct: share(visible.filter(({ state }) => state === 'weak').length, visible.length),
    backMs: placed.filter(({ isBlank }) => !isBlank).flatMap(({ samples }) => returnsOf(samples)),
    refused: marks.filter(({ outcome }) => outcome !== 'ok').map(({ name, outcome }) => `${name} (${outcome})`),
  };
}

/** One line for the screen. */
export function describe(name: string, { marks, frameMs, searchMs }: Trace): string {
  const { errors, wrongPct, lostPct, weakPct, backMs, refused } = figuresOf(marks);
  const search = searchMs.length === 0 ? '' : `; search ${median(searchMs).toFixed(0)} ms`;
  const back = backMs.length === 0 ? '' : `; back after ${backMs.map((ms) => ms.toFixed(0)).join(', ')} ms`;
  return `${name}: median ${median(errors).toFixed(2)}, p95 ${percentile(errors, 0.95).toFixed(2)} px; wrong ${wrongPct.toFixed(2)} %, not shown as sure ${lostPct.toFixed(1)} % (${weakPct.toFixed(1)} % weak)${back}; frame ${median(frameMs).toFixed(1)} ms${search}${refused.length === 0 ? '' : `; refused: ${refused.join(', ')}`}`;
}
