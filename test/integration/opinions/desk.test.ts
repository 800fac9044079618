import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type CaseId, consultRequestIdSchema, type OpinionId, opinionIdSchema, type PersonId, sessionIdSchema } from '#shared/domain/ids';
import { EMPTY_OPINION, type OpinionContent, type OpinionSignature, opinionSignatureSchema } from '#shared/domain/opinion';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';
import type { Identity } from '../../../sfu-server/auth/sessions.ts';
import { SignIn } from '../../../sfu-server/auth/signIn.ts';
import { signedBytes } from '../../../sfu-server/opinions/canonical.ts';
import { OpinionDesk, type OpinionEvent } from '../../../sfu-server/opinions/opinionDesk.ts';
import type { Authority } from '../../../sfu-server/opinions/signing/authority.ts';
import { derOf, isIssuedBy, readCertificate } from '../../../sfu-server/opinions/signing/certificates.ts';
import { PersonKeys } from '../../../sfu-server/opinions/personKeys.ts';
import { isSignatureOf, SIGNATURE_PROVIDERS } from '../../../sfu-server/opinions/signing/providers.ts';
import { createOpinions, type Opinions } from '../../../sfu-server/storage/opinions.ts';
import { createSigningKeys } from '../../../sfu-server/storage/signingKeys.ts';
import { aConsult, CaseHall, HOUR_MS } from '../../helpers/caseHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { testAuthority } from '../../helpers/opinions/opinionFixtures.ts';
import { addPerson, createServerParts, PASSWORD, personId, type ServerParts } from '../../helpers/serverParts.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);
const person = (id: string) => personId(id) as PersonId;
const content = (change: Partial<OpinionContent> = {}): OpinionContent => ({ ...EMPTY_OPINION, diagnosis: '扩张型心肌病', recommendations: '随访', signerIds: [person('second'), person('first')], ...change });

onEachEngine('opinions', (engine) => {
  let authority: Authority;
  let parts: ServerParts;
  let hall: CaseHall;
  let opinions: Opinions;
  let desk: OpinionDesk;
  let signIn: SignIn;
  let events: OpinionEvent[];
  let told: string[];
  let workflowTold: OpinionEvent['type'][];
  let isWorkflowBroken: boolean;
  let caseId: CaseId;
  const identities = new Map<string, Identity>();

  beforeAll(async () => {
    authority = await testAuthority();
  });
  beforeEach(async () => {
    parts = createServerParts(engine.database);
    hall = await CaseHall.open(parts);
    for (const id of ['first', 'second', 'third']) {
      await addPerson(parts, id, 'expert', 'province');
      identities.set(id, { sessionId: sessionIdSchema.parse(`session-${id}`), party: required(await parts.people.party(person(id)), id) });
    }
    caseId = await hall.consult('one', ['observer'], { state: 'inSession', members: ['first', 'second', 'third'].map((id) => ({ kind: 'person', id })) });
    [events, told, workflowTold, isWorkflowBroken] = [[], [], [], false];
    build('ecdsa-p256');
  });

  const as = (who: string): Identity => identities.get(who) ?? hall.as(who);
  const build = (algorithm: 'ecdsa-p256' | 'sm2') => {
    const { clock, people, attempts, sessions, audit, hasher } = parts;
    const provider = SIGNATURE_PROVIDERS[algorithm];
    const keys = new PersonKeys({ store: createSigningKeys(engine.database.db), provider, authority, clock });
    opinions = createOpinions(engine.database.db, clock);
    signIn = new SignIn({ people, attempts, sessions, audit, hasher, clock, passwordKeys: keys });
    desk = new OpinionDesk({
      opinions, caseFiles: parts.caseFiles, signIn, keys, provider, clock,
      workflow: {
        requestOf: async (consultId) => consultRequestIdSchema.parse(`request-${consultId}`),
        onOpinion: async (event) => {
          if (isWorkflowBroken) throw new Error('the workflow refuses');
          events.push(event);
          return async () => {
            workflowTold.push(event.type);
          };
        },
      },
      onChanged: async ({ status, version }) => {
        told.push(`${status} ${version}`);
      },
    });
  };
  const begin = () => desk.begin(as('first'), aConsult('one'));
  const submitted = async (change: Partial<OpinionContent> = {}) => {
    const id = await begin();
    await desk.save(as('first'), id, 0, content(change));
    await desk.submit(as('first'), id, 1);
    return id;
  };
  const sign = (who: string, id: OpinionId, version = 1, password = PASSWORD) => desk.sign(as(who), id, version, password);
  const stored = async (id: OpinionId, version: number): Promise<OpinionSignature[]> => {
    const rows = await engine.database.db.selectFrom('opinion_signatures').select('signature').where('opinion_id', '=', id).where('version', '=', version).orderBy('position').execute();
    return rows.map(({ signature }) => opinionSignatureSchema.parse(signature));
  };
  const holds = async (id: OpinionId, version: number, { statement, signature, certificate }: OpinionSignature) => {
    const text = required((await opinions.version(id, version))?.documentText, 'the canonical text');
    const der = Buffer.from(certificate, 'base64');
    return isIssuedBy(der, derOf(authority.authority.certificate)) && isSignatureOf(statement.algorithm, readCertificate(der).publicKey, signedBytes(text, statement), Buffer.from(signature, 'base64'));
  };
  const actions = async () => (await parts.audit.list({ beforeSequence: null, limit: 100, outcome: null }, null)).reverse().map(({ action, actorId, code }) => `${action} ${actorId}${code === null ? '' : ` ${code}`}`);

  it('[OPN4][OPN5][OPN7][OPN8][OPN11][OPN12] is written, submitted, signed by one, sent back by the other, changed and signed by both', async () => {
    const id = await submitted();
    expect(await codeOf(sign('first', id))).toBe('opinion.notYourTurn');
    expect(await sign('second', id)).toEqual({ status: 'awaitingSignatures', isNewKey: true });
    expect(await codeOf(desk.save(as('third'), id, 1, content({ summary: 'x' })))).toBe('opinion.fixed');
    await desk.giveBack(as('first'), id, 1, '剂量有误');
    expect(await desk.get(as('first'), id)).toMatchObject({ status: 'returned', version: 1, signatures: [], nextSignerId: null });
    expect(await codeOf(desk.submit(as('first'), id, 1))).toBe('opinion.fixed');

    expect(await desk.save(as('third'), id, 1, content({ summary: '减量' }))).toEqual({ status: 'saved', version: 2 });
    await desk.submit(as('third'), id, 2);
    expect((await desk.get(as('doctor'), id)).signatures).toEqual([]);
    expect(await sign('second', id, 2)).toEqual({ status: 'awaitingSignatures', isNewKey: false });
    expect(await sign('first', id, 2)).toEqual({ status: 'signed', isNewKey: true });

    const opinion = await desk.get(as('doctor'), id);
    expect(opinion).toMatchObject({ status: 'signed', version: 2, requestId: 'request-one', nextSignerId: null, content: { summary: '减量' } });
    expect(opinion.signatures.map(({ personId: by, position }) => `${position} ${by}`)).toEqual(['1 second', '2 first']);
    expect(opinion.versions.map(({ number, author, submitted: at, returned }) => [number, author.id, at?.by.id, returned?.by.id, returned?.reason])).toEqual([[1, 'first', 'first', 'first', '剂量有误'], [2, 'third', 'third', undefined, undefined]]);
    expect(await desk.version(as('doctor'), id, 1)).toMatchObject({ content: { summary: '' } });
    for (const signature of await stored(id, 2)) expect(await holds(id, 2, signature)).toBe(true);

    for (const step of [() => desk.save(as('first'), id, 2, content()), () => desk.submit(as('first'), id, 2), () => sign('first', id, 2), () => desk.giveBack(as('first'), id, 2, 'x')]) expect(await codeOf(step())).toBe('opinion.fixed');
    expect(events.map(({ type, by, requestId }) => `${type} ${by.id} ${requestId}`)).toEqual(['begun first', 'submitted first', 'partlySigned second', 'returned first', 'submitted third', 'partlySigned second', 'signed first'].map((event) => `${event} request-one`));
    expect(told).toEqual(['draft 0', 'draft 1', 'awaitingSignatures 1', 'awaitingSignatures 1', 'returned 1', 'draft 2', 'awaitingSignatures 2', 'awaitingSignatures 2', 'signed 2']);
    expect((await actions()).filter((action) => action.startsWith('opinion.'))).toEqual(['opinion.begin first', 'opinion.save first', 'opinion.submit first', 'opinion.newKey second', 'opinion.sign second', 'opinion.return first', 'opinion.save third', 'opinion.submit third', 'opinion.sign second', 'opinion.newKey first', 'opinion.sign first']);
  });

  it('[OPN1] is for the panel to write, for readers of the case to read, and for others not there', async () => {
    for (const who of ['doctor', 'scheduler', 'observer']) expect(await codeOf(desk.begin(as(who), aConsult('one')))).toMatch(/opinion.notOnPanel|record.notFound/);
    const id = await submitted();
    expect(await begin()).toBe(id);
    for (const who of ['doctor', 'nurse', 'scheduler', 'first']) expect(await codeOf(desk.get(as(who), id))).toBe('done');
    for (const who of ['stranger', 'farscheduler', 'admin', 'expert']) {
      const steps: readonly (() => Promise<unknown>)[] = [() => desk.get(as(who), id), () => desk.list(as(who), caseId), () => desk.version(as(who), id, 1), () => desk.save(as(who), id, 1, content()), () => sign(who, id), () => desk.signed(as(who), id), () => desk.begin(as(who), aConsult('one'))];
      for (const step of steps) expect(await codeOf(step())).toBe('record.notFound');
    }
    expect(await codeOf(sign('doctor', id))).toBe('opinion.notOnPanel');
    expect(await codeOf(desk.get(as('first'), opinionIdSchema.parse('none')))).toBe('record.notFound');
    expect((await desk.list(as('doctor'), caseId)).map((summary) => summary.id)).toEqual([id]);
    await hall.consult('two', [], { members: [{ kind: 'person', id: 'first' }] });
    expect(await codeOf(desk.begin(as('first'), aConsult('two')))).toBe('consult.notOpen');
  });

  it('[OPN2] of two who write over the same version one is told what the other wrote, and nothing is lost', async () => {
    const id = await begin();
    const outcomes = await Promise.all(['first', 'second', 'third'].map((who) => desk.save(as(who), id, 0, content({ summary: who })).catch((error: unknown) => toAppError(error).code)));
    const saved = outcomes.filter((outcome) => typeof outcome !== 'string' && outcome.status === 'saved');
    expect(saved).toHaveLength(1);
    const { content: present } = await desk.get(as('first'), id);
    for (const outcome of outcomes) if (typeof outcome !== 'string' && outcome.status === 'conflict') expect(outcome.current).toMatchObject({ number: 1, content: present });
    expect(await desk.save(as('first'), id, 0, present)).toEqual({ status: 'saved', version: 1 });
    expect((await desk.get(as('first'), id)).versions).toHaveLength(1);
    expect(await codeOf(desk.submit(as('first'), id, 2))).toBe('record.conflict');
  });

  it('[OPN3][OPN10] a submission that lacks something, or an image that the case does not hold, is refused', async () => {
    const id = await begin();
    await desk.save(as('first'), id, 0, content({ diagnosis: '' }));
    await expect(desk.submit(as('first'), id, 1)).rejects.toMatchObject({ code: 'opinion.incomplete', message: 'OPN3: incomplete: diagnosis' });
    const hash = createHash('sha256').update('picture').digest('hex');
    const withImage = content({ keyImages: [{ caption: '', attachment: { hash, sizeBytes: 7, mediaType: 'image/png', fileName: 'a.png' } }] });
    expect(await codeOf(desk.save(as('first'), id, 1, withImage))).toBe('record.attachmentMissing');
    await parts.attachments.begin(caseId, hash, 7, 'image/png', 1);
    expect(await codeOf(desk.save(as('first'), id, 1, withImage))).toBe('record.attachmentMissing');
    await parts.attachments.hold(caseId, hash, 2);
    expect(await codeOf(desk.save(as('first'), id, 1, withImage))).toBe('done');
  });

  it('[OPN12] what the workflow refuses did not happen', async () => {
    const id = await submitted();
    const before = await desk.get(as('first'), id);
    isWorkflowBroken = true;
    for (const step of [() => sign('second', id), () => desk.giveBack(as('second'), id, 1, 'x')]) await expect(step()).rejects.toThrow('the workflow refuses');
    expect(await desk.get(as('first'), id)).toEqual(before);
    expect(await stored(id, 1)).toEqual([]);
    isWorkflowBroken = false;
    expect(await codeOf(sign('second', id))).toBe('done');
    expect(workflowTold).toEqual(['begun', 'submitted', 'partlySigned']);
  });

  it('[OPN4] of signatures of one person at once exactly one stands', async () => {
    const id = await submitted();
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => codeOf(sign('second', id))));
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(await stored(id, 1)).toHaveLength(1);
    expect(await codeOf(sign('first', id))).toBe('done');
  });

  it('[OPN7][OPN8] the database itself keeps what was submitted', async () => {
    const id = await submitted();
    const { db } = engine.database;
    await expect(db.updateTable('opinion_versions').set({ document_text: '{}' }).where('opinion_id', '=', id).execute()).rejects.toThrow('does not change');
    await expect(db.deleteFrom('opinion_versions').where('opinion_id', '=', id).execute()).rejects.toThrow('does not change');
  });

  it('[OPN9] an addendum names the signed opinion and its hash, and is signed by itself', async () => {
    const id = await submitted({ signerIds: [person('first')] });
    expect(await codeOf(desk.beginAddendum(as('first'), id))).toBe('opinion.notSigned');
    await sign('first', id);
    const addendum = await desk.beginAddendum(as('third'), id);
    await desk.save(as('third'), addendum, 0, content({ signerIds: [person('third')] }));
    await desk.submit(as('third'), addendum, 1);
    await sign('third', addendum);
    const { documentHash } = await desk.get(as('first'), id);
    expect((await desk.signed(as('doctor'), addendum)).document.addendumTo).toEqual({ opinionId: id, version: 1, documentHash });
    expect(await desk.isSigned(addendum, 1, required((await desk.get(as('first'), addendum)).documentHash, 'its hash'))).toBe(true);
    expect(await desk.isSigned(addendum, 1, required(documentHash, 'the hash'))).toBe(false);
    expect(events.at(-3)).toMatchObject({ type: 'addendumBegun', requestId: 'request-one' });
  });

  it('[SGN2] wrong passwords lock out as at sign-in, and are audited; who may not sign is not asked', async () => {
    const id = await submitted();
    expect(await codeOf(sign('first', id, 1, 'wrong'))).toBe('opinion.notYourTurn');
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await codeOf(sign('second', id, 1, 'wrong'))).toBe('auth.badCredentials');
    expect(await codeOf(sign('second', id))).toBe('auth.lockedOut');
    expect(await codeOf(signIn.signIn('second', PASSWORD, 'test'))).toBe('auth.lockedOut');
    expect((await actions()).filter((action) => action.startsWith('opinion.sign'))).toEqual([...Array.from({ length: 5 }, () => 'opinion.sign null auth.badCredentials'), 'opinion.sign null auth.lockedOut']);
    expect(await stored(id, 1)).toEqual([]);
    parts.clock.advance(HOUR_MS / 2);
    expect(await codeOf(sign('second', id))).toBe('done');
  });

  it.each(['ecdsa-p256', 'sm2'] as const)('[SGN3][SGN4] %s: a changed password keeps the key, a reset one makes a new one, and the old signature holds', async (algorithm) => {
    build(algorithm);
    const fingerprints: string[] = [];
    const signOnce = async (password: string) => {
      const addendumOf = (await desk.list(as('first'), caseId))[0];
      const id = addendumOf === undefined ? await begin() : await desk.beginAddendum(as('first'), addendumOf.id);
      await desk.save(as('first'), id, 0, content({ signerIds: [person('first')] }));
      await desk.submit(as('first'), id, 1);
      const { isNewKey } = await sign('first', id, 1, password);
      const [signature] = await stored(id, 1);
      fingerprints.push(required(signature, 'the signature').statement.certificateFingerprint);
      return { id, isNewKey };
    };
    const first = await signOnce(PASSWORD);
    await signIn.changePassword(as('first'), PASSWORD, 'another long password 7');
    const second = await signOnce('another long password 7');
    await parts.people.setPasswordHash(person('first'), await parts.hasher.hash('given by administrator 9'));
    const third = await signOnce('given by administrator 9');
    expect([first.isNewKey, second.isNewKey, third.isNewKey]).toEqual([true, false, true]);
    expect([fingerprints[1] === fingerprints[0], fingerprints[2] === fingerprints[0]]).toEqual([true, false]);
    for (const { id } of [first, second, third]) expect(await holds(id, 1, required((await stored(id, 1))[0], 'the signature'))).toBe(true);
    const kept = await engine.database.db.selectFrom('signing_keys').selectAll().execute();
    expect(kept.map(({ algorithm: kind, retired_at_ms: retiredAtMs }) => `${kind} ${retiredAtMs !== null}`).sort()).toEqual([`${algorithm} false`, `${algorithm} true`]);
  });
});
