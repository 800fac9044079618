import type { CaseId, ConsultId, ConsultRequestId, OpinionId } from '#shared/domain/ids';
import { EMPTY_OPINION, type OpinionContent, opinionContentSchema, type OpinionDocument, opinionDocumentSchema, type OpinionSignature, opinionSignatureSchema, type OpinionStanding, type OpinionStatus } from '#shared/domain/opinion';
import { type Party, partySchema } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { type AuditEvent, writeAudit } from './audit.ts';
import { personParty, selectPeople } from './parties.ts';
import type { Schema } from './schema.ts';

export interface OpinionVersion {
  readonly number: number;
  readonly content: OpinionContent;
  readonly author: Party;
  readonly atMs: number;
  readonly submitted: { readonly by: Party; readonly atMs: number } | null;
  readonly returned: { readonly by: Party; readonly atMs: number; readonly reason: string } | null;
  /** The canonical text that is signed; null until it is submitted. */
  readonly documentText: string | null;
  readonly documentHash: string | null;
}

export interface OpinionRecord {
  readonly id: OpinionId;
  readonly caseId: CaseId;
  readonly consultId: ConsultId;
  readonly requestId: ConsultRequestId | null;
  readonly addendumTo: OpinionDocument['addendumTo'];
  readonly status: OpinionStatus;
  /** The newest version; 0: nothing was written. */
  readonly version: number;
  readonly panel: readonly Party[];
  readonly changedAtMs: number;
}

/** An opinion with its newest version (null: nothing was written) and that one's signatures. */
export interface OpinionState {
  readonly record: OpinionRecord;
  readonly newest: OpinionVersion | null;
  readonly signatures: readonly OpinionSignature[];
}

/** What may be done to one opinion while its row is locked. */
export interface OpinionWork extends OpinionState {
  readonly trx: Transaction<Schema>;
  addVersion(version: Pick<OpinionVersion, 'content' | 'author' | 'atMs'>): Promise<void>;
  submit(submitted: NonNullable<OpinionVersion['submitted']>, documentText: string, documentHash: string): Promise<void>;
  giveBack(returned: NonNullable<OpinionVersion['returned']>): Promise<void>;
  addSignature(signature: OpinionSignature): Promise<void>;
  setStatus(status: OpinionStatus): Promise<void>;
  /** Kept in the same transaction. */
  audit(event: AuditEvent): void;
}

/** The file of a signed opinion in the object store. */
export interface OpinionFileRecord {
  readonly hash: string;
  readonly sizeBytes: number;
}

export type Opinions = ReturnType<typeof createOpinions>;

/** Consultation opinions, their versions, signatures and files. */
export function createOpinions(db: Kysely<Schema>, clock: Clock) {
  const stateOf = async (on: Kysely<Schema>, row: Selectable<Schema['opinions']>): Promise<OpinionState> => {
    const newest = await on.selectFrom('opinion_versions').selectAll().where('opinion_id', '=', row.id).where('number', '=', row.version).executeTakeFirst();
    const signatures = await on.selectFrom('opinion_signatures').select('signature').where('opinion_id', '=', row.id).where('version', '=', row.version).orderBy('position').execute();
    return { record: toRecord(row), newest: newest === undefined ? null : toVersion(newest), signatures: signatures.map(({ signature }) => opinionSignatureSchema.parse(signature)) };
  };

  return {
    async byId(id: OpinionId): Promise<OpinionState | null> {
      const row = await db.selectFrom('opinions').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : stateOf(db, row);
    },

    /** The newest last; at most 500. */
    async ofCase(caseId: CaseId): Promise<OpinionState[]> {
      const rows = await db.selectFrom('opinions').selectAll().where('case_id', '=', caseId).orderBy('created_at_ms').orderBy('id').limit(500).execute();
      const states: OpinionState[] = [];
      for (const row of rows) states.push(await stateOf(db, row));
      return states;
    },

    /** The consult's own, not an addendum. */
    async ofConsult(consultId: ConsultId): Promise<OpinionId | null> {
      const row = await db.selectFrom('opinions').select('id').where('consult_id', '=', consultId).where('addendum_to', 'is', null).executeTakeFirst();
      return row?.id ?? null;
    },

    /** Every version, the newest last. */
    async versions(id: OpinionId): Promise<OpinionVersion[]> {
      const rows = await db.selectFrom('opinion_versions').selectAll().where('opinion_id', '=', id).orderBy('number').execute();
      return rows.map(toVersion);
    },

    async version(id: OpinionId, number: number): Promise<OpinionVersion | null> {
      const row = await db.selectFrom('opinion_versions').selectAll().where('opinion_id', '=', id).where('number', '=', number).executeTakeFirst();
      return row === undefined ? null : toVersion(row);
    },

    /** The case and state of a consult, and who of it advises, in the order in which they were invited. */
    async panelOf(consultId: ConsultId): Promise<{ readonly caseId: CaseId; readonly state: Schema['consults']['state']; readonly panel: readonly Party[] } | null> {
      const consult = await db.selectFrom('consults').innerJoin('case_consults', 'case_consults.consult_id', 'consults.id').select(['consults.state', 'case_consults.case_id']).where('consults.id', '=', consultId).executeTakeFirst();
      if (consult === undefined) return null;
      const members = await selectPeople(db).innerJoin('consult_members', 'consult_members.party_id', 'people.id').where('consult_members.consult_id', '=', consultId).where('people.role', '=', 'expert').orderBy('consult_members.position').execute();
      return { caseId: consult.case_id, state: consult.state, panel: members.map(personParty) };
    },

    /**
     * Begins an opinion and does `also` in the same transaction.
     * @returns false: the consult has one, and it is left as it is
     */
    async begin({ id, caseId, consultId, addendumTo, panel }: Omit<OpinionRecord, 'status' | 'version' | 'changedAtMs' | 'requestId'>, also: (trx: Transaction<Schema>) => Promise<ConsultRequestId | null>, event: AuditEvent): Promise<boolean> {
      return db.transaction().execute(async (trx) => {
        const nowMs = clock.wallMs();
        const begun = await trx
          .insertInto('opinions')
          .values({ id, case_id: caseId, consult_id: consultId, request_id: null, addendum_to: addendumTo === null ? null : JSON.stringify(addendumTo), status: 'draft', version: 0, panel: JSON.stringify(panel), created_at_ms: nowMs, changed_at_ms: nowMs })
          .onConflict((conflict) => conflict.column('consult_id').where('addendum_to', 'is', null).doNothing())
          .returning('id')
          .executeTakeFirst();
        if (begun === undefined) return false;
        const requestId = await also(trx);
        if (requestId !== null) await trx.updateTable('opinions').set({ request_id: requestId }).where('id', '=', id).execute();
        await writeAudit(trx, [{ event, atMs: nowMs }]);
        return true;
      });
    },

    /** Does the work with the opinion locked, in one transaction. @throws AppError `record.notFound` */
    async inOpinion<T>(id: OpinionId, work: (work: OpinionWork) => Promise<T>): Promise<T> {
      return db.transaction().execute(async (trx) => {
        const row = await trx.selectFrom('opinions').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
        if (row === undefined) throw new AppError('record.notFound', 'no such opinion');
        const events: AuditEvent[] = [];
        const result = await work({ ...(await stateOf(trx, row)), trx, audit: (event) => events.push(event), ...writersOf(trx, row, clock) });
        await writeAudit(trx, events.map((event) => ({ event, atMs: clock.wallMs() })));
        return result;
      });
    },

    async file(id: OpinionId, language: Schema['opinion_files']['language']): Promise<OpinionFileRecord | null> {
      const row = await db.selectFrom('opinion_files').selectAll().where('opinion_id', '=', id).where('language', '=', language).executeTakeFirst();
      return row === undefined ? null : { hash: row.hash, sizeBytes: row.size_bytes };
    },

    /** Keeps a file unless there is one. @returns what is kept */
    async keepFile(id: OpinionId, language: Schema['opinion_files']['language'], { hash, sizeBytes }: OpinionFileRecord): Promise<OpinionFileRecord> {
      await db.insertInto('opinion_files').values({ opinion_id: id, language, hash, size_bytes: sizeBytes, at_ms: clock.wallMs() }).onConflict((conflict) => conflict.columns(['opinion_id', 'language']).doNothing()).execute();
      return (await this.file(id, language)) ?? { hash, sizeBytes };
    },
  };
}

function writersOf(trx: Transaction<Schema>, { id, version }: Pick<OpinionRecord, 'id' | 'version'>, clock: Clock) {
  const onVersion = () => trx.updateTable('opinion_versions').where('opinion_id', '=', id).where('number', '=', version);
  return {
    addVersion: async ({ content, author, atMs }: Pick<OpinionVersion, 'content' | 'author' | 'atMs'>) => {
      const number = version + 1;
      await trx.insertInto('opinion_versions').values({ opinion_id: id, number, content: JSON.stringify(content), author: JSON.stringify(author), at_ms: atMs, submitted: null, returned: null, document_text: null, document_hash: null }).execute();
      await trx.updateTable('opinions').set({ version: number }).where('id', '=', id).execute();
    },
    submit: async (submitted: NonNullable<OpinionVersion['submitted']>, documentText: string, documentHash: string) => {
      await onVersion().set({ submitted: JSON.stringify(submitted), document_text: documentText, document_hash: documentHash }).execute();
    },
    giveBack: async (returned: NonNullable<OpinionVersion['returned']>) => {
      await onVersion().set({ returned: JSON.stringify(returned) }).execute();
    },
    addSignature: async (signature: OpinionSignature) => {
      const { position, personId } = signature.statement;
      await trx.insertInto('opinion_signatures').values({ opinion_id: id, version, position, person_id: personId, signature: JSON.stringify(signature) }).execute();
    },
    setStatus: async (status: OpinionStatus) => {
      await trx.updateTable('opinions').set({ status, changed_at_ms: clock.wallMs() }).where('id', '=', id).execute();
    },
  };
}

/** What the rules ask of an opinion. */
export function standingOf({ record, newest, signatures }: OpinionState): OpinionStanding {
  return {
    status: record.status,
    version: record.version,
    panelIds: record.panel.map(({ id }) => id),
    content: newest?.content ?? EMPTY_OPINION,
    submittedById: newest?.submitted?.by.id ?? null,
    signedIds: signatures.map(({ statement }) => statement.personId),
  };
}

function toRecord(row: Selectable<Schema['opinions']>): OpinionRecord {
  return {
    id: row.id, caseId: row.case_id, consultId: row.consult_id, requestId: row.request_id, addendumTo: opinionDocumentSchema.shape.addendumTo.parse(row.addendum_to),
    status: row.status, version: row.version, panel: partySchema.array().parse(row.panel), changedAtMs: row.changed_at_ms,
  };
}

function toVersion(row: Selectable<Schema['opinion_versions']>): OpinionVersion {
  return {
    number: row.number, content: opinionContentSchema.parse(row.content), author: partySchema.parse(row.author), atMs: row.at_ms,
    submitted: row.submitted, returned: row.returned, documentText: row.document_text, documentHash: row.document_hash,
  };
}
