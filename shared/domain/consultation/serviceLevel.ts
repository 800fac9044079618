import { assertNever } from '../../lib/assert.ts';
import type { Urgency } from './form.ts';
import type { ConsultRequest } from './request.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long each part may take, ms; by urgency where it matters. A region's own policy replaces it by configuration. */
export interface ServiceLevels {
  /** From being before the centre until accepted, declined or asked for material. */
  readonly respondMs: Readonly<Record<Urgency, number>>;
  /** From being before the centre until the session begins. */
  readonly holdMs: Readonly<Record<Urgency, number>>;
  /** From the session's end until the opinion waits for signatures, and from then until it is signed. */
  readonly opinionMs: number;
}

/** An emergency within minutes, an urgent request within the day, a routine one within the week. */
export const DEFAULT_SERVICE_LEVELS: ServiceLevels = {
  respondMs: { emergency: 10 * MINUTE_MS, urgent: 2 * HOUR_MS, routine: DAY_MS },
  holdMs: { emergency: HOUR_MS, urgent: DAY_MS, routine: 7 * DAY_MS },
  opinionMs: DAY_MS,
};

/** What is owed next. `fromMs`: since when the clock runs, `atMs`: by when it is due; Unix epoch ms. */
export interface Due {
  readonly what: 'respond' | 'hold' | 'opinion' | 'sign';
  readonly fromMs: number;
  readonly atMs: number;
}

/** What the centre or the panel owes now; null while the hospital has it, and at the end. */
export function dueOf({ state, form, submittedAtMs, stateSinceMs }: ConsultRequest, levels: ServiceLevels = DEFAULT_SERVICE_LEVELS): Due | null {
  const since = submittedAtMs ?? stateSinceMs;
  switch (state) {
    case 'submitted':
    case 'screening':
      return { what: 'respond', fromMs: since, atMs: since + levels.respondMs[form.urgency] };
    case 'accepted':
    case 'scheduled':
    case 'rehearsed':
    case 'noShow':
      return { what: 'hold', fromMs: since, atMs: since + levels.holdMs[form.urgency] };
    case 'opinionDue':
      return { what: 'opinion', fromMs: stateSinceMs, atMs: stateSinceMs + levels.opinionMs };
    case 'awaitingSignatures':
      return { what: 'sign', fromMs: stateSinceMs, atMs: stateSinceMs + levels.opinionMs };
    case 'draft':
    case 'awaitingApproval':
    case 'materialAsked':
    case 'inSession':
    case 'completed':
    case 'rated':
    case 'archived':
    case 'declined':
    case 'cancelled':
      return null;
    default:
      return assertNever(state);
  }
}

/** `soon` from three quarters of the time on. */
export function levelOf(due: Pick<Due, 'fromMs' | 'atMs'>, nowMs: number): 'inTime' | 'soon' | 'late' {
  if (nowMs > due.atMs) return 'late';
  return nowMs - due.fromMs > (due.atMs - due.fromMs) * 0.75 ? 'soon' : 'inTime';
}
