import { describe, expect, it } from 'vitest';
import { hasPermission, type Permission, PERMISSIONS, permissionsOf, ROLES } from '#shared/domain/roles';
import { SOURCE_PROFILES, sourceProfile, type SourceProfileName } from '#shared/domain/sourceProfiles';

const PERMISSION_NAMES = Object.keys(PERMISSIONS) as Permission[]; // the table's own keys

describe('the table of roles', () => {
  it('gives every role something and every permission a reason and somebody', () => {
    for (const role of ROLES) expect(permissionsOf(role).length).toBeGreaterThan(0);
    for (const { roles, why } of Object.values(PERMISSIONS)) {
      expect(why.length).toBeGreaterThan(10);
      expect(roles.length).toBeGreaterThan(0);
      expect(new Set(roles).size).toBe(roles.length);
    }
  });

  it('answers one question the same in both ways of asking', () => {
    for (const role of ROLES) for (const permission of PERMISSION_NAMES) expect(permissionsOf(role).includes(permission)).toBe(hasPermission(role, permission));
  });

  it('[ROM15] [CTL31] lets an observer watch, stop a probe, and nothing more', () => {
    expect(permissionsOf('observer')).toEqual(['session.own', 'contact.own', 'worklist.read', 'consult.join', 'schedule.own', 'images.read', 'control.stop', 'network.check']);
  });

  it('[CTL51] [CTL54] lets specialists steer, who stands beside the patient offer, and all who are there stop', () => {
    const who = (permission: Parameters<typeof hasPermission>[1]) => ROLES.filter((role) => hasPermission(role, permission));
    expect([who('control.steer'), who('control.offer')]).toEqual([['expert'], ['bedside', 'cart']]);
    expect(who('control.stop')).toEqual(who('consult.join'));
  });

  it('[HST2] lets only a person of responsibility lead, and whoever leads may also join and speak', () => {
    expect(ROLES.filter((role) => hasPermission(role, 'room.host'))).toEqual(['expert', 'requester', 'scheduler']);
    for (const role of ROLES.filter((one) => hasPermission(one, 'room.host'))) for (const needed of ['consult.join', 'media.publish', 'chat.write'] as const) expect(hasPermission(role, needed)).toBe(true);
  });

  it('keeps those who run machines and read logs away from the bedside', () => {
    for (const role of ['administrator', 'auditor'] as const) for (const permission of ['consult.join', 'media.publish', 'room.host'] as const) expect(hasPermission(role, permission)).toBe(false);
    expect(ROLES.filter((role) => hasPermission(role, 'people.administer'))).toEqual(['administrator']);
  });
});

describe('source profiles', () => {
  const names = Object.keys(SOURCE_PROFILES) as SourceProfileName[]; // the table's own keys

  it('[MED1] allow together fewer sources than a room’s state can name', () => {
    expect(names.reduce((sum, name) => sum + sourceProfile(name).maxPerPeer, 0)).toBeLessThanOrEqual(12);
  });

  it('order their layers from the smallest, each with a ceiling of its own', () => {
    for (const name of names) {
      const profile = sourceProfile(name);
      if (profile.kind === 'audio') continue;
      expect(profile.modes.length).toBeGreaterThan(0);
      expect(profile.floorBitrateBps).toBeLessThan(profile.startBitrateBps);
      for (const { layers } of profile.modes) {
        expect(layers.map(({ scaleDownBy }) => scaleDownBy)).toEqual([...layers.map(({ scaleDownBy }) => scaleDownBy)].sort((a, b) => b - a));
        expect(layers.at(-1)?.scaleDownBy).toBe(1);
        expect(layers.map(({ maxBitrateBps }) => maxBitrateBps)).toEqual([...layers.map(({ maxBitrateBps }) => maxBitrateBps)].sort((a, b) => a - b));
      }
    }
  });

  it('keep speech before any picture', () => {
    const video = names.map(sourceProfile).filter(({ kind }) => kind === 'video').map(({ priority }) => priority);
    for (const name of ['mic', 'clinicalAudio'] as const) expect(sourceProfile(name).priority).toBeGreaterThan(Math.max(...video));
  });
});
