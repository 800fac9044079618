import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cartIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { toAppError } from '#shared/protocol/errors';
import { isSameSecret } from '../../../../sfu-server/auth/digest.ts';
import { startHousekeeping } from '../../../../sfu-server/auth/housekeeping.ts';
import { Nonces } from '../../../../sfu-server/auth/nonces.ts';
import { ARGON2_HASHER, checkPasswordPolicy } from '../../../../sfu-server/auth/passwords.ts';
import { newEnrolmentCode, newReadablePassword } from '../../../../sfu-server/auth/random.ts';
import { createIceServers } from '../../../../sfu-server/auth/turnCredentials.ts';

describe('passwords', () => {
  it('hashes with argon2id at 19 MiB and verifies', async () => {
    const hash = await ARGON2_HASHER.hash('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await ARGON2_HASHER.verify(hash, 'correct horse')).toBe(true);
    expect(await ARGON2_HASHER.verify(hash, 'correct hors')).toBe(false);
  });

  it('takes full-width characters for what they stand for', async () => {
    expect(await ARGON2_HASHER.verify(await ARGON2_HASHER.hash('ｃｏｒｒｅｃｔ horse'), 'correct horse')).toBe(true);
  });

  it.each(['', 'short pw', 'aaaaaaaaaaaaaaaa', 'abababababab', 'password12', 'Password123', 'zhouminglan1'])('[SES9] refuses «%s»', (password) => {
    expect(() => checkPasswordPolicy(password, 'zhouminglan')).toThrow(expect.objectContaining({ code: 'auth.weakPassword' }));
  });

  it.each(['correct horse battery', '床前明月光疑是地上霜', 'hospital rounds at nine'])('[SES9] takes «%s»', (password) => {
    expect(() => checkPasswordPolicy(password, 'zhouminglan')).not.toThrow();
  });

  it('draws passwords that pass its own policy, and codes of eight digits', () => {
    for (let index = 0; index < 200; index += 1) {
      expect(() => checkPasswordPolicy(newReadablePassword(), 'expert')).not.toThrow();
      expect(newEnrolmentCode()).toMatch(/^\d{8}$/);
    }
  });

  it('compares secrets of any length', () => {
    expect(isSameSecret('abc', 'abc')).toBe(true);
    expect(isSameSecret('abc', 'abcd')).toBe(false);
  });
});

describe('nonces', () => {
  const cart = (index: number) => cartIdSchema.parse(`cart-${index}`);

  it('[CRT4] are spent by one look, right or wrong', () => {
    const nonces = new Nonces(new ManualClock());
    const nonce = nonces.give(cart(1));
    expect(nonces.spend(cart(2), nonce)).toBe(false);
    expect(nonces.spend(cart(1), nonce)).toBe(false);
    expect(nonces.size).toBe(0);
  });

  it('[CRT4] are forgotten after 60 s and bounded for each cart and in all', () => {
    const clock = new ManualClock();
    const nonces = new Nonces(clock);
    const first = nonces.give(cart(0));
    for (let index = 0; index < 100; index += 1) nonces.give(cart(1));
    expect(nonces.size).toBe(9);
    expect(nonces.spend(cart(0), first)).toBe(true);
    for (let index = 0; index < 20_100; index += 1) nonces.give(cart(index));
    expect(nonces.size).toBeLessThanOrEqual(20_000);
    clock.advance(60_000);
    nonces.give(cart(1));
    expect(nonces.size).toBe(1);
  });
});

describe('TURN credentials', () => {
  it('are timed, and signed with the shared secret', () => {
    const clock = new ManualClock(1_800_000_000_000);
    const [server] = createIceServers({ type: 'sharedSecret', urls: ['turn:a'], secret: 's', lifetimeS: 100 }, clock)('lin');
    expect(server).toEqual({ urls: ['turn:a'], username: '1800000100:lin', credential: createHmac('sha1', 's').update('1800000100:lin').digest('base64') });
    expect(createIceServers({ type: 'none' }, clock)('lin')).toEqual([]);
  });
});

describe('housekeeping', () => {
  it('runs every task each round, whatever fails, and stops', async () => {
    const clock = new ManualClock();
    const done: string[] = [];
    const failures: string[] = [];
    let roundEnded: () => void = () => undefined;
    const tasks = [() => Promise.reject(new Error('first')), async () => void done.push('second'), async () => roundEnded()];
    const stop = startHousekeeping(clock, 1000, tasks, (error) => failures.push(toAppError(error).message));
    for (let round = 1; round <= 2; round += 1) {
      const ended = new Promise<void>((resolve) => {
        roundEnded = resolve;
      });
      clock.advance(1000);
      await ended;
      await Promise.resolve(); // the round schedules the next one after its last task
      expect(done).toHaveLength(round);
    }
    expect(failures).toEqual(['first', 'first']);
    stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
