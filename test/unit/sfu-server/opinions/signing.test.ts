import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { opinionContentSchema } from '../../../../shared/domain/opinion.ts';
import { ManualClock } from '../../../../shared/lib/clock.ts';
import { canonicalText, hashOfText } from '../../../../sfu-server/opinions/canonical.ts';
import { openAuthority } from '../../../../sfu-server/opinions/signing/authority.ts';
import { certifyPerson, derOf, isIssuedBy, readCertificate } from '../../../../sfu-server/opinions/signing/certificates.ts';
import { isSignatureOf, SIGNATURE_PROVIDERS } from '../../../../sfu-server/opinions/signing/providers.ts';
import { seal, unseal } from '../../../../sfu-server/opinions/signing/sealing.ts';
import { CONTENT, LIN, NOW_MS, opinionDocument, testAuthority } from '../../../helpers/opinions/opinionFixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'huizhen-signing-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the canonical form', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).reverse().map(([key, inner]) => [key, shuffled(inner)]));
  };

  it('[SGN1] is the same bytes in whatever order the fields come', () => {
    const document = opinionDocument();
    expect(canonicalText(shuffled(document) as typeof document)).toBe(canonicalText(document));
    expect(hashOfText(canonicalText({ ...document, version: 4 }))).not.toBe(hashOfText(canonicalText(document)));
  });

  it('[SGN1] escapes as RFC 8785 3.2.2.2 does: only what JSON must, and control characters by their short form', () => {
    const text = canonicalText(opinionDocument({ summary: '€$\n\tA\'B"\\\\"/ é \u2028' }));
    expect(text).toContain(String.raw`"summary":"€$\n\tA'B\"\\\\\"/ é ` + '\u2028"');
    expect(text.indexOf('"addendumTo"')).toBeLessThan(text.indexOf('"applying"'));
  });

  it('[SGN1] what is written takes one form of line end, and nothing that prints differently here and there', () => {
    expect(opinionContentSchema.parse({ ...CONTENT, summary: 'a\r\nb\rc' }).summary).toBe('a\nb\nc');
    for (const bad of ['\u0000', '\u001b', '\u0085', '\ud800']) expect(opinionContentSchema.safeParse({ ...CONTENT, summary: `a${bad}` }).success).toBe(false);
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => { const parsed = opinionContentSchema.safeParse({ ...CONTENT, findings: text }); return !parsed.success || parsed.data.findings === text.replace(/\r\n?/g, '\n'); }));
  });
});

describe('signatures', () => {
  it('[SGN6] SM2 is that of GB/T 32918.5 annex A: the published signature of the published key holds', () => {
    const point = '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13';
    const key = Buffer.from(`3059301306072a8648ce3d020106082a811ccf5501822d034200${point}`, 'hex');
    const signature = Buffer.from('f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa', 'hex');
    expect(isSignatureOf('sm2', key, Buffer.from('message digest'), signature)).toBe(true);
    expect(isSignatureOf('sm2', key, Buffer.from('message digesu'), signature)).toBe(false);
  });

  it('[SGN6] OpenSSL accepts what the SM2 provider signs, and so do we', async () => {
    const key = await SIGNATURE_PROVIDERS.sm2.createKey();
    const text = Buffer.from(canonicalText(opinionDocument()));
    const signature = Buffer.from(await SIGNATURE_PROVIDERS.sm2.sign(key.secret, text));
    expect(isSignatureOf('sm2', key.publicKey, text, signature)).toBe(true);
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map((half) => {
      const short = half.subarray(half.findIndex((byte) => byte !== 0));
      const positive = (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), short]) : short;
      return Buffer.concat([Buffer.from([2, positive.length]), positive]);
    });
    const numbers = Buffer.concat([r ?? Buffer.alloc(0), s ?? Buffer.alloc(0)]);
    writeFileSync(join(folder, 'text'), text);
    writeFileSync(join(folder, 'signature'), Buffer.concat([Buffer.from([0x30, numbers.length]), numbers]));
    writeFileSync(join(folder, 'key.pem'), `-----BEGIN PUBLIC KEY-----\n${Buffer.from(key.publicKey).toString('base64')}\n-----END PUBLIC KEY-----\n`);
    const openssl = (message: string) => spawnSync('openssl', ['dgst', '-sm3', '-verify', 'key.pem', '-sigopt', 'distid:1234567812345678', '-signature', 'signature', message], { cwd: folder, encoding: 'utf8' });
    expect(openssl('text').stdout).toContain('Verified OK');
    writeFileSync(join(folder, 'other'), Buffer.concat([text, Buffer.from(' ')]));
    expect(openssl('other').stdout).not.toContain('Verified OK');
  });

  it('[SGN6] a signature is of one text, one key and one algorithm', async () => {
    for (const provider of Object.values(SIGNATURE_PROVIDERS)) {
      const [own, other] = [await provider.createKey(), await provider.createKey()];
      const signature = await provider.sign(own.secret, Buffer.from('opinion'));
      expect(signature).toHaveLength(64);
      expect(isSignatureOf(provider.algorithm, own.publicKey, Buffer.from('opinion'), signature)).toBe(true);
      expect(isSignatureOf(provider.algorithm, own.publicKey, Buffer.from('opinioN'), signature)).toBe(false);
      expect(isSignatureOf(provider.algorithm, other.publicKey, Buffer.from('opinion'), signature)).toBe(false);
      expect(isSignatureOf(provider.algorithm === 'sm2' ? 'ecdsa-p256' : 'sm2', own.publicKey, Buffer.from('opinion'), signature)).toBe(false);
      for (const bad of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(64).fill(255), new Uint8Array(65)]) expect(isSignatureOf(provider.algorithm, own.publicKey, Buffer.from('opinion'), bad)).toBe(false);
      expect(isSignatureOf(provider.algorithm, Buffer.from('no key'), Buffer.from('opinion'), signature)).toBe(false);
    }
  });
});

describe('sealed keys', () => {
  it('[SGN3] the password opens it, in whatever composition it is typed; nothing else does', async () => {
    const secret = Buffer.from('a private key');
    const sealed = await seal(secret, 'Grüße-9x-liang', 'person-1 key-1');
    expect(JSON.stringify(sealed)).not.toContain(secret.toString('base64'));
    expect(await unseal(sealed, 'Gru\u0308ße-9x-liang', 'person-1 key-1')).toEqual(secret);
    expect(await unseal(sealed, 'Grüße-9x-lianG', 'person-1 key-1')).toBeNull();
    expect(await unseal(sealed, 'Grüße-9x-liang', 'person-2 key-1')).toBeNull();
  });
});

describe('the authority', () => {
  it('[SGN5] is made once, for the server alone to read, whoever starts at once, and a damaged file is refused', async () => {
    const path = join(folder, 'new', 'authority.pem');
    const [first, second] = await Promise.all([openAuthority(path, new ManualClock()), openAuthority(path, new ManualClock())]);
    expect(first.fingerprint).toBe(second.fingerprint);
    expect((await openAuthority(path, new ManualClock())).fingerprint).toBe(first.fingerprint);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 700));
    await expect(openAuthority(path, new ManualClock())).rejects.toMatchObject({ code: 'storage.corrupt' });
  });

  it('[SGN5] binds a key of either algorithm to name, id and organisation, and another authority did not', async () => {
    const [own, other] = [await testAuthority('One'), await testAuthority('One')];
    for (const provider of Object.values(SIGNATURE_PROVIDERS)) {
      const { publicKey } = await provider.createKey();
      const certificate = await certifyPerson(own.authority, LIN, publicKey, NOW_MS);
      expect(readCertificate(certificate)).toMatchObject({ commonName: '林晓东', personId: 'p-lin', organisation: '江南省人民医院', organisationId: 'org-province' });
      expect(Buffer.from(readCertificate(certificate).publicKey)).toEqual(Buffer.from(publicKey));
      expect(isIssuedBy(certificate, derOf(own.authority.certificate))).toBe(true);
      expect(isIssuedBy(certificate, derOf(other.authority.certificate))).toBe(false);
      expect(isIssuedBy(certificate, certificate)).toBe(false);
    }
  });
});
