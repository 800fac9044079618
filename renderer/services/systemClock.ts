import { createSystemClock } from '#shared/lib/clock';

/** The browser's clock and timers; the only place of the renderer that touches them. */
export const systemClock = createSystemClock(globalThis);

/** A new random id in the form the protocol's ids have. */
export function randomId(): string {
  return crypto.randomUUID();
}
