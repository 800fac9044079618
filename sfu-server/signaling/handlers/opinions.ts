import type { RequestName } from '#shared/protocol/requests';
import type { OpinionDesk } from '../../opinions/opinionDesk.ts';
import type { Handlers } from '../handler.ts';

/** Consultation opinions: reading, writing, signing. */
export function createOpinionHandlers(desk: OpinionDesk): Handlers<Extract<RequestName, `opinion.${string}`>> {
  return {
    'opinion.list': async ({ identity }, { caseId }) => ({ opinions: await desk.list(identity, caseId) }),
    'opinion.begin': async ({ identity }, { consultId }) => ({ opinionId: await desk.begin(identity, consultId) }),
    'opinion.beginAddendum': async ({ identity }, { opinionId }) => ({ opinionId: await desk.beginAddendum(identity, opinionId) }),
    'opinion.get': async ({ identity }, { opinionId }) => ({ opinion: await desk.get(identity, opinionId) }),
    'opinion.version': async ({ identity }, { opinionId, version }) => ({ version: await desk.version(identity, opinionId, version) }),
    'opinion.save': async ({ identity }, { opinionId, baseVersion, content }) => desk.save(identity, opinionId, baseVersion, content),
    'opinion.submit': async ({ identity }, { opinionId, version }) => {
      await desk.submit(identity, opinionId, version);
      return {};
    },
    'opinion.sign': async ({ identity }, { opinionId, version, password }) => desk.sign(identity, opinionId, version, password),
    'opinion.return': async ({ identity }, { opinionId, version, reason }) => {
      await desk.giveBack(identity, opinionId, version, reason);
      return {};
    },
  };
}
