import type { DeliveryReason } from '#shared/domain/delivery';
import type { ClaimedDelivery } from '../storage/deliveries.ts';
import type { DeliverySubject } from '../storage/deliverySubject.ts';

/** A way out of the client. */
export interface Channel {
  /**
   * Hands a notice over. May be called again for the same delivery: then with the same id, by which the other side knows it.
   * @returns the address that was used, where there is one
   * @throws DeliveryFailure
   */
  send(delivery: ClaimedDelivery, subject: DeliverySubject): Promise<string | null>;
  close(): void;
}

/** That a notice was not taken: for good, or for now. */
export class DeliveryFailure extends Error {
  readonly reason: DeliveryReason;
  readonly isFinal: boolean;
  readonly address: string | null;

  constructor(reason: DeliveryReason, isFinal: boolean, address: string | null, options?: ErrorOptions) {
    super(`not delivered: ${reason}`, options);
    this.name = 'DeliveryFailure';
    this.reason = reason;
    this.isFinal = isFinal;
    this.address = address;
  }
}
