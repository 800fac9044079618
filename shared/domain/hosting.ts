import type { PeerId } from './ids.ts';
import { hasPermission, type Role } from './roles.ts';

/** What the choice of a host needs to know of a present peer. `partyId` is the person or cart behind it. */
export interface HostCandidate {
  readonly peerId: PeerId;
  readonly partyId: string;
  readonly role: Role;
  /** False while the socket is lost and the grace time runs. */
  readonly isConnected: boolean;
  /** Server's monotonic clock. */
  readonly joinedAtMs: number;
}

const STAND_IN_ORDER: readonly Role[] = ['scheduler', 'expert', 'requester'];

/**
 * Who leads the room now. [HST1] The appointed host leads whenever connected. [HST2] Otherwise, so that nobody waits outside a
 * door without a keeper, the connected scheduler, then expert, then requester who joined first stands in. [HST3] The appointed
 * host gets it back by coming back. Null when nobody present may lead.
 */
export function actingHost(appointedPartyId: string, candidates: readonly HostCandidate[]): PeerId | null {
  const connected = candidates.filter((candidate) => candidate.isConnected && hasPermission(candidate.role, 'room.host'));
  const appointed = connected.filter((candidate) => candidate.partyId === appointedPartyId);
  const pool = appointed.length > 0 ? appointed : connected;
  const [first] = [...pool].sort(
    (a, b) =>
      STAND_IN_ORDER.indexOf(a.role) - STAND_IN_ORDER.indexOf(b.role) ||
      a.joinedAtMs - b.joinedAtMs ||
      (a.peerId < b.peerId ? -1 : 1),
  );
  return first?.peerId ?? null;
}
