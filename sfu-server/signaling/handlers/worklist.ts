import { caseIdSchema, type ConsultId, consultIdSchema } from '#shared/domain/ids';
import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { DEFAULT_WEEK } from '#shared/domain/scheduling';
import { required } from '#shared/lib/assert';
import { AppError } from '#shared/protocol/errors';
import type { Kysely } from 'kysely';
import { newId } from '../../auth/random.ts';
import type { CaseFiles } from '../../cases/caseFiles.ts';
import { type AppointmentChanged, bookSessions } from '../../scheduling/booking.ts';
import type { SessionNotices } from '../../scheduling/sessionNotices.ts';
import { type Appointments, readAppointment } from '../../storage/appointments.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { Carts } from '../../storage/carts.ts';
import { summariseConsult } from '../../storage/consultSummary.ts';
import type { Consults } from '../../storage/consults.ts';
import type { Organisations } from '../../storage/organisations.ts';
import type { People } from '../../storage/people.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Handlers } from '../handler.ts';

export interface WorklistHandlerDependencies {
  readonly db: Kysely<Schema>;
  readonly consults: Pick<Consults, 'listFor'>;
  readonly appointments: Pick<Appointments, 'byId'>;
  readonly organisations: Organisations;
  readonly people: People;
  readonly carts: Carts;
  readonly caseFiles: Pick<CaseFiles, 'open'>;
  readonly audit: AuditWriter;
  readonly clock: Clock;
  readonly sessionNotices: Pick<SessionNotices, 'keep'>;
  /** How many are in the consult's room at this moment. */
  readonly presentCount: (consultId: ConsultId) => number;
  /** A consult was added, everybody's time was taken, and its case is somebody else's too from now on; `actorId` did it. */
  readonly onChanged: (changed: AppointmentChanged, actorId: string) => Promise<void>;
}

/** The longest time a list is made for. */
const MAX_RANGE_MS = 366 * 86_400_000;
/** How far ahead, and behind, a consult may be put. */
const MAX_AHEAD_MS = 366 * 86_400_000;
const MAX_BEHIND_MS = 86_400_000;

/** The day's list, and putting a consult on it. */
export function createWorklistHandlers(deps: WorklistHandlerDependencies): Handlers<'worklist.list' | 'consult.create'> {
  const { db, consults, appointments, organisations, people, carts, audit, clock } = deps;
  return {
    'worklist.list': async ({ identity }, { fromMs, toMs }) => {
      if (toMs <= fromMs || toMs - fromMs > MAX_RANGE_MS) throw new AppError('input.malformed', 'the time must run forward, and for a year at most');
      const found = await consults.listFor(identity.party, fromMs, toMs);
      return { consults: found.map((consult) => summariseConsult(consult, identity.party.id, deps.presentCount(consult.id))) };
    },

    'consult.create': async ({ identity }, params) => {
      const nowMs = clock.wallMs();
      if (params.startsAtMs < nowMs - MAX_BEHIND_MS || params.startsAtMs > nowMs + MAX_AHEAD_MS) throw new AppError('input.malformed', 'startsAtMs: more than a day ago or a year ahead');
      if (!(await organisations.isWithin(params.organisationId, identity.party.organisationId))) throw new AppError('auth.forbidden', 'the organisation is not one of yours');
      const personIds = [...new Set([params.hostPersonId, ...params.personIds])];
      const cartIds = [...new Set(params.cartIds)];
      const invitedPeople = await people.activeParties(personIds);
      const invitedCarts = await carts.activeParties(cartIds);
      const host = invitedPeople.find((party) => party.id === params.hostPersonId);
      if (host === undefined || !hasPermission(host.role, 'room.host')) throw new AppError('input.malformed', 'hostPersonId: not somebody who may lead');
      if (invitedPeople.length !== personIds.length || invitedPeople.some((party) => !hasPermission(party.role, 'consult.join'))) throw new AppError('input.malformed', 'personIds: somebody who cannot take part');
      if (invitedCarts.length !== cartIds.length) throw new AppError('input.malformed', 'cartIds: a cart that cannot take part');
      const id = consultIdSchema.parse(newId());
      const caseId = params.caseId ?? caseIdSchema.parse(newId());
      if (params.caseId !== undefined && (await deps.caseFiles.open(identity, caseId)).organisationId !== params.organisationId) throw new AppError('input.malformed', 'caseId: of another organisation');
      const { kind, startsAtMs, durationMinutes, question, organisationId, hostPersonId, hasWaitingRoom } = params;
      const session = {
        consultId: id, requestId: null, kind, startsAtMs, durationMinutes, timeZone: DEFAULT_WEEK.timeZone, specialty: null, patient: { name: params.patientName, age: params.patientAge, sex: params.patientSex }, question,
        caseFile: { id: caseId, begunBy: identity.party }, organisationId, centreId: identity.party.organisationId, hostPersonId, personIds, cartIds, venueId: null, hasWaitingRoom, series: null, acceptedIds: personIds.filter((personId) => personId === identity.party.id),
      };
      const tell = await db.transaction().execute(async (trx) => {
        await bookSessions(trx, [session], nowMs);
        return deps.sessionNotices.keep(trx, [required(await readAppointment(trx, id), 'booked just now')], { type: 'booked' }, identity.party.id);
      });
      tell();
      await audit.append({ ...auditActor(identity.party), action: 'consult.create', subject: id, outcome: 'done', code: null });
      await deps.onChanged({ appointment: required(await appointments.byId(id), 'booked just now'), partyIds: [...personIds, ...cartIds] }, identity.party.id);
      return { consultId: id };
    },
  };
}
