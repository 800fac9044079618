import type { Clock } from '#shared/lib/clock';
import type { Notices } from '../../storage/notices.ts';
import type { Handlers } from '../handler.ts';

/** What a party was told, and that they have seen it. */
export function createNoticeHandlers({ notices, clock }: { readonly notices: Notices; readonly clock: Clock }): Handlers<'notice.list' | 'notice.read'> {
  return {
    'notice.list': ({ identity }, { limit }) => notices.list(identity.party, limit),
    'notice.read': async ({ identity }, { ids }) => {
      await notices.read(identity.party.id, ids, clock.wallMs());
      return {};
    },
  };
}
