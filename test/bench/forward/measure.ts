import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadGenerator, StreamOptions } from './loadGenerator.ts';
import { cpuSeconds, machineCpuSeconds } from './processes.ts';
import { type ConnectedSfu, SENDER } from './sfu.ts';

/** 2.4 Mbit/s in full-sized packets, paced evenly as WebRTC's own senders do: 25,000 packets a second out of the SFU, a quarter of a core. */
const STREAM: StreamOptions = { ...SENDER, packetsPerSecond: 250, framesPerSecond: 25, packetBytes: 1200, keyFrameEveryMs: 10_000 };
/** More than this and the figures are not those of forwarding any more. */
const MAX_LOST_SHARE = 0.01;

export interface Contestant {
  readonly sfu: ConnectedSfu;
  readonly load: LoadGenerator;
}

/** One SFU in one round. */
export interface Sample {
  /** CPU of all its processes for each packet that reached a receiver. */
  readonly usPerPacket: number;
  /** The same, of the process that carries media alone. */
  readonly workerUsPerPacket: number;
  /** For 10⁹ bytes of UDP payload that reached receivers. */
  readonly cpuSPerGigabyte: number;
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
  /** Share of the machine's cores, 0–1, that neither the SFU nor the generator used meanwhile. */
  readonly othersShare: number;
}

/** Sends for `warmMs`, then measures for `sampleMs`, then rests. Throws when receivers miss packets: then the figures are not those of forwarding. */
export async function measureRound({ sfu, load }: Contestant, { warmMs, sampleMs }: { readonly warmMs: number; readonly sampleMs: number }): Promise<Sample> {
  load.send(STREAM);
  await delay(warmMs);
  await load.mark('begin');
  const readCpu = () => ({ atMs: performance.now(), machine: machineCpuSeconds(), all: cpuSeconds(sfu.pids), worker: cpuSeconds(sfu.workerPids), load: cpuSeconds([load.pid]) });
  const before = readCpu();
  await delay(sampleMs);
  const after = readCpu();
  const totals = await load.mark('end');
  load.rest();
  if (load.problem !== null) throw new Error(load.problem);
  // What is only late at the marks is not lost: at a busy moment a queue of some ms stands in the SFU.
  const gone = totals.lost + totals.undecryptable;
  if (totals.received === 0 || gone > MAX_LOST_SHARE * totals.received) throw new Error(`of ${totals.sent * load.receivers} packets ${totals.received} arrived, ${totals.lost} were lost and ${totals.undecryptable} could not be decrypted`);
  const spent = (key: 'machine' | 'all' | 'worker' | 'load') => after[key] - before[key];
  const perPacket = (seconds: number) => (seconds * 1e6) / totals.received;
  return {
    usPerPacket: perPacket(spent('all')),
    workerUsPerPacket: perPacket(spent('worker')),
    cpuSPerGigabyte: (spent('all') * 1e9) / totals.receivedBytes,
    delayP50Ms: totals.delayP50Us / 1000,
    delayP99Ms: totals.delayP99Us / 1000,
    othersShare: Math.max(0, spent('machine') - spent('all') - spent('load')) / (((after.atMs - before.atMs) / 1000) * cpus().length),
  };
}

/** A little less than the second in question, so that none begins after it on a busy machine. */
const JOINS_WITHIN_MS = 900;
/** Longer than two of the server's least intervals between key frames: what one wave asked for is over before the next. */
const SETTLE_MS = 2200;

export interface KeyFrameCounts {
  /** Receivers begin one after another, evenly over `JOINS_WITHIN_MS`. */
  readonly spread: number;
  /** All begin at once. */
  readonly atOnce: number;
}

/** How often the sender is asked for a key frame when all receivers begin to take its picture. Leaves them taking it. */
export async function countKeyFrames({ sfu, load }: Contestant): Promise<KeyFrameCounts> {
  const count = async (overMs: number): Promise<number> => {
    await load.mark('begin');
    const begunMs = performance.now();
    await sfu.resume(overMs);
    await delay(Math.max(0, overMs + SETTLE_MS - (performance.now() - begunMs)));
    const { pli, fir } = await load.mark('end');
    return pli + fir;
  };
  load.send({ ...STREAM, keyFrameEveryMs: 3_600_000 });
  await delay(300);
  const spread = await count(JOINS_WITHIN_MS);
  await sfu.pause?.();
  await delay(300);
  const atOnce = await count(0);
  load.rest();
  return { spread, atOnce };
}
