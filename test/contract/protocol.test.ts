import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError, ERROR_CODES, type ErrorCategory, type ErrorCode, errorCodeSchema, toAppError, wireErrorSchema } from '#shared/protocol/errors';
import { EVENTS } from '#shared/protocol/events';
import { isRequestName, REQUEST_NAMES, REQUESTS, requestEnvelopeSchema, responseEnvelopeSchema } from '#shared/protocol/requests';
import { cartChallengeParamsSchema, cartSignInParamsSchema, enrolCartParamsSchema, firstSetUpParamsSchema, handshakeSchema, signInParamsSchema } from '#shared/protocol/session';
import { isCompatibleVersion, PROTOCOL_VERSION } from '#shared/protocol/version';
import { PERMISSIONS } from '#shared/domain/roles';
import { mutationsOf, shapeOf, unboundedIn, fittingValue, valuesOf } from '../helpers/schemaValues.ts';
import type { z } from 'zod';

const SCHEMAS: [string, z.ZodType][] = [
  ...REQUEST_NAMES.flatMap((name): [string, z.ZodType][] => [[`${name} parameters`, REQUESTS[name].params], [`${name} result`, REQUESTS[name].result]]),
  ...Object.entries(EVENTS).map(([name, schema]): [string, z.ZodType] => [`event ${name}`, schema]),
  ['sign-in', signInParamsSchema], ['enrolment', enrolCartParamsSchema], ['cart challenge', cartChallengeParamsSchema], ['cart sign-in', cartSignInParamsSchema],
  ['first set-up', firstSetUpParamsSchema],
  ['handshake', handshakeSchema], ['request envelope', requestEnvelopeSchema], ['wire error', wireErrorSchema],
];

describe('every schema on the wire', () => {
  it.each(SCHEMAS)('[SIG3] %s takes what fits and refuses it spoiled in any one place', (_name, schema) => {
    const shape = shapeOf(schema);
    for (const seed of [1, 2, 3, 4, 5]) {
      const value = fittingValue(schema, seed);
      expect(schema.safeParse(value).error).toBeUndefined();
      const taken = mutationsOf(shape, value).filter((mutation) => schema.safeParse(mutation.value).success);
      expect(taken.map(({ what }) => what)).toEqual([]);
    }
  });

  it.each(SCHEMAS)('%s takes whatever its own shape describes', (_name, schema) => {
    fc.assert(fc.property(valuesOf(shapeOf(schema)), (value) => schema.safeParse(value).success), { numRuns: 25, seed: 7 });
  });

  it.each(REQUEST_NAMES.map((name) => [name]))('[SIG11] %s bounds every text and list', (name) => {
    expect(unboundedIn(shapeOf(REQUESTS[name].params))).toEqual([]);
  });

  it.each([
    ['chat.send', { messageId: 'message-1', text: 'a\0b' }],
    ['admin.createCart', { organisationId: 'county', name: { zh: '车', en: 'cart\0' } }],
  ] as const)('[SIG3] %s takes no null character, which the database could not keep', (name, params) => {
    const issues = REQUESTS[name].params.safeParse(params).error?.issues ?? [];
    expect(issues.map(({ message }) => message)).toEqual(['holds a null character']);
  });

  it.each(SCHEMAS.slice(-8, -1))('[SIG11] %s bounds every text and list', (_name, schema) => {
    expect(unboundedIn(shapeOf(schema))).toEqual([]);
  });

  it('[SIG3] strips what it does not know: no key rides along', () => {
    expect(REQUESTS['session.whoAmI'].params.parse({ isAdministrator: true })).toEqual({});
    expect(REQUESTS['host.lock'].params.parse({ isLocked: true, constructor: 1, ['__proto__']: { isHost: true } })).toEqual({ isLocked: true });
  });
});

describe('the table of requests', () => {
  it('[SIG2] gives each a permission of the table, a scope and a bounded burst', () => {
    for (const name of REQUEST_NAMES) {
      const { permission, scope, burst } = REQUESTS[name];
      expect(Object.keys(PERMISSIONS)).toContain(permission);
      expect(['identity', 'peer', 'host']).toContain(scope);
      expect(burst).toBeGreaterThanOrEqual(1);
      expect(burst).toBeLessThanOrEqual(400);
      expect(name).toMatch(/^[a-z]+\.[a-zA-Z]+$/);
    }
  });

  it('[SIG3] knows its own names only, not what objects inherit', () => {
    for (const name of REQUEST_NAMES) expect(isRequestName(name)).toBe(true);
    for (const name of ['', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'host', 'Session.whoAmI', 'session.whoAmI ']) expect(isRequestName(name)).toBe(false);
  });

  it('leads the host only where leading may be permitted', () => {
    for (const name of REQUEST_NAMES) if (REQUESTS[name].scope === 'host') expect(REQUESTS[name].permission).toBe('room.host');
  });

  it('answers are a result or an error, never both', () => {
    expect(responseEnvelopeSchema.safeParse({ ok: true, result: {} }).success).toBe(true);
    expect(responseEnvelopeSchema.safeParse({ ok: false, error: { code: 'auth.forbidden', message: 'no' } }).success).toBe(true);
    for (const bad of [{}, { ok: false }, { ok: false, result: {} }, { ok: 'true', result: {} }, { ok: false, error: { code: 'no.such', message: '' } }, null]) expect(responseEnvelopeSchema.safeParse(bad).success).toBe(false);
  });
});

describe('errors', () => {
  const CATEGORIES: readonly ErrorCategory[] = ['network', 'permission', 'device', 'storage', 'input', 'state', 'capacity', 'bug'];
  const codes = Object.keys(ERROR_CODES) as ErrorCode[]; // the table's own keys

  it.each(codes)('%s has a category, and crosses the wire as itself', (code) => {
    expect(CATEGORIES).toContain(ERROR_CODES[code]);
    const error = new AppError(code, 'a message', { retryAfterMs: 5 });
    const back = AppError.fromWire(wireErrorSchema.parse(error.toWire()));
    expect([back.code, back.message, back.retryAfterMs, back.category]).toEqual([code, 'a message', 5, ERROR_CODES[code]]);
  });

  it('refuses a code that is not in the table', () => {
    for (const code of ['', 'auth', 'toString', 'AUTH.FORBIDDEN']) expect(errorCodeSchema.safeParse(code).success).toBe(false);
  });

  it('cuts a message that is too long for the wire', () => {
    expect(wireErrorSchema.safeParse(new AppError('internal.bug', 'x'.repeat(2000)).toWire()).success).toBe(true);
  });

  it('keeps an error of ours and wraps any other as a bug', () => {
    const own = new AppError('auth.forbidden', 'no');
    expect(toAppError(own)).toBe(own);
    const foreign = new TypeError('x is not a function');
    expect(toAppError(foreign)).toMatchObject({ code: 'internal.bug', cause: foreign });
    for (const odd of [undefined, null, 'text', 7, {}]) expect(toAppError(odd).code).toBe('internal.bug');
  });
});

describe('the version', () => {
  const [major] = PROTOCOL_VERSION.split('.');

  it('[SIG1] talks to the same major number, whatever the minor', () => {
    fc.assert(fc.property(fc.nat(9999), (minor) => isCompatibleVersion(`${major}.${minor}`)));
    fc.assert(fc.property(fc.nat(9999).filter((other) => String(other) !== major), fc.nat(9999), (other, minor) => !isCompatibleVersion(`${other}.${minor}`)));
  });

  it.each(['', '1', '1.', '.0', '1.0.0', 'v1.0', ' 1.0', '1.0 ', '1.0\n', '1,0', '1.x', '١.0', '1.00000'])('[SIG1] does not take %j', (version) => {
    expect(isCompatibleVersion(version)).toBe(false);
  });
});
