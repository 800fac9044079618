import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ManualClock } from '#shared/lib/clock';
import { describe, expect, it } from 'vitest';
import { KioskLock, kioskDelayMs } from '../../../electron/host/kiosk.ts';
import { parseSetupCommand, runSetup } from '../../../electron/host/setup.ts';
import { renderAutostartEntry } from '../../../electron/shell/autostart.ts';
import { isBlockedInKiosk } from '../../../electron/shell/shortcuts.ts';
import { createFolder, createTestHost } from './fakes.ts';

async function openLock() {
  const folder = await createFolder();
  const clock = new ManualClock();
  const open = (at = clock) => new KioskLock({ folder, clock: at, onSetAside: () => undefined, cost: 2 });
  const lock = open();
  await lock.setCode('ward-7-exit');
  return { folder, clock, open, lock, path: join(folder, 'kiosk.json') };
}

describe('kiosk exit code', () => {
  it('[DSK40] opens by the right code only, and is kept as a hash', async () => {
    const { lock, path, clock } = await openLock();
    expect(await lock.tryCode('ward-7-exit ')).toEqual({ isAccepted: false, retryAfterMs: 1000 });
    clock.advance(1000);
    expect(await lock.tryCode('ward-7-exit')).toEqual({ isAccepted: true, retryAfterMs: 0 });
    expect(await readFile(path, 'utf8')).not.toContain('ward-7-exit');
  });

  it('[DSK41] each wrong code doubles the wait up to 15 minutes, and a right one ends it', async () => {
    const { lock, clock } = await openLock();
    for (let failed = 1; failed <= 14; failed += 1) {
      const { isAccepted, retryAfterMs } = await lock.tryCode('wrong');
      expect(isAccepted).toBe(false);
      expect(retryAfterMs).toBe(Math.min(900_000, 1000 * 2 ** (failed - 1)));
      clock.advance(retryAfterMs);
    }
    expect((await lock.tryCode('ward-7-exit')).isAccepted).toBe(true);
    expect((await lock.tryCode('wrong')).retryAfterMs).toBe(1000);
    expect(kioskDelayMs(1000)).toBe(900_000);
  });

  it('[DSK42] during the wait not even the right code is compared, and the wait does not grow', async () => {
    const { lock, clock } = await openLock();
    await lock.tryCode('wrong');
    clock.advance(400);
    expect(await lock.tryCode('ward-7-exit')).toEqual({ isAccepted: false, retryAfterMs: 600 });
    expect(await lock.tryCode('ward-7-exit')).toEqual({ isAccepted: false, retryAfterMs: 600 });
    clock.advance(600);
    expect((await lock.tryCode('ward-7-exit')).isAccepted).toBe(true);
  });

  it('[DSK42] tries made at the same time are counted one by one', async () => {
    const { lock } = await openLock();
    const answers = await Promise.all(['a', 'b', 'c', 'ward-7-exit'].map((code) => lock.tryCode(code)));
    expect(answers.every(({ isAccepted }) => !isAccepted)).toBe(true);
  });

  it('[DSK43] a restart forgets neither the count nor the wait', async () => {
    const { lock, open, clock } = await openLock();
    for (let failed = 1; failed <= 5; failed += 1) clock.advance((await lock.tryCode('wrong')).retryAfterMs);
    expect((await lock.tryCode('wrong')).retryAfterMs).toBe(32_000);
    const after = new ManualClock(clock.wallMs() + 10_000);
    const restarted = open(after);
    expect(await restarted.tryCode('ward-7-exit')).toEqual({ isAccepted: false, retryAfterMs: 22_000 });
    after.advance(22_000);
    expect((await restarted.tryCode('wrong')).retryAfterMs).toBe(64_000);
  });

  it('[DSK43] a civil clock set back lengthens the wait after a restart to its full length at most', async () => {
    const { lock, open, clock } = await openLock();
    await lock.tryCode('wrong');
    const yesterday = new ManualClock(clock.wallMs() - 86_400_000);
    expect((await open(yesterday).tryCode('ward-7-exit')).retryAfterMs).toBe(1000);
  });

  it('[DSK43] a try is counted before it is compared: a process that dies in between gives none for free', async () => {
    const { lock, path } = await openLock();
    const before = JSON.parse(await readFile(path, 'utf8'));
    await lock.tryCode('wrong');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ failedTries: before.failedTries + 1, code: before.code });
  });

  it('[DSK44] a damaged file keeps the kiosk shut, now and after a restart, and is put aside', async () => {
    const { path, open, folder } = await openLock();
    await writeFile(path, '{');
    const lock = open();
    expect(await lock.status()).toBe('shut');
    expect(await lock.tryCode('ward-7-exit')).toEqual({ isAccepted: false, retryAfterMs: 0 });
    expect(await open().status()).toBe('shut');
    expect((await readdir(folder)).filter((name) => name.includes('.corrupt-'))).toHaveLength(1);
    await lock.setCode('a-new-code');
    expect((await open().tryCode('a-new-code')).isAccepted).toBe(true);
  });

  it('[DSK45] without a code there is no kiosk, and a short code is refused', async () => {
    const lock = new KioskLock({ folder: await createFolder(), clock: new ManualClock(), onSetAside: () => undefined, cost: 2 });
    expect(await lock.status()).toBe('unset');
    expect(await lock.tryCode('')).toEqual({ isAccepted: false, retryAfterMs: 0 });
    await expect(lock.setCode('12345')).rejects.toMatchObject({ code: 'auth.weakPassword' });
  });

  it('[DSK46] leaving is told once to the shell, and refused where there is no kiosk', async () => {
    let leftCount = 0;
    const { host, kiosk } = await createTestHost({ isKiosk: true, onKioskLeft: () => (leftCount += 1) });
    await kiosk.setCode('ward-7-exit');
    expect(await host.handle('kiosk.exit', { code: 'ward-7-exit' })).toEqual({ isAccepted: true, retryAfterMs: 0 });
    expect(leftCount).toBe(1);
    const { host: window } = await createTestHost();
    await expect(window.handle('kiosk.exit', { code: 'ward-7-exit' })).rejects.toMatchObject({ code: 'device.unsupported' });
  });

  it('[DSK47] the code is set from standard input, a certificate from the arguments', async () => {
    const parts = await createTestHost();
    expect(parseSetupCommand(['huizhen', '--kiosk'])).toBeNull();
    const setCode = parseSetupCommand(['huizhen', '--set-kiosk-code']);
    if (!setCode) throw new Error('no command');
    await runSetup(setCode, parts, Readable.from(['ward-7', '-exit\nrest']));
    expect((await parts.kiosk.tryCode('ward-7-exit')).isAccepted).toBe(true);
    const trust = parseSetupCommand([`--trust-certificate=10.0.0.5=${'ab'.repeat(32)}`]);
    if (!trust) throw new Error('no command');
    await runSetup(trust, parts, Readable.from([]));
    expect(await parts.trustedCertificates.list()).toEqual([{ hostname: '10.0.0.5', sha256Hex: 'ab'.repeat(32) }]);
    const verify = parseSetupCommand(['--verify-control-record']);
    if (!verify) throw new Error('not understood');
    expect(await runSetup(verify, parts, Readable.from([]))).toMatch(/^0 entries/);
    expect(() => parseSetupCommand(['--trust-certificate=x'])).toThrowError(expect.objectContaining({ code: 'input.malformed' }));
  });
});

describe('kiosk keys', () => {
  const plain = { control: false, alt: false, shift: false, meta: false };

  it.each([
    { ...plain, key: 'F4', alt: true },
    { ...plain, key: 'F11' },
    { ...plain, key: 'F12' },
    { ...plain, key: 'w', control: true },
    { ...plain, key: 'Q', meta: true },
    { ...plain, key: 'r', control: true, shift: true },
    { ...plain, key: 'I', control: true, shift: true },
    { ...plain, key: 'i', meta: true, alt: true },
    { ...plain, key: 'ArrowLeft', alt: true },
    { ...plain, key: '+', control: true },
  ])('[DSK48] $key with modifiers does not lead out', (input) => {
    expect(isBlockedInKiosk(input)).toBe(true);
  });

  it.each([
    { ...plain, key: 'w' },
    { ...plain, key: ' ' },
    { ...plain, key: 'c', control: true },
    { ...plain, key: 'v', control: true },
    { ...plain, key: 'i' },
    { ...plain, key: 'Tab' },
    { ...plain, key: 'ArrowLeft' },
  ])('[DSK48] $key stays with the page', (input) => {
    expect(isBlockedInKiosk(input)).toBe(false);
  });
});

describe('automatic start on Linux', () => {
  it('[DSK49] is a desktop entry whose command survives blanks, quotes and percent signs', () => {
    const entry = renderAutostartEntry(['/opt/my "ward" 100%/huizhen', '--kiosk']);
    expect(entry).toContain('Exec="/opt/my \\\\"ward\\\\" 100%%/huizhen" "--kiosk"\n');
    expect(() => renderAutostartEntry(['a\nExec=evil'])).toThrow();
  });
});
