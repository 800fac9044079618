import { assertNever } from '../../lib/assert.ts';
import type { ConsultId, OrganisationId } from '../ids.ts';
import { type CaseFacts, missingParts } from './form.ts';
import { type Notice, noticesOf } from './notices.ts';
import { type PlannedSession, type ConsultRequest, SCREENING_POINTS } from './request.ts';
import { type ActorView, EMERGENCY_FROM, STEP_RULES } from './rules.ts';
import type { RequestState } from './states.ts';
import type { SessionPlan, RequestStep, StepType } from './steps.ts';

/** What a step is taken with. */
export interface StepContext extends ActorView {
  /** Server's civil clock, Unix epoch ms. */
  readonly nowMs: number;
  /** The case as it stands. */
  readonly facts: CaseFacts;
  /** The id a first appointment gets. */
  readonly newConsultId: ConsultId;
  /** Somebody works at that centre's desk, to hear of what arrives and take it. */
  readonly hasDesk: (centreId: OrganisationId) => boolean;
}

/** `forbidden`: not this person's step. `state`: not now. `incomplete`: something is missing, by the names in `missing`. */
export interface StepRefusal {
  readonly isTaken: false;
  readonly rule: string;
  readonly why: 'forbidden' | 'state' | 'incomplete';
  readonly message: string;
  readonly missing: readonly string[];
}

export type StepOutcome = { readonly isTaken: true; readonly request: ConsultRequest; readonly notices: readonly Notice[] } | StepRefusal;

class Refused extends Error {
  readonly rule: string;
  readonly why: StepRefusal['why'];
  readonly missing: readonly string[];

  constructor(rule: string, why: StepRefusal['why'], message: string, missing: readonly string[] = []) {
    super(message);
    this.rule = rule;
    this.why = why;
    this.missing = missing;
  }
}

/** From where a step leads on for this request: emergencies have ways of their own. */
export function statesFrom(request: ConsultRequest, type: StepType): readonly RequestState[] {
  const own = isEmergency(request) ? EMERGENCY_FROM[type] : undefined;
  return own ?? STEP_RULES[type].from;
}

export function isEmergency(request: Pick<ConsultRequest, 'form'>): boolean {
  return request.form.urgency === 'emergency';
}

/**
 * [WFL1] Takes one step, or says by which rule it is not taken; pure. The request given is not changed. In this order: is it the actor's
 * to take, does the present state lead on, is what it needs there.
 */
export function takeStep(request: ConsultRequest, step: RequestStep, context: StepContext): StepOutcome {
  const { rule, who } = STEP_RULES[step.type];
  try {
    if (!who(request, context)) throw new Refused(rule, 'forbidden', `${step.type}: not a step of this person's`);
    if (!statesFrom(request, step.type).includes(request.state)) throw new Refused(rule, 'state', `${step.type}: not while the request is ${request.state}`);
    const change = changeOf(request, step, context);
    const state = change.state ?? request.state;
    const next: ConsultRequest = { ...request, ...change, version: request.version + 1, stateSinceMs: state === request.state ? request.stateSinceMs : context.nowMs };
    return { isTaken: true, request: next, notices: noticesOf(request, next, step, context.actor.id) };
  } catch (error) {
    if (error instanceof Refused) return { isTaken: false, rule: error.rule, why: error.why, message: error.message, missing: error.missing };
    throw error;
  }
}

type Change = Partial<ConsultRequest>;

function changeOf(request: ConsultRequest, step: RequestStep, context: StepContext): Change {
  const { actor, nowMs } = context;
  const by = { id: actor.id, atMs: nowMs };
  switch (step.type) {
    case 'send':
      return send(request, step.centreId, step.consentException, context);
    case 'approve':
      return request.state === 'awaitingApproval' ? { state: 'submitted', submittedAtMs: nowMs, approval: { status: 'given', by, wasAfterwards: false } } : afterwards(request, 'WFL11', { status: 'given', by, wasAfterwards: true });
    case 'refuseApproval':
      return request.state === 'awaitingApproval' ? { state: 'draft', centreId: null } : afterwards(request, 'WFL12', { status: 'refusedAfterwards', by, reason: step.reason });
    case 'screen':
      return { state: 'screening', screening: emptyScreening() };
    case 'check':
      return { screening: step.screening };
    case 'returnForMaterial':
      return { state: 'materialAsked', materialAsked: step.reason };
    case 'supply':
      needComplete(request, context, 'WFL16');
      // What an emergency is cannot be written away or in afterwards: the way it took was chosen by it.
      return { state: 'screening', materialAsked: null, form: { ...context.facts.form, urgency: request.form.urgency }, screening: emptyScreening() };
    case 'accept':
      return accept(request);
    case 'decline':
      return { state: 'declined', endReason: step.reason, materialAsked: null };
    case 'forward':
      if (step.centreId === request.centreId) throw new Refused('WFL19', 'state', 'forward: it is there already');
      if (!isUpOrDown(request, step.centreId, context)) throw new Refused('WFL19', 'forbidden', 'forward: only up or down the tree');
      needDesk(step.centreId, context, 'WFL19');
      return { state: 'submitted', centreId: step.centreId, screening: null };
    case 'schedule':
      return { state: 'scheduled', appointment: planned(step.plan, context, null, 'WFL20'), rehearsals: [] };
    case 'reschedule':
      // What did not take place stays as it was, with its own session; the next try is another.
      return { state: 'scheduled', appointment: planned(step.plan, context, request.state === 'noShow' ? null : request.appointment, 'WFL21'), rehearsals: [], endReason: null };
    case 'answer':
      return answered(request, actor.id, step.answer, step.reason);
    case 'substitute':
      return substitute(request, step);
    case 'rehearse':
      return rehearse(request, { ...step.rehearsal, by });
    case 'waiveRehearsal':
      if (!isLed(appointmentOf(request))) throw new Refused('WFL25', 'incomplete', 'waiveRehearsal: the host has declined', ['hostPersonId']);
      return { state: 'rehearsed' };
    case 'start':
      return start(request, context);
    case 'end':
    case 'closeSession':
      return { state: 'opinionDue', session: { startedAtMs: request.session?.startedAtMs ?? nowMs, endedAtMs: nowMs } };
    case 'submitOpinion':
      return { state: 'awaitingSignatures', opinion: { version: step.version, signerIds: [...step.signerIds], signedIds: [] } };
    case 'returnOpinion':
      return { state: 'opinionDue', opinion: null };
    case 'signOpinion':
      return sign(request, actor.id);
    case 'recordOutcome':
      return { outcome: { by, adoption: step.adoption, text: step.text } };
    case 'rate': {
      const side = actor.role === 'requester' ? 'hospital' : 'expert';
      if (request.ratings[side] !== null) throw new Refused('WFL32', 'state', 'rate: this side has rated');
      const ratings = { ...request.ratings, [side]: { ...step.rating, by } };
      return { ratings, state: ratings.hospital !== null && ratings.expert !== null ? 'rated' : request.state };
    }
    case 'archive':
      if (request.approval.status === 'owed') throw new Refused('WFL33', 'incomplete', 'archive: the approval of an emergency is owed', ['approval']);
      if (request.outcome === null) throw new Refused('WFL33', 'incomplete', 'archive: what was done is not recorded', ['outcome']);
      return { state: 'archived' };
    case 'cancel':
      return { state: 'cancelled', endReason: step.reason, materialAsked: null };
    case 'noShow':
      if (request.appointment === null || nowMs < request.appointment.startsAtMs) throw new Refused('WFL35', 'state', 'noShow: it is not time yet');
      return { state: 'noShow', endReason: step.reason };
    default:
      return assertNever(step);
  }
}

function emptyScreening(): NonNullable<ConsultRequest['screening']> {
  return { identity: false, question: false, record: false, imaging: false, consent: false };
}

function needComplete(request: ConsultRequest, { facts }: StepContext, rule: string): void {
  const missing = missingParts({ ...facts, form: { ...facts.form, urgency: request.state === 'draft' ? facts.form.urgency : request.form.urgency } }, request.consentException !== null);
  if (missing.length > 0) throw new Refused(rule, 'incomplete', `missing: ${missing.join(', ')}`, missing);
}

/** [WFL40] What goes where nobody works waits for ever. */
function needDesk(centreId: OrganisationId, { hasDesk }: StepContext, rule: string): void {
  if (!hasDesk(centreId)) throw new Refused(rule, 'incomplete', 'nobody at that centre takes requests', ['centreId']);
}

function send(request: ConsultRequest, centreId: NonNullable<ConsultRequest['centreId']>, exception: string, context: StepContext): Change {
  const { facts, nowMs, actor, isWithin } = context;
  if (!isWithin(request.organisationId, centreId)) throw new Refused('WFL10', 'forbidden', 'send: only to a centre of the own hospital or above it');
  needDesk(centreId, context, 'WFL10');
  const consentException = facts.form.urgency === 'emergency' && !facts.hasConsent && exception.trim() !== '' ? { by: { id: actor.id, atMs: nowMs }, reason: exception.trim() } : null;
  needComplete({ ...request, consentException }, context, 'WFL10');
  const sent = { form: facts.form, centreId, consentException, endReason: null };
  return facts.form.urgency === 'emergency'
    ? { ...sent, state: 'submitted', submittedAtMs: nowMs, approval: { status: 'owed' } }
    : { ...sent, state: 'awaitingApproval', approval: { status: 'needed' } };
}

/** [WFL5] The word on an emergency is said once, and changes nothing of its course. */
function afterwards(request: ConsultRequest, rule: string, approval: ConsultRequest['approval']): Change {
  if (request.approval.status !== 'owed') throw new Refused(rule, 'state', 'approval: it was said');
  return { approval };
}

function accept(request: ConsultRequest): Change {
  const open = SCREENING_POINTS.filter((point) => request.screening?.[point] !== true);
  if (!isEmergency(request) && open.length > 0) throw new Refused('WFL17', 'incomplete', `accept: not confirmed: ${open.join(', ')}`, open);
  return { state: 'accepted' };
}

function isUpOrDown(request: ConsultRequest, to: NonNullable<ConsultRequest['centreId']>, { isWithin }: StepContext): boolean {
  return request.centreId !== null && (isWithin(request.centreId, to) || isWithin(to, request.centreId));
}

/** [WFL6] Whoever is asked anew, because the time or the people changed, has not answered yet. */
function planned(plan: SessionPlan, { newConsultId, nowMs }: StepContext, before: PlannedSession | null, rule: string): PlannedSession {
  const panelIds = [...new Set(plan.panelIds)];
  if (plan.startsAtMs + plan.durationMinutes * 60_000 <= nowMs) throw new Refused(rule, 'incomplete', 'the time is over', ['startsAtMs']);
  if (!panelIds.includes(plan.hostPersonId) && !plan.attendeeIds.includes(plan.hostPersonId)) throw new Refused(rule, 'incomplete', 'the host does not take part', ['hostPersonId']);
  return {
    consultId: before?.consultId ?? newConsultId,
    startsAtMs: plan.startsAtMs,
    durationMinutes: plan.durationMinutes,
    hostPersonId: plan.hostPersonId,
    panel: panelIds.map((personId) => ({ personId, answer: 'pending', reason: '' })),
    attendeeIds: [...new Set(plan.attendeeIds)].filter((id) => !panelIds.includes(id)),
    cartIds: [...new Set(plan.cartIds)],
    venueId: plan.venueId,
    sequence: before === null ? 0 : before.sequence + 1,
  };
}

function appointmentOf(request: ConsultRequest): PlannedSession {
  if (request.appointment === null) throw new Error('a request in this state has an appointment');
  return request.appointment;
}

/** [WFL8] [WFL22] Who comes has changed, and with it perhaps whether all is tried; the centre's word to go without stays, unless it is the host who goes. */
function answered(request: ConsultRequest, personId: string, answer: 'accepted' | 'declined', reason: string): Change {
  const before = appointmentOf(request);
  if (answer === 'declined' && reason.trim() === '') throw new Refused('WFL22', 'incomplete', 'answer: a decline has a reason', ['reason']);
  const appointment = { ...before, panel: before.panel.map((member) => (member.personId === personId ? { ...member, answer, reason } : member)) };
  const isWaived = request.state === 'rehearsed' && !isRehearsed(before, request.rehearsals);
  return { appointment, state: isRehearsed(appointment, request.rehearsals) || (isWaived && isLed(appointment)) ? 'rehearsed' : 'scheduled' };
}

/** [WFL7] The rest of the panel keeps its answers; the new member is asked. A site that is new has to be rehearsed. */
function substitute(request: ConsultRequest, step: Extract<RequestStep, { type: 'substitute' }>): Change {
  const appointment = appointmentOf(request);
  const isThere = (id: string) => appointment.panel.some(({ personId }) => personId === id);
  if (!isThere(step.personId)) throw new Refused('WFL23', 'incomplete', 'substitute: not on the panel', ['personId']);
  if (isThere(step.byPersonId)) throw new Refused('WFL23', 'incomplete', 'substitute: on the panel already', ['byPersonId']);
  const panel = appointment.panel.map((member) => (member.personId === step.personId ? { personId: step.byPersonId, answer: 'pending' as const, reason: '' } : member));
  const hostPersonId = appointment.hostPersonId === step.personId ? step.byPersonId : appointment.hostPersonId;
  const next = { ...appointment, panel, hostPersonId, attendeeIds: appointment.attendeeIds.filter((id) => id !== step.byPersonId), sequence: appointment.sequence + 1 };
  const rehearsals = request.rehearsals.filter(({ partyId }) => partyId !== step.personId);
  return { state: isRehearsed(next, rehearsals) ? 'rehearsed' : 'scheduled', appointment: next, rehearsals };
}

/** Everybody whose machine has to be tried: those of the panel who have not declined, and the carts; where there is no cart, those at the bedside. */
export function sitesOf({ panel, cartIds, attendeeIds }: PlannedSession): readonly string[] {
  return [...panel.flatMap(({ personId, answer }) => (answer === 'declined' ? [] : [personId as string])), ...(cartIds.length > 0 ? cartIds : attendeeIds)];
}

/** False: the host has declined, and the centre has not said who leads instead. */
function isLed({ panel, hostPersonId }: PlannedSession): boolean {
  return !panel.some(({ personId, answer }) => personId === hostPersonId && answer === 'declined');
}

/** [WFL8] Rehearsed is what somebody leads and whose every site passed at its last try. */
function isRehearsed(appointment: PlannedSession, rehearsals: ConsultRequest['rehearsals']): boolean {
  const sites = sitesOf(appointment);
  const last = new Map(rehearsals.map((one) => [one.partyId, one.hasPassed]));
  return isLed(appointment) && sites.length > 0 && sites.every((site) => last.get(site) === true);
}

function rehearse(request: ConsultRequest, rehearsal: ConsultRequest['rehearsals'][number]): Change {
  const appointment = appointmentOf(request);
  if (!sitesOf(appointment).includes(rehearsal.partyId)) throw new Refused('WFL24', 'incomplete', 'rehearse: not a site of this consultation', ['partyId']);
  const rehearsals = [...request.rehearsals.slice(-99), rehearsal];
  if (isRehearsed(appointment, rehearsals)) return { rehearsals, state: 'rehearsed' };
  // One more that passed does not undo what the centre lets go without.
  return { rehearsals, state: rehearsal.hasPassed ? request.state : 'scheduled' };
}

/** [WFL9] No session without consent: the document, or for an emergency the recorded exception. */
function start(request: ConsultRequest, { facts, nowMs }: StepContext): Change {
  if (!facts.hasConsent && request.consentException === null) throw new Refused('WFL26', 'incomplete', 'start: written consent is missing', ['consent']);
  return { state: 'inSession', session: { startedAtMs: nowMs, endedAtMs: null } };
}

function sign(request: ConsultRequest, signerId: string): Change {
  const { opinion } = request;
  if (opinion === null) throw new Error('an opinion that waits for signatures is there');
  const next = opinion.signerIds[opinion.signedIds.length];
  if (next === undefined || next !== signerId) throw new Refused('WFL30', 'state', 'signOpinion: not this signer\'s turn');
  const signedIds = [...opinion.signedIds, next];
  return { opinion: { ...opinion, signedIds }, state: signedIds.length === opinion.signerIds.length ? 'completed' : request.state };
}

/** The steps this person could take now by asking; what they would still lack is said when they try. */
export function stepsOpenTo(request: ConsultRequest, view: ActorView): StepType[] {
  const types = Object.keys(STEP_RULES) as StepType[]; // the table's own keys
  return types.filter((type) => STEP_RULES[type].who(request, view) && statesFrom(request, type).includes(request.state));
}
