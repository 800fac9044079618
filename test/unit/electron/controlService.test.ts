import { spawn } from 'node:child_process';
import { createECDH, createHash } from 'node:crypto';
import { readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measured } from '#shared/control/patientSide';
import { createPose } from '#shared/control/pose';
import { createSettings, type UltrasoundSettings } from '#shared/control/settings';
import type { ControlStatus } from '#shared/control/status';
import { MAX_FRAME_BYTES, packFrame, unpackFrame } from '#shared/host/controlFrames';
import { ManualClock } from '#shared/lib/clock';
import { SIMULATOR_LIMITS } from '#shared/simulator/arm';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Question } from '../../../electron/host/control/confirmation.ts';
import { ControlRecord } from '../../../electron/host/control/controlRecord.ts';
import { ControlService } from '../../../electron/host/control/controlService.ts';
import { addressOf, lockAt } from '../../../electron/host/control/deviceLock.ts';
import { Epochs } from '../../../electron/host/control/epochs.ts';
import { verifyRecord } from '../../../electron/host/control/recordChain.ts';
import { createSealKeys } from '../../../electron/host/control/seal.ts';
import { SettingsDesk } from '../../../electron/host/control/settingsDesk.ts';
import { readSiteLimits } from '../../../electron/host/control/siteLimits.ts';
import type { UltrasoundDevice } from '../../../electron/host/devices/device.ts';
import { createKeyPair } from '../../../renderer/services/control/seal.ts';
import { createFolder, createTestHost } from './fakes.ts';

const publicKey = () => createECDH('prime256v1').generateKeys('base64');
const promise = (key: string) => createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64');
const ask = (by: string, key = publicKey()) => ({ by, name: by, mode: 'full', commitment: promise(key), wanted: null }) as const;

/** A device that does what the test says. */
class TestDevice implements UltrasoundDevice {
  readonly about = { id: 'test-1', model: 'test', kind: 'serial' } as const;
  readonly limits = SIMULATOR_LIMITS;
  readonly done: string[] = [];
  readonly measured: Measured = { pose: createPose(), forceN: 0, isInContact: false, fault: null };
  apply: (settings: Readonly<UltrasoundSettings>) => Promise<UltrasoundSettings> = async (settings) => ({ ...settings });
  order: UltrasoundDevice['order'] = () => undefined;
  #listener: (measured: Measured) => void = () => undefined;

  stop(): void {
    this.done.push('stop');
  }

  applySettings(settings: Readonly<UltrasoundSettings>): Promise<UltrasoundSettings> {
    return this.apply(settings);
  }

  onMeasured(listener: (measured: Measured) => void) {
    this.#listener = listener;
    return () => {
      this.#listener = () => undefined;
    };
  }

  measure(): void {
    this.#listener(this.measured);
  }

  async close(): Promise<void> {
    this.done.push('close');
  }
}

async function openService(inFolder?: string) {
  const folder = inFolder ?? (await createFolder());
  const clock = new ManualClock();
  const device = new TestDevice();
  const statuses: ControlStatus[] = [];
  const logged: string[] = [];
  const record = await ControlRecord.open({ folder: join(folder, 'control'), clock, maxSegmentBytes: 1 }); // a file for each batch
  const service = new ControlService({
    device, clock, record, lastEpoch: 7, siteLimits: await readSiteLimits(folder, device.limits), epochs: new Epochs({ folder, clock, onSetAside: () => undefined }),
    log: { write: (_level, _at, message) => void logged.push(message) }, onStatus: (status) => statuses.push(status), onState: () => undefined,
  });
  onTestFinished(() => service.close());
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 5) {
      device.measure();
      clock.advance(5);
    }
  };
  pass(20);
  await record.flush();
  return { folder, clock, device, statuses, logged, record, service, pass, last: () => statuses.at(-1) };
}

describe('the process beside the device', () => {
  it('[CTL44] [CTL1] an epoch for each grant, also for those that come at once; who withdrew is given nothing', async () => {
    const { folder, service, clock } = await openService();
    service.ask(ask('a'));
    service.ask(ask('b'));
    service.ask(ask('c'));
    const grants = [service.grant('a', 'full'), service.grant('b', 'settings'), service.grant('c', 'full')];
    service.unask('c');
    const settled = await Promise.allSettled(grants);
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value.epoch : one.reason.code))).toEqual([8, 9, 'control.notAsked']);
    expect(service.status.lease).toMatchObject({ holder: 'b', epoch: 9, mode: 'settings' });
    expect(await new Epochs({ folder, clock, onSetAside: () => undefined }).read()).toBe(9);
  });

  it('[CTL45] 16 may ask, and who asks anew gives back what they held', async () => {
    const { service } = await openService();
    for (let index = 0; index < 16; index += 1) service.ask(ask(`peer-${index}`));
    expect(() => service.ask(ask('peer-16'))).toThrowError(expect.objectContaining({ code: 'capacity.full' }));
    service.ask(ask('peer-3'));
    await service.grant('peer-3', 'full');
    service.ask(ask('peer-3'));
    expect(service.status).toMatchObject({ lease: null, asking: expect.arrayContaining([{ by: 'peer-3', name: 'peer-3', mode: 'full' }]) });
    service.decline('peer-3');
    await expect(service.grant('peer-3', 'full')).rejects.toMatchObject({ code: 'control.notAsked' });
  });

  it('[CTL90] no key that was not promised is taken: the lease is over, and the record has it', async () => {
    const { service, record, folder } = await openService();
    const key = publicKey();
    for (const [shown, code] of [[publicKey(), 'control.keyChanged'], [Buffer.alloc(65, 4).toString('base64'), 'control.keyChanged']] as const) {
      service.ask(ask('a', key));
      const { epoch } = await service.grant('a', 'full');
      expect(() => service.reveal('a', epoch, shown)).toThrowError(expect.objectContaining({ code }));
      expect(service.status.lease).toBeNull();
      expect(() => service.reveal('a', epoch, key)).toThrowError(expect.objectContaining({ code: 'control.notSteering' }));
    }
    await record.flush();
    const lines = (await Promise.all((await readdir(join(folder, 'control'))).map((name) => readFile(join(folder, 'control', name), 'utf8')))).join('');
    expect(lines.match(/"keyRefused"/g)).toHaveLength(2);
  });

  it('[CTL90] a promise of what is no point of the curve is kept, and leaves no lease', async () => {
    const { service } = await openService();
    const none = Buffer.alloc(65, 4).toString('base64');
    service.ask(ask('a', none));
    const { epoch } = await service.grant('a', 'full');
    expect(() => service.reveal('a', epoch, none)).toThrowError(expect.objectContaining({ code: 'input.malformed' }));
    expect(service.status.lease).toBeNull();
  });

  it('[CTL90] [CTL2] a key that is shown in time is a sign of life; without one the lease runs out', async () => {
    const { service, pass } = await openService();
    const key = publicKey();
    for (const [shownAfterMs, waitMs, holds] of [[900, 900, true], [900, 1000, false], [1000, 0, false]] as const) {
      service.ask(ask('a', key));
      const { epoch } = await service.grant('a', 'full');
      pass(shownAfterMs);
      if (shownAfterMs < 1000) service.reveal('a', epoch, key);
      else expect(() => service.reveal('a', epoch, key)).toThrowError(expect.objectContaining({ code: 'control.notSteering' }));
      pass(waitMs);
      expect(service.status.lease !== null).toBe(holds);
      service.takeOver();
    }
  });

  it('[CTL90] the promised key makes the code, once, and for nobody else’s lease', async () => {
    const { service } = await openService();
    const [key, others] = [publicKey(), publicKey()];
    service.ask(ask('a', key));
    const { epoch } = await service.grant('a', 'full');
    expect(service.status.lease).toMatchObject({ holder: 'a', checkCode: null });
    for (const [by, ofEpoch] of [['b', epoch], ['a', epoch - 1]] as const) expect(() => service.reveal(by, ofEpoch, key)).toThrowError(expect.objectContaining({ code: 'control.notSteering' }));
    service.reveal('a', epoch, key);
    const code = service.status.lease?.checkCode;
    expect(code).toMatch(/^\d{4}$/);
    expect(() => service.reveal('a', epoch, others)).toThrowError(expect.objectContaining({ code: 'input.notAcceptable' }));
    expect(service.status.lease?.checkCode).toBe(code);
  });

  it('[CTL90] who sits between, and has seen either key before giving their own, is refused or shows other digits', async () => {
    const { service } = await openService();
    let sameDigits = 0;
    for (let round = 0; round < 20; round += 1) {
      // The expert, whose page shows its key only after a grant, and somebody in the middle with as many keys as they like.
      const expert = await createKeyPair(globalThis.crypto.subtle);
      const towardsHost = await createKeyPair(globalThis.crypto.subtle);
      service.ask({ by: 'a', name: 'a', mode: 'full', commitment: towardsHost.commitment, wanted: null });
      const { epoch, publicKey: hostKey, deviceId } = await service.grant('a', 'full');
      const towardsExpert = createECDH('prime256v1');
      const chosen = towardsExpert.generateKeys('base64'); // has to be chosen now: the expert's key is not known yet
      const expertSees = (await expert.agree(chosen, deviceId, epoch)).checkCode;
      // Now both are known, and one of a thousand keys would give the expert's digits at the host: too late, another was promised.
      const better = await createKeyPair(globalThis.crypto.subtle);
      expect((await better.agree(hostKey, deviceId, epoch)).checkCode).toMatch(/^\d{4}$/);
      if (round % 2 === 0) {
        expect(() => service.reveal('a', epoch, better.publicKey)).toThrowError(expect.objectContaining({ code: 'control.keyChanged' }));
        continue;
      }
      service.reveal('a', epoch, towardsHost.publicKey);
      if (service.status.lease?.checkCode === expertSees) sameDigits += 1;
    }
    expect(sameDigits).toBeLessThan(2); // each of ten has one chance in 10 000
  });

  it('[CTL43] what an operator asks for within another place leaves nothing', async () => {
    const { service } = await openService();
    service.ask({ ...ask('a'), wanted: { ...SIMULATOR_LIMITS, workspaceMin: { xMm: 500, yMm: 0, zMm: 0 }, workspaceMax: { xMm: 600, yMm: 0, zMm: 0 } } });
    await expect(service.grant('a', 'full')).rejects.toMatchObject({ code: 'input.notAcceptable' });
    expect(service.status.lease).toBeNull();
  });

  it('[CTL47] a disk that is full ends the lease and says so; there is another when there is room', async () => {
    const { folder, service, record, pass, last } = await openService();
    service.ask(ask('a'));
    await service.grant('a', 'full');
    service.ask(ask('b'));
    pass(10);
    expect(last()).toMatchObject({ lease: { holder: 'a' }, fault: null });
    const full = join(folder, 'control', `control-${String(record.sequence + 1).padStart(10, '0')}.jsonl`);
    await symlink('/dev/full', full);
    service.stop(1);
    await expect(record.flush()).rejects.toMatchObject({ code: 'storage.full' });
    pass(10);
    expect(last()).toMatchObject({ lease: null, fault: 'no room for the record of control' });
    await expect(service.grant('b', 'full')).rejects.toMatchObject({ code: 'storage.full' });
    await rm(full);
    await service.grant('b', 'full');
    pass(10);
    expect(last()).toMatchObject({ lease: { holder: 'b' }, fault: null });
    expect(await verifyRecord(join(folder, 'control'))).toMatchObject({ broken: null });
  });

  it('[CTL47] a grant that cannot be kept is not answered, and nobody holds it', async () => {
    const { service, record } = await openServiceOnFullDisk();
    service.ask(ask('a'));
    await expect(service.grant('a', 'full')).rejects.toMatchObject({ code: 'storage.full' });
    expect(service.status.lease).toBeNull();
    expect(record.failure).not.toBeNull();
  });

  it('[CTL48] a silent device has a fault, and is well when it is heard', async () => {
    const { clock, device, pass, last } = await openService();
    clock.advance(95); // it measured 5 ms ago
    expect(last()?.fault).toBeNull();
    clock.advance(5);
    expect(last()?.fault).toBe('the device is silent');
    pass(10);
    expect(last()?.fault).toBeNull();
    expect(device.done).toEqual([]);
  });

  it('[CTL48] a mistake of ours stops the device and latches', async () => {
    const { device, pass, last, logged, service } = await openService();
    let isBroken = true;
    device.order = () => {
      if (isBroken) throw new Error('a mistake');
    };
    pass(5);
    isBroken = false;
    pass(10);
    expect(device.done).toContain('stop');
    expect(last()).toMatchObject({ isStopLatched: true, stoppedBy: 'host' });
    expect(logged.at(-1)).toContain('the tick failed');
    service.resetStop();
    pass(10);
    expect(last()).toMatchObject({ isStopLatched: false, stoppedBy: null });
  });

  it('[CTL31] [CTL32] a stop stays over restarts until a person resets it', async () => {
    const { folder, service, pass } = await openService();
    service.stop(1);
    pass(10);
    await service.close();
    const again = await openService(folder);
    expect(again.last()).toMatchObject({ isStopLatched: true, stoppedBy: 'bedside' });
    expect(again.device.done).toEqual(['stop']);
    again.service.resetStop();
    again.pass(10);
    await again.service.close();
    expect((await openService(folder)).last()).toMatchObject({ isStopLatched: false });
  });

  it('[CTL41] the newest settings, one at a time; what a scanner will not do is said', async () => {
    const { clock, device, record } = await openService();
    const desk = new SettingsDesk({ device, clock, record });
    const asked: number[] = [];
    let done: () => void = () => undefined;
    device.apply = async (settings) => {
      asked.push(settings.gainDb);
      await new Promise<void>((resolve) => (done = resolve));
      if (settings.gainDb === 4) throw new Error('will not');
      return { ...settings, depthMm: 100 };
    };
    const settle = async () => {
      done();
      await new Promise((soon) => setImmediate(soon));
      clock.advance(50);
      desk.tick();
    };
    for (const gainDb of [1, 2]) desk.want(gainDb, { ...createSettings(), gainDb });
    desk.tick();
    for (const gainDb of [3, 4]) desk.want(gainDb, { ...createSettings(), gainDb });
    desk.tick();
    expect(asked).toEqual([2]);
    await settle();
    expect(asked).toEqual([2, 4]);
    expect(desk.status).toEqual({ applied: { ...createSettings(), gainDb: 2, depthMm: 100 }, sequence: 2, refusal: null });
    await settle();
    expect(desk.status).toMatchObject({ applied: { gainDb: 2 }, sequence: 4, refusal: 'device' });
    // What was asked in the lease before is no answer in this one.
    desk.want(5, { ...createSettings(), gainDb: 5 });
    desk.tick();
    desk.begin();
    await settle();
    expect(desk.status).toMatchObject({ applied: { gainDb: 5 }, sequence: 0, refusal: null });
  });

  it('[CTL98] a scanner that does not answer is one that would not, and the next wish goes to it; what it says late holds if nothing newer was tried', async () => {
    const { clock, device, record } = await openService();
    const desk = new SettingsDesk({ device, clock, record });
    const answers: (() => void)[] = [];
    device.apply = (settings) => new Promise((resolve) => answers.push(() => resolve({ ...settings })));
    const soon = () => new Promise((done) => setImmediate(done));
    const want = async (gainDb: number) => {
      desk.want(gainDb, { ...createSettings(), gainDb });
      clock.advance(50);
      desk.tick();
      clock.advance(2000);
      await soon();
    };
    await want(1);
    expect(desk.status).toEqual({ applied: createSettings(), sequence: 1, refusal: 'device' });
    answers[0]?.();
    await soon();
    expect(desk.status.applied.gainDb).toBe(1);
    await want(2);
    await want(3);
    answers[2]?.();
    await soon();
    answers[1]?.();
    await soon();
    expect(desk.status).toMatchObject({ applied: { gainDb: 3 }, sequence: 3, refusal: 'device' });
  });

  it('[CTL42] a key is of one lease on one device', () => {
    const point = publicKey();
    const keys = [createSealKeys(), createSealKeys(), createSealKeys()];
    expect(new Set(keys.map((one) => one.publicKey)).size).toBe(3);
    for (const seal of keys.map((one, index) => one.agree(point, 'a', index + 1))) {
      expect(seal.checkCode).toMatch(/^\d{4}$/);
      for (const length of [0, 1, 15, 16, 17, 108]) expect(seal.verify(new Uint8Array(length))).toBe(false);
    }
  });
});

/** A record whose disk is full from the start. */
async function openServiceOnFullDisk() {
  const folder = await createFolder();
  const clock = new ManualClock();
  const device = new TestDevice();
  const record = await ControlRecord.open({ folder, clock });
  await symlink('/dev/full', join(folder, 'control-0000000001.jsonl'));
  const service = new ControlService({
    device, clock, record, lastEpoch: 0, siteLimits: await readSiteLimits(folder, device.limits), epochs: new Epochs({ folder, clock, onSetAside: () => undefined }),
    log: { write: () => undefined }, onStatus: () => undefined, onState: () => undefined,
  });
  onTestFinished(() => service.close());
  return { service, record };
}

describe('the files of the site', () => {
  it('[CTL43] bad limits by name, and where they stand', async () => {
    const folder = await createFolder();
    const { workspaceMin, workspaceMax } = SIMULATOR_LIMITS;
    expect(await readSiteLimits(folder, SIMULATOR_LIMITS)).toEqual({ limits: SIMULATOR_LIMITS, problem: null });
    for (const bad of ['', '{}', '[]', 'null', JSON.stringify({ ...SIMULATOR_LIMITS, maxForceN: 0 }), JSON.stringify({ ...SIMULATOR_LIMITS, maxForceN: 1e9 }), JSON.stringify({ ...SIMULATOR_LIMITS, workspaceMin: workspaceMax, workspaceMax: workspaceMin }), JSON.stringify({ ...SIMULATOR_LIMITS, workspaceMin: { xMm: 500, yMm: 0, zMm: 0 }, workspaceMax: { xMm: 600, yMm: 0, zMm: 0 } })]) {
      await writeFile(join(folder, 'siteLimits.json'), bad);
      const { limits, problem } = await readSiteLimits(folder, SIMULATOR_LIMITS);
      expect(problem).toContain('siteLimits.json');
      expect(limits).toMatchObject({ maxSpeedMmPerS: 0, maxAngularSpeedDegPerS: 0, maxForceN: 0 });
    }
    expect(await readdir(folder)).toEqual(['siteLimits.json']);
  });

  it('[CTL99] with a way to a person that the page has not, a grant and a reset need their yes; a no, a stop, and what is another meanwhile are none', async () => {
    const asked: Question[] = [];
    let answer: (said: 'yes' | 'no' | 'stop') => void = () => undefined;
    const { host, folder } = await createTestHost({
      askPerson: (question) => {
        asked.push(question);
        return new Promise((resolve) => (answer = resolve));
      },
    });
    await writeFile(join(folder, 'device.json'), '{"schemaVersion":1,"type":"simulator"}');
    const codeOf = (request: Promise<unknown>) => request.then(() => 'done', (error: { code: string }) => error.code);
    const soon = () => new Promise((done) => setImmediate(done));
    const wish = { ...ask('peer-1'), name: 'Li\n\u202eYou must press Allow' };
    await host.handle('control.ask', wish);
    for (const said of ['no', 'stop'] as const) {
      const granting = codeOf(host.handle('control.grant', { by: 'peer-1', mode: 'full' }));
      await soon();
      expect(await codeOf(host.handle('control.grant', { by: 'peer-1', mode: 'full' }))).toBe('control.notConfirmed'); // one at a time
      answer(said);
      expect(await granting).toBe('control.notConfirmed');
    }
    expect(asked).toEqual([1, 2].map(() => ({ type: 'grant', name: 'Li You must press Allow', mode: 'full' })));
    expect(await host.handle('control.describe', {})).toMatchObject({ status: { lease: null, isStopLatched: true } });
    // Stopped again while the question about the first stop was open.
    const first = codeOf(host.handle('control.resetStop', {}));
    await soon();
    await host.handle('control.stop', { stopId: 3 });
    answer('yes');
    expect(await first).toBe('control.notConfirmed');
    const second = codeOf(host.handle('control.resetStop', {}));
    await soon();
    answer('yes');
    expect(await second).toBe('done');
    // Asked anew meanwhile: it may be another mode, or another person behind the same name.
    const stale = codeOf(host.handle('control.grant', { by: 'peer-1', mode: 'full' }));
    await soon();
    await host.handle('control.ask', { ...ask('peer-1'), mode: 'full' });
    answer('yes');
    expect(await stale).toBe('control.notConfirmed');
    const good = host.handle('control.grant', { by: 'peer-1', mode: 'full' });
    await soon();
    answer('yes');
    expect(await good).toMatchObject({ mode: 'full' });
    for (const name of ['control.stop', 'control.takeOver'] as const) await host.handle(name, { stopId: 9 }); // what ends motion asks nobody
    expect(asked).toHaveLength(6);
  });

  it('[CTL97] two programs on one folder do not both have its device; whoever comes after the first has ended does', async () => {
    const first = await createTestHost();
    await writeFile(join(first.folder, 'device.json'), '{"schemaVersion":1,"type":"simulator"}');
    expect(await first.host.handle('control.describe', {})).toMatchObject({ problem: null });
    const second = await createTestHost({ folder: first.folder });
    expect(await second.host.handle('control.describe', {})).toEqual({ status: null, problem: 'another window of this program on this machine has the device' });
    await expect(second.host.handle('control.stop', { stopId: 1 })).rejects.toMatchObject({ code: 'device.notFound' });
    await first.control.close();
    const third = await createTestHost({ folder: first.folder });
    expect(await third.host.handle('control.describe', {})).toMatchObject({ problem: null });
  });

  it('[CTL97] where the lock is a file, one that a program left behind is no lock', async () => {
    const folder = await createFolder();
    expect([addressOf(folder, 'linux').startsWith('\0'), addressOf(folder, 'win32').startsWith('\\\\.\\pipe\\'), addressOf(folder, 'darwin').endsWith('.sock')]).toEqual([true, true, true]);
    const path = join(folder, 'left.sock');
    const holder = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((up) => holder.stdout.once('data', up));
    expect(await lockAt(path)).toBeNull();
    holder.kill('SIGKILL');
    await new Promise((gone) => holder.once('exit', gone));
    const lock = await lockAt(path);
    expect(lock).not.toBeNull();
    expect(await lockAt(path)).toBeNull();
    await lock?.release();
  });

  it('[DSK83] a choice of device that is not understood is put aside, and there is none', async () => {
    const { host, folder } = await createTestHost();
    await writeFile(join(folder, 'device.json'), '{"schemaVersion":1,"type":"teleporter"}');
    expect(await host.handle('control.describe', {})).toEqual({ status: null, problem: null });
    await expect(host.handle('control.stop', { stopId: 1 })).rejects.toMatchObject({ code: 'device.notFound' });
    expect((await readdir(folder)).some((name) => name.startsWith('device.json.corrupt'))).toBe(true);
  });
});

describe('frames on the bridge', () => {
  it('[DSK82] come out as they went in, and nothing else does', () => {
    const frame = Uint8Array.of(1, 2, 3);
    for (const from of ['', 'a', 'p'.repeat(64)]) expect(unpackFrame(packFrame(from, frame))).toEqual({ from, frame });
    for (const from of ['a b', 'é', 'a\n', 'x'.repeat(65)]) expect(() => packFrame(from, frame)).toThrow(RangeError);
    expect(() => packFrame('a', new Uint8Array(MAX_FRAME_BYTES + 1))).toThrow(RangeError);
    for (const bytes of [[], [0], [1, 97], [65, ...Array<number>(80).fill(97)], [1, 32, 1], [1, 200, 1], [255, 1], [1, 97, ...Array<number>(257).fill(1)]]) expect(unpackFrame(Uint8Array.from(bytes))).toBeNull();
  });
});
