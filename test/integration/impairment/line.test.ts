import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Impairment, type LineFaults, whyNoImpairment } from '../../helpers/impairment/impairment.ts';
import { forkInside } from '../../helpers/impairment/namespace.ts';

const reason = whyNoImpairment();
if (reason) console.log(`bad lines are not tested: ${reason}`);
const probeFile = join(import.meta.dirname, '../../helpers/impairment/packetProbe.mjs');

interface Arrived {
  readonly number: number;
  readonly delayMs: number;
}

async function ask<T>(probe: ChildProcess, message: object): Promise<T> {
  const answer = once(probe, 'message');
  probe.send(message);
  const [value] = (await answer) as [T]; // packetProbe's own words
  return value;
}

describe.skipIf(reason !== null)('the bad line', () => {
  let line: Impairment;
  let near: ChildProcess;
  let far: ChildProcess;

  beforeEach(async () => {
    line = await Impairment.open({ seed: 7 });
    near = fork(probeFile, forkInside(line.near.namespace));
    far = fork(probeFile, forkInside(line.far.namespace));
  });

  afterEach(async () => {
    near.kill();
    far.kill();
    await line.close();
  });

  /**
   * What arrives of `count` packets from far to near, one a millisecond, when all that the line delivers have arrived. They are
   * sent in rounds, because a probe that the machine does not let run for a while has a socket that holds only so many.
   */
  async function send(count: number, faults: LineFaults, { bytes = 100, round = 125 } = {}): Promise<Arrived[]> {
    const { port } = await ask<{ port: number }>(near, { listen: true });
    await line.set(faults);
    let received: Arrived[] = [];
    for (let sent = 0; sent < count; sent += round) {
      await ask(far, { send: round, first: sent, port, address: line.near.address, bytes });
      await vi.waitFor(
        async () => {
          const { up } = await line.counts();
          expect(up.delivered + up.lost + up.overflowed).toBe(sent + round);
          received = (await ask<{ received: Arrived[] }>(near, { report: true })).received;
          expect(received.length).toBe(up.delivered);
        },
        { timeout: 10_000, interval: 5 },
      );
    }
    return received;
  }

  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

  it('[IMP1] delays and loses what it was told to', async () => {
    const arrived = await send(1500, { delayMs: 25, lossPercent: 3 });
    const delays = arrived.map(({ delayMs }) => delayMs);
    expect(Math.min(...delays)).toBeGreaterThan(24.9); // never early
    expect(median(delays)).toBeLessThan(45); // late only by what a busy machine adds
    const lossPercent = 100 * (1 - arrived.length / 1500);
    expect(lossPercent).toBeGreaterThan(1.5);
    expect(lossPercent).toBeLessThan(4.5);
    console.log(`set 25 ms, 3 %: got ${median(delays).toFixed(1)} ms, ${lossPercent.toFixed(2)} %`);
  });

  it('[IMP2] loses in bursts of the told mean length, jitters, and keeps the order', async () => {
    const arrived = await send(2500, { lossPercent: 5, burst: 5, delayMs: 20, jitterMs: 10 });
    const numbers = arrived.map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const gaps = numbers.map((number, index) => number - (numbers[index - 1] ?? -1) - 1).filter((gap) => gap > 0);
    const lost = gaps.reduce((sum, gap) => sum + gap, 0);
    expect(lost / 2500).toBeGreaterThan(0.02);
    expect(lost / 2500).toBeLessThan(0.09);
    expect(lost / gaps.length).toBeGreaterThan(3);
    expect(lost / gaps.length).toBeLessThan(8);
    const delays = arrived.map(({ delayMs }) => delayMs);
    expect(Math.min(...delays)).toBeGreaterThan(9.9);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(12);
  });

  it('[IMP3] lets through the told rate, and its queue is bounded', async () => {
    const arrived = await send(1000, { rateKbps: 1000, queueMs: 200 }, { bytes: 972, round: 1000 }); // 1000 bytes with their headers: 8 Mbit/s
    // One second at 1 Mbit/s and what the queue held: 125 + 25 packets.
    expect(arrived.length).toBeGreaterThan(110);
    expect(arrived.length).toBeLessThan(300); // a busy machine takes longer to send
    expect(median(arrived.map(({ delayMs }) => delayMs))).toBeGreaterThan(100);
  });

  it('[IMP4] is dark for the told time, and blocks UDP', async () => {
    const { port } = await ask<{ port: number }>(near, { listen: true });
    await ask(far, { send: 1, port, address: line.near.address, bytes: 100 }); // both ends are awake
    await vi.waitFor(async () => expect((await line.counts()).up).toMatchObject({ delivered: 1 }), { timeout: 5000, interval: 20 });
    const startedMs = performance.now();
    const dark = line.blackout(1500);
    await ask(far, { send: 50, port, address: line.near.address, bytes: 100 });
    expect((await dark).up).toMatchObject({ blacked: 50, delivered: 1 });
    expect(performance.now() - startedMs).toBeGreaterThan(1499);
    await line.set({ blockUdp: true });
    await ask(far, { send: 50, port, address: line.near.address, bytes: 100 });
    await vi.waitFor(async () => expect((await line.counts()).up).toMatchObject({ blocked: 50, delivered: 1 }), { timeout: 5000, interval: 20 });
  });

  it('[IMP5] moves the far place to another address', async () => {
    const before = line.far.address;
    await line.changeAddress();
    expect(line.far.address).not.toBe(before);
    expect((await send(20, {}, { round: 20 })).length).toBe(20);
  });
});
