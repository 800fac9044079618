import { z } from 'zod';
import { REQUIRED_PARTS, urgencySchema } from '../domain/consultation/form.ts';
import { consultRequestSchema } from '../domain/consultation/request.ts';
import { requestStateSchema } from '../domain/consultation/states.ts';
import { askedStepSchema } from '../domain/consultation/steps.ts';
import { caseIdSchema, consultRequestIdSchema, organisationIdSchema } from '../domain/ids.ts';
import { keptText } from '../domain/keptText.ts';
import { bilingualSchema, partySchema } from '../domain/people.ts';

const epochMs = z.number().int().min(0).max(253_402_300_799_999);
const sex = z.enum(['female', 'male', 'other', 'unknown']);

/** A request as a list shows it. Times are Unix epoch ms of the server's civil clock. */
export const requestSummarySchema = z.object({
  id: consultRequestIdSchema,
  version: z.number().int().positive(),
  state: requestStateSchema,
  urgency: urgencySchema,
  kind: z.enum(['consultation', 'mdt']),
  caseId: caseIdSchema,
  organisationId: organisationIdSchema,
  organisationName: bilingualSchema,
  centreId: organisationIdSchema.nullable(),
  /** With the given name masked («陈*»). */
  patientMasked: z.string().max(80),
  patientAge: z.number().int().min(0).max(130).nullable(),
  patientSex: sex,
  question: z.string().max(2000),
  /** Codes of specialties. */
  wanted: z.array(z.string().max(40)).max(10),
  createdAtMs: epochMs,
  stateSinceMs: epochMs,
  submittedAtMs: epochMs.nullable(),
  startsAtMs: epochMs.nullable(),
  /** What is due next by the service level, and when; null: nothing is owed by the centre now. */
  due: z.object({ what: z.enum(['respond', 'hold', 'opinion', 'sign']), atMs: epochMs, fromMs: epochMs }).nullable(),
  /** The approval of an emergency is still owed. */
  isApprovalOwed: z.boolean(),
  /** Somebody of the panel has declined and nobody stands in yet. */
  hasDeclined: z.boolean(),
});
export type RequestSummary = z.infer<typeof requestSummarySchema>;

/** One step of a request's history. `note` is what was said with it: a reason, an answer. */
export const requestHistorySchema = z.object({
  version: z.number().int().positive(),
  step: z.string().max(40),
  by: partySchema,
  atMs: epochMs,
  from: requestStateSchema,
  to: requestStateSchema,
  note: z.string().max(4000),
});
export type RequestHistory = z.infer<typeof requestHistorySchema>;

/** Everything about one request that its reader may know. */
export const requestDetailSchema = z.object({
  request: consultRequestSchema,
  summary: requestSummarySchema,
  history: z.array(requestHistorySchema).max(2000),
  /** What the case lacks for sending; always of the case as it stands. */
  missing: z.array(z.enum(REQUIRED_PARTS)).max(20),
  hasConsent: z.boolean(),
  /** Names of steps the reader could take by asking, now. */
  open: z.array(z.string().max(40)).max(40),
  /** Everybody named in it, so that ids can be shown as people. */
  parties: z.array(partySchema).max(200),
});
export type RequestDetail = z.infer<typeof requestDetailSchema>;

export const requestViewSchema = z.enum(['hospital', 'centre', 'invited']);
const cursor = z.object({ urgencyRank: z.number().int().min(0).max(9), sinceMs: epochMs, id: consultRequestIdSchema });

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const CONSULTATION_REQUESTS = {
  /**
   * Begins a draft: about a case of the own hospital that is there, or with `patient` about a new one of that id. Done twice with the
   * same id it is done once.
   */
  'request.create': {
    params: z.object({
      requestId: consultRequestIdSchema, caseId: caseIdSchema,
      patient: z.object({ name: keptText(60), ageYears: z.number().int().min(0).max(130).nullable(), sex }).nullable(),
      question: z.string().max(2000).refine((text) => !text.includes('\0'), 'holds a null character'), urgency: urgencySchema,
    }),
    result: z.object({ version: z.number().int().positive() }),
  },
  /** The most urgent first, then the longest in their state; `next` is where the following page begins. */
  'request.list': {
    params: z.object({ view: requestViewSchema, states: z.array(requestStateSchema).min(1).max(20), after: cursor.nullable(), limit: z.number().int().min(1).max(200) }),
    result: z.object({ requests: z.array(requestSummarySchema).max(200), next: cursor.nullable(), counts: z.array(z.object({ state: requestStateSchema, count: z.number().int().nonnegative() })).max(20), serverTimeMs: epochMs }),
  },
  'request.get': { params: z.object({ requestId: consultRequestIdSchema }), result: requestDetailSchema },
  /** `version` is what the person saw: a step on a request that went on meanwhile is refused (WFL38). */
  'request.step': {
    params: z.object({ requestId: consultRequestIdSchema, version: z.number().int().positive(), step: askedStepSchema }),
    result: z.object({ version: z.number().int().positive(), state: requestStateSchema }),
  },
  /** Centres a hospital may send to: its own organisation and those above it that have a scheduler; and of a centre those below. */
  'request.centres': { params: z.object({}), result: z.object({ centres: z.array(z.object({ id: organisationIdSchema, name: bilingualSchema, relation: z.enum(['own', 'above', 'below']) })).max(500) }) },
} as const;

/** Said to everybody connected who may see the request, or could until now. */
export const requestChangedSchema = z.object({ requestId: consultRequestIdSchema, version: z.number().int().positive(), state: requestStateSchema });

