import { z } from 'zod';
import { CASE_ITEM_KINDS, type CaseItemKind, caseItemContentSchema } from '../domain/caseFile.ts';
import { caseChangeIdSchema, caseIdSchema, caseItemIdSchema, deviceIdSchema } from '../domain/ids.ts';
import { partySchema } from '../domain/people.ts';
import { errorCodeSchema } from './errors.ts';

/** Values of single fields, by name; checked against the item's kind by whoever applies them. At most as many as a kind has. */
const fieldsSchema = z.record(z.string().max(40), z.unknown()).refine((fields) => Object.keys(fields).length <= 20, 'too many fields');

/** A Yjs update (version 1) as base64. A message of the socket holds 600 000 bytes: what is longer is sent in several changes. */
const yjsUpdateSchema = z.string().max(400_000);

/** What a change does. */
const operationSchema = z.discriminatedUnion('type', [
  /**
   * A new item. Its attachments must be in the object store before. For a note, `text` is its first Yjs update, base64. An item of a
   * kind of which there is one has the kind's name as id; where somebody else has begun it, this sets its fields from revision 0, and
   * marks are merged into those that are there.
   */
  z.object({ type: z.literal('create'), itemId: caseItemIdSchema, content: caseItemContentSchema, text: yjsUpdateSchema.nullable() }),
  /** Sets fields. `baseRevision`: the revision the writer saw; a field set by somebody else after it, to another value, is a conflict. */
  z.object({ type: z.literal('setFields'), itemId: caseItemIdSchema, baseRevision: z.number().int().nonnegative(), fields: fieldsSchema }),
  /** A Yjs update of a note or of the marks, base64: merged, never refused for what others wrote. */
  z.object({ type: z.literal('mergeText'), itemId: caseItemIdSchema, update: yjsUpdateSchema.min(1) }),
  /** Kinds of which there is one are not taken back. */
  z.object({ type: z.literal('retract'), itemId: caseItemIdSchema, reason: z.string().min(1).max(400) }),
]);
export type CaseOperation = z.infer<typeof operationSchema>;

export const caseChangeSchema = z.object({
  id: caseChangeIdSchema,
  caseId: caseIdSchema,
  /** When the person made it, by their machine's clock. */
  madeAtMs: z.number().int().nonnegative(),
  operation: operationSchema,
});
export type CaseChange = z.infer<typeof caseChangeSchema>;

const conflictSchema = z.object({
  field: z.string().max(40),
  /** What the server holds now. */
  value: z.unknown(),
  revision: z.number().int().positive(),
  by: partySchema,
  atMs: z.number().int().nonnegative(),
});
export type FieldConflict = z.infer<typeof conflictSchema>;

/** The server's word on one change; the same for every time the change is sent. */
export const caseReceiptSchema = z.discriminatedUnion('status', [
  /** Kept, durably, as of `revision`. */
  z.object({ status: z.literal('held'), changeId: caseChangeIdSchema, revision: z.number().int().positive(), heldAtMs: z.number().int().nonnegative() }),
  /** Nothing of it was applied: a person decides, and sends a new change from `revision`. */
  z.object({ status: z.literal('conflict'), changeId: caseChangeIdSchema, revision: z.number().int().positive(), conflicts: z.array(conflictSchema).min(1).max(20) }),
  /** Nothing of it was applied, and sending it again would not help. */
  z.object({ status: z.literal('refused'), changeId: caseChangeIdSchema, code: errorCodeSchema, message: z.string().max(500) }),
]);
export type CaseReceipt = z.infer<typeof caseReceiptSchema>;

/** A machine with copies of case files, as the administrator's page shows it. */
export const caseDeviceSchema = z.object({
  deviceId: deviceIdSchema,
  party: partySchema,
  client: z.string().max(200),
  cachedCases: z.number().int().nonnegative(),
  lastSeenAtMs: z.number().int().nonnegative(),
  /** `asked`: the machine has not been heard since; its copies end with their leases at `leasesEndAtMs`. `done`: it said so itself. */
  wipe: z.discriminatedUnion('state', [
    z.object({ state: z.literal('none') }),
    z.object({ state: z.literal('asked'), askedAtMs: z.number().int(), leasesEndAtMs: z.number().int() }),
    z.object({ state: z.literal('done'), askedAtMs: z.number().int(), doneAtMs: z.number().int() }),
  ]),
});
export type CaseDevice = z.infer<typeof caseDeviceSchema>;

/**
 * An item on its way to a machine, whose program may be older than the server's: only what is needed to keep it is looked at here, and
 * all of it is kept. Whoever reads it parses the whole (`caseItemSchema`); what does not fit harms no other item [OFF8].
 */
export const receivedItemSchema = z.looseObject({ id: caseItemIdSchema, revision: z.number().int().positive() });
export type ReceivedItem = z.infer<typeof receivedItemSchema>;

/** A summary on its way to a machine, as `receivedItemSchema`: one of a newer version leaves the rest of the list readable, and its copy where it is [OFF8]. */
export const receivedSummarySchema = z.looseObject({ id: caseIdSchema, revision: z.number().int().nonnegative(), leaseUntilMs: z.number().int().nonnegative() });
export type ReceivedSummary = z.infer<typeof receivedSummarySchema>;

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const CASE_REQUESTS = {
  /**
   * All cases the reader may read, and how this machine stands with them. `cached`: the cases of which it holds copies; those not
   * in the answer are to be dropped. `deviceId`: null where the machine keeps no copies and reads from memory; it is in no list then,
   * and never told to wipe. `mustWipe`: drop all keys, then everything, then say `case.reportWiped`.
   */
  'case.list': {
    params: z.object({ deviceId: deviceIdSchema.nullable(), client: z.string().max(200), cached: z.array(caseIdSchema).max(10_000) }),
    result: z.object({ cases: z.array(receivedSummarySchema).max(20_000), serverTimeMs: z.number().int(), mustWipe: z.boolean() }),
  },
  /**
   * Items changed after `sinceRevision`, oldest change first; again from `revision` while `hasMore`. An answer holds about a megabyte,
   * so fewer than `limit` may come. Reading is audited once a session.
   */
  'case.changes': {
    params: z.object({ caseId: caseIdSchema, sinceRevision: z.number().int().nonnegative(), limit: z.number().int().min(1).max(500) }),
    result: z.object({ summary: receivedSummarySchema, items: z.array(receivedItemSchema).max(500), revision: z.number().int().nonnegative(), hasMore: z.boolean(), serverTimeMs: z.number().int() }),
  },
  /**
   * Changes of one case, applied in order; one receipt each. A change that is refused does not stop those after it. Together they
   * have to fit a message of the socket (600 000 bytes).
   */
  'case.submit': {
    params: z.object({ caseId: caseIdSchema, changes: z.array(caseChangeSchema).min(1).max(50) }),
    result: z.object({ receipts: z.array(caseReceiptSchema).min(1).max(50) }),
  },
  'case.reportWiped': { params: z.object({ deviceId: deviceIdSchema }), result: z.object({}) },
  'admin.caseDevices': { params: z.object({}), result: z.object({ devices: z.array(caseDeviceSchema).max(5000) }) },
  'admin.wipeDevice': { params: z.object({ deviceId: deviceIdSchema }), result: z.object({}) },
} as const;

/** Said to everybody connected who may read the case: there is something newer than what they have. */
export const caseChangedSchema = z.object({ caseId: caseIdSchema, revision: z.number().int().nonnegative() });

/** Said to everybody who has signed in on that machine and is connected: whoever runs on it asks for its list, which says the rest. */
export const caseWipeAskedSchema = z.object({ deviceId: deviceIdSchema });

/**
 * Attachments travel over HTTP with the session's token as bearer. Content is named by case and hash.
 * - `GET` gives it, with `Range`; `HEAD` its size.
 * - `POST …/upload` with `{ sizeBytes, mediaType }` begins or goes on: `{ offset }` says from where; `offset === sizeBytes`: it is held.
 * - `PATCH …/upload` with the header `upload-offset` and bytes appends; answers `{ offset }`. The last part is checked against the hash.
 */
export const ATTACHMENT_ROUTES = {
  content: (caseId: string, hash: string) => `/api/cases/${caseId}/attachments/${hash}`,
  upload: (caseId: string, hash: string) => `/api/cases/${caseId}/attachments/${hash}/upload`,
} as const;
export const uploadParamsSchema = z.object({ sizeBytes: z.number().int().positive().max(2_000_000_000), mediaType: z.string().max(100) });
export const uploadResultSchema = z.object({ offset: z.number().int().nonnegative() });
/** The largest part of an upload, bytes. */
export const MAX_UPLOAD_PART_BYTES = 8 * 1024 * 1024;

/** FHIR R4: `GET` gives a case as a Bundle, `POST` makes a case of one and says what it left out. */
export const FHIR_ROUTES = { exportCase: (caseId: string) => `/api/fhir/cases/${caseId}`, importCase: '/api/fhir/cases' } as const;
/** Why a resource of a Bundle was not taken in; the reader's program says it in words. */
export const FHIR_LEFT_REASONS = ['unknownKind', 'doesNotFit', 'enteredInError', 'unstorable', 'noAttachment', 'noStudy', 'noSignature', 'outOfRange', 'onlyOne'] as const;
export const fhirImportResultSchema = z.object({
  caseId: caseIdSchema,
  /** What came in: entries by kind. */
  imported: z.array(z.object({ kind: z.enum(Object.keys(CASE_ITEM_KINDS) as [CaseItemKind, ...CaseItemKind[]]), count: z.number().int().positive() })).max(20), // the table's own keys
  /** `detail`: the element that does not fit; null for the other reasons. */
  left: z.array(z.object({ resourceType: z.string().max(60), reason: z.enum(FHIR_LEFT_REASONS), detail: z.string().max(200).nullable() })).max(1000),
});
export type FhirImportResult = z.infer<typeof fhirImportResultSchema>;
export type FhirLeft = FhirImportResult['left'][number];

/** The names of a kind's fields, in the order of its schema. */
export function fieldNames(kind: keyof typeof CASE_ITEM_KINDS): readonly string[] {
  return Object.keys(CASE_ITEM_KINDS[kind].body.shape);
}
