import { z } from 'zod';
import { organisationIdSchema } from '../domain/ids.ts';
import { bilingualSchema } from '../domain/people.ts';

const epochMs = z.number().int().min(0).max(253_402_300_799_999);
const count = z.number().int().nonnegative();
/** Null: there was none to take it from. */
const measure = z.number().nonnegative().nullable();
/** ms; null: none arrived. */
const wait = z.object({ count, medianMs: measure, meanMs: measure });
const stars = z.object({ count, overall: measure, timeliness: measure, quality: measure, technique: measure });

/** What is counted of a set of requests (IND1–IND3). */
export const figuresSchema = z.object({
  requests: count,
  emergencies: count,
  accepted: count,
  held: count,
  completed: count,
  declined: count,
  cancelled: count,
  /** Sessions that did not take place, of which one request may have several. */
  noShows: count,
  toAccepted: wait,
  toSession: wait,
  /** How many were answered within the service level, of those whose answer came or is overdue. */
  answered: z.object({ inTime: count, of: count }),
  /** Tries of a site; `roundTripMs`, `lossRatio` and `upBps` are means of what was measured. */
  rehearsals: z.object({ count, passed: count, roundTripMs: measure, lossRatio: measure, upBps: measure }),
  /** By the hospitals, 1 to 5. */
  ratings: stars,
});
export type Figures = z.infer<typeof figuresSchema>;

/** The longest range, ms: ten years and a few days. */
export const MAX_INDICATOR_RANGE_MS = 3660 * 86_400_000;

export const indicatorsSchema = z.object({
  fromMs: epochMs,
  toMs: epochMs,
  /** IANA; in which the months begin. */
  timeZone: z.string().max(60),
  madeAtMs: epochMs,
  total: figuresSchema,
  byCentre: z.array(z.object({ id: organisationIdSchema, name: bilingualSchema, figures: figuresSchema })).max(2000),
  byHospital: z.array(z.object({ id: organisationIdSchema, name: bilingualSchema, figures: figuresSchema })).max(2000),
  /** Codes of specialties. */
  bySpecialty: z.array(z.object({ code: z.string().max(40), figures: figuresSchema })).max(200),
  /** `month`: 2026-05, the oldest first; months without a request are left out. */
  byMonth: z.array(z.object({ month: z.string().regex(/^\d{4}-\d{2}$/), figures: figuresSchema })).max(200),
  /** As they were said, the most frequent first. */
  reasons: z.array(z.object({ kind: z.enum(['decline', 'cancel', 'noShow']), reason: z.string().max(1000), count })).max(200),
});
export type Indicators = z.infer<typeof indicatorsSchema>;

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const INDICATOR_REQUESTS = {
  'indicators.read': { params: z.object({ fromMs: epochMs, toMs: epochMs }), result: indicatorsSchema },
} as const;
