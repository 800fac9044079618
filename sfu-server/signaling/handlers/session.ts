import { permissionsOf } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import type { Sessions } from '../../auth/sessions.ts';
import type { SignIn } from '../../auth/signIn.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { Handlers } from '../handler.ts';

type SessionRequests = 'session.whoAmI' | 'session.list' | 'session.revoke' | 'session.signOut' | 'session.changePassword';

export interface SessionHandlerDependencies {
  readonly sessions: Sessions;
  readonly signIn: Pick<SignIn, 'changePassword'>;
  readonly audit: AuditWriter;
  readonly clock: Clock;
  readonly serverVersion: string;
}

/** What everybody may do with their own sessions. */
export function createSessionHandlers({ sessions, signIn, audit, clock, serverVersion }: SessionHandlerDependencies): Handlers<SessionRequests> {
  return {
    'session.whoAmI': async ({ identity }) => ({
      self: identity.party, permissions: permissionsOf(identity.party.role), serverTimeMs: clock.wallMs(), serverVersion,
    }),

    'session.list': async ({ identity }) => ({ sessions: await sessions.list(identity) }),

    'session.revoke': async ({ identity }, { sessionId }) => {
      await sessions.revokeOwn(identity.party.id, sessionId);
      await audit.append({ ...auditActor(identity.party), action: 'session.revoke', subject: sessionId, outcome: 'done', code: null });
      return {};
    },

    'session.signOut': async ({ identity }) => {
      // 1. The record, while the session that asks still stands. 2. The end, which cuts the very socket that asked.
      await audit.append({ ...auditActor(identity.party), action: 'session.signOut', subject: identity.sessionId, outcome: 'done', code: null });
      await sessions.revokeOwn(identity.party.id, identity.sessionId);
      return {};
    },

    'session.changePassword': async ({ identity }, { current, next }) => {
      await signIn.changePassword(identity, current, next);
      return {};
    },
  };
}
