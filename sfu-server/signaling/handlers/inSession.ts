import type { ConsultId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { Consults } from '../../storage/consults.ts';
import type { InSession } from '../../storage/inSession.ts';
import type { Organisations } from '../../storage/organisations.ts';
import type { Handlers } from '../handler.ts';

export interface InSessionHandlerDependencies {
  readonly consults: Pick<Consults, 'byId'>;
  readonly organisations: Pick<Organisations, 'isWithin'>;
  readonly inSession: InSession;
  readonly audit: AuditWriter;
  readonly clock: Clock;
  readonly onChanged: (consultId: ConsultId) => void;
}

/** Who was present, and the agenda. */
export function createInSessionHandlers({ consults, organisations, inSession, audit, clock, onChanged }: InSessionHandlerDependencies): Handlers<'consult.presence' | 'consult.agenda' | 'consult.setAgenda'> {
  /** [INS3] As the door (ADM1), and after the end too. @throws AppError `consult.notFound`, `consult.notMember` */
  const needPart = async (party: Party, consultId: ConsultId) => {
    const consult = await consults.byId(consultId);
    if (consult === null) throw new AppError('consult.notFound', 'no such consult');
    if (consult.members.some(({ id }) => id === party.id)) return;
    if (!hasPermission(party.role, 'consult.administer') || !(await organisations.isWithin(consult.organisationId, party.organisationId))) throw new AppError('consult.notMember', 'not part of this consult');
  };
  return {
    'consult.presence': async ({ identity }, { consultId }) => {
      await needPart(identity.party, consultId);
      const serverTimeMs = clock.wallMs();
      return { stays: await inSession.presence(consultId, serverTimeMs), serverTimeMs };
    },
    'consult.agenda': async ({ identity }, { consultId }) => {
      await needPart(identity.party, consultId);
      return { agenda: await inSession.agenda(consultId) };
    },
    'consult.setAgenda': async ({ identity }, { consultId, baseVersion, items }) => {
      await needPart(identity.party, consultId);
      const agenda = await inSession.setAgenda(consultId, baseVersion, items);
      if (agenda === null) return { status: 'conflict', agenda: await inSession.agenda(consultId) };
      await audit.append({ ...auditActor(identity.party), action: 'consult.setAgenda', subject: consultId, outcome: 'done', code: null });
      onChanged(consultId);
      return { status: 'saved', agenda };
    },
  };
}
