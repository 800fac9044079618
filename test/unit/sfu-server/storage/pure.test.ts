import { describe, expect, it } from 'vitest';
import { canonicalJson, chainHash, FIRST_HASH } from '../../../../sfu-server/storage/auditChain.ts';
import { AppError } from '#shared/protocol/errors';
import { maskPatientName } from '../../../../sfu-server/storage/consultSummary.ts';
import { toServerError } from '../../../../sfu-server/storage/sqlErrors.ts';

describe('maskPatientName', () => {
  it.each([
    ['陈小明', '陈*'],
    ['欧阳', '欧*'],
    [' Alice Smith ', 'A*'],
    ['𠮷野', '𠮷*'],
    ['', '*'],
  ])('[CON4] %s → %s', (name, masked) => expect(maskPatientName(name)).toBe(masked));
});

describe('the chain hash', () => {
  it('[AUD2] is the same whatever the order of the keys, and published', () => {
    expect(canonicalJson({ b: 1, a: null, c: '中' })).toBe('{"a":null,"b":1,"c":"中"}');
    expect(chainHash(FIRST_HASH, { b: 1, a: null })).toBe(chainHash(FIRST_HASH, { a: null, b: 1 }));
    // printf '%064d\n{"a":1}' 0 | sha256sum
    expect(chainHash(FIRST_HASH, { a: 1 })).toBe('f21735afd2cd6af4fc5804b0045cebfd545aef8396d29d030c39cb8880b45b7f');
  });

  it('[AUD2] depends on the row before', () => {
    expect(chainHash('a', { a: 1 })).not.toBe(chainHash('b', { a: 1 }));
  });
});

describe('toServerError', () => {
  it.each([
    ['PostgreSQL without room', Object.assign(new Error('could not extend file'), { code: '53100' }), 'storage.full'],
    ['PGlite without room', new Error('could not extend file "base/5/16384": No space left on device'), 'storage.full'],
    ['a file without room', Object.assign(new Error('write'), { code: 'ENOSPC' }), 'storage.full'],
    ['its own words', new AppError('record.notFound', 'no such'), 'record.notFound'],
    ['anything else', new TypeError('x is undefined'), 'internal.bug'],
  ])('names %s', (_, error, code) => expect(toServerError(error).code).toBe(code));
});
