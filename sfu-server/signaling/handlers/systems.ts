import type { OrganisationId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { HospitalSystems } from '../../auth/hospitalSystems.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { HospitalSystemStore } from '../../storage/hospitalSystems.ts';
import type { Organisations } from '../../storage/organisations.ts';
import type { Handlers } from '../handler.ts';

export interface SystemHandlerDependencies {
  readonly systems: HospitalSystems;
  readonly store: HospitalSystemStore;
  readonly organisations: Organisations;
  readonly audit: AuditWriter;
  readonly clock: Clock;
}

/** [FHR2] Systems of the administrator's own organisation and those below it: registered, listed, revoked. */
export function createSystemHandlers({ systems, store, organisations, audit, clock }: SystemHandlerDependencies): Handlers<'admin.systems' | 'admin.createSystem' | 'admin.revokeSystem'> {
  const record = (party: Party, action: string, subject: string, code: 'auth.forbidden' | null = null) => audit.append({ ...auditActor(party), action, subject, outcome: code === null ? 'done' : 'refused', code });
  const requireWithin = async (party: Party, organisationId: OrganisationId, action: string, subject: string): Promise<void> => {
    if (await organisations.isWithin(organisationId, party.organisationId)) return;
    await record(party, action, subject, 'auth.forbidden');
    throw new AppError('auth.forbidden', 'that belongs to another organisation');
  };
  return {
    'admin.systems': async ({ identity }) => ({ systems: await store.within(identity.party.organisationId) }),

    'admin.createSystem': async ({ identity: { party } }, params) => {
      await requireWithin(party, params.organisationId, 'admin.createSystem', params.organisationId);
      const made = await systems.register(params);
      await record(party, 'admin.createSystem', made.systemId);
      return made;
    },

    'admin.revokeSystem': async ({ identity: { party } }, { systemId }) => {
      const system = await store.byId(systemId);
      if (system === null) throw new AppError('record.notFound', 'no such system');
      await requireWithin(party, system.organisationId, 'admin.revokeSystem', systemId);
      await store.revoke(systemId, clock.wallMs());
      await record(party, 'admin.revokeSystem', systemId);
      return {};
    },
  };
}
