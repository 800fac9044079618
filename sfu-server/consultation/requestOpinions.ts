import type { CausedStep } from '#shared/domain/consultation/steps';
import type { ConsultId, ConsultRequestId } from '#shared/domain/ids';
import type { OpinionEvent, OpinionWorkflow, Tell } from '../opinions/opinionDesk.ts';
import { createConsultRequests } from '../storage/consultRequests.ts';
import type { Consultations, Work } from './consultations.ts';

/** What the steps of an opinion mean to the request that it answers. An addendum comes after the answer and changes nothing of it. */
export class RequestOpinions implements OpinionWorkflow {
  readonly #consultations: Pick<Consultations, 'followOpinion'>;

  constructor(consultations: Pick<Consultations, 'followOpinion'>) {
    this.#consultations = consultations;
  }

  requestOf(consultId: ConsultId, trx: Work): Promise<ConsultRequestId | null> {
    return createConsultRequests(trx).ofConsult(consultId);
  }

  async onOpinion(event: OpinionEvent, trx: Work): Promise<Tell> {
    const step = stepOf(event);
    if (step === null || event.requestId === null || event.isAddendum) return () => Promise.resolve();
    return this.#consultations.followOpinion(event.requestId, event.by, step, trx);
  }
}

function stepOf({ type, version, signerIds, reason }: OpinionEvent): CausedStep | null {
  switch (type) {
    case 'submitted':
      return { type: 'submitOpinion', version, signerIds };
    case 'returned':
      return { type: 'returnOpinion', reason };
    case 'partlySigned':
    case 'signed':
      return { type: 'signOpinion' };
    case 'begun':
    case 'addendumBegun':
      return null;
  }
}
