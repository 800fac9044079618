import { beforeEach, expect, it } from 'vitest';
import { toAppError } from '#shared/protocol/errors';
import { Sessions } from '../../../sfu-server/auth/sessions.ts';
import { createSessionStore } from '../../../sfu-server/storage/sessions.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { addOrganisations, addPerson, createServerParts, PASSWORD, type ServerParts, SESSION_LIFETIME_MS } from '../../helpers/serverParts.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);

onEachEngine('sign-in and sessions', (engine) => {
  let parts: ServerParts;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
    await addOrganisations(parts);
    await addPerson(parts, 'lin');
  });

  const signIn = (who = 'lin', password = PASSWORD, by = parts) => by.signIn.signIn(who, password, 'a test');
  const wrongTimes = async (times: number, who = 'lin') => {
    for (let index = 0; index < times; index += 1) await codeOf(signIn(who, 'wrong'));
  };

  it('[SES1] gives a token of 32 bytes and keeps only its hash', async () => {
    const { token, self } = await signIn();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(self).toMatchObject({ kind: 'person', id: 'lin', role: 'expert', organisationName: { en: 'Hospital city' } });
    const rows = await engine.database.db.selectFrom('sessions').selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);
    expect((await parts.sessions.authenticate(token)).party).toEqual(self);
  });

  it('[SES1] refuses a token nobody was given', async () => {
    expect(await codeOf(parts.sessions.authenticate('nonsense'))).toBe('auth.sessionEnded');
  });

  it('[SES2] ends a session when its time is over, by the civil clock', async () => {
    const ended: string[] = [];
    parts.sessions.events.on('ended', ({ reason }) => ended.push(reason));
    const { token } = await signIn();
    parts.clock.advance(SESSION_LIFETIME_MS - 1);
    expect(await codeOf(parts.sessions.authenticate(token))).toBe('done');
    parts.clock.advance(1);
    expect(await codeOf(parts.sessions.authenticate(token))).toBe('auth.sessionEnded');
    expect(ended).toEqual(['expired']);
  });

  it('[SES2] tells holders of connections at the next round of housekeeping', async () => {
    const ended: string[] = [];
    parts.sessions.events.on('ended', ({ sessionId, reason }) => ended.push(`${sessionId} ${reason}`));
    const { token } = await signIn();
    const { sessionId } = await parts.sessions.authenticate(token);
    parts.clock.advance(SESSION_LIFETIME_MS);
    await parts.sessions.endExpired();
    await parts.sessions.endExpired();
    expect(ended).toEqual([`${sessionId} expired`]);
  });

  it('[SES3] lists and ends own sessions only', async () => {
    await addPerson(parts, 'zhou');
    const mine = await parts.sessions.authenticate((await signIn()).token);
    const other = await parts.sessions.authenticate((await signIn('zhou')).token);
    const second = await parts.sessions.authenticate((await signIn()).token);
    const listed = await parts.sessions.list(mine);
    expect(listed.map((session) => session.id).sort()).toEqual([mine.sessionId, second.sessionId].sort());
    expect(listed.filter((session) => session.isThisOne).map((session) => session.id)).toEqual([mine.sessionId]);
    expect(await codeOf(parts.sessions.revokeOwn('lin', other.sessionId))).toBe('record.notFound');
    expect(await codeOf(parts.sessions.revokeOwn('lin', second.sessionId))).toBe('done');
    expect(await parts.sessions.list(mine)).toHaveLength(1);
  });

  it('[SES4] ends the sessions of a person who is deactivated, and lets none begin', async () => {
    const { token } = await signIn();
    await parts.people.setActive((await parts.people.credentialsByName('lin'))?.personId ?? expect.fail('no lin'), false);
    expect(await codeOf(parts.sessions.authenticate(token))).toBe('auth.sessionEnded');
    expect(await codeOf(signIn())).toBe('auth.badCredentials');
  });

  it('[SES5] answers a wrong name as a wrong password, after the same work', async () => {
    expect(await codeOf(signIn('lin', 'wrong'))).toBe('auth.badCredentials');
    expect(parts.hasher.verifications).toBe(1);
    expect(await codeOf(signIn('nobody', 'wrong'))).toBe('auth.badCredentials');
    expect(parts.hasher.verifications).toBe(2);
    expect(await codeOf(signIn('陌生人 with a space', 'wrong'))).toBe('auth.badCredentials');
    expect(parts.hasher.verifications).toBe(3);
  });

  it('[SES5] takes a name in any case and with spaces around it', async () => {
    expect(await codeOf(signIn(' LIN '))).toBe('done');
  });

  it.each(['lin', 'nobody'])('[SES6] locks %s after five failures for 15 minutes, then for 30', async (who) => {
    await wrongTimes(4, who);
    expect(await codeOf(signIn(who, 'wrong'))).toBe('auth.badCredentials');
    const refusal = await signIn(who).catch(toAppError);
    expect(refusal).toMatchObject({ code: 'auth.lockedOut', retryAfterMs: 15 * 60_000 });
    parts.clock.advance(15 * 60_000);
    await wrongTimes(5, who);
    expect(await signIn(who).catch(toAppError)).toMatchObject({ code: 'auth.lockedOut', retryAfterMs: 30 * 60_000 });
  });

  it('[SES6] locks for a day at most', async () => {
    for (let lock = 0; lock < 10; lock += 1) {
      await wrongTimes(5);
      parts.clock.advance(24 * 3_600_000);
    }
    await wrongTimes(5);
    expect(await signIn().catch(toAppError)).toMatchObject({ code: 'auth.lockedOut', retryAfterMs: 24 * 3_600_000 });
  });

  it('[SES6] begins anew after the right password', async () => {
    await wrongTimes(4);
    expect(await codeOf(signIn())).toBe('done');
    await wrongTimes(4);
    expect(await codeOf(signIn())).toBe('done');
  });

  it('[SES6] shows the lock to administrators, and they can lift it', async () => {
    await wrongTimes(5);
    const record = await parts.people.record((await parts.people.credentialsByName('lin'))?.personId ?? expect.fail('no lin'), parts.clock.wallMs());
    expect(record?.lockedUntilMs).toBe(parts.clock.wallMs() + 15 * 60_000);
    await parts.attempts.clear('lin');
    expect(await codeOf(signIn())).toBe('done');
  });

  it('[SES6] forgets names that were tried long ago', async () => {
    await wrongTimes(1, 'nobody');
    parts.clock.advance(8 * 86_400_000);
    await parts.signIn.prune();
    expect(await engine.database.db.selectFrom('sign_in_attempts').selectAll().execute()).toEqual([]);
  });

  it('[SES7] gives 40 parallel attempts over two server processes five guesses', async () => {
    const other = createServerParts(await engine.openAnother(), parts.clock);
    const codes = await Promise.all(Array.from({ length: 40 }, (_, index) => codeOf(signIn('lin', `guess ${index}`, index % 2 === 0 ? parts : other))));
    expect(codes.filter((code) => code === 'auth.badCredentials')).toHaveLength(5);
    expect(codes.filter((code) => code === 'auth.lockedOut')).toHaveLength(35);
    expect(parts.hasher.verifications + other.hasher.verifications).toBe(5);
  });

  it('[SES7] does not take one person\'s ten windows for ten guesses', async () => {
    expect(await Promise.all(Array.from({ length: 10 }, () => codeOf(signIn())))).toEqual(Array(10).fill('done'));
  });

  it('[SES8] changes a password and ends the other sessions', async () => {
    const { token } = await signIn();
    const old = await signIn();
    const identity = await parts.sessions.authenticate(token);
    expect(await codeOf(parts.signIn.changePassword(identity, 'wrong', 'a much better one'))).toBe('auth.badCredentials');
    expect(await codeOf(parts.signIn.changePassword(identity, PASSWORD, 'short'))).toBe('auth.weakPassword');
    expect(await codeOf(parts.signIn.changePassword(identity, PASSWORD, 'a much better one'))).toBe('done');
    expect(await codeOf(parts.sessions.authenticate(token))).toBe('done');
    expect(await codeOf(parts.sessions.authenticate(old.token))).toBe('auth.sessionEnded');
    expect(await codeOf(signIn())).toBe('auth.badCredentials');
    expect(await codeOf(signIn('lin', 'a much better one'))).toBe('done');
  });

  it('[SES8] counts wrong present passwords towards the lock-out', async () => {
    const identity = await parts.sessions.authenticate((await signIn()).token);
    for (let index = 0; index < 5; index += 1) await codeOf(parts.signIn.changePassword(identity, 'wrong', 'a much better one'));
    expect(await codeOf(parts.signIn.changePassword(identity, PASSWORD, 'a much better one'))).toBe('auth.lockedOut');
  });

  it('[SES10] audits sign-ins and refusals without what was typed', async () => {
    await codeOf(signIn());
    await codeOf(signIn('lin', 'my other password'));
    await codeOf(signIn('my-secret-in-the-wrong-field', 'x'));
    const entries = await parts.audit.list({ beforeSequence: null, limit: 10, outcome: null }, null);
    expect(entries.map(({ action, actorKind, subject, outcome, code }) => ({ action, actorKind, subject, outcome, code }))).toEqual([
      { action: 'session.signIn', actorKind: 'anonymous', subject: null, outcome: 'refused', code: 'auth.badCredentials' },
      { action: 'session.signIn', actorKind: 'anonymous', subject: 'lin', outcome: 'refused', code: 'auth.badCredentials' },
      { action: 'session.signIn', actorKind: 'person', subject: 'lin', outcome: 'done', code: null },
    ]);
    expect(JSON.stringify(entries)).not.toContain('secret');
  });

  it('[SES4] refuses a token whose session ends between the look at it and its use', async () => {
    const { token } = await signIn();
    parts.clock.advance(60_000);
    const store = createSessionStore(engine.database.db, setImmediate);
    const byTokenHash: typeof store.byTokenHash = async (tokenHash) => {
      const found = await store.byTokenHash(tokenHash);
      await parts.sessions.endAllOf('lin', 'deactivated');
      return found;
    };
    const sessions = new Sessions({ store: { ...store, byTokenHash }, carts: parts.carts, clock: parts.clock, lifetimeMs: SESSION_LIFETIME_MS });
    expect(await codeOf(sessions.authenticate(token))).toBe('auth.sessionEnded');
  });

  it('keeps the time of last use to the minute', async () => {
    const { token } = await signIn();
    const seen = async () => (await parts.sessions.list(await parts.sessions.authenticate(token)))[0]?.lastSeenAtMs;
    const atFirst = parts.clock.wallMs();
    parts.clock.advance(59_000);
    expect(await seen()).toBe(atFirst);
    parts.clock.advance(1_000);
    expect(await seen()).toBe(parts.clock.wallMs());
  });
});
