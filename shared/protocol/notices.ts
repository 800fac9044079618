import { z } from 'zod';
import { urgencySchema } from '../domain/consultation/form.ts';
import { NOTICE_KINDS } from '../domain/consultation/notices.ts';
import { requestStateSchema } from '../domain/consultation/states.ts';
import { consultIdSchema, consultRequestIdSchema, personIdSchema } from '../domain/ids.ts';
import { DELIVERY_CHANNELS, DELIVERY_REASONS, DELIVERY_STATES } from '../domain/delivery.ts';
import { bilingualSchema, emailSchema, partySchema } from '../domain/people.ts';

const epochMs = z.number().int().min(0).max(253_402_300_799_999);

/** What a notice is about: a request, or a session that nobody applied for. */
const aboutRequest = z.object({ type: z.literal('request'), requestId: consultRequestIdSchema });
const aboutSession = z.object({ type: z.literal('session'), consultId: consultIdSchema });
export const noticeAboutSchema = z.discriminatedUnion('type', [aboutRequest, aboutSession]);
export type NoticeAbout = z.infer<typeof noticeAboutSchema>;

/** Something one party is told. It names no patient: who may, opens the request. Times are of the server's civil clock. */
export const noticeSchema = z.object({
  id: z.string().max(64),
  kind: z.enum(NOTICE_KINDS),
  /** With the present state, not that of the moment of the notice; `isToCome`: planned, and neither begun nor called off. */
  about: z.discriminatedUnion('type', [aboutRequest.extend({ state: requestStateSchema }), aboutSession.extend({ isToCome: z.boolean(), isOfSeries: z.boolean() })]),
  madeAtMs: epochMs,
  readAtMs: epochMs.nullable(),
  /** The applying hospital, or the one a session is for. */
  organisationName: bilingualSchema,
  urgency: urgencySchema,
  /** The present time. */
  startsAtMs: epochMs.nullable(),
});
export type NoticeRecord = z.infer<typeof noticeSchema>;

/** What became of one notice to one party by one channel. Times are of the server's civil clock. */
export const deliverySchema = z.object({
  kind: z.enum(NOTICE_KINDS),
  to: partySchema,
  channel: z.enum(DELIVERY_CHANNELS),
  state: z.enum(DELIVERY_STATES),
  /** Why it did not go, or not yet; null: nothing was in the way. */
  reason: z.enum(DELIVERY_REASONS).nullable(),
  /** The address with most of its first part left out; null: none was used. */
  addressMasked: z.string().max(200).nullable(),
  madeAtMs: epochMs,
  /** When it was handed over, failed or was given up; in the client: when it was seen. */
  doneAtMs: epochMs.nullable(),
});
export type DeliveryRecord = z.infer<typeof deliverySchema>;

const contact = z.object({ email: emailSchema.nullable() });

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const NOTICE_REQUESTS = {
  /** The newest first; `unread` counts all. */
  'notice.list': { params: z.object({ limit: z.number().int().min(1).max(200) }), result: z.object({ notices: z.array(noticeSchema).max(200), unread: z.number().int().nonnegative() }) },
  /** Marks some of the reader's own as read; null: all. */
  'notice.read': { params: z.object({ ids: z.array(z.string().max(64)).max(200).nullable() }), result: z.object({}) },
  /** Who was told what of a request or a session, by which channel, when, or why not; the newest first. For the schedulers concerned and who applied. */
  'notice.deliveries': {
    params: z.object({ about: noticeAboutSchema }),
    result: z.object({ deliveries: z.array(deliverySchema).max(1000), channels: z.array(z.enum(DELIVERY_CHANNELS)).max(DELIVERY_CHANNELS.length) }),
  },
  'account.contact': { params: z.object({}), result: contact },
  /** Null: no letters to me. */
  'account.setContact': { params: contact, result: z.object({}) },
  'admin.setContact': { params: contact.extend({ personId: personIdSchema }), result: z.object({}) },
} as const;

/** Said to those whom a new notice concerns. */
export const noticeNewSchema = z.object({ kind: z.enum(NOTICE_KINDS), about: noticeAboutSchema, urgency: urgencySchema });
