import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MACHINE_SETTINGS, HOST_EVENTS, HOST_REQUESTS, hostMessageSchema, machineSettingsSchema } from '#shared/host/contract';
import { mutationsOf, shapeOf, unboundedIn, fittingValue, valuesOf } from '../helpers/schemaValues.ts';
import type { z } from 'zod';

const REQUEST_SCHEMAS = Object.entries(HOST_REQUESTS).flatMap(([name, { params, result }]): [string, z.ZodType][] => [[`${name} parameters`, params], [`${name} result`, result]]);
const EVENT_SCHEMAS = Object.entries(HOST_EVENTS).map(([name, schema]): [string, z.ZodType] => [`event ${name}`, schema]);

describe('the contract with the desktop host', () => {
  it.each([...REQUEST_SCHEMAS, ...EVENT_SCHEMAS])('[DSK1] [DSK2] [DSK5] %s takes what fits and refuses it spoiled in any one place', (_name, schema) => {
    const shape = shapeOf(schema);
    for (const seed of [1, 2, 3, 4, 5]) {
      const value = fittingValue(schema, seed);
      expect(schema.safeParse(value).error).toBeUndefined();
      expect(mutationsOf(shape, value).filter((mutation) => schema.safeParse(mutation.value).success).map(({ what }) => what)).toEqual([]);
    }
    fc.assert(fc.property(valuesOf(shape), (value) => schema.safeParse(value).success), { numRuns: 25, seed: 7 });
  });

  it.each(REQUEST_SCHEMAS.filter(([name]) => name.endsWith('parameters')))('[DSK2] %s bounds every text and list', (_name, schema) => {
    expect(unboundedIn(shapeOf(schema))).toEqual([]);
  });

  it('[DSK11] the defaults are settings of the present version', () => {
    expect(machineSettingsSchema.parse(DEFAULT_MACHINE_SETTINGS)).toEqual(DEFAULT_MACHINE_SETTINGS);
    expect(machineSettingsSchema.safeParse({ ...DEFAULT_MACHINE_SETTINGS, schemaVersion: 2 }).success).toBe(false);
  });

  it('[DSK20] a secret is named by a plain word, never by a path', () => {
    const { params } = HOST_REQUESTS['vault.read'];
    expect(params.safeParse({ name: 'session.token-1' }).success).toBe(true);
    for (const name of ['', '../token', 'a/b', 'A', '1token', 'a b', 'a'.repeat(65), 'a\n']) expect(params.safeParse({ name }).success).toBe(false);
  });

  it('[DSK1] a message is one of four kinds, each with what it needs', () => {
    for (const good of [{ type: 'request', id: 0, name: 'host.info', params: {} }, { type: 'result', id: 1, result: null }, { type: 'error', id: 1, code: 'x', message: '' }, { type: 'event', name: 'power.resumed', payload: {} }]) {
      expect(hostMessageSchema.safeParse(good).success).toBe(true);
    }
    for (const bad of [null, [], {}, { type: 'other', id: 1 }, { type: 'request', id: -1, name: 'x', params: {} }, { type: 'request', id: 0.5, name: 'x', params: {} }, { type: 'result', id: '1', result: 1 }, { type: 'error', id: 1, code: 7, message: '' }, { type: 'event', name: 'x'.repeat(61), payload: 1 }]) {
      expect(hostMessageSchema.safeParse(bad).success).toBe(false);
    }
  });
});
