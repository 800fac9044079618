import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { distanceMm } from '#shared/control/pose';
import { createSettings } from '#shared/control/settings';
import { describe, expect, it } from 'vitest';
import { verifyRecord } from '../../../electron/host/control/recordChain.ts';
import { FarOperator, HostProcess, type Page } from '../../helpers/control/hostProcess.ts';
import { createFolder } from '../../unit/electron/fakes.ts';

/** A host with a device, the page beside it, and somebody far away. */
async function begin(files: Record<string, unknown> = {}) {
  const host = await HostProcess.start(await createFolder(), files);
  const page = await host.openPage();
  await page.request('control.describe', {});
  await page.states(5);
  return { host, page, operator: new FarOperator(page) };
}

async function recordOf(page: Page): Promise<{ type: string; [field: string]: unknown }[]> {
  const entries = [];
  for (let from: number | null = 1; from !== null; ) {
    const { lines, next }: { lines: string[]; next: number | null } = await page.request('control.record', { from, limit: 50 });
    entries.push(...lines.map((line) => JSON.parse(line).entry));
    from = next;
  }
  return entries;
}

describe('a probe that is steered through the page', () => {
  it('[CTL42] [CTL44] [CTL46] takes the lease, engages, goes where the hand goes, and it is on record', async () => {
    const { host, page, operator } = await begin();
    const grant = await operator.take();
    await page.until(() => page.status?.lease?.checkCode === operator.checkCode);
    expect(JSON.parse(await readFile(join(host.folder, 'controlEpoch.json'), 'utf8'))).toMatchObject({ epoch: grant.epoch });
    await operator.engage();
    expect(page.status?.lease).toEqual({ holder: 'expert-1', name: 'Dr Li', epoch: grant.epoch, mode: 'full', checkCode: operator.checkCode });
    await operator.steerTo(25);
    operator.hand.isDeadManHeld = false;
    await page.until(() => page.state.phase === 'clutched' || page.state.phase === 'waiting');
    await page.request('control.release', { epoch: grant.epoch });
    await page.until(() => page.state.phase === 'idle');
    const record = await recordOf(page);
    const types = record.map(({ type }) => type);
    // A machine under load may have stopped and engaged more than once.
    expect([...new Set(types.filter((type) => type !== 'motion' && type !== 'rejected'))]).toEqual(['opened', 'fault', 'granted', 'engaged', 'stopped', 'ended']);
    expect(types.filter((type) => type !== 'rejected').at(-1)).toBe('ended'); // the hand goes on for a moment
    expect(types.filter((type) => type === 'motion').length).toBeGreaterThan(5);
    expect(record.find(({ type }) => type === 'granted')).toMatchObject({ holder: 'expert-1', name: 'Dr Li', epoch: grant.epoch, mode: 'full', limits: grant.limits, at: expect.stringMatching(/Z$/), monotonicMs: expect.any(Number) });
    expect(record.map(({ sequence }) => sequence)).toEqual(record.map((_entry, index) => index + 1));
    expect(await verifyRecord(join(host.folder, 'control'))).toMatchObject({ entries: record.length, broken: null });
  });

  it('[CTL41] settings: requested and applied told apart; out of bounds refused; a lost number is no reset', async () => {
    const { page, operator } = await begin();
    await operator.take('settings');
    operator.setPicture({ ...createSettings(), gainDb: 61.3, depthMm: 122, focusMm: 40, isFrozen: true });
    await page.until(() => page.status?.settings.sequence === 1);
    expect(page.status?.settings).toEqual({ applied: { preset: 'abdomen', gainDb: 61.5, depthMm: 120, focusMm: 40, isFrozen: true }, sequence: 1, refusal: null });
    operator.setPicture({ ...createSettings(), depthMm: 500 });
    await page.until(() => page.status?.settings.sequence === 2);
    expect(page.status?.settings).toMatchObject({ applied: { depthMm: 120 }, refusal: 'range' });
    operator.setPicture({ ...createSettings(), depthMm: 200 });
    await page.until(() => page.status?.settings.sequence === 3);
    expect(page.status?.settings).toMatchObject({ applied: { depthMm: 200 }, refusal: null });
  });

  it('[CTL21] [CTL2] [CTL49] a page that freezes with its socket open: the ramp, then off, then no lease, in that order', async () => {
    const { host, page, operator } = await begin();
    await operator.take();
    await operator.engage();
    await operator.steerTo(20);
    await operator.steerTo(10);
    const from = page.phases.length - 1;
    operator.fallSilent();
    await page.until(() => page.state.phase === 'idle');
    // A ramp may be shorter than the time between two states that a loaded machine sends.
    expect(page.phases.slice(from).filter((phase) => phase !== 'stopping')).toEqual(['engaged', 'waiting', 'idle']);
    expect(page.phases.slice(from).indexOf('stopping')).toBeLessThan(2);
    expect(['watchdog', 'stalled']).toContain(page.state.stopReason);
    const stood = { ...page.state.measured };
    expect(Math.abs(stood.xMm - 10)).toBeLessThan(2);
    await page.states(20);
    expect(distanceMm(page.state.measured, stood)).toBeLessThan(0.3);
    expect((await recordOf(page)).filter(({ type }) => type === 'stopped' || type === 'ended').slice(-2)).toMatchObject([{ type: 'stopped', reason: page.state.stopReason }, { type: 'ended', reason: 'expired' }]);
    // What comes back moves nothing: the lease is over.
    operator.isSending = true;
    operator.hand.pose.xMm += 5;
    await page.states(20);
    expect(distanceMm(page.state.measured, stood)).toBeLessThan(0.3);
    host.kill();
  });

  it('[CTL31] [CTL32] [CTL3] stop by anybody, reset at the bedside, take-over', async () => {
    const { page, operator } = await begin();
    const { epoch } = await operator.take();
    await operator.engage();
    await page.request('control.stop', { stopId: 1 });
    await page.until(() => page.state.phase === 'stopped' && page.status?.isStopLatched === true);
    expect(page.status?.stoppedBy).toBe('bedside');
    await page.request('control.resetStop', {});
    await page.until(() => page.status?.isStopLatched === false);
    expect(page.status).toMatchObject({ stoppedBy: null, lease: { epoch } });
    await page.states(20);
    expect(page.state.phase).toBe('waiting'); // held all the time: no gesture
    await operator.engage();
    await page.request('control.takeOver', {});
    await page.until(() => page.status?.lease === null);
    await page.states(2);
    expect(page.state.phase).not.toBe('engaged');
  });

  it('[CTL48] the simulator fails on command: motion ends, and the status says what it is', async () => {
    const { page, operator } = await begin();
    await operator.take();
    await operator.engage();
    await page.request('control.simulatorFault', { fault: 'heat' });
    await page.until(() => page.state.phase === 'fault');
    expect(page.status?.fault).toContain('too hot');
    await page.request('control.simulatorFault', { fault: null });
    await page.until(() => page.state.phase === 'waiting' && page.status?.fault === null);
  });
});

describe('a host that is killed', () => {
  it('[CTL44] [CTL46] the epoch rises over the restart, the record goes on and verifies, and the old lease is nobody’s', async () => {
    const { host, operator } = await begin();
    const { epoch } = await operator.take();
    await operator.engage();
    await operator.steerTo(5);
    host.kill();
    await host.exited;
    const again = await HostProcess.start(host.folder);
    const back = await again.openPage();
    expect((await back.request('control.describe', {})).status).toMatchObject({ lease: null, asking: [] });
    for (const sealed of operator.captured) back.send(sealed, operator.id);
    await back.states(10);
    expect(back.phases).not.toContain('engaged');
    const next = new FarOperator(back);
    expect((await next.take()).epoch).toBe(epoch + 1);
    const types = (await recordOf(back)).map(({ type }) => type);
    expect(types.filter((type) => type === 'opened')).toHaveLength(2);
    expect(types.filter((type) => type === 'granted')).toHaveLength(2);
    expect(await verifyRecord(join(host.folder, 'control'))).toMatchObject({ broken: null });
  });
});

describe('the site', () => {
  it('[CTL43] narrows what the device allows, and a file that is not understood lets nothing be granted', async () => {
    const narrow = { workspaceMin: { xMm: -5, yMm: -5, zMm: -5 }, workspaceMax: { xMm: 5, yMm: 5, zMm: 5 }, maxTiltDeg: 10, maxSpeedMmPerS: 20, maxAngularSpeedDegPerS: 10, maxForceN: 4, maxForceRateNPerS: 3, maxSpinDeg: 20 };
    const { page, operator } = await begin({ 'siteLimits.json': narrow });
    expect((await operator.take('full', { ...narrow, maxSpeedMmPerS: 500, maxForceN: 60 })).limits).toEqual(narrow);
    expect(page.status?.limits ?? null).toEqual(narrow);
    const bad = await begin({ 'siteLimits.json': '{"maxForceN": 4' });
    await expect(bad.operator.take()).rejects.toThrow('storage.corrupt');
    const { status } = await bad.page.request('control.describe', {});
    expect(status?.fault).toContain('siteLimits.json');
    expect(status?.limits.maxSpeedMmPerS).toBe(0);
    expect(await readFile(join(bad.host.folder, 'siteLimits.json'), 'utf8')).toBe('{"maxForceN": 4');
  });
});
