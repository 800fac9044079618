import type { CaseDevice } from '#shared/protocol/cases';

/** A machine with everybody who keeps copies on it. */
export interface Machine {
  readonly deviceId: CaseDevice['deviceId'];
  /** How the program on it named itself last. */
  readonly client: string;
  /** The last heard of first; at least one. */
  readonly users: readonly CaseDevice[];
  readonly lastSeenAtMs: number;
  /** Something on it could be wiped that nobody has asked for: never asked, or copies made since the last wipe. */
  readonly canWipe: boolean;
}

/** The server's rows, one for each user of a machine, by machine; in the order in which the machines were last heard of. */
export function machinesOf(devices: readonly CaseDevice[]): Machine[] {
  const byId = new Map<string, CaseDevice[]>();
  for (const device of [...devices].sort((a, b) => b.lastSeenAtMs - a.lastSeenAtMs)) byId.set(device.deviceId, [...(byId.get(device.deviceId) ?? []), device]);
  return [...byId.values()].flatMap((users) => {
    const [last] = users;
    if (!last) return [];
    const canWipe = users.some(({ wipe, cachedCases }) => wipe.state === 'none' || (wipe.state === 'done' && cachedCases > 0));
    return [{ deviceId: last.deviceId, client: last.client, users, lastSeenAtMs: last.lastSeenAtMs, canWipe }];
  });
}
