import { z } from 'zod';
import { requestFormSchema, urgencySchema } from './consultation/form.ts';
import { presentationSchema, uidSchema } from './imaging/presentation.ts';
import { caseIdSchema, caseItemIdSchema, consultIdSchema, organisationIdSchema } from './ids.ts';
import { bilingualSchema, partySchema } from './people.ts';

/** Times in a case file are Unix epoch ms. Those of a patient's events (`measuredAtMs`) are by the clock of who wrote them down. */
const epochMs = z.number().int().min(0).max(253_402_300_799_999); // the end of the year 9999, the last that calendars write with four digits
const line = (max: number) => z.string().max(max);
/** Text of a person; long enough for a thorough history, short enough for a message. */
const prose = line(20_000);

/** What an item points at in the object store: content by its hash, so that the same picture is kept once and a changed one is noticed. */
export const attachmentSchema = z.object({
  /** SHA-256 of the plain content, lower-case hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.number().int().positive().max(2_000_000_000),
  mediaType: z.string().regex(/^[a-z]{1,20}\/[a-z0-9.+-]{1,80}$/),
  fileName: line(200),
});
export type Attachment = z.infer<typeof attachmentSchema>;

const patientSchema = z.object({
  name: line(80),
  sex: z.enum(['female', 'male', 'other', 'unknown']),
  /** Civil date, `YYYY-MM-DD`. */
  birthDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/).nullable(),
  ageYears: z.number().int().min(0).max(130).nullable(),
  /** The applying hospital's record number. */
  recordNumber: line(40).nullable(),
  phone: line(40).nullable(),
});

/** The request form, besides where the patient lies. What older records lack has its plain value. */
const requestSchema = z.object({
  question: line(2000),
  diagnosis: line(1000),
  urgency: urgencySchema,
  ward: line(100),
  bed: line(20),
  kind: requestFormSchema.shape.kind.default('consultation'),
  wanted: requestFormSchema.shape.wanted.default([]),
  preferredTimes: requestFormSchema.shape.preferredTimes.default([]),
  needsCart: requestFormSchema.shape.needsCart.default(false),
});
const historySchema = z.object({ presentIllness: prose, pastHistory: prose, medication: prose, allergies: line(2000) });
const examinationSchema = z.object({ general: prose, findings: prose });

/** One round of measurements; null: not taken. */
const vitalsSchema = z.object({
  measuredAtMs: epochMs,
  heartRatePerMin: z.number().min(0).max(400).nullable(),
  respiratoryRatePerMin: z.number().min(0).max(150).nullable(),
  systolicMmHg: z.number().min(0).max(400).nullable(),
  diastolicMmHg: z.number().min(0).max(300).nullable(),
  oxygenSaturationPercent: z.number().min(0).max(100).nullable(),
  temperatureC: z.number().min(10).max(50).nullable(),
});

const labSchema = z.object({
  collectedAtMs: epochMs,
  /** What is measured; `code` is LOINC where it is known. */
  name: bilingualSchema,
  code: line(20).nullable(),
  value: z.number().nullable(),
  /** The result where it is no number («阴性»). */
  text: line(400).nullable(),
  unit: line(30),
  low: z.number().nullable(),
  high: z.number().nullable(),
});

/** A picture of a study: which frame (from 1) of which instance. */
export const pictureRefSchema = z.object({ studyUid: uidSchema, seriesUid: uidSchema, sopUid: uidSchema, frame: z.number().int().min(1).max(100_000) });
export type PictureRef = z.infer<typeof pictureRefSchema>;

/** [CTL113] Of a record of remote control: whose part it is, and the hash that its chain ends with, kept apart from it. */
const controlPartSchema = z.object({ consultId: consultIdSchema, part: z.number().int().min(1), from: z.number().int().min(1), to: z.number().int().min(1), lastHash: z.string().regex(/^[0-9a-f]{64}$/) });

const documentSchema = z.object({
  category: z.enum(['photograph', 'report', 'letter', 'still', 'dicom', 'controlRecord', 'other']),
  title: line(200),
  takenAtMs: epochMs,
  attachment: attachmentSchema,
  /** Of a key image: the picture it was taken of. */
  picture: pictureRefSchema.optional(),
  /** Of a `controlRecord`, and of nothing else. */
  control: controlPartSchema.optional(),
});

const imagingSchema = z.object({
  /** DICOM UID. */
  studyUid: uidSchema,
  modality: line(16),
  description: line(400),
  studiedAtMs: epochMs,
  seriesCount: z.number().int().nonnegative().max(10_000),
});

/** A series that somebody chose to belong to the copies of the case on machines: fetched with them, and read without a network. */
const seriesSchema = z.object({
  /** DICOM UIDs. */
  studyUid: z.string().regex(/^[0-9.]{1,64}$/),
  seriesUid: z.string().regex(/^[0-9.]{1,64}$/),
  modality: line(16),
  description: line(400),
});

/** An expert's opinion while it is written; signing belongs to the consult's workflow. */
const opinionSchema = z.object({ findings: prose, recommendation: prose });

/** The form's words are kept with the signature: what was signed stays readable when the form changes. */
const consentSchema = z.object({
  formTitle: line(200),
  formText: prose,
  signerName: line(80),
  relation: z.enum(['patient', 'spouse', 'parent', 'child', 'guardian', 'other']),
  signedAtMs: epochMs,
  /** PNG of the signature. */
  signature: attachmentSchema,
});

/** The name under which a note's text stands in its Yjs document: an XML fragment of paragraphs, as ProseMirror keeps it. */
export const NOTE_TEXT_FIELD = 'default';

/** A note of several authors. Its text is a Yjs document and travels as updates; what is here is only its heading. */
const noteSchema = z.object({ title: line(200) });

/** Marks and measurements on the case's pictures: a Yjs document, the map `marks` of `markSchema` by id. Nothing is besides it. */
const marksSchema = z.object({});
/** The id of the case's marks: there is one document of them. */
export const MARKS_ITEM_ID = caseItemIdSchema.parse('marks');

/** How images were looked at, to be opened again. `consultId`: what was shown last in that consult; null: a person kept it under a name. */
const imagingViewSchema = z.object({ title: line(120), presentation: presentationSchema, consultId: consultIdSchema.nullable() });

/**
 * Every kind of item in a case file.
 * `one`: there is exactly one of it, with the kind's name as id. `many`: as many as are written.
 * `fields`: each field is a value of its own that people may change; `fixed`: written once, and taken back by a retraction.
 * `merged`: fields besides a Yjs document that all edits are merged into.
 * `by`: who may change or take back what is there: `anyone` who may write in the case, or its `author` alone.
 */
export const CASE_ITEM_KINDS = {
  patient: { count: 'one', change: 'fields', by: 'anyone', body: patientSchema, identity: ['name', 'birthDate', 'recordNumber', 'phone'] },
  request: { count: 'one', change: 'fields', by: 'anyone', body: requestSchema, identity: [] },
  history: { count: 'one', change: 'fields', by: 'anyone', body: historySchema, identity: [] },
  examination: { count: 'one', change: 'fields', by: 'anyone', body: examinationSchema, identity: [] },
  vitals: { count: 'many', change: 'fixed', by: 'anyone', body: vitalsSchema, identity: [] },
  lab: { count: 'many', change: 'fixed', by: 'anyone', body: labSchema, identity: [] },
  document: { count: 'many', change: 'fixed', by: 'anyone', body: documentSchema, identity: [] },
  imaging: { count: 'many', change: 'fixed', by: 'anyone', body: imagingSchema, identity: [] },
  series: { count: 'many', change: 'fixed', by: 'anyone', body: seriesSchema, identity: [] },
  opinion: { count: 'many', change: 'fields', by: 'author', body: opinionSchema, identity: [] },
  consent: { count: 'many', change: 'fixed', by: 'anyone', body: consentSchema, identity: ['signerName', 'signature'] },
  note: { count: 'many', change: 'merged', by: 'anyone', body: noteSchema, identity: [] },
  marks: { count: 'one', change: 'merged', by: 'anyone', body: marksSchema, identity: [] },
  imagingView: { count: 'many', change: 'fields', by: 'anyone', body: imagingViewSchema, identity: [] },
} as const satisfies Record<string, { readonly count: 'one' | 'many'; readonly change: 'fields' | 'fixed' | 'merged'; readonly by: 'anyone' | 'author'; readonly body: z.ZodObject; readonly identity: readonly string[] }>;

/** Whether this party may change or take back an item that is there, as far as its kind says; the right to write in the case comes first. */
export function mayChange({ content, author }: { readonly content: { readonly kind: CaseItemKind }; readonly author: { readonly id: string } }, partyId: string | null): boolean {
  return CASE_ITEM_KINDS[content.kind].by === 'anyone' || author.id === partyId;
}

export type CaseItemKind = keyof typeof CASE_ITEM_KINDS;
export type CaseItemBody<K extends CaseItemKind> = z.infer<(typeof CASE_ITEM_KINDS)[K]['body']>;
const kinds = Object.keys(CASE_ITEM_KINDS) as [CaseItemKind, ...CaseItemKind[]]; // the table's own keys, and it is not empty

/** The body by its kind: `{ kind, body }` of one of the table's pairs. */
export const caseItemContentSchema = z.discriminatedUnion('kind', kinds.map((kind) => z.object({ kind: z.literal(kind), body: CASE_ITEM_KINDS[kind].body })) as unknown as [ContentOption<'patient'>, ...ContentOption<CaseItemKind>[]]); // one option for each key above
type ContentOption<K extends CaseItemKind> = z.ZodObject<{ kind: z.ZodLiteral<K>; body: (typeof CASE_ITEM_KINDS)[K]['body'] }>;
export type CaseItemContent = { [K in CaseItemKind]: { readonly kind: K; readonly body: CaseItemBody<K> } }[CaseItemKind];

/** An item as the server holds it. `revision` is that of the case at the item's last change; revisions of a case rise by one a change. */
export const caseItemSchema = z.object({
  id: caseItemIdSchema,
  revision: z.number().int().positive(),
  content: caseItemContentSchema,
  /** `fields` and `merged` kinds: the revision at which each field was last set. */
  fieldRevisions: z.record(z.string().max(40), z.number().int().positive()),
  /** `note` and `marks`: the Yjs document's whole state, base64. */
  text: z.string().max(2_000_000).nullable(),
  author: partySchema,
  createdAtMs: epochMs,
  changedAtMs: epochMs,
  /** Taken back: stays, struck out, with who and why. */
  retraction: z.object({ by: partySchema, atMs: epochMs, reason: line(400) }).nullable(),
});
export type CaseItem = Omit<z.infer<typeof caseItemSchema>, 'content'> & { readonly content: CaseItemContent };

/** A case as a list shows it. `patientName` is whole: who may list a case may read it. */
export const caseSummarySchema = z.object({
  id: caseIdSchema,
  revision: z.number().int().nonnegative(),
  organisationId: organisationIdSchema,
  organisationName: bilingualSchema,
  patientName: line(80),
  patientSex: patientSchema.shape.sex,
  patientAge: z.number().int().min(0).max(130).nullable(),
  question: line(2000),
  consultIds: z.array(consultIdSchema).max(100),
  /** The nearest consult still to come or under way; null: none. */
  nextConsultAtMs: epochMs.nullable(),
  changedAtMs: epochMs,
  /** Whether the reader may write. */
  canWrite: z.boolean(),
  /** The reader's right to read ends here; null: no end is set. */
  accessUntilMs: epochMs.nullable(),
  /** A copy on a machine may be read until here without asking again; never past `accessUntilMs`. */
  leaseUntilMs: epochMs,
  /** All attachments together, bytes: what «available offline» would take. */
  attachmentBytes: z.number().int().nonnegative(),
});
export type CaseSummary = z.infer<typeof caseSummarySchema>;
