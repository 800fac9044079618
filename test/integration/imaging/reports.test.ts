import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import dcmjs from 'dcmjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MARKS_ITEM_ID } from '#shared/domain/caseFile';
import { caseChangeIdSchema, caseIdSchema } from '#shared/domain/ids';
import type { Mark } from '#shared/domain/imaging/marks';
import { required } from '#shared/lib/assert';
import type { RequestParams } from '#shared/protocol/requests';
import { reportOf } from '../../../renderer/services/imaging/report.ts';
import { dataSetSchema } from '../../../renderer/services/imaging/dicomJson.ts';
import { uidOf } from '../../../sfu-server/demo/images.ts';
import { writeFile } from '../../../sfu-server/imaging/dicom/write.ts';
import { container, element, number, sequence, text } from '../../../sfu-server/imaging/reports/contentTree.ts';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { DicomwebClient } from '../../helpers/imaging/dicomwebClient.ts';
import { aMark, MarksCopy } from '../../helpers/imaging/marks.ts';
import { TestServer } from '../../helpers/testServer.ts';

const run = promisify(execFile);
type SavedMark = RequestParams<'imaging.saveReport'>['marks'][number];
const idOfMark = (last: number) => `3b1f2c64-9a0e-4b7d-8c1a-0000000000${String(last).padStart(2, '0')}`;

/** Every tool, where it is on its picture in pixels, and what was measured. */
const DRAWN: readonly (Pick<Mark, 'tool' | 'text'> & Omit<SavedMark, 'id'>)[] = [
  { tool: 'length', text: '结节长径', points: [[100.5, 60], [112.25, 64.5]], measured: [{ name: 'length', value: 17.6141, unit: 'mm' }] },
  { tool: 'bidirectional', text: '', points: [[10, 10], [30, 10], [20, 5], [20, 14]], measured: [{ name: 'length', value: 28, unit: 'mm' }, { name: 'width', value: 12.6, unit: 'mm' }] },
  { tool: 'angle', text: '', points: [[50, 50], [60, 60], [70, 50]], measured: [{ name: 'angle', value: 90, unit: '°' }] },
  { tool: 'cobb', text: '', points: [[5, 5], [25, 8], [5, 40], [25, 31]], measured: [{ name: 'angle', value: 32.75, unit: '°' }] },
  { tool: 'ellipse', text: '', points: [[128, 150], [128, 130], [110, 140], [146, 140]], measured: [{ name: 'area', value: 1108.35, unit: 'mm²' }, { name: 'mean', value: -812.4, unit: 'HU' }, { name: 'stdDev', value: 61.25, unit: 'HU' }, { name: 'min', value: -1000, unit: 'HU' }, { name: 'max', value: 40, unit: 'HU' }] },
  { tool: 'rectangle', text: '', points: [[10, 100], [40, 100], [10, 130], [40, 130]], measured: [{ name: 'area', value: 1764, unit: 'mm²' }, { name: 'mean', value: 30, unit: 'HU' }] },
  { tool: 'probe', text: '', points: [[77, 88]], measured: [{ name: 'value', value: -512, unit: 'HU' }] },
  { tool: 'arrow', text: '看这里', points: [[140, 90], [160, 80]], measured: [] },
];

describe('measurements as DICOM SR', () => {
  const folder = mkdtempSync(join(tmpdir(), 'huizhen-sr-'));
  let server: TestServer;
  let hall: ConsultHall;
  let web: DicomwebClient;
  let live: string;
  let marks: Mark[];
  let sopUid: string;
  let seriesUid: string;
  let file: string;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
    live = server.liveConsultId;
    const expert = await hall.connect('expert');
    const nurse = await hall.connect('nurse');
    web = new DicomwebClient(server.url, live, await hall.token('expert'));
    const [self, other] = [await expert.self(), await nurse.self()];
    const on = { studyUid: uidOf(`${live} study ct`), seriesUid: uidOf(`${live} series ct`), frameOfReferenceUid: uidOf(`${live} frame of reference`) };
    marks = DRAWN.map(({ tool, text: words, points }, index) => aMark(idOfMark(index), (index === 0 ? other : self).id, { ...on, tool, text: words, sopUid: uidOf(`${live} ct ${index < 4 ? 7 : 8}`), authorName: index === 0 ? other.name.zh : self.name.zh, points: points.map(([column, row]) => [column, row, 0]) }));
    for (const [who, ids] of [[nurse, [0]], [expert, marks.slice(1).keys()]] as const) {
      const copy = new MarksCopy();
      for (const index of ids) {
        const mark = required(marks[who === nurse ? index : index + 1], 'a mark');
        const [receipt] = (await who.request('case.submit', { caseId: caseIdSchema.parse(live), changes: [{ id: caseChangeIdSchema.parse(`draw-${mark.id}`), caseId: caseIdSchema.parse(live), madeAtMs: 1, operation: { type: 'create', itemId: MARKS_ITEM_ID, content: { kind: 'marks', body: {} }, text: copy.set(mark) } }] })).receipts;
        expect(receipt?.status).toBe('held');
      }
    }
    const saved = await expert.request('imaging.saveReport', { caseId: caseIdSchema.parse(live), studyUid: on.studyUid, language: 'zh', marks: DRAWN.map(({ points, measured }, index) => ({ id: idOfMark(index), points: [...points], measured: [...measured] })) });
    ({ sopUid, seriesUid } = saved);
    const [part] = await web.parts(`/studies/${on.studyUid}/series/${seriesUid}/instances/${sopUid}`);
    file = join(folder, 'report.dcm');
    writeFileSync(file, required(part, 'the stored report').bytes);
  });
  afterAll(async () => {
    await hall.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('[IMG33] dcmtk reads it without a word of complaint, and prints who measured what', async () => {
    const { stdout, stderr } = await run('dsrdump', ['+U8', '+Pl', '+Pc', '+Pt', file]);
    // It says of every file in UTF-8 that it leaves the characters unchecked.
    expect(stderr.trim()).toBe('W: The VR checker does not support this Specific Character Set: ISO_IR 192');
    expect(stdout).toContain('Comprehensive SR Document');
    for (const words of ['"17.6141" (mm,UCUM,"millimeter")', '"-812.4" ([hnsf\'U],UCUM', '(103340004,SCT,"Short Axis")', 'COMPLETE', '结节长径', '看这里']) expect(stdout).toContain(words);
    expect(stdout).not.toMatch(/unknown\^unknown/i);
    expect(stdout).toMatch(/Person Observer Name[^\n]*=/);
    const { stdout: dump } = await run('dcmdump', ['+P', '0010,0010', '+P', '0020,000d', '+P', '0040,a493', file]);
    expect(dump).toContain('DEMO^PATIENT');
  });

  it('[IMG33] Cornerstone’s adapters open it: the same tools, values, units and places', async () => {
    const { adaptersSR } = await import('@cornerstonejs/adapters');
    const { metaData } = await import('@cornerstonejs/core');
    const plane = { imagePositionPatient: [0, 0, 0], rowCosines: [1, 0, 0], columnCosines: [0, 1, 0], rowPixelSpacing: 1, columnPixelSpacing: 1 };
    metaData.addProvider((type: string) => (type === 'imagePlaneModule' ? plane : undefined), 1);
    const read = (await import('node:fs')).readFileSync(file);
    const dict = dcmjs.data.DicomMessage.readFile(read.buffer.slice(read.byteOffset, read.byteOffset + read.byteLength) as ArrayBuffer);
    const dataset = (dcmjs.data.DicomMetaDictionary as unknown as { naturalizeDataset(of: unknown): Record<string, unknown> }).naturalizeDataset(dict.dict); // the package has no types of its own
    const { MeasurementReport } = adaptersSR.Cornerstone3D;
    const images = Object.fromEntries([7, 8].flatMap((slice) => [[uidOf(`${live} ct ${slice}`), `image-${slice}`], [`${uidOf(`${live} ct ${slice}`)}:1`, `image-${slice}`]]));
    const state = MeasurementReport.generateToolState(dataset, images, metaData, {}) as Record<string, { readonly annotation: { readonly data: { readonly handles: { readonly points: readonly (readonly number[])[] }; readonly cachedStats: Record<string, Record<string, unknown>> } } }[]>; // as the package returns it
    expect(Object.fromEntries(Object.entries(state).map(([tool, found]) => [tool, found.length]))).toEqual({ Length: 1, Bidirectional: 1, Angle: 1, CobbAngle: 1, EllipticalROI: 1, RectangleROI: 1, Probe: 1, ArrowAnnotate: 1 });
    const dataOf = (tool: string) => required(state[tool]?.[0], tool).annotation.data;
    const statsOf = (tool: string) => Object.values(dataOf(tool).cachedStats)[0];
    expect(statsOf('Length')).toMatchObject({ length: 17.6141, unit: 'mm' });
    expect(statsOf('Bidirectional')).toMatchObject({ length: 28, width: 12.6 });
    expect(statsOf('EllipticalROI')).toMatchObject({ area: 1108.35 });
    // Pixels of one millimetre from the origin: half a pixel lies between the picture's corner and the first one's middle.
    expect(dataOf('Length').handles.points.map((point) => point.slice(0, 2).map((at) => Math.round(at * 1000) / 1000))).toEqual([[100, 59.5], [111.75, 64]]);
  });

  it('[IMG34] it is read again as marks at the same places, with its units, and by whom it was written', async () => {
    const [metadata] = await web.json(`/studies/${uidOf(`${live} study ct`)}/series/${seriesUid}/metadata`);
    const report = reportOf(dataSetSchema.parse(metadata));
    const self = await (await hall.connect('expert')).self();
    expect(report).toMatchObject({ title: 'Imaging Measurement Report', author: self.name.zh, sopUid });
    expect(report.drawn.map(({ id, tool, points, text: words }) => ({ id, tool, points, text: words }))).toEqual(DRAWN.map(({ tool, points, text: words }, index) => ({ id: idOfMark(index), tool, points, text: words })));
    expect(new Set(report.drawn.map(({ seriesUid: of, frame }) => `${of} ${frame}`))).toEqual(new Set([`${uidOf(`${live} series ct`)} 1`]));
    expect(report.lines).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'Mean', value: '-812.4 HU' }), expect.objectContaining({ name: 'Area', value: '1108.35 mm²' }), expect.objectContaining({ name: 'Length', value: '17.61 mm' })]));
    expect(report.lines.some(({ value }) => value.includes('标注者'))).toBe(true);
    const listed = (await web.json(`/studies/${uidOf(`${live} study ct`)}/series`)).map((one) => one['00080060']?.Value?.[0]);
    expect(listed).toContain('SR');
  });

  it('[IMG35] a report of another program is listed with its title, time, author and what can be read of it', async () => {
    const other = writeFile(
      {
        '00080060': element('CS', 'SR'), '00080023': element('DA', '20251104'), '00080033': element('TM', '101500'), '0020000D': element('UI', uidOf('other study')), '0020000E': element('UI', uidOf('other series')), '00200013': element('IS', '1'), '00100010': element('PN', 'X'), '00100020': element('LO', 'X'),
        '0040A073': sequence({ '0040A075': element('PN', 'Reader^Another') }),
        ...container(null, { value: '18748-4', scheme: 'LN', meaning: 'Diagnostic Imaging Report' }, [
          text('CONTAINS', { value: '121071', scheme: 'DCM', meaning: 'Finding' }, 'Nodule in the right upper lobe'),
          number({ value: 'M-02550', scheme: 'SRT', meaning: 'Diameter' }, 11.5, { value: 'mm', scheme: 'UCUM', meaning: 'mm' }, []),
        ]),
      },
      '1.2.840.10008.5.1.4.1.1.88.22',
      uidOf('other report'),
    );
    expect((await web.store([Buffer.from(other)])).status).toBe(200);
    const [metadata] = await web.json(`/studies/${uidOf('other study')}/series/${uidOf('other series')}/metadata`);
    expect(reportOf(dataSetSchema.parse(metadata))).toMatchObject({
      title: 'Diagnostic Imaging Report', author: 'Reader Another', writtenAtMs: new Date(2025, 10, 4, 10, 15).getTime(), drawn: [],
      lines: [{ depth: 0, name: 'Finding', value: 'Nodule in the right upper lobe' }, { depth: 0, name: 'Diameter', value: '11.5 mm' }],
    });
  });

  it('[IMG33] who may not write in the case writes no report; of a mark or picture that is not there none is written', async () => {
    const params = (change: object = {}) => ({ caseId: caseIdSchema.parse(live), studyUid: uidOf(`${live} study ct`), language: 'en' as const, marks: [{ id: idOfMark(0), points: [[1, 2], [3, 4]] as [number, number][], measured: [] }], ...change });
    expect(await (await hall.connect('scheduler')).codeOf('imaging.saveReport', params())).toBe('auth.forbidden');
    expect(await (await hall.connect('observer')).codeOf('imaging.saveReport', params())).toBe('auth.forbidden');
    const expert = await hall.connect('expert');
    expect(await expert.codeOf('imaging.saveReport', params({ marks: [{ id: idOfMark(77), points: [[1, 2]], measured: [] }] }))).toBe('record.notFound');
    expect(await expert.codeOf('imaging.saveReport', params({ studyUid: uidOf(`${live} study us`) }))).toBe('record.notFound');
    expect(await expert.codeOf('imaging.saveReport', params({ marks: [{ id: idOfMark(2), points: [[1, 2]], measured: [] }] }))).toBe('input.malformed');
    expect(await expert.codeOf('imaging.saveReport', params({ caseId: caseIdSchema.parse('no-such-case') }))).toBe('record.notFound');
  });
});
