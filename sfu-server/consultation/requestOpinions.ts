import type { CausedStep } from '#shared/domain/consultation/steps';
import type { ConsultId, ConsultRequestId, OpinionId } from '#shared/domain/ids';
import type { OpinionEvent, OpinionWorkflow } from '../opinions/opinionDesk.ts';
import { createConsultRequests } from '../storage/consultRequests.ts';
import type { Consultations, Work } from './consultations.ts';

/** What the steps of an opinion mean to the request that it answers. An addendum comes after the answer and changes nothing of it. */
export class RequestOpinions implements OpinionWorkflow {
  readonly #consultations: Pick<Consultations, 'followOpinion'>;
  /** What is to be told when the opinion's transaction is through; one that was undone is replaced by the next try. */
  readonly #untold = new Map<OpinionId, () => Promise<void>>();

  constructor(consultations: Pick<Consultations, 'followOpinion'>) {
    this.#consultations = consultations;
  }

  requestOf(consultId: ConsultId, trx: Work): Promise<ConsultRequestId | null> {
    return createConsultRequests(trx).ofConsult(consultId);
  }

  async onOpinion(event: OpinionEvent, trx: Work): Promise<void> {
    this.#untold.delete(event.opinionId);
    const step = stepOf(event);
    if (step === null || event.requestId === null || event.isAddendum) return;
    this.#untold.set(event.opinionId, await this.#consultations.followOpinion(event.requestId, event.by, step, trx));
  }

  /** The opinion's transaction is through. */
  async tell(opinionId: OpinionId): Promise<void> {
    const untold = this.#untold.get(opinionId);
    this.#untold.delete(opinionId);
    await untold?.();
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
