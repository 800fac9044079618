import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import { makeCt, uidOf } from '../../../sfu-server/demo/images.ts';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { DicomwebClient } from '../../helpers/imaging/dicomwebClient.ts';
import { TestServer } from '../../helpers/testServer.ts';

const OWN = { name: 'CHEN^JIANGUO=陈^建国', id: 'QH-2026-04417', dateText: '20261118' };
/** Of the same number, as when two papers were mixed up at a machine. */
const MIXED_UP = { ...OWN, name: 'WANG^WU=王^五' };

interface Archived {
  readonly patient: typeof OWN;
  /** What the archive says that it has, and what it gives. */
  readonly says: number;
  files: readonly Uint8Array[];
}

/** A real Orthanc tells no untruth: this archive says and gives what a test wants. */
describe('what an archive gives', () => {
  const studies = new Map<string, Archived>();
  let archive: Server;
  let server: TestServer;
  let hall: ConsultHall;

  beforeAll(async () => {
    archive = createServer(({ url }, response) => {
      const { pathname, searchParams } = new URL(url ?? '/', 'http://archive.invalid');
      const key = searchParams.get('StudyInstanceUID') ?? /^\/studies\/([^/]+)/.exec(pathname)?.[1] ?? '';
      const study = studies.get(key);
      const json = (answer: unknown) => response.setHeader('content-type', 'application/dicom+json').end(JSON.stringify(answer));
      if (study === undefined) return json([]);
      const [letters, characters] = study.patient.name.split('=');
      if (pathname === '/studies') return json([{ '0020000D': { vr: 'UI', Value: [key] }, '00100010': { vr: 'PN', Value: [{ Alphabetic: letters, Ideographic: characters }] }, '00100020': { vr: 'LO', Value: [study.patient.id] }, '00201208': { vr: 'IS', Value: [study.says] } }]);
      if (pathname.endsWith('/series')) return json([{ '0020000E': { vr: 'UI', Value: ['1.2.3.4'] }, '00201209': { vr: 'IS', Value: [study.says] } }]);
      response.setHeader('content-type', 'multipart/related; type="application/dicom"; boundary=part');
      for (const file of study.files) response.write(Buffer.concat([Buffer.from('--part\r\nContent-Type: application/dicom\r\n\r\n'), file, Buffer.from('\r\n')]));
      return response.end('--part--\r\n');
    });
    await new Promise<void>((resolve) => archive.listen(0, '127.0.0.1', resolve));
    const { port } = archive.address() as AddressInfo; // it listens on a port
    server = await TestServer.start({ environment: { HUIZHEN_PACS_URL: `http://127.0.0.1:${port}` } });
    hall = new ConsultHall(server);
  });
  afterAll(async () => {
    await hall.close();
    await server.stop();
    archive.closeAllConnections();
    archive.close();
  });

  const caseId = () => caseIdSchema.parse(server.liveConsultId);
  const slicesOf = (key: string, patient: typeof OWN) => [...makeCt(key, patient)].slice(0, 6);
  const linkOf = async (doctor: Awaited<ReturnType<ConsultHall['connect']>>, studyUid: string) => (await doctor.request('pacs.links', { caseId: caseId() })).links.find((one) => one.studyUid === studyUid);
  const ended = (doctor: Awaited<ReturnType<ConsultHall['connect']>>, studyUid: string) => expect.poll(async () => (await linkOf(doctor, studyUid))?.state, { timeout: 60_000 }).toBe('loaded');

  it('[IMG45] a file that names another patient does not come in with the others, and is told; a person may confirm it', async () => {
    const studyUid = uidOf('mixed study ct');
    const [own, foreign] = [slicesOf('mixed', OWN), slicesOf('mixed', MIXED_UP)];
    studies.set(studyUid, { patient: OWN, says: 6, files: [...own.slice(0, 4), ...foreign.slice(4)] });
    const doctor = await hall.connect('requester');
    await doctor.request('pacs.link', { caseId: caseId(), studyUid, confirmed: [] });
    await ended(doctor, studyUid);
    const said = { name: MIXED_UP.name, id: OWN.id, birthDate: '' };
    expect(await linkOf(doctor, studyUid)).toMatchObject({ code: 'imaging.otherPatient', loaded: 4, total: 6, others: [{ patient: said, files: 2 }] });
    const images = new DicomwebClient(server.url, caseId(), await hall.token('requester'));
    expect((await images.json(`/studies/${studyUid}/instances`)).length).toBe(4);
    // Asked again without a word it stays as it is; with it the rest comes in, and what was confirmed is remembered.
    await doctor.request('pacs.link', { caseId: caseId(), studyUid, confirmed: [{ ...said, birthDate: '19710101' }] });
    await ended(doctor, studyUid);
    expect(await linkOf(doctor, studyUid)).toMatchObject({ loaded: 4, others: [{ files: 2 }] });
    for (const confirmed of [[said], []]) {
      await doctor.request('pacs.link', { caseId: caseId(), studyUid, confirmed });
      await ended(doctor, studyUid);
      expect(await linkOf(doctor, studyUid)).toMatchObject({ code: null, loaded: 6, total: 6, others: [] });
    }
    expect((await images.json(`/studies/${studyUid}/instances`)).length).toBe(6);
  });

  it('[IMG45] a study that is another patient’s is not even begun, unless somebody confirmed it', async () => {
    const studyUid = uidOf('strange study ct');
    studies.set(studyUid, { patient: MIXED_UP, says: 6, files: slicesOf('strange', MIXED_UP) });
    const doctor = await hall.connect('requester');
    expect(await doctor.codeOf('pacs.link', { caseId: caseId(), studyUid, confirmed: [] })).toBe('imaging.otherPatient');
    expect(await doctor.codeOf('pacs.link', { caseId: caseId(), studyUid, confirmed: [{ name: OWN.name, id: OWN.id, birthDate: '' }] })).toBe('imaging.otherPatient');
    expect(await linkOf(doctor, studyUid)).toBeUndefined();
  });

  it('[IMG45] an archive that gives less than it says it has is told, with both counts', async () => {
    const studyUid = uidOf('short study ct');
    const files = slicesOf('short', OWN);
    const study: Archived = { patient: OWN, says: 6, files: files.slice(0, 5) };
    studies.set(studyUid, study);
    const doctor = await hall.connect('requester');
    await doctor.request('pacs.link', { caseId: caseId(), studyUid, confirmed: [] });
    await ended(doctor, studyUid);
    expect(await linkOf(doctor, studyUid)).toMatchObject({ code: 'imaging.archiveShort', loaded: 5, total: 6, others: [] });
    study.files = files;
    await doctor.request('pacs.link', { caseId: caseId(), studyUid, confirmed: [] });
    await ended(doctor, studyUid);
    expect(await linkOf(doctor, studyUid)).toMatchObject({ code: null, loaded: 6, total: 6 });
  });
});
