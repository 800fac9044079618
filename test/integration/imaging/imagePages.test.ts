import { createSystemClock } from '#shared/lib/clock';
import { expect, it } from 'vitest';
import { ImageReader } from '../../../sfu-server/imaging/imageReader.ts';
import { parseQuery } from '../../../sfu-server/imaging/qido.ts';
import { createImaging, type InstanceRecord } from '../../../sfu-server/storage/imaging.ts';
import { CaseHall } from '../../helpers/caseHall.ts';
import { onEachEngine } from '../../helpers/onEachEngine.ts';
import { createPartsOn } from '../../helpers/serverParts.ts';

const MEGABYTES = 3;
/** Two studies: a series of nine instances with large headers, and three of one each. */
const records = Array.from({ length: 12 }, (_, at): InstanceRecord => {
  const [studyUid, seriesUid] = at < 9 ? ['1.1', '1.1.1'] : ['1.2', `1.2.${at}`];
  const metadata = { '00080018': { vr: 'UI', Value: [`1.9.${at}`] }, '00080060': { vr: 'CS', Value: [at === 10 ? 'SR' : 'CT'] }, '0020000D': { vr: 'UI', Value: [studyUid] }, '0020000E': { vr: 'UI', Value: [seriesUid] }, '00204000': { vr: 'LT', Value: ['x'.repeat(MEGABYTES * 1_000_000)] } };
  return { studyUid, seriesUid, sopUid: `1.9.${at}`, sopClassUid: '1.2.840', hash: `h${at}`, sizeBytes: 1, pixels: at === 4 ? '{"delivery":{"type":"refused","reason":"x"}}' : at > 9 ? null : '{"delivery":{"type":"asIs"}}', metadata: JSON.stringify(metadata), instanceNumber: 100 - at, report: null };
});

onEachEngine('headers of megabytes', (engine) => {
  it('[IMG4][IMG5] are read a few at a time, in order, and searched', async () => {
    const clock = createSystemClock(globalThis);
    const hall = await CaseHall.open(createPartsOn(engine.database, clock));
    const caseId = await hall.consult('large', []);
    const imaging = createImaging(engine.database.db, clock);
    expect(new Set(await imaging.keep(caseId, records, { actorKind: 'system', actorId: null, organisationId: null }))).toEqual(new Set(['kept']));
    const pages: string[][] = [];
    for await (const page of imaging.pages(caseId, {})) pages.push(page.map(({ sopUid }) => sopUid));
    expect(pages.flat()).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0, 10, 11, 9].map((at) => `1.9.${at}`));
    expect(Math.max(...pages.map(({ length }) => length))).toBe(2);
    const firsts: unknown[] = [];
    for await (const page of imaging.firsts(caseId, {})) firsts.push(...page.map(({ first, instances }) => [first.sopUid, instances]));
    expect(firsts).toEqual([['1.9.8', 9], ['1.9.10', 1], ['1.9.11', 1], ['1.9.9', 1]]);
    expect(await imaging.displayable(caseId, { studyUid: '1.1' }, 100)).toEqual([8, 7, 6, 5, 3, 2, 1, 0].map((at) => `1.9.${at}`));
    const reader = new ImageReader({ imaging, objects: {} as never, workers: {} as never }); // searching asks neither
    const ask = async (level: 'studies' | 'series' | 'instances', ...query: (readonly [string, string])[]) => JSON.parse(await reader.search(caseId, level, {}, parseQuery(query), '')) as Record<string, { Value?: unknown[] }>[]; // a list of data sets
    expect((await ask('studies')).map((set) => [set['0020000D']?.Value, set['00080061']?.Value, set['00201206']?.Value, set['00201208']?.Value])).toEqual([[['1.1'], ['CT'], [1], [9]], [['1.2'], ['SR', 'CT'], [3], [3]]]);
    expect((await ask('series', ['Modality', 'SR'])).length).toBe(1);
    expect((await ask('instances', ['StudyInstanceUID', '1.2'], ['offset', '1'])).map((set) => set['00080018']?.Value?.[0])).toEqual(['1.9.11', '1.9.9']);
    expect((await ask('instances', ['includefield', 'all'], ['limit', '2'])).length).toBe(2);
  });
});
