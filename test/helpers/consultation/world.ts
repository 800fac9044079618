import { type CaseFacts, type RequestForm, requestFormSchema } from '../../../shared/domain/consultation/form.ts';
import { type ConsultRequest, consultRequestSchema } from '../../../shared/domain/consultation/request.ts';
import type { ActorView } from '../../../shared/domain/consultation/rules.ts';
import type { StepContext } from '../../../shared/domain/consultation/takeStep.ts';
import { consultIdSchema, type OrganisationId, organisationIdSchema, personIdSchema } from '../../../shared/domain/ids.ts';
import type { Role } from '../../../shared/domain/roles.ts';

/** province → city → county, a second city below the province, and a tree of its own. */
export const PARENTS: Readonly<Record<string, string | null>> = { province: null, city: 'province', county: 'city', city2: 'province', other: null };

export const orgOf = (id: string): OrganisationId => organisationIdSchema.parse(id);
export const personOf = (id: string) => personIdSchema.parse(id);

export function isWithin(id: string, rootId: string): boolean {
  for (let at: string | null = id; at !== null; at = PARENTS[at] ?? null) if (at === rootId) return true;
  return false;
}

/** Everybody of the world: id → role and organisation. */
export const PEOPLE = {
  doctor: ['requester', 'county'], colleague: ['requester', 'county'], head: ['approver', 'county'], nurse: ['bedside', 'county'],
  desk: ['scheduler', 'city'], chief: ['scheduler', 'province'], desk2: ['scheduler', 'city2'], stranger: ['scheduler', 'other'],
  lin: ['expert', 'province'], zhao: ['expert', 'province'], qian: ['expert', 'city'], sun: ['expert', 'other'], watcher: ['observer', 'city'],
} as const satisfies Record<string, readonly [Role, string]>;
export type Name = keyof typeof PEOPLE;
export const NAMES = Object.keys(PEOPLE) as Name[]; // the table's own keys

export const viewOf = (name: Name): ActorView => ({ actor: { id: personOf(name), role: PEOPLE[name][0], organisationId: orgOf(PEOPLE[name][1]) }, isWithin });

export const FORM: RequestForm = requestFormSchema.parse({ kind: 'consultation', urgency: 'routine', question: '请评估手术指征', diagnosis: '肝占位', wanted: [{ specialty: '03.02', leastGrade: 'associateChief', count: 1 }], preferredTimes: [], needsCart: false });

export function factsOf(change: Partial<CaseFacts> = {}): CaseFacts {
  return { form: FORM, hasPatientName: true, hasPatientSex: true, hasPatientAge: true, hasPresentIllness: true, hasFinding: true, hasConsent: true, ...change };
}

const hasDesk = (id: string) => Object.values(PEOPLE).some(([role, organisationId]) => role === 'scheduler' && organisationId === id);

/** A draft of the county hospital's doctor. */
export function draftOf(change: Partial<ConsultRequest> = {}): ConsultRequest {
  return { ...DRAFT, ...change };
}

const DRAFT: ConsultRequest = consultRequestSchema.parse({
  id: 'request-1', version: 1, state: 'draft', caseId: 'case-1', organisationId: 'county', requesterId: 'doctor', centreId: null, form: FORM, createdAtMs: 0, stateSinceMs: 0, submittedAtMs: null,
  approval: { status: 'needed' }, consentException: null, screening: null, materialAsked: null, appointment: null, rehearsals: [], session: null, opinion: null, outcome: null, ratings: { hospital: null, expert: null }, endReason: null,
});

const CONSULT = consultIdSchema.parse('consult-1');
export const contextOf = (who: Name | ActorView, change: Partial<StepContext> = {}): StepContext => ({ ...(typeof who === 'string' ? viewOf(who) : who), nowMs: 1_000_000, facts: factsOf(), newConsultId: CONSULT, hasDesk, ...change });
