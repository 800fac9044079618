import type { PacsDesk } from '../../imaging/pacs/pacsDesk.ts';
import type { Handlers } from '../handler.ts';

type PacsRequestName = 'pacs.search' | 'pacs.arrivals' | 'pacs.link' | 'pacs.links' | 'pacs.sendBack';

/** The hospital's image archive. */
export function createPacsHandlers(desk: PacsDesk): Handlers<PacsRequestName> {
  return {
    'pacs.search': async ({ identity }, params) => ({ studies: await desk.search(identity, params) }),
    'pacs.arrivals': async ({ identity }, { caseId }) => ({ studies: await desk.arrivals(identity, caseId) }),
    'pacs.link': async ({ identity }, params) => ({ link: await desk.link(identity, params) }),
    'pacs.links': async ({ identity }, { caseId }) => desk.links(identity, caseId),
    'pacs.sendBack': async ({ identity }, { caseId, studyUid }) => desk.sendBack(identity, caseId, studyUid),
  };
}
