import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { makeCine, makeCt, uidOf } from '../../../sfu-server/demo/images.ts';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { DicomwebClient } from '../../helpers/imaging/dicomwebClient.ts';
import { Orthanc } from '../../helpers/imaging/orthanc.ts';
import { TestServer } from '../../helpers/testServer.ts';

const PATIENT = { name: 'LI^MEI=李^梅', id: 'HZ-77', dateText: '20261102' };
const NO_WISH = { patientId: '', patientName: '', accession: '', fromDate: '', toDate: '', modality: '' };

describe('a real Orthanc as the hospital’s archive', () => {
  let orthanc: Orthanc;
  let server: TestServer;
  let hall: ConsultHall;
  let folder: string;

  beforeAll(async () => {
    orthanc = await Orthanc.start();
    server = await TestServer.start({ environment: orthanc.environment });
    hall = new ConsultHall(server);
    folder = mkdtempSync(join(tmpdir(), 'huizhen-pacs-'));
    for (const slice of [...makeCt('pacs', PATIENT)].slice(0, 40)) expect((await orthanc.rest('/instances', { method: 'POST', body: Buffer.from(slice) })).status).toBe(200);
  });
  afterAll(async () => {
    await hall.close();
    await server.stop();
    await orthanc.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const study = uidOf('pacs study ct');
  const caseId = () => caseIdSchema.parse(server.liveConsultId);
  const client = async (name: string) => new DicomwebClient(server.url, caseId(), await hall.token(name));

  it('[IMG10][IMG11] a study is found, linked, loaded, and read by the case’s rules', async () => {
    const doctor = await hall.connect('requester');
    expect(await doctor.codeOf('pacs.search', { caseId: caseId(), ...NO_WISH, patientName: '**' })).toBe('input.malformed');
    const { studies } = await doctor.request('pacs.search', { caseId: caseId(), ...NO_WISH, patientId: 'HZ-77', fromDate: '20261101' });
    expect(studies).toMatchObject([{ studyUid: study, patient: { name: 'LI^MEI=李^梅', id: 'HZ-77' }, instances: 40, linked: 'no', description: '胸部平扫 Chest' }]);
    expect((await doctor.request('pacs.search', { caseId: caseId(), ...NO_WISH, accession: 'nothing-of-it' })).studies).toEqual([]);
    const ofKind = async (modality: string) => (await doctor.request('pacs.search', { caseId: caseId(), ...NO_WISH, patientId: 'HZ-77', modality })).studies.length;
    expect([await ofKind('CT'), await ofKind('MR')]).toEqual([1, 0]);
    expect(await doctor.codeOf('pacs.link', { caseId: caseId(), studyUid: study, confirmed: [] })).toBe('imaging.otherPatient');
    const confirmed = studies.map(({ patient }) => patient);
    expect((await doctor.request('pacs.link', { caseId: caseId(), studyUid: study, confirmed })).link).toMatchObject({ state: 'loading', total: 40 });
    await expect.poll(async () => (await doctor.request('pacs.links', { caseId: caseId() })).links, { timeout: 60_000 }).toMatchObject([{ studyUid: study, state: 'loaded', loaded: 40, code: null }]);
    const expert = await client('expert');
    expect((await expert.json(`/studies/${study}/metadata`)).length).toBe(40);
    const path = `/studies/${study}/series/${uidOf('pacs series ct')}/instances/${uidOf('pacs ct 3')}`;
    const [ours] = await expert.parts(path);
    expect(ours?.bytes.equals(required([...makeCt('pacs', PATIENT)][3], 'a slice'))).toBe(true);
    expect((await doctor.request('pacs.search', { caseId: caseId(), ...NO_WISH, patientId: 'HZ-77' })).studies).toMatchObject([{ linked: 'here' }]);
    expect(await (await hall.connect('scheduler')).codeOf('pacs.search', { caseId: caseId(), ...NO_WISH, patientId: 'HZ-77' })).toBe('auth.forbidden');
  });

  it('[IMG12] what came by C-STORE is offered, the newest first', async () => {
    const file = join(folder, 'cine.dcm');
    writeFileSync(file, makeCine('arrived', PATIENT));
    await orthanc.receive([file]);
    const doctor = await hall.connect('requester');
    const { studies } = await doctor.request('pacs.arrivals', { caseId: caseId() });
    expect(studies.map(({ studyUid }) => studyUid)).toEqual([uidOf('arrived study us'), study]);
  });

  it('[IMG13] what the archive has not is sent back, once, and it has the same bytes', async () => {
    const extra = makeCine('answer', PATIENT);
    const doctor = await client('requester');
    expect((await doctor.store([extra])).status).toBe(200);
    const peer = await hall.connect('requester');
    const answerStudy = uidOf('answer study us');
    expect(await peer.request('pacs.sendBack', { caseId: caseId(), studyUid: answerStudy })).toEqual({ sent: 1, refused: 0 });
    expect(await peer.request('pacs.sendBack', { caseId: caseId(), studyUid: answerStudy })).toEqual({ sent: 0, refused: 0 });
    const [instanceId] = (await (await orthanc.rest('/tools/find', { method: 'POST', body: JSON.stringify({ Level: 'Instance', Query: { StudyInstanceUID: answerStudy } }) })).json()) as string[]; // Orthanc's own ids
    const there = Buffer.from(await (await orthanc.rest(`/instances/${instanceId}/file`)).arrayBuffer());
    expect(there.equals(extra)).toBe(true);
  });

  it('[IMG7] other programs read what we stored without complaint', async () => {
    const doctor = await client('requester');
    const live = server.liveConsultId;
    const paths = [`/studies/${uidOf(`${live} study ct`)}/series/${uidOf(`${live} series ct`)}/instances/${uidOf(`${live} ct 9`)}`, `/studies/${uidOf(`${live} study us`)}/series/${uidOf(`${live} series us`)}/instances/${uidOf(`${live} us 1`)}`];
    for (const [index, path] of paths.entries()) {
      const [part] = await doctor.parts(path);
      const file = join(folder, `stored-${index}.dcm`);
      writeFileSync(file, part?.bytes ?? '');
      const dump = spawnSync('dcmdump', [file], { encoding: 'utf8', maxBuffer: 16_000_000 });
      expect([dump.status, dump.stderr]).toEqual([0, '']);
      const checked = spawnSync('dciodvfy', [file], { encoding: 'utf8' });
      expect(`${checked.stdout}${checked.stderr}`.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
      expect(execFileSync('/usr/bin/python3', ['-W', 'error', '-c', 'import pydicom, sys; d = pydicom.dcmread(sys.argv[1]); print(d.PatientName, d.pixel_array.shape)', file], { encoding: 'utf8' })).toContain('DEMO^PATIENT');
    }
  });

  it('[IMG11] an archive that is away, or a study it has not, is told; nothing of the case is lost', async () => {
    const doctor = await hall.connect('requester');
    expect(await doctor.codeOf('pacs.link', { caseId: caseId(), studyUid: '1.2.3.4', confirmed: [] })).toBe('record.notFound');
    await orthanc.stop();
    expect(await doctor.codeOf('pacs.search', { caseId: caseId(), ...NO_WISH, patientId: 'HZ-77' })).toBe('imaging.pacsFailed');
    expect((await (await client('expert')).json(`/studies/${study}/series`)).length).toBe(1);
  });
});
