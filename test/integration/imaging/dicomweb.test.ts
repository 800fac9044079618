import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { dicomwebPath } from '#shared/protocol/imaging';
import { CT_SLICES, makeCine, makeCt, uidOf } from '../../../sfu-server/demo/images.ts';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { DicomwebClient, reasonsOf } from '../../helpers/imaging/dicomwebClient.ts';
import { TestServer } from '../../helpers/testServer.ts';

const PATIENT = { name: 'WANG^XIAO', id: 'P-7', dateText: '20261101' };

describe('the built-in image store, over DICOMweb', () => {
  let server: TestServer;
  let hall: ConsultHall;
  let doctor: DicomwebClient;
  let live: string;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
    live = server.liveConsultId;
    doctor = new DicomwebClient(server.url, live, await hall.token('requester'));
  });
  afterAll(async () => {
    await hall.close();
    await server.stop();
  });
  const study = () => uidOf(`${live} study ct`);
  const series = () => `/studies/${study()}/series/${uidOf(`${live} series ct`)}`;

  it('[IMG5] the demo case’s studies, series and instances are found, and by what they hold', async () => {
    const studies = await doctor.json('/studies');
    expect(studies.map((one) => [one['00080061']?.Value, one['00201208']?.Value])).toEqual(expect.arrayContaining([[['CT'], [CT_SLICES]], [['US'], [1]]]));
    expect((await doctor.json('/studies?ModalitiesInStudy=US')).length).toBe(1);
    expect((await doctor.json('/studies?PatientName=demo*&StudyDate=20261101-20261130&00081030=*Chest')).length).toBe(1);
    expect((await doctor.json('/studies?StudyDate=-20261101')).length).toBe(0);
    expect(await doctor.json(`/studies/${study()}/series`)).toMatchObject([{ '00201209': { Value: [CT_SLICES] }, '00080060': { Value: ['CT'] } }]);
    const instances = await doctor.json(`${series()}/instances?limit=5&offset=10`);
    expect(instances.map((one) => one['00200013']?.Value)).toEqual([[11], [12], [13], [14], [15]]);
    expect((await doctor.ask('/studies?Unheard=1')).status).toBe(400);
  });

  it('[IMG6] metadata come in order with bulk data by address, and pixels are not in them', async () => {
    const metadata = await doctor.json(`${series()}/metadata`);
    expect(metadata.length).toBe(CT_SLICES);
    expect(metadata[0]).toMatchObject({ '00080005': { Value: ['ISO_IR 192'] }, '00081030': { Value: ['胸部平扫 Chest'] }, '00280103': { Value: [1] }, '00281050': { Value: [-500, 40] } });
    const uri = required(metadata[3]?.['7FE00010']?.BulkDataURI, 'the pixels by address');
    const [bulk] = await doctor.parts(uri);
    const [frame] = await doctor.parts(uri.replace('bulkdata/7FE00010', 'frames/1'));
    expect(bulk?.bytes.equals(required(frame, 'a frame').bytes)).toBe(true);
  });

  it('[IMG7] frames and instances come as they were stored', async () => {
    const files = [...makeCt(live, { name: 'DEMO^PATIENT', id: 'DEMO-1', dateText: '20261120' })];
    const file = required(files[7], 'a slice');
    const path = `${series()}/instances/${uidOf(`${live} ct 7`)}`;
    const [whole] = await doctor.parts(path);
    expect(whole?.bytes.equals(file)).toBe(true);
    const [frame] = await doctor.parts(`${path}/frames/1`);
    expect(frame?.type).toBe('application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1');
    expect(frame?.bytes.equals(file.subarray(file.byteLength - 256 * 256 * 2))).toBe(true);
    const cine = `/studies/${uidOf(`${live} study us`)}/series/${uidOf(`${live} series us`)}/instances/${uidOf(`${live} us 1`)}`;
    const frames = await doctor.parts(`${cine}/frames/12,1,2`);
    expect(new Set(frames.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'))).size).toBe(3);
    expect((await doctor.ask(`${cine}/frames/31`)).status).toBe(404);
    for (const rendered of [`${series()}/thumbnail`, `${cine}/rendered`, `${cine}/frames/3/rendered?window=100,50&viewport=64,64`]) {
      const response = await doctor.ask(rendered);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    }
  });

  it('[IMG1] who may not read the case finds nothing, and who only reads stores nothing', async () => {
    const ask = (token: string | null, path: string) => fetch(`${server.url}${dicomwebPath(live)}${path}`, { headers: token === null ? {} : { authorization: `Bearer ${token}` } });
    const paths = ['/studies', `${series()}/metadata`, series(), `${series()}/instances/${uidOf(`${live} ct 0`)}/frames/1`, `${series()}/thumbnail`];
    const outsider = await hall.token('admin');
    for (const path of paths) {
      expect((await ask(null, path)).status).toBe(401);
      expect([403, 404]).toContain((await ask(outsider, path)).status);
    }
    const reader = new DicomwebClient(server.url, live, await hall.token('scheduler'));
    expect((await reader.json('/studies')).length).toBe(2);
    const answer = await reader.store([makeCine('another', PATIENT)]);
    expect([answer.status, answer.body]).toMatchObject([403, { code: 'auth.forbidden' }]);
  });

  it('[IMG2][IMG3] the same bytes are accepted again; other bytes of the same UID are refused and change nothing', async () => {
    const file = makeCine('twice', PATIENT);
    const listener = await hall.connect('expert');
    expect((await doctor.store([file])).status).toBe(200);
    await listener.next('imaging.changed', ({ caseId }) => caseId === caseIdSchema.parse(live));
    const again = await doctor.storeOne(file);
    expect([again.status, reasonsOf(again.body)]).toEqual([200, []]);
    const other = makeCine('twice', { ...PATIENT, name: 'SOMEBODY^ELSE' });
    const refused = await doctor.store([other, makeCine('third', PATIENT)]);
    expect([refused.status, reasonsOf(refused.body)]).toEqual([202, [expect.stringMatching(/^imaging.otherContent: /)]]);
    const [kept] = await doctor.json(`/studies/${uidOf('twice study us')}/metadata`);
    expect(kept?.['00100010']).toMatchObject({ Value: [{ Alphabetic: PATIENT.name }] });
  });

  it('[IMG2] a study of one case is not taken into another', async () => {
    const other = (await (await hall.connect('requester')).request('case.list', { deviceId: 'machine-9' as never, client: 'test', cached: [] })).cases.find(({ id }) => id !== live);
    const elsewhere = new DicomwebClient(server.url, required(other, 'a second case').id, await hall.token('requester'));
    const answer = await elsewhere.store([required([...makeCt(live, PATIENT)][0], 'a slice')]);
    expect([answer.status, reasonsOf(answer.body)]).toEqual([409, [expect.stringMatching(/^imaging.otherCase: /)]]);
    expect(await elsewhere.json('/studies')).toEqual([]);
  });

  it('[IMG4] what is no image is refused with what is wrong, and the rest of the request is stored', async () => {
    const whole = makeCine('fourth', PATIENT);
    const cut = whole.subarray(0, whole.byteLength - 1000);
    const answer = await doctor.store([Buffer.from('not DICOM at all'), cut, makeCine('fifth', PATIENT)]);
    expect(answer.status).toBe(202);
    expect(reasonsOf(answer.body)).toEqual([expect.stringMatching(/^imaging.notDicom: /), expect.stringMatching(/^imaging.damaged: .*(cut off|beyond the end)/)]);
    expect(answer.body['00081199']?.Value).toHaveLength(1);
    const wrongStudy = await doctor.store([whole], `/studies/${study()}`);
    expect(reasonsOf(wrongStudy.body)).toEqual([expect.stringMatching(/another study/)]);
  });

  it('[IMG1] a look at images that is refused is audited as that', async () => {
    const outsider = await hall.token('expert');
    expect((await fetch(`${server.url}${dicomwebPath('nobodys-case')}/studies`, { headers: { authorization: `Bearer ${outsider}` } })).status).toBe(404);
    const auditor = await hall.connect('auditor');
    const { entries } = await auditor.request('admin.audit', { beforeSequence: null, limit: 100, outcome: 'refused' });
    expect(entries.map(({ action, subject }) => `${action} ${subject}`)).toContain('imaging.read nobodys-case');
  });

  it('[IMG1] storing is audited by ids', async () => {
    const auditor = await hall.connect('auditor');
    const { entries } = await auditor.request('admin.audit', { beforeSequence: null, limit: 100, outcome: 'done' });
    expect(entries.map(({ action, subject }) => `${action} ${subject}`)).toContain(`imaging.store ${live} ${study()} +32`);
  });
});
