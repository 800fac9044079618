import type { ConsultId, PersonId } from '#shared/domain/ids';
import { type Appointment, DEFAULT_WEEK, type Needs, type Obstacle, type Proposal, type Span } from '#shared/domain/scheduling';
import { coversSpecialty, gradesFrom, specialtiesCovering } from '#shared/domain/specialties';
import { AppError } from '#shared/protocol/errors';
import type { Kysely } from 'kysely';
import { type PersonAvailability, readAvailability } from '../storage/availability.ts';
import type { Schema } from '../storage/schema.ts';
import { spanOf } from './booking.ts';
import { mergeSpans, workingSpans } from './civilTime.ts';
import { type Candidate, findTimes, STEP_MS } from './findTimes.ts';

/** Sessions this long before and after count as load. */
const LOAD_MS = 28 * 86_400_000;
/** How many substitutes are proposed. */
const SUBSTITUTES = 10;

export interface TimeQuestion extends Needs {
  readonly span: Span;
  readonly durationMinutes: number;
  readonly preferred: readonly Span[];
  readonly mayBeOutsideHours: boolean;
  /** The session that is moved: what it holds is free for it. Null: a new one. */
  readonly moving: ConsultId | null;
}

/** Around the moment in which load is counted. @param nowMs server's civil clock */
export function loadSpanAt(nowMs: number): Span {
  return { fromMs: nowMs - LOAD_MS, untilMs: nowMs + LOAD_MS };
}

/**
 * Times at which everybody and everything needed is free: one look into the database, then arithmetic. No time before `nowMs`.
 * @throws AppError `record.notFound` for a person, cart or room that cannot be asked for (any more)
 */
export async function proposeTimes(db: Kysely<Schema>, question: TimeQuestion, nowMs: number): Promise<{ readonly proposals: readonly Proposal[]; readonly obstacles: readonly Obstacle[] }> {
  const { personIds, anyOf, cartIds, venueId, moving } = question;
  const span = { fromMs: Math.max(question.span.fromMs, nowMs), untilMs: question.span.untilMs };
  const { people, things } = await readAvailability(db, { personIds, experts: anyOf.map(({ specialty, leastGrade }) => ({ specialties: specialtiesCovering(specialty), grades: gradesFrom(leastGrade) })), cartIds, venueId, span, loadSpan: loadSpanAt(nowMs), moving });
  const toCandidate = candidatesWithin(span);
  const byId = new Map(people.map((person) => [person.id, person]));
  const named = [...new Set(personIds)].map((id) => {
    const person = byId.get(id);
    if (person === undefined) throw new AppError('record.notFound', 'personIds: somebody who cannot be asked');
    return toCandidate(person);
  });
  if (things.length !== new Set(cartIds).size + (venueId === null ? 0 : 1)) throw new AppError('record.notFound', 'a cart or room that is not in use');
  return findTimes({
    span, durationMs: question.durationMinutes * 60_000, preferred: question.preferred, mayBeOutsideHours: question.mayBeOutsideHours, named, things,
    anyOf: anyOf.map((need) => ({ ...need, candidates: people.filter((person) => fits(person, need)).map(toCandidate) })),
  });
}

/**
 * Who could come in somebody's place: a specialty in common, a title at least as high (of somebody without, any), free at that time;
 * within their hours first, then the least loaded. Of somebody without a specialty, nobody can be told.
 */
export async function proposeSubstitutes(db: Kysely<Schema>, appointment: Appointment, personId: PersonId, nowMs: number): Promise<readonly { readonly personId: PersonId; readonly isWithinHours: boolean; readonly load: number }[]> {
  const span = spanOf(appointment);
  const question = { cartIds: [], venueId: null, span, loadSpan: loadSpanAt(nowMs), moving: null };
  const own = (await readAvailability(db, { ...question, personIds: [personId], experts: [] })).people[0];
  if (own === undefined || own.specialties.length === 0) return [];
  const grades = gradesFrom(own.grade ?? 'resident');
  const { people } = await readAvailability(db, { ...question, personIds: [], experts: [{ specialties: [...new Set(own.specialties.flatMap(specialtiesCovering))], grades }] });
  const onPanel = new Set<string>(appointment.panel.map(({ person }) => person.id));
  const toCandidate = candidatesWithin(span);
  return people
    .filter(({ id }) => !onPanel.has(id))
    .map(toCandidate)
    .filter(({ unavailable }) => unavailable.length === 0)
    .map(({ id, working, onDuty, load }) => ({ personId: id, load, isWithinHours: mergeSpans([...working, ...onDuty]).some(({ fromMs, untilMs }) => fromMs <= span.fromMs && span.untilMs <= untilMs) }))
    .sort((a, b) => Number(b.isWithinHours) - Number(a.isWithinHours) || a.load - b.load)
    .slice(0, SUBSTITUTES);
}

/** Whose title is not known is not above anybody's. */
function fits({ specialties, grade }: PersonAvailability, { specialty, leastGrade }: Needs['anyOf'][number]): boolean {
  return specialties.some((has) => coversSpecialty(has, specialty)) && gradesFrom(leastGrade).includes(grade ?? 'resident');
}

/** Turns hours into instants; those of one plan, once. */
function candidatesWithin(span: Span): (person: PersonAvailability) => Candidate {
  const known = new Map<string, readonly Span[]>();
  return ({ id, week, busy, absent, onDuty, load }) => {
    const { timeZone, hours } = week ?? DEFAULT_WEEK;
    const key = `${timeZone} ${JSON.stringify(hours)}`;
    let working = known.get(key);
    if (working === undefined) {
      working = workingSpans({ timeZone, hours: [...hours] }, { fromMs: span.fromMs - STEP_MS, untilMs: span.untilMs + STEP_MS });
      known.set(key, working);
    }
    return { id, unavailable: [...busy, ...absent], working, onDuty, load };
  };
}
