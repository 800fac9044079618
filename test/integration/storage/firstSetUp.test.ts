import { beforeEach, expect, it } from 'vitest';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import type { FirstSetUpParams } from '#shared/protocol/session';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { addOrganisations, addPerson, createServerParts, orgId, personId, type ServerParts } from '../../helpers/serverParts.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);
const HOUR_MS = 3_600_000;
const WISH: Omit<FirstSetUpParams, 'code'> = {
  organisation: { name: { zh: '省中心', en: 'Provincial Centre' }, tier: 'province' },
  administrator: { signInName: 'wen', name: { zh: '温', en: 'Wen' }, password: 'quite long enough' },
};

onEachEngine('the first set-up', (engine) => {
  let parts: ServerParts;

  beforeEach(async () => {
    parts = createServerParts(engine.database);
  });

  const begin = async (by = parts) => required(await by.firstSetUp.begin(), 'a code');
  const complete = (code: string, by = parts) => by.firstSetUp.complete({ code, ...WISH });
  const audited = async () => (await parts.audit.list({ beforeSequence: null, limit: 100, outcome: null }, null)).map(({ actorKind, action, outcome, code }) => `${actorKind} ${action} ${outcome} ${code}`);

  it('[SET1] [SET2] makes an organisation and an administrator who can sign in, audited', async () => {
    const { code, expiresAtMs } = await begin();
    expect(code.replace(/[^a-z0-9]/g, '')).toHaveLength(12);
    expect(expiresAtMs).toBe(parts.clock.wallMs() + HOUR_MS);
    const { organisationId, personId: id } = await complete(code);
    expect(await parts.organisations.byId(organisationId)).toEqual({ id: organisationId, parentId: null, tier: 'province', name: WISH.organisation.name });
    expect(await parts.signIn.signIn('wen', WISH.administrator.password, '')).toMatchObject({ self: { id, role: 'administrator', organisationId } });
    expect((await audited()).at(-1)).toBe('person setUp.complete done null');
  });

  it('[SET1] keeps only the hash, takes the code as a person types it, and voids it at the next start', async () => {
    const first = await begin();
    const rows = JSON.stringify(await engine.database.db.selectFrom('installation').selectAll().execute());
    for (const text of [first.code, first.code.replaceAll('-', '')]) expect(rows).not.toContain(text);
    const second = await begin(createServerParts(engine.database, parts.clock));
    expect(await codeOf(complete(first.code))).toBe('auth.setUpRefused');
    expect(await codeOf(complete(` ${second.code.toUpperCase().replaceAll('-', ' ')}`))).toBe('done');
  });

  it('[SET1] is over after 60 minutes, until the next start', async () => {
    const { code } = await begin();
    parts.clock.advance(HOUR_MS);
    expect(await codeOf(complete(code))).toBe('auth.setUpRefused');
    expect(await codeOf(complete((await begin()).code))).toBe('done');
  });

  it('[SET1] gives no code that was never printed', async () => {
    expect(await codeOf(complete(''))).toBe('auth.setUpRefused');
    expect(await audited()).toEqual(['anonymous setUp.complete refused auth.setUpRefused']);
  });

  it('[SET2] leaves nothing behind when it is refused', async () => {
    const { code } = await begin();
    expect(await codeOf(parts.firstSetUp.complete({ code, ...WISH, administrator: { ...WISH.administrator, password: 'short' } }))).toBe('auth.weakPassword');
    expect(await codeOf(complete('wrong'))).toBe('auth.setUpRefused');
    expect(await engine.database.db.selectFrom('organisations').selectAll().execute()).toEqual([]);
    expect(await parts.firstSetUp.isOpen()).toBe(true);
    expect(await codeOf(complete(code))).toBe('done');
  });

  it('[SET2] succeeds for exactly one of parallel uses, also by several processes', async () => {
    const { code } = await begin();
    const others = await Promise.all([0, 1].map(async () => createServerParts(await engine.openAnother(), parts.clock)));
    const codes = await Promise.all([parts, ...others].map((by) => codeOf(complete(code, by))));
    expect(codes.sort()).toEqual(['auth.forbidden', 'auth.forbidden', 'done']);
    expect(await engine.database.db.selectFrom('organisations').select('id').execute()).toHaveLength(1);
  });

  it('[SET3] [SET5] is closed for ever once anybody has an account, whatever became of them', async () => {
    const { code } = await begin();
    const other = createServerParts(engine.database, parts.clock);
    expect(await other.firstSetUp.isOpen()).toBe(true);
    const { personId: id } = await complete(code);
    await parts.people.setActive(id, false);
    for (const by of [parts, other, createServerParts(engine.database, parts.clock)]) {
      expect(await by.firstSetUp.begin()).toBeNull();
      expect(await by.firstSetUp.isOpen()).toBe(false);
      expect(await codeOf(complete(code, by))).toBe('auth.forbidden');
    }
    expect((await audited())[0]).toBe('anonymous setUp.complete refused auth.forbidden');
  });

  it('[SET3] is closed where people came another way after the code was printed', async () => {
    const { code } = await begin();
    await addOrganisations(parts);
    await addPerson(parts, 'lin');
    expect(await codeOf(complete(code))).toBe('auth.forbidden');
    expect(await parts.people.party(personId('lin'))).toMatchObject({ organisationId: orgId('city') });
  });

  it('[SET4] locks after five wrong codes, in parallel too, and a new start unlocks', async () => {
    const { code } = await begin();
    const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(complete('abcd-efgh-jkmn'))));
    expect(codes.filter((one) => one === 'auth.setUpRefused')).toHaveLength(5);
    expect(codes.filter((one) => one === 'auth.lockedOut')).toHaveLength(3);
    await expect(complete(code)).rejects.toMatchObject({ code: 'auth.lockedOut', retryAfterMs: 15 * 60_000 });
    expect(await codeOf(complete((await begin()).code))).toBe('done');
  });
});
