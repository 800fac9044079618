import { beforeEach, describe, expect, it } from 'vitest';
import { ASKING_TIMEOUT_MS, LEASE_MAX_MS, LeaseAuthority, type LeaseChange } from '#shared/control/leaseAuthority';

let changes: LeaseChange[];
let leases: LeaseAuthority;
beforeEach(() => {
  changes = [];
  leases = new LeaseAuthority(7, (change) => changes.push(change));
});
const told = () => changes.map((change) => ('by' in change ? `${change.type} ${change.by}` : change.type === 'ended' ? `ended ${change.lease.holder} ${change.reason}` : `granted ${change.lease.holder} ${change.lease.epoch}`));

describe('the lease', () => {
  it('[CTL1] is one, rises with each grant, and is taken before it is given', () => {
    expect(leases.lease).toBeNull();
    expect(leases.grant('a', 'full', 1000)).toEqual({ holder: 'a', epoch: 8, mode: 'full', grantedAtMs: 1000 });
    expect(leases.grant('b', 'settings', 1100)).toMatchObject({ holder: 'b', epoch: 9 });
    expect(leases.lease).toMatchObject({ holder: 'b', epoch: 9, mode: 'settings' });
    expect(told()).toEqual(['granted a 8', 'ended a replaced', 'granted b 9']);
  });

  it('[CTL90] [CTL2] the key that was promised is a sign of life, of this lease and while it lasts', () => {
    expect(leases.handleKey(8, 0)).toBe(false);
    const { epoch } = leases.grant('a', 'full', 0);
    expect(leases.handleKey(epoch - 1, 900)).toBe(false);
    expect(leases.handleKey(epoch, 900)).toBe(true);
    leases.tick(1899);
    expect(leases.lease).not.toBeNull();
    expect(leases.handleKey(epoch, 1900)).toBe(false);
    expect(told().at(-1)).toBe('ended a expired');
  });

  it('[CTL2] lives by heartbeats of its own epoch that are newer than the last', () => {
    const { epoch } = leases.grant('a', 'full', 0);
    expect(leases.heartbeat(epoch, 0, 900)).toBe(true);
    expect(leases.heartbeat(epoch, 0, 950)).toBe(false);
    expect(leases.heartbeat(epoch - 1, 1, 950)).toBe(false);
    expect(leases.heartbeat(epoch, Number.NaN, 950)).toBe(false);
    leases.tick(1899);
    expect(leases.lease).not.toBeNull();
    leases.tick(1900);
    expect(leases.lease).toBeNull();
    expect(told()).toEqual(['granted a 8', 'ended a expired']);
    expect(leases.heartbeat(epoch, 9, 1901)).toBe(false);
  });

  it('[CTL2] a heartbeat that comes too late wakes nothing, also before the next tick', () => {
    const { epoch } = leases.grant('a', 'full', 0);
    expect(leases.heartbeat(epoch, 1, 1000)).toBe(false);
    expect(leases.lease).toBeNull();
    expect(told()).toEqual(['granted a 8', 'ended a expired']);
  });

  it('numbers of heartbeats begin anew with each lease', () => {
    leases.heartbeat(leases.grant('a', 'full', 0).epoch, 50, 10);
    expect(leases.heartbeat(leases.grant('a', 'full', 20).epoch, 0, 30)).toBe(true);
  });

  it('is given back by its own epoch only', () => {
    const { epoch } = leases.grant('a', 'full', 0);
    expect(leases.release(epoch - 1)).toBe(false);
    expect(leases.release(epoch)).toBe(true);
    expect(leases.release(epoch)).toBe(false);
    expect(told()).toEqual(['granted a 8', 'ended a released']);
  });

  it('[CTL3] is taken at any moment; where there is none nothing happens', () => {
    leases.revoke();
    leases.grant('a', 'full', 0);
    leases.revoke();
    leases.revoke();
    expect(leases.lease).toBeNull();
    expect(told()).toEqual(['granted a 8', 'ended a revoked']);
  });

  it('[CTL5] ends in time however well it is held', () => {
    const { epoch } = leases.grant('a', 'full', 500);
    for (let at = 600, sequence = 0; at < LEASE_MAX_MS + 500; at += 900) leases.heartbeat(epoch, sequence++, at);
    leases.heartbeat(epoch, 1e6, LEASE_MAX_MS + 499);
    expect(leases.lease).not.toBeNull();
    leases.tick(LEASE_MAX_MS + 500);
    expect(told().at(-1)).toBe('ended a overtime');
  });
});

describe('asking for it', () => {
  it('keeps the order, tells each once, and ends when it is granted', () => {
    leases.ask('a', 0);
    leases.ask('b', 1);
    leases.ask('a', 2);
    expect(leases.asking).toEqual(['a', 'b']);
    leases.grant('a', 'full', 3);
    expect(leases.asking).toEqual(['b']);
    leases.ask('a', 4);
    expect(leases.asking).toEqual(['b']);
    leases.unask('b');
    leases.unask('b');
    expect(told()).toEqual(['asked a', 'asked b', 'granted a 8', 'unasked b']);
  });

  it('[CTL4] whoever is not answered within a minute no longer asks; asking again begins anew', () => {
    leases.ask('a', 0);
    leases.ask('b', 0);
    leases.ask('b', 10);
    leases.tick(ASKING_TIMEOUT_MS - 1);
    expect(leases.asking).toEqual(['a', 'b']);
    leases.tick(ASKING_TIMEOUT_MS);
    expect(leases.asking).toEqual(['b']);
    expect(told().at(-1)).toBe('unasked a');
  });
});
