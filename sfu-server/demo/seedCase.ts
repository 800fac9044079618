import { createHash } from 'node:crypto';
import type { Attachment, CaseItemContent } from '#shared/domain/caseFile';
import { caseChangeIdSchema, type CaseId, caseItemIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { CaseOperation, CaseReceipt } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import { applyChange } from '../cases/changeRules.ts';
import { noteOfPlainText } from '../cases/noteText.ts';
import type { Attachments } from '../storage/attachments.ts';
import type { CaseRecords } from '../storage/caseRecords.ts';
import type { ObjectStore } from '../storage/objects.ts';
import { DEMO_CASES } from './caseContent.ts';
import type { DemoConsult } from './hospital.ts';
import { encodePng } from '../imaging/render/png.ts';

export interface CaseSeedOptions {
  readonly records: CaseRecords;
  readonly attachments: Attachments;
  readonly objects: ObjectStore;
}

interface Written {
  readonly by: Party;
  readonly operation: CaseOperation;
}

const HOUR_MS = 3_600_000;
/** Hours of the day at which a round is made; three days of them lead up to the present. */
const VITALS_EVERY_MS = 4 * HOUR_MS;
const VITALS_ROUNDS = 18;

/**
 * Fills the case of a demo consult, once: the changes have fixed ids.
 * @param writers who is said to have written what: the applying physician, the nurse, the expert
 */
export async function seedCase(options: CaseSeedOptions, key: DemoConsult['key'], caseId: CaseId, writers: { readonly physician: Party; readonly nurse: Party; readonly expert: Party }, nowMs: number): Promise<void> {
  if (await options.records.isAnswered(caseId, changeIdOf(0))) return; // all of them are in one transaction
  const pictures = await Promise.all(DEMO_CASES[key].photographs.map(({ title, look }) => keepPicture(options, caseId, look, title, nowMs)));
  const receipts = await options.records.inCase(caseId, async (work): Promise<CaseReceipt[]> => {
    const given: CaseReceipt[] = [];
    for (const [index, { by, operation }] of changesOf(key, writers, pictures, nowMs).entries()) {
      given.push(await applyChange(work, { id: changeIdOf(index), caseId, madeAtMs: nowMs, operation }, { party: by, nowMs }));
    }
    return given;
  });
  const failed = receipts.find((receipt) => receipt.status !== 'held');
  if (failed !== undefined) throw new AppError('internal.bug', `a change of the demo case was not held: ${failed.changeId}`);
}

const changeIdOf = (index: number) => caseChangeIdSchema.parse(`demo-${index}`);

function changesOf(key: DemoConsult['key'], { physician, nurse, expert }: Parameters<typeof seedCase>[3], pictures: readonly { readonly title: string; readonly attachment: Attachment }[], nowMs: number): Written[] {
  const demo = DEMO_CASES[key];
  const create = (by: Party, id: string, content: CaseItemContent, text: string | null = null): Written => ({ by, operation: { type: 'create', itemId: caseItemIdSchema.parse(id), content, text } });
  const set = (id: string, fields: Record<string, unknown>): Written => ({ by: physician, operation: { type: 'setFields', itemId: caseItemIdSchema.parse(id), baseRevision: 2, fields } });
  const vitals = Array.from({ length: VITALS_ROUNDS }, (_, round) => {
    const agoMs = (VITALS_ROUNDS - 1 - round) * VITALS_EVERY_MS + 20 * 60_000;
    const days = (round * VITALS_EVERY_MS) / 86_400_000;
    // A curve that rises and falls a little around the trend, the same at every start.
    const at = ([mean, perDay]: readonly [number, number], swing: number, digits: number) => Number((mean + perDay * days + swing * Math.sin(round * 1.7 + mean)).toFixed(digits));
    const { heartRatePerMin, respiratoryRatePerMin, systolicMmHg, diastolicMmHg, oxygenSaturationPercent, temperatureC } = demo.vitals;
    return create(nurse, `vitals-${round}`, {
      kind: 'vitals',
      body: {
        measuredAtMs: nowMs - agoMs, heartRatePerMin: at(heartRatePerMin, 4, 0), respiratoryRatePerMin: at(respiratoryRatePerMin, 1.5, 0), systolicMmHg: at(systolicMmHg, 5, 0), diastolicMmHg: at(diastolicMmHg, 3, 0),
        oxygenSaturationPercent: Math.min(100, at(oxygenSaturationPercent, 1, 0)), temperatureC: at(temperatureC, 0.2, 1),
      },
    });
  });
  const labs = demo.labs.flatMap(({ zh, en, loinc, unit, low, high, values }, index) =>
    values.map((value, dayIndex) => create(physician, `lab-${index}-${dayIndex}`, { kind: 'lab', body: { collectedAtMs: nowMs - (3 - dayIndex) * 24 * HOUR_MS - 3 * HOUR_MS, name: { zh, en }, code: loinc, value, text: null, unit, low, high } })),
  );
  return [
    set('patient', demo.patient),
    set('request', demo.request),
    create(physician, 'history', { kind: 'history', body: demo.history }),
    create(physician, 'examination', { kind: 'examination', body: demo.examination }),
    ...vitals,
    ...labs,
    create(physician, 'imaging-1', { kind: 'imaging', body: { ...demo.imaging, studiedAtMs: nowMs - 26 * HOUR_MS } }),
    ...pictures.map(({ title, attachment }, index) => create(nurse, `photograph-${index}`, { kind: 'document', body: { category: 'photograph', title, takenAtMs: nowMs - 2 * HOUR_MS, attachment } })),
    create(physician, 'note-1', { kind: 'note', body: { title: demo.note.title } }, Buffer.from(noteOfPlainText(demo.note.lines.join('\n'))).toString('base64')),
    create(expert, 'opinion-1', { kind: 'opinion', body: demo.opinion }),
  ];
}

async function keepPicture({ attachments, objects }: CaseSeedOptions, caseId: CaseId, look: 'wound' | 'ultrasound', title: string, nowMs: number): Promise<{ readonly title: string; readonly attachment: Attachment }> {
  return { title, attachment: await keepImage({ attachments, objects }, caseId, look === 'wound' ? paintWound() : paintUltrasound(title.length), `${look}.png`, nowMs) };
}

/** A signature as a finger would draw it, held for the case. */
export function keepSignature(options: Pick<CaseSeedOptions, 'attachments' | 'objects'>, caseId: CaseId, nowMs: number): Promise<Attachment> {
  const bytes = encodePng(240, 80, (x, y) => (Math.abs(y - 40 - 18 * Math.sin(x / 13) * Math.cos(x / 41)) < 2 && x > 20 && x < 220 ? [20, 30, 60] : [255, 255, 255]));
  return keepImage(options, caseId, bytes, 'signature.png', nowMs);
}

async function keepImage({ attachments, objects }: Pick<CaseSeedOptions, 'attachments' | 'objects'>, caseId: CaseId, bytes: Buffer, fileName: string, nowMs: number): Promise<Attachment> {
  const attachment: Attachment = { hash: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.byteLength, mediaType: 'image/png', fileName };
  if ((await objects.size(attachment.hash)) === null) await objects.put(attachment.hash, bytes);
  await attachments.begin(caseId, attachment.hash, attachment.sizeBytes, attachment.mediaType, nowMs);
  await attachments.hold(caseId, attachment.hash, nowMs);
  return attachment;
}

/** A reddish patch on skin with a ruler beside it. */
function paintWound(): Buffer {
  return encodePng(320, 240, (x, y) => {
    if (y > 215) return x % 20 < 2 ? [20, 20, 20] : [240, 240, 235];
    const distance = Math.hypot((x - 160) / 1.4, y - 110) + 6 * Math.sin(x / 9) * Math.cos(y / 7);
    if (distance < 34) return [150, 50, 48];
    return distance < 58 ? [205, 120, 108] : [226, 186 + (x % 3), 164];
  });
}

/** A sector with a dark chamber and speckle, as a probe at the chest would show. */
function paintUltrasound(seed: number): Buffer {
  return encodePng(320, 240, (x, y) => {
    const radius = Math.hypot(x - 160, y);
    const isInside = radius > 24 && radius < 228 && Math.abs(x - 160) < y * 0.85;
    if (!isInside) return [0, 0, 0];
    const speckle = ((x * 73_856_093) ^ (y * 19_349_663) ^ (seed * 83_492_791)) >>> 0;
    const isChamber = Math.hypot((x - 175) / 1.2, y - 130) < 38 || Math.hypot(x - 125, (y - 140) / 1.3) < 22;
    const grey = (isChamber ? 12 : 90 - radius / 4) + (speckle % (isChamber ? 14 : 60));
    return [grey, grey, grey];
  });
}
