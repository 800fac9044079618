import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from '#shared/control/frames/crc32';
import { HEARTBEAT_BYTES } from '#shared/control/frames/heartbeatFrame';
import { MOTION_BYTES } from '#shared/control/frames/motionFrame';
import { STOP_BYTES, writeStop } from '#shared/control/frames/stopFrame';
import { distanceMm } from '#shared/control/pose';
import { TAG_BYTES } from '#shared/control/seal';
import { HOST_REQUESTS } from '#shared/host/contract';
import { packFrame } from '#shared/host/controlFrames';
import { createDice } from '#shared/lib/seededRandom';
import { SIMULATOR_LIMITS } from '#shared/simulator/arm';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FarOperator, HostProcess, Page } from '../../helpers/control/hostProcess.ts';
import { createFolder } from '../../unit/electron/fakes.ts';

/** Noise of the simulator's encoders stays below, mm. */
const STILL_MM = 0.3;

/** The page is the enemy's: it has the socket, the token, and all that passes. */
async function begin(files: Record<string, unknown> = {}) {
  const host = await HostProcess.start(await createFolder(), files);
  const page = await host.openPage();
  await page.request('control.describe', {});
  await page.states(5);
  return { host, page, operator: new FarOperator(page) };
}

/** The probe was nowhere but here since. */
function expectStill(page: Page, from: number): void {
  const first = page.path[from];
  if (first === undefined) throw new Error('no state since');
  expect(Math.max(...page.path.slice(from).map((pose) => distanceMm(pose, first)))).toBeLessThan(STILL_MM);
}

/** The same frame with other content and its checksum right; whatever seal it had. */
function rewritten(sealed: Uint8Array, change: (frame: DataView) => void): Uint8Array {
  const copy = sealed.slice();
  const frame = new DataView(copy.buffer, 0, copy.byteLength - TAG_BYTES);
  change(frame);
  frame.setUint32(frame.byteLength - 4, crc32(frame, frame.byteLength - 4));
  return copy;
}

const isMotion = (sealed: Uint8Array) => sealed.byteLength === MOTION_BYTES + TAG_BYTES;
const isHeartbeat = (sealed: Uint8Array) => sealed.byteLength === HEARTBEAT_BYTES + TAG_BYTES;

describe('a page that has turned against the patient', () => {
  it('[CTL42] forges motion: without the seal, with another, with one of another frame', async () => {
    const { page, operator } = await begin();
    await operator.take();
    await page.until(() => operator.captured.filter(isMotion).length > 30);
    const from = page.path.length - 1;
    const zero = new Uint8Array(TAG_BYTES);
    const tags = [zero, new Uint8Array(TAG_BYTES).fill(255), operator.captured.find(isHeartbeat)?.slice(-TAG_BYTES) ?? zero];
    operator.side.begin(operator.epoch); // its numbers begin anew; the page's own are far ahead
    let sequence = 1_000_000;
    operator.hand.isDeadManHeld = true;
    operator.carry = (sealed) => {
      if (isHeartbeat(sealed)) return page.send(sealed, operator.id);
      // Everything that an engagement takes, made by the page: a press after a release, a still hand, then a way to go.
      sequence += 1;
      const forged = rewritten(sealed, (frame) => {
        frame.setUint16(6, sequence < 1_000_010 ? 0 : 1);
        frame.setUint16(36, 7);
        frame.setUint32(12, sequence);
        frame.setFloat32(40, sequence < 1_000_060 ? 0 : (sequence - 1_000_060) * 0.2);
      });
      forged.set(tags[sequence % 3] ?? zero, forged.byteLength - TAG_BYTES);
      page.send(forged, operator.id);
      page.send(forged.slice(0, -TAG_BYTES), operator.id); // none at all
    };
    await page.states(70);
    expect(page.phases).not.toContain('engaged');
    expectStill(page, from);
    expect(page.state.lastRejection).toBe('foreign');
  });

  it('[CTL42] tampers with what is sealed: presses a little harder than the hand asks', async () => {
    const { page, operator } = await begin();
    await operator.take();
    const from = page.path.length - 1;
    operator.carry = (sealed) => page.send(isHeartbeat(sealed) ? sealed : rewritten(sealed, (frame) => frame.setFloat32(84, 1)), operator.id);
    await page.states(30); // had the clocks been believed, they were known by now
    operator.hand.isDeadManHeld = true;
    await page.states(60);
    expect(page.phases).not.toContain('engaged');
    expectStill(page, from);
  });

  it('[CTL2] [CTL42] keeps no lease alive: forged heartbeats, copies, and those of before', async () => {
    const { page, operator } = await begin();
    await operator.take();
    await page.until(() => operator.captured.filter(isHeartbeat).length > 5);
    let sequence = 10_000;
    // From here on the real ones are kept back, and everything else goes.
    operator.carry = (sealed) => {
      if (!isHeartbeat(sealed)) return page.send(sealed, operator.id);
      sequence += 1;
      page.send(rewritten(sealed, (frame) => frame.setUint32(12, sequence)), operator.id);
      for (const old of operator.captured.filter(isHeartbeat).slice(0, 5)) page.send(old, operator.id);
    };
    await page.until(() => page.status?.lease === null);
    expect(page.state.phase).not.toBe('engaged');
  });

  it('[CTL11] [CTL12] [CTL44] replays what it kept, in this lease and in the next of the same person', async () => {
    const { page, operator } = await begin();
    const first = await operator.take();
    await operator.engage();
    await operator.steerTo(4);
    operator.hand.isDeadManHeld = false;
    await page.until(() => page.state.phase === 'clutched' || page.state.phase === 'waiting');
    const kept = operator.captured.slice();
    const send = operator.carry;
    const replay = async () => {
      await page.states(3);
      const from = page.path.length - 1;
      operator.carry = (sealed) => {
        if (isHeartbeat(sealed)) send(sealed);
      };
      let at = 0;
      while (at < kept.length) {
        for (const sealed of kept.slice(at, at + 4)) page.send(sealed, operator.id);
        at += 4;
        await page.states(1);
      }
      expectStill(page, from);
      operator.carry = send;
    };
    await replay();
    const second = await operator.take();
    expect(second.epoch).toBe(first.epoch + 1);
    await replay();
    expect(page.status?.lease?.epoch).toBe(second.epoch);
  });

  it('[CTL43] asks for wider limits wherever there is something to ask', async () => {
    const narrow = { workspaceMin: { xMm: -10, yMm: -10, zMm: -10 }, workspaceMax: { xMm: 10, yMm: 10, zMm: 10 }, maxTiltDeg: 10, maxSpeedMmPerS: 20, maxAngularSpeedDegPerS: 10, maxForceN: 4, maxForceRateNPerS: 3, maxSpinDeg: 20 };
    const wide = { workspaceMin: { xMm: -2000, yMm: -2000, zMm: -2000 }, workspaceMax: { xMm: 2000, yMm: 2000, zMm: 2000 }, maxTiltDeg: 180, maxSpeedMmPerS: 500, maxAngularSpeedDegPerS: 360, maxForceN: 60, maxForceRateNPerS: 100, maxSpinDeg: 180 };
    const { host, page, operator } = await begin({ 'siteLimits.json': narrow });
    const smuggled = { limits: wide, siteLimits: wide, deviceLimits: wide, wanted: wide, __proto__: { limits: wide }, epoch: 0xffff_ffff, by: operator.id, mode: 'full' };
    for (const name of Object.keys(HOST_REQUESTS)) if (name !== 'control.takeOver') await page.ask(name, smuggled);
    for (const key of ['siteLimits', 'siteLimits.json', 'limits', '../siteLimits.json', 'control']) await page.ask('settings.set', { [key]: wide, devices: { [key]: JSON.stringify(wide) } });
    for (const name of ['control.limits', 'control.setLimits', 'siteLimits.set', 'control.configure']) expect(await page.ask(name, wide)).toMatchObject({ type: 'error', code: 'input.unknownRequest' });
    expect((await operator.take('full', wide)).limits).toEqual(narrow);
    await page.request('control.resetStop', {});
    await page.until(() => page.status?.lease !== null && page.status?.isStopLatched === false);
    expect(page.status?.limits).toEqual(narrow);
    expect(JSON.parse(await readFile(join(host.folder, 'siteLimits.json'), 'utf8'))).toEqual(narrow);
    // And an honest operator with a dishonest page gets no further than the site lets them.
    await operator.engage();
    await operator.steerTo(9);
    for (let step = 0; step < 30; step += 1) {
      operator.hand.pose.xMm += 0.3;
      await page.states(1);
    }
    await page.states(10);
    expect(Math.max(...page.path.map(({ xMm }) => xMm))).toBeLessThan(10 + STILL_MM);
    expect(Math.max(...page.path.map(({ xMm }) => xMm))).toBeGreaterThan(5);
    expect(SIMULATOR_LIMITS.workspaceMax.xMm).toBeGreaterThan(10);
  });

  it('[CTL44] cannot name an epoch, and a lease that was ended does not come back', async () => {
    const { page, operator } = await begin();
    const { epoch } = await operator.take();
    await operator.engage();
    await page.request('control.takeOver', {});
    await page.until(() => page.status?.lease === null);
    await page.states(3);
    const from = page.path.length - 1;
    // The hand goes on as if nothing had happened.
    operator.hand.pose.xMm += 3;
    await expect(page.request('control.grant', { by: operator.id, mode: 'full' })).rejects.toThrow('control.notAsked');
    expect(await page.ask('control.grant', { by: operator.id, mode: 'full', epoch, publicKey: 'x' })).toMatchObject({ type: 'error', code: 'control.notAsked' });
    await page.ask('control.release', { epoch });
    await page.states(30);
    expect(page.state.phase).toBe('idle');
    expectStill(page, from);
  });

  it('[CTL45] floods, 10,000 frames a second: few are looked at, the record stays small, the stop is heard, and it answers', async () => {
    const { page, operator } = await begin();
    await operator.take('settings');
    await page.until(() => operator.captured.filter(isMotion).length > 5);
    const from = page.path.length - 1;
    const copies = operator.captured.filter(isMotion);
    operator.fallSilent();
    const before = page.state.rejectedCount;
    for (let burst = 0; burst < 100; burst += 1) {
      for (let index = 0; index < 100; index += 1) page.send(copies[index % copies.length] ?? new Uint8Array(1), index % 2 === 0 ? `other-${index}` : operator.id);
      await new Promise((soon) => setImmediate(soon));
    }
    const stop = new Uint8Array(STOP_BYTES);
    writeStop(new DataView(stop.buffer), 1);
    for (let index = 0; index < 1000; index += 1) {
      writeStop(new DataView(stop.buffer), index);
      page.send(stop, 'other-1');
    }
    await page.until(() => page.status?.isStopLatched === true);
    expect(page.status?.stoppedBy).toBe('other-1');
    await page.states(3);
    expect(page.state.rejectedCount - before).toBeGreaterThan(50);
    expect(page.state.rejectedCount - before).toBeLessThan(5000);
    const { lines } = await page.request('control.record', { from: 1, limit: 500 });
    expect(lines.length).toBeLessThan(40);
    expectStill(page, from);
  });

  it('[CTL20] [DSK59] [DSK82] sends what is no frame, or far too long: nothing happens, and somebody else’s page goes on', async () => {
    const { page, operator } = await begin();
    await operator.take('settings');
    const dice = createDice(5);
    const hostile = await Page.open(page.url, page.token);
    for (let round = 0; round < 2000; round += 1) {
      const bytes = Uint8Array.from({ length: 2 + dice(250) }, () => dice(256));
      hostile.sendRaw(Uint8Array.from([1, 0x41 + dice(20), 0x48, 0x43, 1, 1 + dice(6), ...bytes]));
    }
    for (let round = 0; round < 40; round += 1) hostile.sendRaw(Uint8Array.from([200 - round, 1, 2]));
    expect(await hostile.closed).toBe(4400);
    const stranger = new WebSocket(page.url, { origin: 'http://127.0.0.1:7400' });
    const turnedAway = new Promise((closed) => stranger.on('close', closed));
    await new Promise((opened) => stranger.once('open', opened));
    const stop = new Uint8Array(STOP_BYTES);
    writeStop(new DataView(stop.buffer), 1);
    stranger.send(packFrame('other-1', stop));
    expect(await turnedAway).toBe(4401);
    const giant = await Page.open(page.url, page.token);
    giant.sendRaw(new Uint8Array(70_000));
    expect(await giant.closed).toBe(1009);
    await page.states(5);
    expect(page.status).toMatchObject({ lease: { epoch: operator.epoch }, isStopLatched: false });
  });

  it('[CTL34] [CTL49] kills its socket in mid-motion and comes back: what stopped stays stopped', async () => {
    const { page, operator } = await begin();
    await operator.take();
    await operator.engage();
    const back = await Page.open(page.url, page.token);
    page.drop();
    await back.until(() => back.phases.includes('waiting'));
    await back.states(3);
    const from = back.path.length - 1;
    back.onState = (bytes) => void operator.side.handleState(bytes, performance.now());
    operator.carry = (sealed) => back.send(sealed, operator.id);
    for (let step = 0; step < 30; step += 1) {
      operator.hand.pose.xMm += 0.5;
      await back.states(1);
    }
    expect(back.phases.slice(back.phases.indexOf('waiting'))).not.toContain('engaged');
    expectStill(back, from);
  });
});
