import type { MotionLimits } from '../../../shared/control/limits.ts';
import { Bedside } from '../../helpers/control/bedside.ts';
import { LIMITS } from '../../helpers/control/words.ts';
import { median } from '../statistics.ts';

const ROUNDS = 9;
const COMMANDS = 6000;

/** Microseconds that the patient side spends on one obeyed motion command: median of rounds of a minute's worth each, after one that is not counted. */
export function measureGuard(limits: MotionLimits = LIMITS): { readonly us: number; readonly obeyed: number } {
  const rounds: number[] = [];
  let obeyed = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const bedside = new Bedside(limits);
    bedside.grant('full');
    bedside.engage();
    if (bedside.phase !== 'engaged') throw new Error(`the simulated operator could not engage: ${bedside.phase}`);
    const handle = bedside.patient.handleFrame.bind(bedside.patient);
    let spentNs = 0n;
    let count = 0;
    bedside.patient.handleFrame = (bytes, from, isSealed, nowMs) => {
      const startNs = process.hrtime.bigint();
      const refusal = handle(bytes, from, isSealed, nowMs);
      spentNs += process.hrtime.bigint() - startNs;
      count += 1;
      if (refusal === null) obeyed += 1;
      return refusal;
    };
    for (let sent = 0; sent < COMMANDS; sent += 100) {
      bedside.hand.pose.xMm = 5 * Math.sin(sent / 600);
      bedside.pass(1000);
    }
    if (round > 0) rounds.push(Number(spentNs) / 1000 / count);
  }
  return { us: median(rounds), obeyed };
}
