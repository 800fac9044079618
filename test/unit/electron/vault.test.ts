import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManualClock } from '#shared/lib/clock';
import { describe, expect, it } from 'vitest';
import { createNoProtector } from '../../../electron/host/noProtector.ts';
import { Vault } from '../../../electron/host/vault.ts';
import { type AsyncSafeStorage, createSafeStorageProtector } from '../../../electron/shell/safeStorageProtector.ts';
import { createFolder, FakeProtector } from './fakes.ts';

async function openVault(protector = new FakeProtector()) {
  const folder = await createFolder();
  const open = () => new Vault({ folder, protector, clock: new ManualClock(), onSetAside: () => undefined });
  return { folder, protector, open, vault: open(), path: join(folder, 'vault.json') };
}

describe('vault', () => {
  it('[DSK20] gives back what was stored, also to the next process, and null for what never was', async () => {
    const { vault, open } = await openVault();
    await vault.store('device-key', 'secret 密钥');
    expect(await open().read('device-key')).toBe('secret 密钥');
    expect(await open().read('other')).toBeNull();
    await vault.remove('device-key');
    expect(await open().read('device-key')).toBeNull();
  });

  it('[DSK21] refuses to store and to read with vault.unprotected where protection is weak, and writes nothing', async () => {
    const { vault, protector, path } = await openVault();
    protector.state = { type: 'unprotected', reason: 'no secret service' };
    await expect(vault.store('device-key', 's')).rejects.toMatchObject({ code: 'vault.unprotected', message: 'no secret service' });
    await expect(vault.read('device-key')).rejects.toMatchObject({ code: 'vault.unprotected' });
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('[DSK21] refuses from the moment protection is lost, and still removes', async () => {
    const { vault, protector, path } = await openVault();
    await vault.store('device-key', 's');
    protector.state = { type: 'unprotected', reason: 'the key ring was locked' };
    await expect(vault.read('device-key')).rejects.toMatchObject({ code: 'vault.unprotected' });
    await vault.remove('device-key');
    expect(JSON.parse(await readFile(path, 'utf8')).secrets).toEqual({});
  });

  it('[DSK21] the loopback host refuses with its reason', async () => {
    const protector = createNoProtector('plain Node has no store');
    expect(await protector.availability()).toEqual({ type: 'unprotected', reason: 'plain Node has no store' });
    await expect(protector.protect(new Uint8Array())).rejects.toMatchObject({ code: 'vault.unprotected' });
    await expect(protector.unprotect(new Uint8Array())).rejects.toMatchObject({ code: 'vault.unprotected' });
  });

  it('[DSK22] the file holds no plain text', async () => {
    const { vault, path } = await openVault();
    await vault.store('device-key', 'correct horse');
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain('correct horse');
    expect(text).not.toContain(Buffer.from('correct horse').toString('base64').slice(0, 12));
  });

  it('[DSK23] entries exchanged or changed in the file are refused with storage.corrupt', async () => {
    const { vault, path, open } = await openVault();
    await vault.store('a', 'one');
    await vault.store('b', 'two');
    const file = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...file, secrets: { a: file.secrets.b, b: 'AAAA' } }));
    await expect(open().read('a')).rejects.toMatchObject({ code: 'storage.corrupt' });
    await expect(open().read('b')).rejects.toMatchObject({ code: 'storage.corrupt' });
  });

  it('[DSK24] seals anew when the key of the operating system has changed', async () => {
    const { vault, protector } = await openVault();
    await vault.store('a', 'one');
    protector.keyNumber = 2;
    expect(await vault.read('a')).toBe('one');
    expect(protector.protectCalls).toBe(2);
    expect(await vault.read('a')).toBe('one');
    expect(protector.protectCalls).toBe(2);
  });

  it('[DSK25] holds 64 secrets and refuses the next with storage.full', async () => {
    const { vault } = await openVault();
    for (let index = 0; index < 64; index += 1) await vault.store(`s${index}`, 'x');
    await expect(vault.store('one-more', 'x')).rejects.toMatchObject({ code: 'storage.full' });
    await vault.store('s0', 'replaced');
    expect(await vault.read('s0')).toBe('replaced');
  });
});

describe('safeStorage', () => {
  function fakeSafeStorage(backend: ReturnType<AsyncSafeStorage['getSelectedStorageBackend']>, isAvailable = true): AsyncSafeStorage {
    return {
      isAsyncEncryptionAvailable: async () => isAvailable,
      getSelectedStorageBackend: () => backend,
      encryptStringAsync: async (text) => Buffer.from(`sealed ${text}`),
      decryptStringAsync: async (bytes) => ({ result: bytes.toString().replace('sealed ', ''), shouldReEncrypt: false }),
    };
  }

  it.each(['basic_text', 'unknown'] as const)('[DSK26] the Linux backend %s is no protection', async (backend) => {
    expect(await createSafeStorageProtector(fakeSafeStorage(backend), 'linux').availability()).toMatchObject({ type: 'unprotected' });
  });

  it.each([
    ['gnome_libsecret', 'linux'],
    ['kwallet6', 'linux'],
    ['unknown', 'win32'],
    ['unknown', 'darwin'],
  ] as const)('[DSK26] %s on %s is', async (backend, platform) => {
    expect(await createSafeStorageProtector(fakeSafeStorage(backend), platform).availability()).toEqual({ type: 'operatingSystem' });
    expect(await createSafeStorageProtector(fakeSafeStorage(backend, false), platform).availability()).toMatchObject({ type: 'unprotected' });
  });

  it('[DSK26] carries any bytes through', async () => {
    const protector = createSafeStorageProtector(fakeSafeStorage('kwallet6'), 'linux');
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const opened = await protector.unprotect(await protector.protect(bytes));
    expect([...opened.bytes]).toEqual([...bytes]);
  });
});
