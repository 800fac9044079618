import { describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';
import { createMachine } from '../../../helpers/cases/machine.ts';

const CASE = caseIdSchema.parse('case-1');
const HOUR_MS = 3600_000;
const codeOf = (promise: Promise<unknown>) => promise.then(() => 'done', (error: unknown) => toAppError(error).code);

describe('Keyring', () => {
  it('[KEY2] opens by the vault, and by nothing when the vault has lost the secret', async () => {
    const machine = createMachine();
    expect(await machine.keyring.state()).toEqual({ type: 'unset', kind: 'vault' });
    await machine.keyring.setUp(null);
    const sealed = await machine.cipher.sealJson(await machine.keyring.caseKey(CASE, HOUR_MS), 'place', { a: 1 });
    const again = machine.restart();
    expect(await again.keyring.state()).toEqual({ type: 'locked', kind: 'vault' });
    await again.keyring.unlock(null);
    expect(await again.cipher.openJson(await again.keyring.caseKey(CASE, null), 'place', sealed)).toEqual({ a: 1 });
    await machine.vault?.remove();
    expect(await codeOf(machine.restart().keyring.unlock(null))).toBe('storage.corrupt');
  });

  it('[KEY2] takes a passphrase where there is no vault; a wrong or short one opens nothing', async () => {
    const machine = createMachine({ vault: null });
    expect(await machine.keyring.state()).toEqual({ type: 'unset', kind: 'passphrase' });
    expect(await codeOf(machine.keyring.setUp('too short'))).toBe('auth.weakPassword');
    await machine.keyring.setUp('一只会飞的绿色茶壶 2026');
    const sealed = await machine.cipher.sealJson(await machine.keyring.caseKey(CASE, HOUR_MS), 'place', 'text');
    const again = machine.restart();
    expect(await codeOf(again.keyring.unlock('一只会飞的绿色茶壶 2025'))).toBe('auth.badCredentials');
    expect(await codeOf(again.keyring.caseKey(CASE, null))).toBe('case.locked');
    await again.keyring.unlock('一只会飞的绿色茶壶 2026');
    expect(await again.cipher.openJson(await again.keyring.caseKey(CASE, null), 'place', sealed)).toBe('text');
  });

  it('[KEY3] a lease that has ended takes the key away for good', async () => {
    const machine = createMachine();
    await machine.keyring.setUp(null);
    await machine.keyring.caseKey(CASE, 10 * HOUR_MS);
    machine.clock.advance(9 * HOUR_MS);
    expect(await codeOf(machine.keyring.caseKey(CASE, null))).toBe('done');
    expect(await machine.keyring.endedLeases()).toEqual([]);
    machine.clock.advance(2 * HOUR_MS);
    expect(await machine.keyring.endedLeases()).toEqual([CASE]);
    expect(await codeOf(machine.keyring.caseKey(CASE, null))).toBe('case.leaseEnded');
    expect(await machine.database.keys.count()).toBe(0);
  });

  it('[KEY4] a clock that goes back a year opens nothing and destroys nothing', async () => {
    const machine = createMachine();
    machine.clock.advance(24 * HOUR_MS);
    await machine.keyring.setUp(null);
    await machine.keyring.noteTime(24 * HOUR_MS);
    await machine.keyring.caseKey(CASE, 30 * HOUR_MS);
    machine.clock.jumpWall(-365 * 24 * HOUR_MS);
    const later = machine.restart();
    await later.keyring.unlock(null);
    expect(await codeOf(later.keyring.caseKey(CASE, null))).toBe('case.clockSetBack');
    expect(await machine.database.keys.count()).toBe(1);
    machine.clock.jumpWall(365 * 24 * HOUR_MS);
    expect(await codeOf(later.keyring.caseKey(CASE, null))).toBe('done');
  });

  it('[KEY4] while the server is heard its clock counts: one a year off opens, and a lease ends all the same', async () => {
    const machine = createMachine();
    await machine.keyring.setUp(null);
    machine.clock.jumpWall(-365 * 24 * HOUR_MS);
    await machine.keyring.noteTime(24 * HOUR_MS);
    expect(await codeOf(machine.keyring.caseKey(CASE, 30 * HOUR_MS))).toBe('done');
    expect(await machine.keyring.endedLeases()).toEqual([]);
    machine.clock.jumpWall(-24 * HOUR_MS);
    machine.clock.advance(7 * HOUR_MS);
    expect(await codeOf(machine.keyring.caseKey(CASE, null))).toBe('case.leaseEnded');
  });

  it('[KEY4] a machine that slept through the end of a lease does not read on', async () => {
    const machine = createMachine();
    await machine.keyring.setUp(null);
    await machine.keyring.noteTime(0);
    await machine.keyring.caseKey(CASE, 10 * HOUR_MS);
    machine.clock.jumpWall(11 * HOUR_MS);
    expect(await codeOf(machine.keyring.caseKey(CASE, null))).toBe('case.leaseEnded');
  });

  it('[KEY4] a clock that once ran ahead shuts nobody out after the server was heard', async () => {
    const machine = createMachine();
    await machine.keyring.setUp(null);
    await machine.keyring.caseKey(CASE, 10_000 * HOUR_MS);
    machine.clock.jumpWall(9000 * HOUR_MS);
    await machine.keyring.caseKey(CASE, null);
    machine.clock.jumpWall(-9000 * HOUR_MS);
    expect(await codeOf(machine.keyring.caseKey(CASE, null))).toBe('case.clockSetBack');
    await machine.keyring.noteTime(machine.clock.wallMs());
    expect(await codeOf(machine.keyring.caseKey(CASE, 10 * HOUR_MS))).toBe('done');
    const later = machine.restart();
    await later.keyring.unlock(null);
    expect(await codeOf(later.keyring.caseKey(CASE, null))).toBe('done');
  });

  it('[KEY5] locked, it gives no key; a case of another machine’s key does not open', async () => {
    const machine = createMachine();
    await machine.keyring.setUp(null);
    await machine.keyring.caseKey(CASE, HOUR_MS);
    machine.keyring.lock();
    expect(machine.keyring.isOpen).toBe(false);
    expect(await codeOf(machine.keyring.caseKey(CASE, null))).toBe('case.locked');
    const stranger = createMachine();
    await stranger.keyring.setUp(null);
    const row = await machine.database.keys.get(CASE);
    if (row) await stranger.database.keys.put(row);
    expect(await codeOf(stranger.keyring.caseKey(CASE, null))).toBe('storage.corrupt');
  });

  it('two windows that make a case’s key at once end with one', async () => {
    const machine = createMachine();
    await machine.keyring.setUp(null);
    const other = machine.restart();
    await other.keyring.unlock(null);
    const keys = await Promise.all([machine.keyring.caseKey(CASE, HOUR_MS), other.keyring.caseKey(CASE, HOUR_MS)]);
    const [first, second] = keys;
    if (!first || !second) throw new Error('two keys');
    expect(await machine.cipher.openJson(second, 'p', await machine.cipher.sealJson(first, 'p', 7))).toBe(7);
    expect(await machine.database.keys.count()).toBe(1);
  });
});
