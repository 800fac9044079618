import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeCine, makeCt, uidOf } from '../../../sfu-server/demo/images.ts';
import { writeFile } from '../../../sfu-server/imaging/dicom/write.ts';
import type { CopiesReport } from '../../../sfu-server/imaging/deidentify/deidentifiedCopies.ts';
import { ImagingHall } from '../../helpers/imaging/imagingHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';

const PATIENT = { name: 'ZHAO^LIU=赵^六', id: 'SECRET-99', dateText: '20261104' };

onEachEngine('images and their copies without names', (engine) => {
  let images: ImagingHall;
  beforeEach(async () => {
    images = await ImagingHall.open(engine.database);
  });
  afterEach(() => images.close());

  it('[IMG14] an observer has the copies and nothing else, and finds no name in anything', async () => {
    const slices = [...makeCt('copied', PATIENT)].slice(0, 3);
    const text = writeFile({ '0020000D': { vr: 'UI', Value: ['1.2.9.1'] }, '0020000E': { vr: 'UI', Value: ['1.2.9.2'] }, '0040A160': { vr: 'UT', Value: ['SECRET-99 has it'] } }, '1.2.840.10008.5.1.4.1.1.88.11', '1.2.9.3');
    expect((await images.as('doctor').store([...slices, makeCine('copied', PATIENT), text])).status).toBe(200);
    const observer = images.as('observer');
    expect([(await observer.ask('/studies')).status, (await observer.ask(`/studies/${uidOf('copied study ct')}/metadata`)).status]).toEqual([403, 403]);
    const seen: string[] = [];
    const studies = await observer.json('/deidentified/studies');
    expect(studies.map((study) => study['00080061']?.Value)).toEqual(expect.arrayContaining([['CT'], ['US']]));
    expect(studies.length).toBe(2);
    for (const study of studies) {
      const address = String(study['00081190']?.Value?.[0]);
      const metadata = await observer.json(`${address}/metadata`);
      seen.push(JSON.stringify(metadata), ...(await observer.parts(address)).map(({ bytes }) => bytes.toString('latin1')));
      const frames = `${address}/series/${metadata[0]?.['0020000E']?.Value?.[0]}/instances/${metadata[0]?.['00080018']?.Value?.[0]}/frames/1`;
      expect((await observer.ask(frames, 'application/octet-stream')).status).toBe(200);
    }
    for (const trace of ['ZHAO', '赵', 'SECRET', '20261104', uidOf('copied study ct'), uidOf('copied us 1')]) expect([trace, seen.some((one) => one.includes(trace))]).toEqual([trace, false]);
    const report = (await (await observer.ask('/deidentified/report')).json()) as CopiesReport; // the server's own
    expect(report).toMatchObject({ instances: 4, blackened: 1, without: [{ reason: expect.stringMatching(/words/) }] });
    expect(report.elements).toEqual(expect.arrayContaining([expect.objectContaining({ tag: '00100010', action: 'replaced', count: 4 })]));
    // An original is not reached by its own UIDs either.
    expect((await observer.ask(`/deidentified/studies/${uidOf('copied study ct')}/series/${uidOf('copied series ct')}/instances/${uidOf('copied ct 0')}/frames/1`)).status).toBe(404);
  });

  it('[IMG14] who reads by the case’s rules has both, and copies follow what is stored later', async () => {
    const [first, second] = makeCt('growing', PATIENT);
    const doctor = images.as('doctor');
    await doctor.store([first ?? new Uint8Array()]);
    expect((await doctor.json('/deidentified/instances')).length).toBe(1);
    await doctor.store([second ?? new Uint8Array()]);
    expect((await doctor.json('/deidentified/instances')).length).toBe(2);
    expect((await doctor.json('/instances')).length).toBe(2);
    expect((await doctor.json('/studies')).length).toBe(1);
  });

  it('[IMG2][IMG6] metadata of many instances come in order, page by page', async () => {
    const slices = [...makeCt('many', PATIENT)];
    const doctor = images.as('doctor');
    // Stored in another order than they lie.
    expect((await doctor.store([...slices].reverse())).status).toBe(200);
    expect((await doctor.store(slices)).status).toBe(200);
    const numbers = (await doctor.json(`/studies/${uidOf('many study ct')}/metadata`)).map((one) => one['00200013']?.Value?.[0]);
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });
});
