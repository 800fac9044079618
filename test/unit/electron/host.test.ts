import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HOST_REQUESTS, hostMessageSchema } from '#shared/host/contract';
import { ManualClock } from '#shared/lib/clock';
import { errorCodeSchema } from '#shared/protocol/errors';
import { createRandom } from '#shared/lib/seededRandom';
import { describe, expect, it } from 'vitest';
import { LogFile, scrubText } from '../../../electron/host/logFile.ts';
import { createFolder, createTestHost, FakeProtector, randomNonsense } from './fakes.ts';

describe('host requests', () => {
  it('[DSK1] every request of the contract is answered with a result or a code of the table', async () => {
    const { host } = await createTestHost({ isKiosk: true });
    const params: Record<string, unknown> = {
      'vault.store': { name: 'a', secret: 'b' },
      'vault.read': { name: 'a' },
      'vault.remove': { name: 'a' },
      'power.setConsultActive': { isActive: true },
      'log.write': { level: 'info', message: 'hello', at: 'test' },
      'kiosk.exit': { code: 'x' },
      'control.ask': { by: 'peer-1', name: 'Li', mode: 'full', commitment: `${'A'.repeat(43)}=`, wanted: null },
      'control.reveal': { by: 'peer-1', epoch: 1, publicKey: `${'A'.repeat(87)}=` },
      'control.unask': { by: 'peer-1' },
      'control.grant': { by: 'peer-1', mode: 'full' },
      'control.decline': { by: 'peer-1' },
      'control.release': { epoch: 1 },
      'control.stop': { stopId: 1 },
      'control.record': { from: 1, limit: 10 },
      'control.attend': { consultId: 'c-1' },
      'control.handedOver': { id: '00000000-0000-4000-8000-000000000000' },
      'control.simulatorFault': { fault: null },
    };
    for (const name of Object.keys(HOST_REQUESTS)) {
      const answer = await host.handleMessage({ type: 'request', id: 7, name, params: params[name] ?? {} });
      expect(hostMessageSchema.parse(answer)).toEqual(answer);
      expect(answer.id).toBe(7);
      const refusal = name === 'vault.store' || name === 'vault.read' ? 'vault.unprotected' : name.startsWith('control.') && name !== 'control.describe' ? 'device.notFound' : null;
      expect(answer.type === 'error' ? [name, answer.code] : name).toEqual(refusal === null ? name : [name, refusal]);
    }
  });

  it('[DSK2] an unknown name is input.unknownRequest, also names every object has', async () => {
    const { host } = await createTestHost();
    for (const name of ['', 'toString', '__proto__', 'constructor', 'host.info ', 'host.evil']) {
      await expect(host.handle(name, {})).rejects.toMatchObject({ code: 'input.unknownRequest' });
    }
  });

  it('[DSK2] params that do not fit are input.malformed, their values are not in the message, and nothing is done', async () => {
    const { host, settings } = await createTestHost();
    await expect(host.handle('settings.set', { language: 'en', theme: 'secret-value' })).rejects.toMatchObject({ code: 'input.malformed', message: expect.not.stringContaining('secret-value') });
    expect((await settings.get()).language).toBeNull();
  });

  it('[DSK2] 5,000 seeded random messages are refused with a code, and the host answers afterwards', async () => {
    const { host } = await createTestHost({ isKiosk: true });
    const random = createRandom(20_260_101);
    for (let index = 0; index < 5000; index += 1) {
      const message = randomNonsense(random);
      const answer = await host.handleMessage(message);
      if (answer.type !== 'error') throw new Error(`taken: ${JSON.stringify(message)}`);
      expect(errorCodeSchema.safeParse(answer.code).success).toBe(true);
      expect(answer.code).toMatch(/^input\./);
    }
    expect(await host.handleMessage({ type: 'request', id: 1, name: 'settings.get', params: {} })).toMatchObject({ type: 'result' });
  });

  it('[DSK3] a mistake of ours is internal.bug without its details, which go to the log', async () => {
    const protector = new FakeProtector();
    protector.availability = () => Promise.reject(new Error('/home/somebody/secret failed'));
    const { host, log } = await createTestHost({ protector });
    await expect(host.handle('host.info', {})).rejects.toMatchObject({ code: 'internal.bug', message: 'host.info failed; the host\'s log says why' });
    expect(await log.tail(10_000)).toContain('host.info failed');
  });

  it('[DSK4] more than 64 requests under way are refused with input.rateLimited', async () => {
    const { host } = await createTestHost();
    const codes = await Promise.all(Array.from({ length: 100 }, () => host.handle('settings.get', {}).then(() => 'result', (error: { code: string }) => error.code)));
    expect(codes.filter((code) => code === 'result')).toHaveLength(64);
    expect(codes.filter((code) => code === 'input.rateLimited')).toHaveLength(36);
    await expect(host.handle('settings.get', {})).resolves.toBeDefined();
  });

  it('[CTL92] a stop and a take-over are heard while as many other requests as there may be are under way', async () => {
    const { host, folder } = await createTestHost();
    await writeFile(join(folder, 'device.json'), JSON.stringify({ schemaVersion: 1, type: 'simulator' }));
    await host.handle('control.describe', {});
    const others = Array.from({ length: 200 }, () => host.handle('settings.get', {}).then(() => 'result', (error: { code: string }) => error.code));
    await expect(host.handle('control.resetStop', {})).rejects.toMatchObject({ code: 'input.rateLimited' });
    await Promise.all(Array.from({ length: 100 }, (_, stopId) => host.handle('control.stop', { stopId })));
    await host.handle('control.takeOver', {});
    await Promise.all(others);
    expect(await host.handle('control.describe', {})).toMatchObject({ status: { isStopLatched: true, stoppedBy: 'bedside' } });
  });

  it('[DSK5] events reach every carrier, fit the contract, and end with the subscription', async () => {
    const { host } = await createTestHost();
    const heard: string[] = [];
    const undo = host.events.on('deepLink.opened', ({ consultId }) => heard.push(consultId));
    host.emit('deepLink.opened', { consultId: 'consult-1' });
    expect(() => host.emit('deepLink.opened', { consultId: 'x'.repeat(65) })).toThrow();
    undo();
    host.emit('deepLink.opened', { consultId: 'consult-2' });
    expect(heard).toEqual(['consult-1']);
    expect(host.events.listenerCount).toBe(0);
  });
});

describe('log file', () => {
  it('[DSK30] is turned over, and all files together stay within their bound', async () => {
    const folder = await createFolder();
    const log = new LogFile({ folder, clock: new ManualClock(), maxBytes: 2000, maxFiles: 3 });
    for (let index = 0; index < 300; index += 1) log.write('info', 'test', `line ${index}`);
    await log.flush();
    expect((await readdir(folder)).sort()).toEqual(['host.log', 'host.log.1', 'host.log.2']);
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(2000);
    const tail = await log.tail(3000);
    expect(tail.trimEnd().split('\n').at(-1)).toContain('line 299');
    for (const line of tail.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ level: 'info' });
  });

  it('[DSK31] holds no secrets, given as fields or in free text', async () => {
    const folder = await createFolder();
    const log = new LogFile({ folder, clock: new ManualClock() });
    const token = 'f3'.repeat(32);
    log.write('warn', 'test', `GET https://host/?token=${token} Bearer abc.def.ghi ${homedir()}/x`, { password: 'hunter22', patient: '张三', nested: { note: `kept ${token}` } });
    log.write('info', 'test', 'offer v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=ice-pwd:verysecret');
    const text = await log.tail(10_000);
    for (const secret of [token, 'hunter22', '张三', 'abc.def.ghi', 'verysecret', `${homedir()}/x`]) expect(text).not.toContain(secret);
  });

  it('[DSK31] leaves ordinary words alone', () => {
    for (const text of ['the transport was rebuilt after 12 s', 'device USB Camera (046d:0825) lost', 'node_modules/some/long/path/that/goes/on/and/on.js']) expect(scrubText(text)).toBe(text);
  });

  it('[DSK32] a flood is bounded: lines over the limit are counted, and said', async () => {
    const folder = await createFolder();
    const log = new LogFile({ folder, clock: new ManualClock(), maxWaiting: 10 });
    for (let index = 0; index < 100; index += 1) log.write('info', 'flood', `line ${index}`);
    await log.flush();
    await Promise.resolve();
    log.write('info', 'test', 'after');
    const text = await log.tail(100_000);
    expect(text).toContain('90 lines were dropped');
    expect(text).toContain('after');
  });

  it('[DSK32] a disk that refuses costs lines and nothing else', async () => {
    const folder = await createFolder();
    const inTheWay = join(folder, 'logs');
    await writeFile(inTheWay, 'a file where the folder should be');
    const log = new LogFile({ folder: inTheWay, clock: new ManualClock() });
    log.write('info', 'test', 'lost');
    await log.flush();
    await rm(inTheWay);
    await mkdir(inTheWay);
    log.write('info', 'test', 'kept');
    await log.flush();
    expect(await readFile(join(inTheWay, 'host.log'), 'utf8')).toContain('kept');
  });
});

describe('diagnostics', () => {
  it('[DSK33] have versions, settings and log, and nothing that names a person', async () => {
    const { host, log } = await createTestHost();
    await host.handle('settings.set', { serverUrl: 'https://hospital.example/path?who=me', devices: { face: 'Zhang San 的 iPhone' }, cartId: 'cart-secret' });
    log.write('info', 'test', 'the last thing that happened');
    const { text } = (await host.handle('diagnostics.collect', {})) as { text: string }; // the contract's result
    expect(text).toContain('huizhen 1.2.3 (loopback)');
    expect(text).toContain('https://hospital.example');
    expect(text).toContain('the last thing that happened');
    for (const personal of ['Zhang San', 'who=me', 'cart-secret', homedir()]) expect(text).not.toContain(personal);
  });

  it('[DSK33] a part that fails says so and the rest is still given', async () => {
    const { host, folder } = await createTestHost();
    await mkdir(join(folder, 'settings.json'));
    const { text } = (await host.handle('diagnostics.collect', {})) as { text: string }; // the contract's result
    expect(text).toContain('settings: unavailable');
    expect(text).toContain('vault: unprotected');
  });
});
