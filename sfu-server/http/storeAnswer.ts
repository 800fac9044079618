import { STORE_REASON } from '#shared/protocol/imaging';
import type { ErrorCode } from '#shared/protocol/errors';
import type { JsonDataSet } from '../imaging/dicom/json.ts';
import type { Stored } from '../imaging/imageStore.ts';

/** Reasons of a refusal by number (PS3.18 table 10.5.3-1, PS3.4 C.4.2.1.5). */
const FAILURE: Partial<Readonly<Record<ErrorCode, number>>> = { 'storage.full': 0xa700, 'imaging.unsupported': 0xc122, 'imaging.otherContent': 0x0111, 'imaging.otherCase': 0x0124 };
const CANNOT_UNDERSTAND = 0xc000;
/** Stored, and what is in it cannot be shown here. */
const COERCED = 0xb000;

/** The answer to a store request (PS3.18, 10.5.3): what was stored and what was refused, each refusal with its reason in words. */
export function storeAnswer(results: readonly Stored[], base: string): { readonly status: number; readonly dataSet: JsonDataSet } {
  const reference = ({ sopClassUid, sopUid }: { readonly sopClassUid: string; readonly sopUid: string }): JsonDataSet => ({ '00081150': { vr: 'UI', Value: [sopClassUid] }, '00081155': { vr: 'UI', Value: [sopUid] } });
  const reason = (code: ErrorCode, text: string, index: number): JsonDataSet => ({
    [STORE_REASON.creator]: { vr: 'LO', Value: [STORE_REASON.creatorName] },
    [STORE_REASON.code]: { vr: 'LO', Value: [code] },
    [STORE_REASON.text]: { vr: 'LT', Value: [text.slice(0, 500)] },
    [STORE_REASON.place]: { vr: 'UL', Value: [index + 1] },
  });
  const [stored, failed, unread]: [JsonDataSet[], JsonDataSet[], JsonDataSet[]] = [[], [], []];
  for (const [index, result] of results.entries()) {
    if (result.type === 'stored') {
      const { instance, notDisplayable } = result;
      const url = `${base}/studies/${instance.studyUid}/series/${instance.seriesUid}/instances/${instance.sopUid}`;
      stored.push({ ...reference(instance), '00081190': { vr: 'UR', Value: [url] }, ...(notDisplayable === null ? {} : { '00081196': { vr: 'US', Value: [COERCED] }, ...reason('imaging.notDisplayable', notDisplayable, index) }) });
      continue;
    }
    const { error, instance } = result;
    const why: JsonDataSet = { '00081197': { vr: 'US', Value: [FAILURE[error.code] ?? CANNOT_UNDERSTAND] }, ...reason(error.code, error.message, index) };
    if (instance === null) unread.push(why);
    else failed.push({ ...reference(instance), ...why });
  }
  const studies = new Set(results.flatMap((result) => (result.type === 'stored' ? [result.instance.studyUid] : [])));
  const [studyUid] = studies;
  const dataSet: JsonDataSet = {
    ...(studies.size === 1 ? { '00081190': { vr: 'UR', Value: [`${base}/studies/${studyUid}`] } } : {}),
    ...(failed.length === 0 ? {} : { '00081198': { vr: 'SQ', Value: failed } }),
    ...(stored.length === 0 ? {} : { '00081199': { vr: 'SQ', Value: stored } }),
    ...(unread.length === 0 ? {} : { '0008119A': { vr: 'SQ', Value: unread } }),
  };
  const isComplete = stored.length === results.length;
  return { status: isComplete ? 200 : stored.length > 0 ? 202 : 409, dataSet };
}
