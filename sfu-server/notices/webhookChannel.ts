import { createHmac } from 'node:crypto';
import type { Clock } from '#shared/lib/clock';
import type { ClaimedDelivery } from '../storage/deliveries.ts';
import type { DeliverySubject } from '../storage/deliverySubject.ts';
import { type Channel, DeliveryFailure } from './channel.ts';
import { ABOUT_A_TIME, NOTICE_TITLES } from './noticeTexts.ts';

/** A hospital's messaging gateway. */
export interface WebhookSettings {
  readonly url: string;
  readonly secret: string;
}

/** How long the other side may take, in ms. */
const PATIENCE_MS = 10_000;
/** Answers that do not get better by asking again. 401, 403 and 404 do, when somebody mends the settings. */
const FINAL_STATUS: ReadonlySet<number> = new Set([400, 405, 410, 413, 415, 422]);

/**
 * [NTC5] Notices as JSON over HTTPS. `x-huizhen-signature` is `sha256=` and the HMAC-SHA256, hex, of the timestamp, a full stop and the
 * body, under the shared secret; `x-huizhen-timestamp` is Unix seconds: the receiver refuses what is old. `idempotency-key` is the same
 * for every try.
 */
export class WebhookChannel implements Channel {
  readonly #settings: WebhookSettings;
  readonly #clock: Clock;
  readonly #publicUrl: () => string;
  readonly #closing = new AbortController();

  constructor(settings: WebhookSettings, clock: Clock, publicUrl: () => string) {
    this.#settings = settings;
    this.#clock = clock;
    this.#publicUrl = publicUrl;
  }

  async send(delivery: ClaimedDelivery, subject: DeliverySubject): Promise<null> {
    const body = JSON.stringify(messageOf(delivery, subject, `${this.#publicUrl()}/`));
    const timestamp = String(Math.floor(this.#clock.wallMs() / 1000));
    const signature = createHmac('sha256', this.#settings.secret).update(`${timestamp}.${body}`, 'utf8').digest('hex');
    let response: Response;
    try {
      response = await fetch(this.#settings.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': delivery.id, 'x-huizhen-timestamp': timestamp, 'x-huizhen-signature': `sha256=${signature}` },
        body,
        redirect: 'manual', // a signed message goes to the address that was given, and to no other
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      await response.body?.cancel();
    } catch (error) {
      throw new DeliveryFailure(error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'unreachable', false, null, { cause: error });
    }
    if (response.ok) return null;
    if (FINAL_STATUS.has(response.status)) throw new DeliveryFailure('refused', true, null);
    throw new DeliveryFailure(response.status === 401 || response.status === 403 ? 'signIn' : 'busy', false, null);
  }

  close(): void {
    this.#closing.abort();
  }
}

/** [NTC2] Ids and names of places, never of a patient. */
function messageOf({ id, kind, madeAtMs }: ClaimedDelivery, { about, urgency, state, session, organisationName, centreName, recipient, signInName }: DeliverySubject, clientUrl: string): object {
  const timed = ABOUT_A_TIME.has(kind) ? session : null;
  return {
    id, kind, title: NOTICE_TITLES[kind], madeAt: new Date(madeAtMs).toISOString(), requestId: about.type === 'request' ? about.requestId : null, consultId: about.type === 'session' ? about.consultId : null, urgency, state,
    organisation: organisationName, centre: centreName, startsAt: timed === null ? null : new Date(timed.startsAtMs).toISOString(), durationMinutes: timed?.durationMinutes ?? null,
    recipient: { personId: recipient.id, signInName, organisationId: recipient.organisationId }, url: clientUrl,
  };
}
