import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actingHost, type HostCandidate } from '#shared/domain/hosting';
import { peerIdSchema } from '#shared/domain/ids';
import { hasPermission, ROLES } from '#shared/domain/roles';

const candidates = fc.uniqueArray(
  fc.record({
    peerId: fc.stringMatching(/^[a-z0-9]{1,6}$/).map((text) => peerIdSchema.parse(text)),
    partyId: fc.constantFrom('a', 'b', 'c', 'd'),
    role: fc.constantFrom(...ROLES),
    isConnected: fc.boolean(),
    joinedAtMs: fc.nat(5),
  }),
  { selector: ({ peerId }) => peerId, maxLength: 10 },
);
const mayLead = ({ role, isConnected }: HostCandidate) => isConnected && hasPermission(role, 'room.host');

describe('actingHost', () => {
  it('[HST1] [HST3] is the appointed host whenever one of its clients is connected', () => {
    fc.assert(
      fc.property(candidates, fc.constantFrom('a', 'b', 'c', 'd'), (all, appointed) => {
        const own = all.filter((candidate) => candidate.partyId === appointed && mayLead(candidate));
        const leader = all.find(({ peerId }) => peerId === actingHost(appointed, all));
        if (own.length > 0) expect(own).toContain(leader);
      }),
    );
  });

  it('[HST2] else the connected scheduler, then expert, then requester who joined first; never another, null when there is none', () => {
    const order = ['scheduler', 'expert', 'requester'];
    fc.assert(
      fc.property(candidates, (all) => {
        const able = all.filter(mayLead);
        const leader = all.find(({ peerId }) => peerId === actingHost('nobody', all));
        expect(leader === undefined).toBe(able.length === 0);
        if (!leader) return;
        expect(able).toContain(leader);
        for (const other of able) {
          expect(order.indexOf(leader.role)).toBeLessThanOrEqual(order.indexOf(other.role));
          if (other.role === leader.role) expect(leader.joinedAtMs).toBeLessThanOrEqual(other.joinedAtMs);
        }
      }),
    );
  });

  it('[HST2] does not depend on the order in which peers are listed', () => {
    fc.assert(fc.property(candidates, fc.constantFrom('a', 'b', 'nobody'), (all, appointed) => actingHost(appointed, all) === actingHost(appointed, [...all].reverse())));
  });

  it('[HST3] who stood in gives the lead back', () => {
    const host = { peerId: peerIdSchema.parse('host'), partyId: 'a', role: 'requester' as const, joinedAtMs: 9 };
    const standIn = { peerId: peerIdSchema.parse('stand-in'), partyId: 'b', role: 'scheduler' as const, isConnected: true, joinedAtMs: 1 };
    expect(actingHost('a', [{ ...host, isConnected: false }, standIn])).toBe('stand-in');
    expect(actingHost('a', [{ ...host, isConnected: true }, standIn])).toBe('host');
  });
});
