import { cpus } from 'node:os';
import type { Row } from './benchReport.ts';
import { connectBareWorker } from './forward/bareSfu.ts';
import { compileLoad } from './forward/compileLoad.ts';
import { connectJanus } from './forward/janusSfu.ts';
import { LoadGenerator } from './forward/loadGenerator.ts';
import { connectOurServer } from './forward/ourSfu.ts';
import { pin, raisePriority } from './forward/processes.ts';
import { forwardRows, quietCount, type Round } from './forward/rows.ts';
import { type Contestant, countKeyFrames, measureRound } from './forward/measure.ts';

export const description = 'CPU and delay of forwarding one video to a hundred receivers: our server, a bare mediasoup worker, janus';

/** A room of the server holds 100 participants at most: the sender and these. */
const RECEIVERS = 99;
const SFU_CORE = 0;
const LOAD_CORE = 1;

/**
 * `warmMs` passes before each sample of `sampleMs`; the first round is not counted. Many short rounds rather than a few long ones:
 * a shared machine changes its speed within seconds, and a ratio is good only when both its halves met the same machine. Not
 * shorter than the second in which the server's own timers come round once.
 */
const PLANS = {
  quick: { rounds: 5, warmMs: 200, sampleMs: 1000 },
  full: { rounds: 16, warmMs: 300, sampleMs: 1500 },
} as const;

const CONTESTANTS = { ours: connectOurServer, bare: connectBareWorker, janus: connectJanus } as const;
type Name = keyof typeof CONTESTANTS;

export function rounds(quick: boolean): number {
  return quietCount(PLANS[quick ? 'quick' : 'full'].rounds - 1);
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const plan = PLANS[quick ? 'quick' : 'full'];
  const isPinned = cpus().length > 1;
  if (!raisePriority()) console.log('forward: at ordinary priority (only root may raise it): what else runs on this machine shows in the delays');
  if (isPinned) pin([process.pid], LOAD_CORE);
  const program = await compileLoad();
  const contestants = new Map<Name, Contestant>();
  const problems = new Map<Name, string>();
  const measured: Round[] = [];
  const say = (text: string) => console.log(`forward: ${text}`);
  const drop = async (name: Name, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    problems.set(name, reason);
    say(`${name} is out: ${reason}`);
    const contestant = contestants.get(name);
    contestants.delete(name);
    await contestant?.sfu.close();
    await contestant?.load.end();
  };
  let keyFrames: Awaited<ReturnType<typeof countKeyFrames>> | null = null;
  try {
    for (const name of Object.keys(CONTESTANTS) as Name[]) {
      const load = await LoadGenerator.start(program, RECEIVERS, isPinned ? LOAD_CORE : null);
      const begunMs = performance.now();
      try {
        contestants.set(name, { sfu: await CONTESTANTS[name](load, isPinned ? SFU_CORE : null), load });
        say(`${name}: 1 sender and ${RECEIVERS} receivers connected, all with AES-GCM (${Math.round(performance.now() - begunMs)} ms with its start)`);
      } catch (error) {
        await load.end();
        await drop(name, error);
      }
    }
    for (const [name, contestant] of [...contestants]) {
      try {
        if (name === 'ours') keyFrames = await countKeyFrames(contestant);
        else await contestant.sfu.resume(0);
      } catch (error) {
        await drop(name, error);
      }
    }
    for (let round = 0; round < plan.rounds; round += 1) {
      const title = `round ${round + 1}/${plan.rounds}${round === 0 ? ' (not counted)' : ''}`;
      const current: { -readonly [K in keyof Round]: Round[K] } = {};
      for (const [name, contestant] of [...contestants]) {
        try {
          const sample = await measureRound(contestant, plan);
          current[name] = sample;
          say(`${title} ${name.padEnd(5)} ${sample.usPerPacket.toFixed(2)} µs/packet, delay p50 ${sample.delayP50Ms.toFixed(2)} p99 ${sample.delayP99Ms.toFixed(2)} ms; others ${Math.round(100 * sample.othersShare)} %`);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          problems.set(name, reason);
          say(`${title} ${name.padEnd(5)} does not count: ${reason}`);
          if (contestant.load.problem !== null) await drop(name, error);
        }
      }
      if (round > 0) measured.push(current);
    }
  } finally {
    for (const { sfu, load } of contestants.values()) {
      await sfu.close();
      await load.end();
    }
  }
  return forwardRows({ rounds: measured, problems, keyFrames, receivers: RECEIVERS });
}
