import type { PersonId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { NoticeRecords } from '../../notices/noticeRecords.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { Notices } from '../../storage/notices.ts';
import type { Organisations } from '../../storage/organisations.ts';
import type { People } from '../../storage/people.ts';
import type { Handlers } from '../handler.ts';

export interface NoticeHandlerDependencies {
  readonly notices: Notices;
  readonly records: NoticeRecords;
  readonly people: Pick<People, 'email' | 'setEmail' | 'record'>;
  readonly organisations: Pick<Organisations, 'isWithin'>;
  readonly audit: AuditWriter;
  readonly clock: Clock;
}

/** What a party was told, and that they have seen it; where notices reach a person besides, and whether they did. */
export function createNoticeHandlers({ notices, records, people, organisations, audit, clock }: NoticeHandlerDependencies): Handlers<'notice.list' | 'notice.read' | 'notice.deliveries' | 'account.contact' | 'account.setContact' | 'admin.setContact'> {
  return {
    'notice.list': ({ identity }, { limit }) => notices.list(identity.party, limit),
    'notice.read': async ({ identity }, { ids }) => {
      await notices.read(identity.party.id, ids, clock.wallMs());
      return {};
    },
    'notice.deliveries': ({ identity }, { about }) => records.of(identity.party, about),
    // No cart has these permissions, so the ids are people's.
    'account.contact': async ({ identity: { party } }) => ({ email: await people.email(party.id as PersonId) }),
    'account.setContact': async ({ identity: { party } }, { email }) => {
      await people.setEmail(party.id as PersonId, email);
      await audit.append({ ...auditActor(party), action: 'account.setContact', subject: party.id, outcome: 'done', code: null });
      return {};
    },
    'admin.setContact': async ({ identity: { party } }, { personId, email }) => {
      const record = await people.record(personId, clock.wallMs());
      if (record === null) throw new AppError('record.notFound', 'no such person');
      if (!(await organisations.isWithin(record.organisationId, party.organisationId))) throw new AppError('auth.forbidden', 'that belongs to another organisation');
      await people.setEmail(personId, email);
      await audit.append({ ...auditActor(party), action: 'admin.setContact', subject: personId, outcome: 'done', code: null });
      return {};
    },
  };
}
