/** How the waits between tries grow: doubling from `firstMs` up to `maxMs`, each spread by ±`jitter` (0–1). */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly jitter: number;
}

/** The wait before try number `attempt` (0 = the first retry), in ms. `random` gives [0, 1): injected so that tests decide. */
export function backoffDelayMs(policy: BackoffPolicy, attempt: number, random: () => number): number {
  const base = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(base * (1 + policy.jitter * (2 * random() - 1)));
}
