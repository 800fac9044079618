import { participantsOf } from '#shared/domain/consultation/access';
import { type ConsultRequest, consultRequestSchema } from '#shared/domain/consultation/request';
import { REMINDER_LEADS_MINUTES } from '#shared/domain/delivery';
import type { Kysely } from 'kysely';
import type { Notices } from './notices.ts';
import type { Schema } from './schema.ts';

const MINUTE_MS = 60_000;

/** A session of a request to remind of, and whom. */
export interface MadeReminder {
  readonly request: ConsultRequest;
  readonly partyIds: readonly string[];
}

/**
 * [NTC8] Reminds those who come, and have not declined, of the sessions that draw near: each once for every lead, from however many
 * servers. A lead that was over when the session was planned, or while no server ran, is left out when the next one is reached.
 */
export async function makeReminders(db: Kysely<Schema>, notices: Pick<Notices, 'keep'>, nowMs: number): Promise<MadeReminder[]> {
  const longest = Math.max(...REMINDER_LEADS_MINUTES) * MINUTE_MS;
  const near = await db
    .selectFrom('consult_requests')
    .innerJoin('consults', 'consults.id', 'consult_requests.consult_id')
    .innerJoin('appointments', 'appointments.consult_id', 'consults.id')
    .select(['consult_requests.id', 'consults.starts_at_ms', 'appointments.changed_at_ms'])
    .where('consult_requests.state', 'in', ['scheduled', 'rehearsed'])
    .where('consults.state', '=', 'scheduled')
    .where('consults.starts_at_ms', '>', nowMs)
    .where('consults.starts_at_ms', '<=', nowMs + longest)
    .execute();
  const made: MadeReminder[] = [];
  for (const { id, starts_at_ms: startsAtMs, changed_at_ms: changedAtMs } of near) {
    // The shortest lead that is reached: after a pause nobody is told "in a day" of what begins in ten minutes.
    const lead = REMINDER_LEADS_MINUTES.filter((minutes) => startsAtMs - minutes * MINUTE_MS <= nowMs).at(-1);
    // Who was told of the time within the lead need not be told again at once.
    if (lead === undefined || changedAtMs >= startsAtMs - lead * MINUTE_MS) continue;
    const reminder = await db.transaction().execute(async (trx) => {
      // Against a step that moves it in this moment.
      const row = await trx.selectFrom('consult_requests').select('body').where('id', '=', id).forUpdate().executeTakeFirst();
      if (row === undefined) return null;
      const request = consultRequestSchema.parse(row.body);
      const { appointment } = request;
      if (appointment === null || appointment.startsAtMs !== startsAtMs || !['scheduled', 'rehearsed'].includes(request.state)) return null;
      const fresh = await trx
        .insertInto('reminders')
        .values(participantsOf(appointment).map((party) => ({ consult_id: appointment.consultId, starts_at_ms: startsAtMs, lead_minutes: lead, party_id: party.id, made_at_ms: nowMs })))
        .onConflict((conflict) => conflict.doNothing())
        .returning('party_id')
        .execute();
      if (fresh.length === 0) return null;
      const partyIds = await notices.keep(trx, id, [{ kind: 'reminder', to: { type: 'parties', ids: fresh.map(({ party_id }) => party_id) } }], nowMs, startsAtMs);
      return { request, partyIds };
    });
    if (reminder !== null) made.push(reminder);
  }
  return made;
}
