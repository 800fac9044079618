import type { Urgency } from '#shared/domain/consultation/form';
import { consultRequestSchema } from '#shared/domain/consultation/request';
import { REMINDER_LEADS_MINUTES } from '#shared/domain/delivery';
import type { NoticeAbout } from '#shared/protocol/notices';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Notices } from './notices.ts';
import type { Schema } from './schema.ts';

const MINUTE_MS = 60_000;

/** A session to remind of, and whom. */
export interface MadeReminder {
  readonly about: NoticeAbout;
  /** Null: nobody applied for it. */
  readonly urgency: Urgency | null;
  readonly partyIds: readonly string[];
}

/**
 * [NTC8] Reminds those who come, and have not declined, of the sessions that draw near: each once for every lead, from however many
 * servers. A lead that was over when the session was planned, or while no server ran, is left out when the next one is reached.
 * One that cannot be made holds up none of the others, and is tried again with the next look. Sessions with nobody left to remind are found by one question and cost no transaction: this runs every few seconds.
 */
export async function makeReminders(db: Kysely<Schema>, notices: Pick<Notices, 'keep'>, nowMs: number, onFailure: (error: unknown) => void): Promise<MadeReminder[]> {
  const made: MadeReminder[] = [];
  for (const due of await dueReminders(db, nowMs)) {
    try {
      const reminder = await db.transaction().execute((trx) => makeReminder(trx, notices, due, nowMs));
      if (reminder !== null) made.push(reminder);
    } catch (error) {
      onFailure(error);
    }
  }
  return made;
}

type Due = Awaited<ReturnType<typeof dueReminders>>[number];

/** Near sessions with a member who has not been reminded for the lead that is reached. */
async function dueReminders(db: Kysely<Schema>, nowMs: number) {
  const longestMs = Math.max(...REMINDER_LEADS_MINUTES) * MINUTE_MS;
  // The shortest lead that is reached: after a pause nobody is told "in a day" of what begins in ten minutes.
  const leads = [...REMINDER_LEADS_MINUTES].reverse().map((minutes) => sql`when consults.starts_at_ms - ${minutes * MINUTE_MS}::bigint <= ${nowMs}::bigint then ${minutes}::integer`);
  const lead = sql<number>`case ${sql.join(leads, sql` `)} end`;
  return db
    .selectFrom('consults')
    .innerJoin('appointments', 'appointments.consult_id', 'consults.id')
    .leftJoin('consult_requests', 'consult_requests.consult_id', 'consults.id')
    .select(['consults.id as consultId', 'consult_requests.id as requestId', 'consults.starts_at_ms as startsAtMs', lead.as('lead')])
    .where('consults.state', '=', 'scheduled')
    .where('consults.starts_at_ms', '>', nowMs)
    .where('consults.starts_at_ms', '<=', nowMs + longestMs)
    .where((where) => where.or([where('appointments.request_id', 'is', null), where('consult_requests.state', 'in', ['scheduled', 'rehearsed'])]))
    // Who was told of the time within the lead need not be told again at once.
    .where(sql<boolean>`appointments.changed_at_ms < consults.starts_at_ms - ${lead} * ${MINUTE_MS}::bigint`)
    .where(
      sql<boolean>`exists (select 1 from consult_members member where member.consult_id = consults.id and not exists (
        select 1 from reminders made where made.consult_id = consults.id and made.starts_at_ms = consults.starts_at_ms and made.lead_minutes = ${lead} and made.party_id = member.party_id))`,
    )
    .execute();
}

async function makeReminder(trx: Transaction<Schema>, notices: Pick<Notices, 'keep'>, { consultId, requestId, startsAtMs, lead }: Due, nowMs: number): Promise<MadeReminder | null> {
  // Against a step that moves it in this moment; in the order in which steps lock, the request first.
  const row = requestId === null ? undefined : await trx.selectFrom('consult_requests').select('body').where('id', '=', requestId).forUpdate().executeTakeFirst();
  const request = row === undefined ? null : consultRequestSchema.parse(row.body);
  if (request !== null && (request.appointment?.consultId !== consultId || !['scheduled', 'rehearsed'].includes(request.state))) return null;
  await trx.selectFrom('appointments').select('consult_id').where('consult_id', '=', consultId).forUpdate().execute();
  const session = await trx.selectFrom('consults').select(['starts_at_ms', 'state']).where('id', '=', consultId).executeTakeFirst();
  if (session?.starts_at_ms !== startsAtMs || session.state !== 'scheduled') return null;
  // Who declined is no member any more.
  const members = await trx.selectFrom('consult_members').select('party_id').where('consult_id', '=', consultId).execute();
  if (members.length === 0) return null;
  const fresh = await trx
    .insertInto('reminders')
    .values(members.map(({ party_id }) => ({ consult_id: consultId, starts_at_ms: startsAtMs, lead_minutes: lead, party_id, made_at_ms: nowMs })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('party_id')
    .execute();
  if (fresh.length === 0) return null;
  const about: NoticeAbout = request === null ? { type: 'session', consultId } : { type: 'request', requestId: request.id };
  const partyIds = await notices.keep(trx, about, [{ kind: 'reminder', to: { type: 'parties', ids: fresh.map(({ party_id }) => party_id) } }], nowMs, startsAtMs);
  return { about, urgency: request?.form.urgency ?? null, partyIds };
}
