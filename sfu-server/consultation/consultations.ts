import { mayReadRequest } from '#shared/domain/consultation/access';
import type { NoticeKind } from '#shared/domain/consultation/notices';
import { type ConsultRequest, consultRequestSchema } from '#shared/domain/consultation/request';
import type { ActorView } from '#shared/domain/consultation/rules';
import { DEFAULT_SERVICE_LEVELS, type ServiceLevels } from '#shared/domain/consultation/serviceLevel';
import type { AskedStep, CausedStep, RequestStep, StepType } from '#shared/domain/consultation/steps';
import { ASKED_STEPS } from '#shared/domain/consultation/steps';
import { stepsOpenTo, takeStep } from '#shared/domain/consultation/takeStep';
import { type CaseId, type ConsultId, type ConsultRequestId, consultIdSchema, type OrganisationId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import { newId } from '../auth/random.ts';
import type { Identity } from '../auth/sessions.ts';
import type { CaseFiles } from '../cases/caseFiles.ts';
import { type AuditActor, auditActor, type TimedEvent, writeAudit } from '../storage/audit.ts';
import { caseFactsOf } from '../storage/caseFacts.ts';
import { beginCase, firstItemsOf, type NewCase } from '../storage/caseStart.ts';
import { type ConsultRequests, type ListedRequest, type RequestView, type RequestWork, urgencyRank } from '../storage/consultRequests.ts';
import type { Notices } from '../storage/notices.ts';
import { organisationsWithDesk, organisationTree } from '../storage/organisations.ts';
import type { PartyDirectory } from '../storage/parties.ts';
import { historyOf, missingNow, partyIdsOf, summaryOf } from './wire.ts';

/** The transaction in which everything of one step is done. */
export type Work = RequestWork['trx'];

/** Keeps the session and its bookings in step with the request, within the step's transaction. */
export interface AppointmentBook {
  /** @returns tells of it, to be called when the transaction is through @throws AppError `schedule.conflict` when somebody or something is taken: then nothing of the step is done */
  follow(trx: Work, before: ConsultRequest, after: ConsultRequest, step: RequestStep, by: Party, nowMs: number): Promise<() => void>;
}


export interface ConsultationsOptions {
  readonly requests: ConsultRequests;
  readonly parties: PartyDirectory;
  readonly caseFiles: Pick<CaseFiles, 'open' | 'announce'>;
  readonly appointments: AppointmentBook;
  readonly notices: Pick<Notices, 'keep'>;
  readonly clock: Clock;
  readonly serviceLevels?: ServiceLevels;
  /** Somebody has something to be told, of which it is kept that they were. */
  readonly onNotices: (request: ConsultRequest, kind: NoticeKind, partyIds: readonly string[]) => void;
  /** A request went on: those for whom `mayRead` is true want to know. */
  readonly onChanged: (request: ConsultRequest, mayRead: (party: Party) => boolean) => void;
}

/** An application by another system. */
export interface Application {
  readonly requestId: ConsultRequestId;
  readonly caseId: CaseId;
  /** What the case begins with; null: it is there, and the physician's hospital's. */
  readonly begun: Pick<NewCase, 'items' | 'attachments'> | null;
  /** Null: it stays a draft. */
  readonly send: { readonly centreId: OrganisationId; readonly consentException: string } | null;
  /** Whom the log names. */
  readonly auditedAs: AuditActor;
  /** Done in the same transaction. */
  readonly also: (trx: Work) => Promise<void>;
}

const CODES: Readonly<Record<'forbidden' | 'state' | 'incomplete', ErrorCode>> = { forbidden: 'workflow.forbidden', state: 'workflow.notNow', incomplete: 'workflow.incomplete' };

/** [WFL38] Steps that concern only the actor's own part: two people may take them at the same time, each on what they saw. */
const OWN_PART: ReadonlySet<StepType> = new Set(['answer', 'rehearse', 'rate', 'recordOutcome', 'approve', 'refuseApproval']);

/** Consultation requests, from their beginning to the archive: every change is a step by the rules of `shared/domain/consultation`. */
export class Consultations {
  readonly #options: ConsultationsOptions;
  readonly #levels: ServiceLevels;

  constructor(options: ConsultationsOptions) {
    this.#options = options;
    this.#levels = options.serviceLevels ?? DEFAULT_SERVICE_LEVELS;
  }

  /** Begins a draft of the requester's own; about a case that is there, or a new one. @throws AppError `record.conflict`, `record.notFound` */
  async create(identity: Identity, params: RequestParams<'request.create'>): Promise<RequestResult<'request.create'>> {
    const { requests, caseFiles, clock } = this.#options;
    const { party } = identity;
    const { requestId, caseId, patient, question, urgency } = params;
    const there = await requests.byId(requestId);
    if (there !== null) {
      if (there.request.requesterId !== party.id || there.request.caseId !== caseId) throw new AppError('record.conflict', 'there is a request of that id');
      return { version: there.request.version };
    }
    const nowMs = clock.wallMs();
    if (patient === null && (await caseFiles.open(identity, caseId)).organisationId !== party.organisationId) throw new AppError('auth.forbidden', 'a request is about a case of the own hospital');
    await requests.begin(async (trx) => {
      if (patient !== null) {
        const items = firstItemsOf({ name: patient.name, age: patient.ageYears, sex: patient.sex }, question).map((item) =>
          item.content.kind === 'request' ? { ...item, content: { ...item.content, body: { ...item.content.body, urgency } } } : item,
        );
        const isNew = await beginCase(trx, { id: caseId, organisationId: party.organisationId, begunBy: party, items, attachments: [], nowMs });
        if (!isNew) throw new AppError('record.conflict', 'there is a case of that id');
      }
      return draftOf(trx, requestId, caseId, party, nowMs);
    }, auditActor(party));
    if (patient !== null) await caseFiles.announce(caseId);
    return { version: 1 };
  }

  /**
   * An application that another system makes in the name of a physician: the case where it is new, the request, and its sending, all of it
   * or nothing. The history names the physician, the log the system.
   * @throws AppError `workflow.*` with the rule's number, `record.conflict` when something of it is there already
   */
  async apply(party: Party, { requestId, caseId, begun, send, auditedAs, also }: Application): Promise<void> {
    const { requests, caseFiles, clock, onChanged } = this.#options;
    const nowMs = clock.wallMs();
    let tell = async (): Promise<void> => undefined;
    await requests.begin(
      async (trx) => {
        if (begun !== null && !(await beginCase(trx, { id: caseId, organisationId: party.organisationId, begunBy: party, nowMs, ...begun }))) throw new AppError('record.conflict', 'there is a case of that id');
        return draftOf(trx, requestId, caseId, party, nowMs);
      },
      auditedAs,
      async (trx, created) => {
        await also(trx);
        if (send === null) await writeAudit(trx, [created]);
        else tell = await this.#within(requestId, { type: 'send', ...send }, party, null, trx, () => undefined, auditedAs, [created]);
      },
    );
    await tell();
    await caseFiles.announce(caseId);
    if (send !== null) return;
    // Nobody sees a draft come but those it is for.
    const [made, isWithin] = [await requests.byId(requestId), await requests.tree()];
    if (made !== null) onChanged(made.request, (reader) => mayReadRequest(made.request, { actor: reader, isWithin }));
  }

  /** A page of a view, with how many there are in each state. */
  async list({ party }: Identity, { view, states, after, limit }: RequestParams<'request.list'>): Promise<RequestResult<'request.list'>> {
    const { requests, clock } = this.#options;
    const seen = viewOf(party, view);
    if (seen === null) throw new AppError('workflow.forbidden', `${view}: not this person's list`, { rule: 'WFL36' });
    const [found, counts] = [await requests.list(seen, states, after, limit + 1), await requests.counts(seen)];
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1)?.request : undefined;
    return {
      requests: page.map((listed) => summaryOf(listed, this.#levels)),
      next: last === undefined ? null : { urgencyRank: urgencyRank(last), sinceMs: last.stateSinceMs, id: last.id },
      counts: [...counts],
      serverTimeMs: clock.wallMs(),
    };
  }

  /** @throws AppError `record.notFound` when there is none, or none for this reader: the two look alike */
  async read({ party }: Identity, id: ConsultRequestId): Promise<RequestResult<'request.get'>> {
    const { requests, parties } = this.#options;
    const listed = await this.#readable(party, id);
    const { request } = listed;
    const [facts, steps, tree] = [await requests.factsOf(request.caseId), await requests.stepsOf(id), await requests.tree()];
    const open = stepsOpenTo(request, { actor: party, isWithin: tree }).filter((type) => (ASKED_STEPS as readonly string[]).includes(type)); // a wider view of the same strings
    const named = await parties.named(partyIdsOf(request));
    return { request, summary: summaryOf(listed, this.#levels), history: steps.map(historyOf), missing: missingNow(request, facts), hasConsent: facts.hasConsent, open, parties: named };
  }

  /** Takes a step that a person asks for. @throws AppError `workflow.*` with the rule's number, `record.notFound`, `record.conflict`, `schedule.conflict` */
  async step({ party }: Identity, { requestId, version, step }: RequestParams<'request.step'>): Promise<RequestResult<'request.step'>> {
    await this.#readable(party, requestId);
    const { version: now, state } = await this.#take(requestId, step, party, OWN_PART.has(step.type) ? null : version);
    return { version: now, state };
  }

  /** As `step`, for somebody who answered outside a view of the request and so saw no version of it. */
  async stepAsItIs({ party }: Identity, requestId: ConsultRequestId, step: AskedStep): Promise<void> {
    await this.#take(requestId, step, party, null);
  }

  /** Somebody came into the room: with the first, the session of a request has begun. */
  async started(consultId: ConsultId, party: Party): Promise<void> {
    const request = await this.ofConsult(consultId);
    if (request === null || request.state === 'inSession') return;
    try {
      await this.#take(request.id, { type: 'start' }, party, null);
    } catch (error) {
      // Two came in the same moment, and the other one's step was first.
      if ((await this.ofConsult(consultId))?.state !== 'inSession') throw error;
    }
  }

  /** The room was ended by who leads it. */
  async ended(consultId: ConsultId, party: Party): Promise<void> {
    const request = await this.ofConsult(consultId);
    if (request?.state === 'inSession') await this.#take(request.id, { type: 'end' }, party, null);
  }

  /** The request of a consult. Null: it was arranged without one. */
  async ofConsult(consultId: ConsultId): Promise<ConsultRequest | null> {
    const id = await this.#options.requests.ofConsult(consultId);
    return id === null ? null : ((await this.#options.requests.byId(id))?.request ?? null);
  }

  /**
   * Whether a consult's door may open to somebody: one with a request is begun by its rules, and is over when they say so.
   * @throws AppError `workflow.*`, `consult.ended`
   */
  async mayEnter(consultId: ConsultId, party: Party): Promise<void> {
    const { requests } = this.#options;
    const request = await this.ofConsult(consultId);
    if (request === null || request.state === 'inSession') return;
    const facts = await requests.factsOf(request.caseId);
    const outcome = takeStep(request, { type: 'start' }, { actor: party, isWithin: await requests.tree(), nowMs: this.#options.clock.wallMs(), facts, newConsultId: consultId, hasDesk: () => true }); // beginning sends it nowhere
    if (!outcome.isTaken) throw new AppError(CODES[outcome.why], outcome.message, { rule: outcome.rule, named: outcome.missing });
  }

  async #readable(party: Party, id: ConsultRequestId): Promise<ListedRequest> {
    const { requests } = this.#options;
    const listed = await requests.byId(id);
    if (listed === null || !mayReadRequest(listed.request, { actor: party, isWithin: await requests.tree() })) throw new AppError('record.notFound', 'no such request');
    return listed;
  }

  /**
   * A step that follows from one of the opinion, as a part of its transaction.
   * @returns tells of it, to be called when that transaction is through
   */
  async followOpinion(id: ConsultRequestId, party: Party, step: CausedStep, trx: Work): Promise<() => Promise<void>> {
    return this.#within(id, step, party, null, trx);
  }

  /** As `stepAsItIs`, as a part of a transaction. @returns tells of it, to be called when that is through */
  async stepWithin(trx: Work, party: Party, id: ConsultRequestId, step: AskedStep): Promise<() => Promise<void>> {
    return this.#within(id, step, party, null, trx);
  }

  async #take(id: ConsultRequestId, step: AskedStep | CausedStep, party: Party, seenVersion: number | null): Promise<ConsultRequest> {
    let taken: ConsultRequest | null = null;
    const tell = await this.#within(id, step, party, seenVersion, null, (request) => {
      taken = request;
    });
    await tell();
    return required<ConsultRequest>(taken, 'the step was taken');
  }

  async #within(id: ConsultRequestId, step: AskedStep | CausedStep, party: Party, seenVersion: number | null, within: Work | null, onTaken: (request: ConsultRequest) => void = () => undefined, auditedAs: AuditActor = auditActor(party), earlier: readonly TimedEvent[] = []): Promise<() => Promise<void>> {
    const { requests, appointments, notices, caseFiles, clock, onChanged, onNotices } = this.#options;
    const nowMs = clock.wallMs();
    const done = await requests.inRequest(
      id,
      async (work) => {
        const { trx, request } = work;
        const view: ActorView = { actor: party, isWithin: await organisationTree(trx) };
        const desks = step.type === 'send' || step.type === 'forward' ? await organisationsWithDesk(trx) : new Set<OrganisationId>();
        const outcome = takeStep(request, step, { ...view, hasDesk: (centreId) => desks.has(centreId), nowMs, facts: await caseFactsOf(trx, request.caseId), newConsultId: consultIdSchema.parse(newId()) });
        if (!outcome.isTaken) throw new AppError(CODES[outcome.why], outcome.message, { rule: outcome.rule, named: outcome.missing });
        if (seenVersion !== null && seenVersion !== request.version) throw new AppError('record.conflict', 'the request went on meanwhile', { rule: 'WFL38' });
        const tell = await appointments.follow(trx, request, outcome.request, step, party, nowMs);
        const told: (readonly [NoticeKind, readonly string[]])[] = [];
        for (const notice of outcome.notices) told.push([notice.kind, await notices.keep(trx, { type: 'request', requestId: request.id }, [notice], nowMs)]);
        // Last, because it locks the audit log, which everybody waits for.
        await work.put(outcome.request, step, party, nowMs, auditedAs);
        return { before: request, after: outcome.request, isWithin: view.isWithin, told, tell };
      },
      within,
      earlier,
    );
    const { before, after, isWithin, told, tell } = done;
    onTaken(after);
    return async () => {
      tell();
      for (const [kind, partyIds] of told) onNotices(after, kind, partyIds);
      onChanged(after, (reader) => [before, after].some((one) => mayReadRequest(one, { actor: reader, isWithin })));
      // Its centre and panel decide who reads the case.
      if (before.centreId !== after.centreId || before.appointment !== after.appointment || before.state !== after.state) await caseFiles.announce(after.caseId);
    };
  }
}

/** A new request of somebody's, with the form as the case has it in the transaction. */
async function draftOf(trx: Work, requestId: ConsultRequestId, caseId: CaseId, party: Party, nowMs: number): Promise<ConsultRequest> {
  const { form } = await caseFactsOf(trx, caseId);
  return consultRequestSchema.parse({
    id: requestId, version: 1, state: 'draft', caseId, organisationId: party.organisationId, requesterId: party.id, centreId: null, form, createdAtMs: nowMs, stateSinceMs: nowMs, submittedAtMs: null,
    approval: { status: 'needed' }, consentException: null, screening: null, materialAsked: null, appointment: null, rehearsals: [], session: null, opinion: null, outcome: null,
    ratings: { hospital: null, expert: null }, endReason: null,
  });
}

/** What somebody's list of that name is made of; null: they have none. */
function viewOf(party: Party, view: RequestParams<'request.list'>['view']): RequestView | null {
  if (view === 'invited') return { type: 'invited', partyId: party.id };
  if (view === 'centre') return party.role === 'scheduler' ? { type: 'centre', organisationId: party.organisationId } : null;
  return ['requester', 'approver', 'bedside', 'cart'].includes(party.role) ? { type: 'hospital', organisationId: party.organisationId } : null;
}
