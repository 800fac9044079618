import { describe, expect, it } from 'vitest';
import { cineIndex, ownRate } from '../../../../../renderer/services/imaging/cinePhase.ts';
import { type DataSet, number, numbers } from '../../../../../renderer/services/imaging/dicomJson.ts';
import { hang } from '../../../../../renderer/services/imaging/hanging.ts';
import { nearestFrame, type SeriesSummary, seriesOf, type StudySummary } from '../../../../../renderer/services/imaging/series.ts';
import { linkedIndex } from '../../../../../renderer/state/imaging/linkRule.ts';

const value = (...Value: unknown[]) => ({ Value });
const summary = (change: Partial<SeriesSummary> = {}): SeriesSummary => ({ studyUid: '1', seriesUid: '1.1', modality: 'CT', number: 1, description: '', bodyPart: 'CHEST', instanceCount: 10, ...change });
const study = (studyUid: string, takenAtMs: number, series: SeriesSummary[]): StudySummary => ({ studyUid, description: '', patientName: '', patientId: '', takenAtMs, accession: '', series });
const slice = (number: number, z: number, more: DataSet = {}): DataSet => ({ '00080018': value(`1.1.${number}`), '00280010': value(256), '00280002': value(1), '00200013': value(number), '00200032': value(0, 0, z), '00200037': value(1, 0, 0, 0, 1, 0), '00200052': value('1.9'), ...more });

describe('a series from its metadata', () => {
  it('orders slices by their place and not by their number', () => {
    const series = seriesOf(summary(), [slice(3, 0), slice(1, 10), slice(2, 5), slice(4, -5)]);
    expect(series.frames.map(({ positionMm }) => positionMm)).toEqual([-5, 0, 5, 10]);
    expect(series.noVolume).toBeNull();
  });

  it('takes an empty value for none and not for zero', () => {
    expect(numbers({ '00200032': value('', 5, 6) }, '00200032')).toEqual([]);
    expect(number({ '00281050': value(null) }, '00281050')).toBeNull();
    expect(numbers({ '00281050': value('40', 400) }, '00281050')).toEqual([40, 400]);
    const holed = seriesOf(summary(), [1, 2, 3, 4].map((at) => slice(at, at, at === 2 ? { '00200032': value(0, 0, null) } : {})));
    expect(holed.noVolume).toBe('noGeometry');
  });

  it('says why no planes can be cut', () => {
    expect(seriesOf(summary(), [slice(1, 0), slice(2, 1)]).noVolume).toBe('fewSlices');
    expect(seriesOf(summary(), [1, 2, 3, 4, 5].map((number) => slice(number, 7))).noVolume).toBe('noGeometry');
    expect(seriesOf(summary(), [1, 2, 3, 4, 5].map((number) => slice(number, number, { '00280002': value(3) }))).noVolume).toBe('colour');
  });

  it('cuts no planes where slices are missing, slip aside or look another way: the volume would be drawn and measured as if they did not', () => {
    const at = (...heights: number[]) => seriesOf(summary(), heights.map((z, index) => slice(index + 1, z))).noVolume;
    expect(at(0, 1, 2, 3, 4, 5)).toBeNull();
    expect(at(0, 1.2, 2.5, 3.8, 5, 6.2)).toBeNull();
    expect(at(0, 1, 2, 4, 5, 6)).toBe('noGeometry');
    expect(at(...Array.from({ length: 200 }, (_, index) => (index < 190 ? index : index + 1)))).toBe('noGeometry');
    const tilted = [0, 1, 2, 3, 4, 5].map((z, index) => slice(index + 1, z, { '00200032': value(0, z * 0.36, z) }));
    expect(seriesOf(summary(), tilted).noVolume).toBe('noGeometry');
    const scout = [0, 1, 2, 3, 4].map((z, index) => slice(index + 1, z, index === 2 ? { '00200037': value(1, 0, 0, 0, 0, -1) } : {}));
    expect(seriesOf(summary(), scout).noVolume).toBe('noGeometry');
  });

  it('leaves out what has no pixels, and discloses a lossy compression', () => {
    const series = seriesOf(summary(), [slice(1, 0, { '00282110': value('01'), '00282112': value('12.51') }), { '00080018': value('1.1.9') }]);
    expect(series.frames).toHaveLength(1);
    expect(series.lossy).toBe('12.5:1');
  });

  it('takes the times of a cine from FrameTime, and from a vector', () => {
    const cine = (more: DataSet) => seriesOf(summary({ modality: 'US' }), [{ '00080018': value('1.1.1'), '00280010': value(240), '00280008': value('4'), ...more }]).frameTimesMs;
    expect(cine({ '00181063': value('40') })).toEqual([0, 40, 80, 120]);
    expect(cine({ '00181065': value('0', '40', '80', '40') })).toEqual([0, 40, 120, 160]);
    expect(cine({})).toBeNull();
  });
});

describe('cine', () => {
  it('goes by the clock: a late look leaves pictures out and never slows down', () => {
    expect(cineIndex(0, 1000, 30, 25, null)).toBe(25);
    expect(cineIndex(0, 1000 * 3, 30, 25, null)).toBe(75 % 30);
    expect(cineIndex(10, 400, 30, 25, null)).toBe(20);
  });

  it('holds each picture as long as the vector says, at any speed', () => {
    const times = [0, 40, 120, 160];
    const rate = ownRate(times) ?? 0;
    expect(rate).toBeCloseTo(18.8, 1);
    expect([10, 50, 100, 130, 165].map((ms) => cineIndex(0, ms, 4, rate, times))).toEqual([0, 1, 1, 2, 3]);
  });
});

describe('hanging', () => {
  const earlier = study('2', 1000, [summary({ studyUid: '2', seriesUid: '2.1', bodyPart: 'HEAD' }), summary({ studyUid: '2', seriesUid: '2.2' })]);
  it('puts the earlier study of the same kind beside slices, linked', () => {
    const now = study('1', 2000, [summary()]);
    const { layout, series, isLinked } = hang([now, earlier], now, null, false);
    expect(hang([now, earlier], now, null, true).layout).toEqual({ rows: 2, columns: 1 });
    expect({ layout, uids: series.map(({ seriesUid }) => seriesUid), isLinked }).toEqual({ layout: { rows: 1, columns: 2 }, uids: ['1.1', '2.2'], isLinked: true });
  });

  it('hangs mammograms in fours and ultrasound alone, and never a report', () => {
    const views = [1, 2, 3, 4].map((number) => summary({ seriesUid: `1.${number}`, modality: 'MG', number }));
    const mammogram = study('1', 2000, [...views, summary({ seriesUid: '1.9', modality: 'SR' })]);
    expect(hang([mammogram], mammogram, null, false)).toMatchObject({ layout: { rows: 2, columns: 2 }, series: views });
    const cine = study('3', 3000, [summary({ seriesUid: '3.1', modality: 'US' })]);
    expect(hang([cine, earlier], cine, null, false)).toMatchObject({ layout: { rows: 1, columns: 1 }, isLinked: false });
  });
});

describe('cells that scroll together', () => {
  const make = (uid: string, from: number, step: number, frameOfReference: string) => seriesOf(summary({ seriesUid: uid }), Array.from({ length: 20 }, (_, at) => slice(at + 1, from + at * step, { '00200052': value(frameOfReference) })));
  const [now, prior, sameSpace] = [make('1.1', 0, 5, 'A'), make('2.1', 100, 10, 'B'), make('1.2', 0, 2.5, 'A')];

  it('go to the same place in one frame of reference', () => {
    expect(linkedIndex({ series: now, index: 4, startMm: 0 }, { series: sameSpace, index: 0, startMm: 999 })).toBe(8);
  });

  it('go as far as the other did from where they were linked, in another', () => {
    expect(linkedIndex({ series: now, index: 4, startMm: 0 }, { series: prior, index: 0, startMm: 100 })).toBe(2);
  });

  it('stay when they are there already', () => {
    expect(linkedIndex({ series: now, index: 4, startMm: 0 }, { series: prior, index: 2, startMm: 100 })).toBeNull();
    expect(nearestFrame(now, 21)).toBe(4);
  });
});
