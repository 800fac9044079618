import type { Transaction } from 'kysely';
import { caseIdSchema, consultIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { bookSessions, type NewSession } from '../../sfu-server/scheduling/booking.ts';
import type { Database } from '../../sfu-server/storage/database.ts';
import type { Schema } from '../../sfu-server/storage/schema.ts';
import { orgId, personId, type ServerParts } from './serverParts.ts';

/** A session to be booked, of one person unless said otherwise. */
export function newSession(id: string, rest: Partial<NewSession> = {}): NewSession {
  return {
    consultId: consultIdSchema.parse(id), requestId: null, kind: 'mdt', startsAtMs: 1_800_100_000_000, durationMinutes: 60, timeZone: 'Asia/Shanghai', specialty: null,
    patient: { name: '', age: null, sex: 'unknown' }, question: 'a session of a test', caseFile: null, organisationId: orgId('county'), centreId: orgId('city'),
    hostPersonId: personId('host'), personIds: [], cartIds: [], venueId: null, hasWaitingRoom: false, series: null, acceptedIds: [personId('scheduler')], ...rest,
  };
}

/** A case for a session, begun by the person. */
export async function caseBegunBy({ people }: ServerParts, id: string, begunBy: string): Promise<NonNullable<NewSession['caseFile']>> {
  return { id: caseIdSchema.parse(id), begunBy: required(await people.party(personId(begunBy)), 'a person of the test') };
}

export const inTransaction = <R>({ db }: Database, work: (trx: Transaction<Schema>) => Promise<R>): Promise<R> => db.transaction().execute(work);

export const book = (database: Database, sessions: readonly NewSession[], nowMs = 1_800_000_000_000) => inTransaction(database, (trx) => bookSessions(trx, sessions, nowMs));
