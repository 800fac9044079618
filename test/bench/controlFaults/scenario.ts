import { createRandom } from '#shared/lib/seededRandom';

/** [from, until) in true time, ms. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** One way of one line. */
export interface Way {
  readonly delayMs: number;
  /** Packets are late by up to this much more, each by itself: they overtake each other. */
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplicates: number;
  /** Share of packets with some bits turned over. */
  readonly corruption: number;
}

/** What goes wrong, and when. */
export type Fault =
  | { readonly type: 'blackout'; readonly span: Span }
  | { readonly type: 'slowLine'; readonly span: Span; readonly extraMs: number }
  | { readonly type: 'frozenOperator'; readonly span: Span }
  | { readonly type: 'killedOperator'; readonly atMs: number }
  | { readonly type: 'frozenHost'; readonly span: Span }
  | { readonly type: 'operatorClock'; readonly atMs: number; readonly byMs: number }
  | { readonly type: 'hostClock'; readonly atMs: number; readonly byMs: number }
  | { readonly type: 'replay'; readonly span: Span; readonly laterMs: number }
  | { readonly type: 'forgery'; readonly span: Span }
  | { readonly type: 'secondExpert'; readonly span: Span }
  | { readonly type: 'notFinite'; readonly span: Span }
  | { readonly type: 'hugeStep'; readonly span: Span; readonly byMm: number }
  | { readonly type: 'outOfWorkspace'; readonly span: Span }
  | { readonly type: 'tooMuchForce'; readonly span: Span }
  | { readonly type: 'overTurned'; readonly span: Span }
  | { readonly type: 'forceStep'; readonly span: Span }
  | { readonly type: 'sequenceBack'; readonly atMs: number }
  | { readonly type: 'sequenceEnd'; readonly atMs: number }
  | { readonly type: 'silentHeart'; readonly atMs: number }
  | { readonly type: 'deviceStall'; readonly span: Span }
  | { readonly type: 'deviceHot'; readonly span: Span }
  | { readonly type: 'emergency'; readonly atMs: number; readonly resetAtMs: number }
  | { readonly type: 'takeOver'; readonly atMs: number; readonly grantAtMs: number; readonly to: 'A' | 'B' };

/** A hand on the dead-man: pressed from the first, let go at the next, and so on. Someone whose hand is `stuck` never lets go after a stop. */
export interface Scenario {
  readonly seed: number;
  readonly durationMs: number;
  readonly up: Way;
  readonly down: Way;
  readonly operatorClockMs: number;
  readonly hostClockMs: number;
  /** Clocks run apart by this share. */
  readonly drift: number;
  readonly presses: readonly Span[];
  readonly isStuck: boolean;
  /** How long the word of a new lease takes besides the line's own delay, ms. */
  readonly tellingMs: number;
  readonly speedMmPerS: number;
  /** How far the hand is turned from the probe at the first press, degrees: too far for some. */
  readonly mismatchDeg: number;
  /** The seal of an altered packet is found wrong; if not, checksum and guard stand alone. */
  readonly isSealChecked: boolean;
  readonly faults: readonly Fault[];
}

export const DURATION_MS = 5000;

/** The scenario of a seed: lines from perfect to hardly a line, and up to four faults at once. */
export function drawScenario(seed: number): Scenario {
  const random = createRandom(seed);
  const between = (low: number, high: number) => low + random() * (high - low);
  const chance = (share: number) => random() < share;
  const span = (minMs: number, maxMs: number): Span => {
    const fromMs = between(900, DURATION_MS - 800);
    return { fromMs, untilMs: fromMs + between(minMs, maxMs) };
  };
  const atMs = () => between(900, DURATION_MS - 800);
  const delayMs = chance(0.2) ? between(60, 220) : between(0.2, 60);
  const way = (): Way => ({
    delayMs: Math.max(0.1, delayMs * (chance(0.3) ? between(0.3, 1.7) : 1)),
    jitterMs: chance(0.5) ? 0 : between(0, 40),
    loss: chance(0.5) ? 0 : chance(0.1) ? between(0.5, 1) : between(0, 0.3),
    duplicates: chance(0.7) ? 0 : between(0, 0.5),
    corruption: chance(0.8) ? 0 : between(0, 0.3),
  });
  const makers: readonly (() => Fault)[] = [
    () => ({ type: 'blackout', span: span(40, 2500) }),
    () => ({ type: 'slowLine', span: span(200, 2500), extraMs: between(60, 600) }),
    () => ({ type: 'frozenOperator', span: span(40, 2500) }),
    () => ({ type: 'killedOperator', atMs: atMs() }),
    () => ({ type: 'frozenHost', span: span(30, 1500) }),
    () => ({ type: 'operatorClock', atMs: atMs(), byMs: (chance(0.5) ? 1 : -1) * 10 ** between(1, 6) }),
    () => ({ type: 'hostClock', atMs: atMs(), byMs: (chance(0.5) ? 1 : -1) * 10 ** between(1, 6) }),
    () => ({ type: 'replay', span: span(300, 3000), laterMs: 10 ** between(1, 3.4) }),
    () => ({ type: 'forgery', span: span(300, 2500) }),
    () => ({ type: 'secondExpert', span: span(300, 3000) }),
    () => ({ type: 'notFinite', span: span(20, 600) }),
    () => ({ type: 'hugeStep', span: span(20, 900), byMm: 10 ** between(0.9, 5) }),
    () => ({ type: 'outOfWorkspace', span: span(300, 2500) }),
    () => ({ type: 'tooMuchForce', span: span(20, 600) }),
    () => ({ type: 'overTurned', span: span(1200, 3000) }),
    () => ({ type: 'forceStep', span: span(200, 1500) }),
    () => ({ type: 'sequenceBack', atMs: atMs() }),
    () => ({ type: 'sequenceEnd', atMs: atMs() }),
    () => ({ type: 'silentHeart', atMs: atMs() }),
    () => ({ type: 'deviceStall', span: span(50, 1500) }),
    () => ({ type: 'deviceHot', span: span(20, 500) }),
    () => {
      const at = atMs();
      return { type: 'emergency', atMs: at, resetAtMs: at + between(100, 1200) };
    },
    () => {
      const at = atMs();
      return { type: 'takeOver', atMs: at, grantAtMs: at + between(50, 600), to: chance(0.5) ? 'A' : 'B' };
    },
  ];
  const pick = () => (makers[Math.floor(random() * makers.length)] ?? makers[0])?.() ?? { type: 'killedOperator', atMs: atMs() };
  const presses: Span[] = [];
  for (let fromMs = between(400, 700); fromMs < DURATION_MS; ) {
    const untilMs = chance(0.4) ? DURATION_MS + 1 : fromMs + between(400, 2500);
    presses.push({ fromMs, untilMs });
    fromMs = untilMs + between(20, 500);
  }
  return {
    seed, durationMs: DURATION_MS, up: way(), down: way(),
    operatorClockMs: between(0, 1e7), hostClockMs: between(0, 1e7), drift: between(-150e-6, 150e-6),
    presses, tellingMs: chance(0.6) ? 5 : between(5, 1500), isStuck: chance(0.4), speedMmPerS: between(5, 70), mismatchDeg: chance(0.15) ? between(4, 20) : between(0, 3), isSealChecked: chance(0.7),
    faults: Array.from({ length: Math.floor(random() * 5) }, pick),
  };
}
