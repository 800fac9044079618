/** How a notice reaches somebody: in the client itself, by letter, or through the hospital's own messaging. */
export const DELIVERY_CHANNELS = ['client', 'email', 'webhook'] as const;
export type DeliveryChannel = (typeof DELIVERY_CHANNELS)[number];

/** Channels that lead out of the client, and may fail. */
export type OutsideChannel = Exclude<DeliveryChannel, 'client'>;

/** `sent`: the other side took it. `failed`: it never will. `givenUp`: it did not for a day. */
export const DELIVERY_STATES = ['waiting', 'sent', 'failed', 'givenUp'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/**
 * Why something did not go, or not yet. `noAddress`: none is known. `inactive`: the account was closed. `outdated`: overtaken by a later
 * change. `refused`: by the other side, for good. `unreachable`, `timeout`, `signIn`, `busy`: for now.
 */
export const DELIVERY_REASONS = ['noAddress', 'inactive', 'outdated', 'refused', 'unreachable', 'timeout', 'signIn', 'busy'] as const;
export type DeliveryReason = (typeof DELIVERY_REASONS)[number];

/** How long before a session those who come are reminded, minutes; the longest first. */
export const REMINDER_LEADS_MINUTES: readonly number[] = [1440, 60, 10];

/** An address that tells its owner which one it is, and others no more than the domain: `l***@example.org`. */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return `${email.slice(0, 1)}***${email.slice(at)}`;
}
