import { isTheCentre } from '#shared/domain/consultation/access';
import type { DeliveryChannel, OutsideChannel } from '#shared/domain/delivery';
import type { ConsultRequestId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { AppError } from '#shared/protocol/errors';
import type { RequestResult } from '#shared/protocol/requests';
import type { ConsultRequests } from '../storage/consultRequests.ts';
import type { Deliveries } from '../storage/deliveries.ts';

/** What was told to whom. */
export class NoticeRecords {
  readonly #deliveries: Pick<Deliveries, 'ofRequest'>;
  readonly #requests: Pick<ConsultRequests, 'byId' | 'tree'>;
  readonly #channels: readonly DeliveryChannel[];

  constructor(deliveries: Pick<Deliveries, 'ofRequest'>, requests: Pick<ConsultRequests, 'byId' | 'tree'>, channels: readonly OutsideChannel[]) {
    this.#deliveries = deliveries;
    this.#requests = requests;
    this.#channels = ['client', ...channels];
  }

  /** [NTC10] For the schedulers of the centre that has it, and for who applied. @throws AppError `record.notFound` for everybody else */
  async ofRequest(reader: Party, requestId: ConsultRequestId): Promise<RequestResult<'notice.deliveries'>> {
    const request = (await this.#requests.byId(requestId))?.request;
    const isCentre = reader.role === 'scheduler' && request !== undefined && !['draft', 'awaitingApproval'].includes(request.state) && isTheCentre(request.centreId, reader.organisationId, await this.#requests.tree());
    if (request === undefined || !(isCentre || request.requesterId === reader.id)) throw new AppError('record.notFound', 'no such request');
    return { deliveries: await this.#deliveries.ofRequest(requestId), channels: [...this.#channels] };
  }
}
