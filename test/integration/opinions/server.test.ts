import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_OPINION } from '#shared/domain/opinion';
import { caseIdSchema, type OpinionId, personIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { OPINION_ROUTES } from '#shared/protocol/opinions';
import { bundleVerify } from '../../../build/bundle/server.mjs';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { DEMO_PASSWORD, TestServer } from '../../helpers/testServer.ts';

describe('opinions over the wire', () => {
  const folder = mkdtempSync(join(tmpdir(), 'huizhen-opinion-'));
  let server: TestServer;
  let hall: ConsultHall;
  let opinionId: OpinionId;

  beforeAll(async () => {
    server = await TestServer.start({ environment: { HUIZHEN_SIGNATURE: 'sm2', HUIZHEN_PUBLIC_URL: 'https://huizhen.example.org' } });
    hall = new ConsultHall(server);
  });
  afterAll(async () => {
    hall.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const download = async (who: string, language: string) => fetch(`${server.url}${OPINION_ROUTES.pdf(opinionId)}?language=${language}`, { headers: { authorization: `Bearer ${await hall.token(who)}` } });
  const verify = async (...parameters: string[]) => spawnSync(process.execPath, [await bundleVerify(), ...parameters], { cwd: folder, encoding: 'utf8' });

  it('[OPN4][OPN11] two experts sign; the applying hospital hears of it', async () => {
    const [expert, second, requester] = [await hall.connect('expert'), await hall.connect('expert2'), await hall.connect('requester')];
    ({ opinionId } = await expert.request('opinion.begin', { consultId: server.liveConsultId }));
    const content = { ...EMPTY_OPINION, findings: '右室扩大，三尖瓣反流\r\n压差 52 mmHg', diagnosis: '急性肺栓塞可能', recommendations: '尽快行 CTPA', signerIds: ['demo-expert', 'demo-expert2'].map((id) => personIdSchema.parse(id)) };
    expect(await expert.request('opinion.save', { opinionId, baseVersion: 0, content })).toEqual({ status: 'saved', version: 1 });
    await second.request('opinion.submit', { opinionId, version: 1 });
    expect((await download('requester', 'zh')).status).toBe(409);
    expect(await second.codeOf('opinion.sign', { opinionId, version: 1, password: DEMO_PASSWORD })).toBe('opinion.notYourTurn');
    expect(await expert.request('opinion.sign', { opinionId, version: 1, password: DEMO_PASSWORD })).toEqual({ status: 'awaitingSignatures', isNewKey: true });
    await second.request('opinion.sign', { opinionId, version: 1, password: DEMO_PASSWORD });
    await requester.next('opinion.changed', (change) => change.opinionId === opinionId && change.status === 'signed');
    expect((await requester.request('opinion.list', { caseId: caseIdSchema.parse(server.liveConsultId) })).opinions).toMatchObject([{ id: opinionId, status: 'signed' }]);
    expect((await requester.request('opinion.get', { opinionId })).opinion.content.findings).toBe('右室扩大，三尖瓣反流\n压差 52 mmHg');
  });

  it('[PDF2][VER2][VER4] the applying hospital fetches the file, each time the same, and checks it offline with the authority it was given', async () => {
    for (const language of ['zh', 'en']) {
      const [one, two] = await Promise.all([download('requester', language), download('expert', language)]);
      expect([one.status, one.headers.get('content-type')]).toEqual([200, 'application/pdf']);
      const pdf = Buffer.from(await one.arrayBuffer());
      expect(Buffer.from(await two.arrayBuffer()).equals(pdf)).toBe(true);
      writeFileSync(join(folder, 'opinion.pdf'), pdf);
      writeFileSync(join(folder, 'authority.pem'), await (await fetch(`${server.url}${OPINION_ROUTES.authority}`)).text());
      const valid = await verify('opinion.pdf', '--authority', 'authority.pem');
      expect([valid.status, valid.stderr]).toEqual([0, '']);
      expect(valid.stdout).toContain('林书远 / Lin Shuyuan, sm2');
      if (language === 'en') continue;
      expect((await verify('opinion.pdf')).status).toBe(3);
      expect((await verify('opinion.pdf', '--authority', '00'.repeat(32))).status).toBe(1);
      writeFileSync(join(folder, 'altered.pdf'), Buffer.concat([pdf, Buffer.from('\n')]));
      expect((await verify('altered.pdf', '--authority', 'authority.pem')).status).toBe(1);
      expect((await verify('missing.pdf')).status).toBe(2);
    }
  });

  it('[OPN1] who may not read the case has no file of it, and neither has a stranger', async () => {
    for (const [who, status] of [['approver', 200], ['admin', 403], ['auditor', 403]] as const) expect([who, (await download(who, 'zh')).status]).toEqual([who, status]);
    expect((await fetch(`${server.url}${OPINION_ROUTES.pdf(opinionId)}`)).status).toBe(401);
    expect((await download('requester', 'fr')).status).toBe(400);
  });

  it('[VER4] the address in print says whether that document was signed here, and nothing of the patient', async () => {
    const expert = await hall.connect('expert');
    const documentHash = required((await expert.request('opinion.get', { opinionId })).opinion.documentHash, 'the hash');
    const ask = async (hash: string, version = '1') => (await fetch(`${server.url}${OPINION_ROUTES.check(opinionId, version, hash)}`)).status;
    expect(await ask(documentHash)).toBe(200);
    expect([await ask('0'.repeat(64)), await ask(documentHash, '2'), await ask('x')]).toEqual([404, 404, 404]);
    expect(await (await fetch(`${server.url}${OPINION_ROUTES.check(opinionId, '1', documentHash)}`)).text()).not.toContain('陈');
  });
});
