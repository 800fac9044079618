import { DESK_STATES, type RequestState } from '#shared/domain/consultation/states';
import { type ConsultRequest, consultRequestSchema } from '#shared/domain/consultation/request';
import type { RequestStep } from '#shared/domain/consultation/steps';
import type { CaseId, ConsultId, ConsultRequestId, OrganisationId } from '#shared/domain/ids';
import { type Bilingual, type Party, partySchema } from '#shared/domain/people';
import { AppError } from '#shared/protocol/errors';
import { type Kysely, sql, type Transaction } from 'kysely';
import { auditActor, type AuditActor, type TimedEvent, writeAudit } from './audit.ts';
import { caseFactsOf } from './caseFacts.ts';
import { organisationTree, subtreeIds } from './organisations.ts';
import type { Schema } from './schema.ts';
import { isUniqueViolation } from './sqlErrors.ts';

/** A step as the history of a request shows it. `atMs`: server's civil clock. */
export interface TakenStep {
  readonly version: number;
  readonly actor: Party;
  readonly from: RequestState;
  readonly to: RequestState;
  readonly step: RequestStep;
  readonly atMs: number;
}

/** A request as a list shows it, with what the list needs of its case and hospital. */
export interface ListedRequest {
  readonly request: ConsultRequest;
  readonly organisationName: Bilingual;
  /** The whole name; masked before it leaves for a list. */
  readonly patientName: string;
  readonly patientAge: number | null;
  readonly patientSex: 'female' | 'male' | 'other' | 'unknown';
}

/** What a list is made of. */
export type RequestView =
  /** Of a hospital. */
  | { readonly type: 'hospital'; readonly organisationId: OrganisationId }
  /** Of a centre and those below it, once sent. */
  | { readonly type: 'centre'; readonly organisationId: OrganisationId }
  /** To whose appointment the party belongs, by the same rule that decides whether they may read it. */
  | { readonly type: 'invited'; readonly partyId: string };

/** Where the next page begins: after the row with these. */
export interface ListCursor {
  readonly urgencyRank: number;
  readonly sinceMs: number;
  readonly id: ConsultRequestId;
}

/** One request while its row is locked: nobody else changes it, in any process, and all that is done is done in `trx`. */
export interface RequestWork {
  readonly trx: Transaction<Schema>;
  readonly request: ConsultRequest;
  /** Keeps what a step made of it, the step itself, and its entry in the audit log, which names the actor unless somebody took it in their name. */
  put(request: ConsultRequest, step: RequestStep, actor: Party, atMs: number, auditedAs?: AuditActor): Promise<void>;
}

export type ConsultRequests = ReturnType<typeof createConsultRequests>;

const URGENCY_RANKS = { emergency: 0, urgent: 1, routine: 2 } as const;

export function urgencyRank(request: ConsultRequest): number {
  return URGENCY_RANKS[request.form.urgency];
}

/** Consultation requests. */
export function createConsultRequests(db: Kysely<Schema>) {
  const listed = () =>
    db
      .selectFrom('consult_requests')
      .innerJoin('organisations', 'organisations.id', 'consult_requests.organisation_id')
      .leftJoin('case_items as patient', (join) => join.onRef('patient.case_id', '=', 'consult_requests.case_id').on(sql`patient.id`, '=', 'patient'))
      .select([
        'consult_requests.body', 'organisations.name_zh', 'organisations.name_en',
        sql<string | null>`patient.body ->> 'name'`.as('patient_name'), sql<ListedRequest['patientSex'] | null>`patient.body ->> 'sex'`.as('patient_sex'), sql<number | null>`(patient.body ->> 'ageYears')::integer`.as('patient_age'),
      ]);

  /** The condition of a view, over `consult_requests`. */
  const inView = (view: RequestView) => {
    if (view.type === 'hospital') return sql<boolean>`consult_requests.organisation_id = ${view.organisationId}`;
    if (view.type === 'centre') return sql<boolean>`consult_requests.centre_id in ${subtreeIds(view.organisationId)}`;
    // A host who declined stays a member of the consult; and what was called off is for nobody who was invited.
    return sql<boolean>`consult_requests.consult_id in (select consult_id from consult_members where party_id = ${view.partyId}) and consult_requests.state not in ('cancelled', 'declined')
      and not jsonb_path_exists(consult_requests.body, '$.appointment.panel[*] ? (@.personId == $party && @.answer == "declined")', ${JSON.stringify({ party: view.partyId })}::jsonb)`;
  };

  return {
    /**
     * Keeps the request that `make` gives, and what it and `also` do besides, in one transaction.
     * @param by whom the log names
     * @param also writes the log's entry that it is given, after everything else: the log is locked from then on, and whoever waited for another lock with it could be waited for
     * @throws AppError `record.conflict` when there is one of that id, or of another key that only one may have
     */
    async begin(make: (trx: Transaction<Schema>) => Promise<ConsultRequest>, by: AuditActor, also: (trx: Transaction<Schema>, created: TimedEvent) => Promise<void> = (trx, created) => writeAudit(trx, [created])): Promise<void> {
      try {
        await db.transaction().execute(async (trx) => {
          const request = await make(trx);
          await trx.insertInto('consult_requests').values({ id: request.id, requester_id: request.requesterId, created_at_ms: request.createdAtMs, ...changing(request, request.createdAtMs) }).execute();
          await also(trx, { event: { ...by, action: 'request.create', subject: request.id, outcome: 'done', code: null }, atMs: request.createdAtMs });
        });
      } catch (error) {
        if (isUniqueViolation(error)) throw new AppError('record.conflict', 'there is a request of that id', { cause: error });
        throw error;
      }
    },

    async byId(id: ConsultRequestId): Promise<ListedRequest | null> {
      const row = await listed().where('consult_requests.id', '=', id).executeTakeFirst();
      return row === undefined ? null : toListed(row);
    },

    /** The id of the request whose appointment is that consult; null: the consult was arranged without one. */
    async ofConsult(consultId: ConsultId): Promise<ConsultRequestId | null> {
      const row = await db.selectFrom('consult_requests').select('id').where('consult_id', '=', consultId).executeTakeFirst();
      return row?.id ?? null;
    },

    /** What a request has to know of its case. */
    factsOf: (caseId: CaseId) => caseFactsOf(db, caseId),

    /** How the organisations lie, at this moment. */
    tree: () => organisationTree(db),

    async stepsOf(id: ConsultRequestId): Promise<TakenStep[]> {
      const rows = await db.selectFrom('consult_request_steps').selectAll().where('request_id', '=', id).orderBy('version').execute();
      // A step was parsed before it was kept, and what is kept is never changed.
      return rows.map((row) => ({ version: row.version, actor: partySchema.parse(row.actor), from: row.from_state, to: row.to_state, step: row.step as RequestStep, atMs: row.at_ms }));
    },

    /**
     * The requests of a view in some states, the most urgent first, then the longest in their state. One more than `limit` says that
     * there are more.
     */
    async list(view: RequestView, states: readonly RequestState[], after: ListCursor | null, limit: number): Promise<ListedRequest[]> {
      // Which ones, by the index alone; what else is shown is read of those only, and not of all that are open.
      let page = db.selectFrom('consult_requests').select('consult_requests.id').where(inView(view)).where('consult_requests.state', 'in', states);
      if (after !== null) page = page.where(sql<boolean>`(consult_requests.urgency_rank, consult_requests.state_since_ms, consult_requests.id) > (${after.urgencyRank}, ${after.sinceMs}::bigint, ${after.id})`);
      const shown = page.orderBy('consult_requests.urgency_rank').orderBy('consult_requests.state_since_ms').orderBy('consult_requests.id').limit(limit);
      const rows = await listed().where('consult_requests.id', 'in', shown).orderBy('consult_requests.urgency_rank').orderBy('consult_requests.state_since_ms').orderBy('consult_requests.id').execute();
      return rows.map(toListed);
    },

    /** How many are in each state; states without any are left out. */
    async counts(view: RequestView): Promise<{ readonly state: RequestState; readonly count: number }[]> {
      return db
        .selectFrom('consult_requests')
        .select(['state', sql<number>`count(*)::integer`.as('count')])
        .where(inView(view))
        .where('state', 'in', view.type === 'centre' ? [...DESK_STATES, 'completed', 'rated'] : sql<RequestState>`(select distinct state from consult_requests)`)
        .groupBy('state')
        .execute();
    },

    /**
     * Does the work with the request locked, in one transaction: when the promise resolves everything of it is durable, when it
     * rejects nothing of it was done.
     * @param within a transaction that is open already, of which it becomes a part
     * @param earlier what the log says first, of what the transaction did before
     * @throws AppError `record.notFound`
     */
    async inRequest<T>(id: ConsultRequestId, work: (work: RequestWork) => Promise<T>, within: Transaction<Schema> | null = null, earlier: readonly TimedEvent[] = []): Promise<T> {
      const lockAndWork = async (trx: Transaction<Schema>) => {
        const row = await trx.selectFrom('consult_requests').select('body').where('id', '=', id).forUpdate().executeTakeFirst();
        if (row === undefined) throw new AppError('record.notFound', 'no such request');
        const events = [...earlier];
        let current = consultRequestSchema.parse(row.body);
        const result = await work({
          trx,
          request: current,
          put: async (request, step, actor, atMs, auditedAs = auditActor(actor)) => {
            await trx.updateTable('consult_requests').set(changing(request, atMs)).where('id', '=', id).execute();
            await trx
              .insertInto('consult_request_steps')
              .values({ request_id: id, version: request.version, actor: JSON.stringify(actor), from_state: current.state, to_state: request.state, step: JSON.stringify(step), at_ms: atMs })
              .execute();
            current = request;
            events.push({ event: { ...auditedAs, action: `request.${step.type}`, subject: `${id} ${request.version}`, outcome: 'done', code: null }, atMs });
          },
        });
        await writeAudit(trx, events);
        return result;
      };
      return within === null ? db.transaction().execute(lockAndWork) : lockAndWork(within);
    },
  };
}

function changing(request: ConsultRequest, atMs: number) {
  return {
    case_id: request.caseId, organisation_id: request.organisationId, centre_id: request.centreId, consult_id: request.appointment?.consultId ?? null, state: request.state, urgency_rank: urgencyRank(request),
    version: request.version, state_since_ms: request.stateSinceMs, submitted_at_ms: request.submittedAtMs, changed_at_ms: atMs, body: JSON.stringify(request),
  };
}

function toListed(row: { body: unknown; name_zh: string; name_en: string; patient_name: string | null; patient_sex: ListedRequest['patientSex'] | null; patient_age: number | null }): ListedRequest {
  return {
    request: consultRequestSchema.parse(row.body),
    organisationName: { zh: row.name_zh, en: row.name_en },
    patientName: row.patient_name ?? '',
    patientAge: row.patient_age,
    patientSex: row.patient_sex ?? 'unknown',
  };
}
