import type { CaseId, ConsultId } from '#shared/domain/ids';
import { AppError } from '#shared/protocol/errors';
import type { RequestName } from '#shared/protocol/requests';
import type { CaseFiles } from '../../cases/caseFiles.ts';
import type { Handlers } from '../handler.ts';

type SharedImagingRequests = Extract<RequestName, 'imaging.case' | 'imaging.join' | 'imaging.leave' | 'imaging.ask' | 'imaging.give' | 'imaging.release' | 'imaging.takeBack' | 'imaging.present' | 'imaging.mark'>;

export interface SharedImagingDependencies {
  readonly caseFiles: Pick<CaseFiles, 'mark' | 'marksOf'>;
  readonly caseOf: (consultId: ConsultId) => Promise<CaseId | null>;
}

/** Reading images together; the room keeps who presents and what, the case keeps the marks. */
export function createSharedImagingHandlers({ caseFiles, caseOf }: SharedImagingDependencies): Handlers<SharedImagingRequests> {
  return {
    'imaging.case': async ({ room }) => ({ caseId: await caseOf(room.consultId) }),
    'imaging.join': async ({ room, peer }) => {
      if (peer.party.role !== 'observer') return room.imaging.join(peer);
      const caseId = await caseOf(room.consultId);
      return room.imaging.joinAsObserver(peer, async () => (caseId === null ? {} : caseFiles.marksOf(caseId)));
    },
    'imaging.leave': async ({ room, peer }) => {
      room.imaging.leave(peer);
      return {};
    },
    'imaging.ask': async ({ room, peer }, { isAsking }) => {
      room.imaging.ask(peer, isAsking);
      return {};
    },
    'imaging.give': async ({ room, peer }, { peerId }) => {
      room.imaging.give(peer, peerId);
      return {};
    },
    'imaging.release': async ({ room, peer }) => {
      room.imaging.release(peer);
      return {};
    },
    'imaging.takeBack': async ({ room, peer }) => {
      room.imaging.takeBack(peer);
      return {};
    },
    'imaging.present': async ({ room, peer }, params) => ({ sequence: room.imaging.present(peer, params) }),
    'imaging.mark': async ({ room, peer }, { update }) => {
      const caseId = await caseOf(room.consultId);
      if (caseId === null) throw new AppError('record.notFound', 'the consult has no case');
      // Kept before anybody hears of it: whoever builds on a mark builds on what the case has.
      await caseFiles.mark(peer.party, caseId, update);
      await room.imaging.relayMark(peer, update, () => caseFiles.marksOf(caseId));
      return {};
    },
  };
}
