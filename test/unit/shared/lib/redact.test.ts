import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from '#shared/lib/redact';

const HIDDEN_KEYS = ['password', 'newPassword', 'token', 'accessToken', 'privateKey', 'nonce', 'signature', 'enrolmentCode', 'sdp', 'iceParameters', 'dtlsParameters', 'rtpParameters', 'authorization', 'Cookie', 'name', 'nameZh', 'patient', 'patientName', 'title', 'question', 'text', 'address', 'phone', 'clientSecret'];

describe('redact', () => {
  it.each(HIDDEN_KEYS)('hides what is under %s, at any depth, and says its length at most', (key) => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z]{12,20}$/), fc.nat(2), (secret, depth) => {
        let value: unknown = { [key]: secret, list: [{ [key]: [secret] }] };
        for (let level = 0; level < depth; level += 1) value = { inner: value };
        expect(JSON.stringify(redact(value))).not.toContain(secret);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps what is harmless', () => {
    expect(redact({ consultId: 'demo-live', attempt: 3, isLocked: true, nothing: null })).toEqual({ consultId: 'demo-live', attempt: 3, isLocked: true, nothing: null });
    expect(redact({ password: 'four' })).toEqual({ password: '[redacted 4]' });
  });

  it('takes anything at all and gives something small that JSON can hold', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, maxDepth: 8 }), (value) => {
        const text = JSON.stringify(redact(value)) ?? '';
        expect(text.length).toBeLessThan(2_000_000);
      }),
      { numRuns: 300 },
    );
  });

  it('bounds length, breadth and depth', () => {
    expect(redact('x'.repeat(5000))).toBe(`${'x'.repeat(200)}…(5000)`);
    expect(redact(Array.from({ length: 1000 }, () => 1))).toBe('[1000 items]');
    expect(Object.keys(redact(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 1]))) as object).length).toBeLessThanOrEqual(40);
    const ring: Record<string, unknown> = {};
    ring['self'] = ring;
    expect(JSON.stringify(redact(ring))).toContain('[deep]');
  });
});
