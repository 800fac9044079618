import { isTheCentre } from '#shared/domain/consultation/access';
import type { DeliveryChannel, OutsideChannel } from '#shared/domain/delivery';
import type { Party } from '#shared/domain/people';
import { AppError } from '#shared/protocol/errors';
import type { NoticeAbout } from '#shared/protocol/notices';
import type { RequestResult } from '#shared/protocol/requests';
import type { Appointments } from '../storage/appointments.ts';
import type { ConsultRequests } from '../storage/consultRequests.ts';
import type { Deliveries } from '../storage/deliveries.ts';

/** What was told to whom. */
export class NoticeRecords {
  readonly #deliveries: Pick<Deliveries, 'of'>;
  readonly #requests: Pick<ConsultRequests, 'byId' | 'tree'>;
  readonly #appointments: Pick<Appointments, 'byId'>;
  readonly #channels: readonly DeliveryChannel[];

  constructor(deliveries: Pick<Deliveries, 'of'>, requests: Pick<ConsultRequests, 'byId' | 'tree'>, appointments: Pick<Appointments, 'byId'>, channels: readonly OutsideChannel[]) {
    this.#deliveries = deliveries;
    this.#requests = requests;
    this.#appointments = appointments;
    this.#channels = ['client', ...channels];
  }

  /** [NTC10] For the schedulers concerned, and for who applied. @throws AppError `record.notFound` for everybody else */
  async of(reader: Party, about: NoticeAbout): Promise<RequestResult<'notice.deliveries'>> {
    if (!(about.type === 'request' ? await this.#mayReadOfRequest(reader, about) : await this.#mayReadOfSession(reader, about))) throw new AppError('record.notFound', 'no such request or session');
    return { deliveries: await this.#deliveries.of(about), channels: [...this.#channels] };
  }

  async #mayReadOfRequest(reader: Party, { requestId }: Extract<NoticeAbout, { type: 'request' }>): Promise<boolean> {
    const request = (await this.#requests.byId(requestId))?.request;
    if (request === undefined) return false;
    const isCentre = reader.role === 'scheduler' && !['draft', 'awaitingApproval'].includes(request.state) && isTheCentre(request.centreId, reader.organisationId, await this.#requests.tree());
    return isCentre || request.requesterId === reader.id;
  }

  /** Of one that a request caused, what was told is the request's. */
  async #mayReadOfSession(reader: Party, { consultId }: Extract<NoticeAbout, { type: 'session' }>): Promise<boolean> {
    const session = reader.role === 'scheduler' ? await this.#appointments.byId(consultId) : null;
    if (session === null || session.requestId !== null) return false;
    const isWithin = await this.#requests.tree();
    return [session.organisationId, session.centreId].some((id) => isWithin(id, reader.organisationId));
  }
}
