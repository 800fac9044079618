import { z } from 'zod';
import { urgencySchema } from '../domain/consultation/form.ts';
import { NOTICE_KINDS } from '../domain/consultation/notices.ts';
import { requestStateSchema } from '../domain/consultation/states.ts';
import { consultRequestIdSchema } from '../domain/ids.ts';
import { bilingualSchema } from '../domain/people.ts';

const epochMs = z.number().int().min(0).max(253_402_300_799_999);

/** Something one party is told. It names no patient: who may, opens the request. Times are of the server's civil clock. */
export const noticeSchema = z.object({
  id: z.string().max(64),
  kind: z.enum(NOTICE_KINDS),
  requestId: consultRequestIdSchema,
  madeAtMs: epochMs,
  readAtMs: epochMs.nullable(),
  /** The applying hospital. */
  organisationName: bilingualSchema,
  urgency: urgencySchema,
  /** The request's present state and time, not those of the moment of the notice. */
  state: requestStateSchema,
  startsAtMs: epochMs.nullable(),
});
export type NoticeRecord = z.infer<typeof noticeSchema>;

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const NOTICE_REQUESTS = {
  /** The newest first; `unread` counts all. */
  'notice.list': { params: z.object({ limit: z.number().int().min(1).max(200) }), result: z.object({ notices: z.array(noticeSchema).max(200), unread: z.number().int().nonnegative() }) },
  /** Marks some of the reader's own as read; null: all. */
  'notice.read': { params: z.object({ ids: z.array(z.string().max(64)).max(200).nullable() }), result: z.object({}) },
} as const;

/** Said to those whom a new notice concerns. */
export const noticeNewSchema = z.object({ kind: z.enum(NOTICE_KINDS), requestId: consultRequestIdSchema, urgency: urgencySchema });
