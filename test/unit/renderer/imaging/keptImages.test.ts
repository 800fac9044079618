import { describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { HttpClient } from '../../../../renderer/services/http.ts';
import { createDicomWeb, type DicomWebOptions } from '../../../../renderer/services/imaging/dicomWeb.ts';
import type { SeriesSummary, StudySummary } from '../../../../renderer/services/imaging/series.ts';

const CASE = caseIdSchema.parse('case-1');
const SUMMARY: SeriesSummary = { studyUid: '1.2', seriesUid: '1.2.3', modality: 'CT', number: 1, description: '', bodyPart: '', instanceCount: 1 };
const study = (studyUid: string, takenAtMs: number): StudySummary => ({ studyUid, description: '', patientName: '', patientId: '', takenAtMs, accession: '', series: [SUMMARY] });
const FRAME = { bytes: Uint8Array.from([1, 2, 3]), syntax: '1.2.840.10008.1.2.1' };

/** The server's images in front of the copies on this machine. */
function web({ answer = () => Response.json([]), copies = {}, ...change }: Partial<Omit<DicomWebOptions, 'copies'>> & { readonly answer?: (url: string) => Response; readonly copies?: Partial<DicomWebOptions['copies']> } = {}) {
  const asked: string[] = [];
  const http = new HttpClient({
    clock: new ManualClock(), serverUrl: () => 'http://server',
    fetch: async (url) => {
      asked.push(url);
      return answer(url);
    },
  });
  const all = { studies: async () => [study('1.9', 5)], series: async () => null, sets: async () => [], thumbnail: async () => null, frame: async () => FRAME, ...copies };
  return { asked, web: createDicomWeb({ http, token: async () => 'token', serverUrl: () => 'http://server', isObserver: () => false, isAway: () => false, copies: all, ...change }) };
}
const offline = () => {
  throw new TypeError('no route');
};
const refusing = () => Response.json({ code: 'auth.forbidden', message: 'no' }, { status: 403 });

describe('images with and without a server', () => {
  it('[IMG47] come from the server while it is there, from this machine when it cannot be reached', async () => {
    expect(await web().web.studies(CASE)).toEqual([]);
    expect((await web({ answer: offline }).web.studies(CASE)).map(({ studyUid }) => studyUid)).toEqual(['1.9']);
  });

  it('[IMG47] do not wait for a line that is known to be dead', async () => {
    const away = web({ isAway: () => true });
    expect(await away.web.studies(CASE)).toHaveLength(1);
    expect(away.asked).toEqual([]);
    // Where nothing is kept there is nobody else to ask.
    const empty = web({ isAway: () => true, answer: offline, copies: { studies: async () => [] } });
    await expect(empty.web.studies(CASE)).rejects.toMatchObject({ code: 'network.offline' });
  });

  it('[IMG47] are not given from here to somebody the server turned away, and never to an observer', async () => {
    await expect(web({ answer: refusing }).web.studies(CASE)).rejects.toMatchObject({ code: 'auth.forbidden' });
    const observer = web({ answer: offline, isObserver: () => true, isAway: () => true }).web;
    await expect(observer.studies(CASE)).rejects.toMatchObject({ code: 'network.offline' });
    expect(await observer.keptFrame(CASE, SUMMARY, '1.2.3.4', 1)).toBeNull();
  });

  it('[IMG47] a frame that may not be shown says why; a copy that is locked leaves the word to the server', async () => {
    expect(await web().web.keptFrame(CASE, SUMMARY, '1.2.3.4', 1)).toBe(FRAME);
    const failing = (code: 'imaging.notDisplayable' | 'case.locked' | 'case.leaseEnded') => web({ copies: { frame: async () => Promise.reject(new AppError(code, 'test')) } }).web.keptFrame(CASE, SUMMARY, '1.2.3.4', 1);
    await expect(failing('imaging.notDisplayable')).rejects.toMatchObject({ code: 'imaging.notDisplayable' });
    expect([await failing('case.locked'), await failing('case.leaseEnded')]).toEqual([null, null]);
  });

  it('studies of the same moment have a fixed order', async () => {
    const uids = ['1.7', '1.3', '1.5'];
    const order = async (some: string[]) => (await web({ answer: offline, copies: { studies: async () => [...some.map((uid) => study(uid, 5)), study('1.1', 9)] } }).web.studies(CASE)).map(({ studyUid }) => studyUid);
    expect(await order(uids)).toEqual(['1.1', '1.3', '1.5', '1.7']);
    expect(await order([...uids].reverse())).toEqual(['1.1', '1.3', '1.5', '1.7']);
  });
});
