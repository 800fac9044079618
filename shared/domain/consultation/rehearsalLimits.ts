import type { Rehearsal } from './request.ts';

/** Speech and picture both ways: below it a 720p picture at 15 images a second breaks up (H.264, as `SOURCE_PROFILES` sends the face). */
export const REHEARSAL_LEAST_UP_BPS = 1_000_000;
/** One full picture (720p at 30 images a second) and one small one come down. */
export const REHEARSAL_LEAST_DOWN_BPS = 2_000_000;
/** ITU-T G.114: a one-way delay of 150 ms is unnoticed in talk; there and back that is 300 ms. */
export const REHEARSAL_MOST_ROUND_TRIP_MS = 300;
/** ITU-T G.1010, table I.1: speech bears less than 3 % of lost packets. */
export const REHEARSAL_MOST_LOSS_RATIO = 0.03;

/** What a site can fail for, in the order in which it is looked at. */
export const REHEARSAL_FAILURES = ['picture', 'sound', 'up', 'down', 'roundTrip', 'loss'] as const;
export type RehearsalFailure = (typeof REHEARSAL_FAILURES)[number];
export type RehearsalFigures = Pick<Rehearsal, 'hasPicture' | 'hasSound' | 'upBps' | 'downBps' | 'roundTripMs' | 'lossRatio'>;

/** [WFL24] Why a site does not pass its rehearsal; empty: it does. What could not be measured fails. */
export function rehearsalFailures(figures: RehearsalFigures): readonly RehearsalFailure[] {
  const { upBps, downBps, roundTripMs, lossRatio } = figures;
  const hasFailed: Readonly<Record<RehearsalFailure, boolean>> = {
    picture: !figures.hasPicture,
    sound: !figures.hasSound,
    up: upBps === null || upBps < REHEARSAL_LEAST_UP_BPS,
    down: downBps === null || downBps < REHEARSAL_LEAST_DOWN_BPS,
    roundTrip: roundTripMs === null || roundTripMs > REHEARSAL_MOST_ROUND_TRIP_MS,
    loss: lossRatio === null || lossRatio > REHEARSAL_MOST_LOSS_RATIO,
  };
  return REHEARSAL_FAILURES.filter((one) => hasFailed[one]);
}
