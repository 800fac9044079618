import { generateKeyPairSync } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManualClock } from '#shared/lib/clock';
import * as fc from 'fast-check';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it } from 'vitest';
import { isTrustedCertificate, parseSha256Fingerprint } from '../../../electron/host/trustedCertificates.ts';
import { answerClientRequest } from '../../../electron/shell/clientFiles.ts';
import { CrashPolicy } from '../../../electron/shell/crashPolicy.ts';
import { findDeepLink, parseDeepLink } from '../../../electron/shell/deepLink.ts';
import { mayNavigate, mayOpenWindow } from '../../../electron/shell/navigation.ts';
import { isTrustedFrame } from '../../../electron/shell/origin.ts';
import { isPermissionGranted } from '../../../electron/shell/permissions.ts';
import { safeWebPreferences } from '../../../electron/shell/webPreferences.ts';
import { createFolder } from './fakes.ts';

/** Every one of them has been, or could be, a way around a check by origin. */
const FOREIGN_URLS = [
  'https://huizhen/',
  'http://127.0.0.1:7400/',
  'app://evil/',
  'app://huizhen.evil/',
  'app://HUIZHEN/',
  'app://huizhen:1/',
  'app://user@huizhen/',
  'app://evil@huizhen.evil/',
  'app:huizhen/',
  'app:///huizhen/',
  'app2://huizhen/',
  'file:///etc/passwd',
  'about:blank',
  'data:text/html,x',
  'blob:app://huizhen/1',
  'javascript:alert(1)',
  'view-source:app://huizhen/',
  'chrome://gpu',
  'devtools://devtools/x',
  '',
  'huizhen',
];

describe('deep links', () => {
  it('[DSK60] name one consult and nothing more', () => {
    expect(parseDeepLink('huizhen://consult/c-2026-001')).toBe('c-2026-001');
    expect(parseDeepLink('huizhen://consult/c-2026-001/')).toBe('c-2026-001');
  });

  it.each([
    'huizhen://consult/',
    'huizhen://consult/A',
    'huizhen://consult/-a',
    'huizhen://consult/a?x=1',
    'huizhen://consult/a#x',
    'huizhen://consult/a/b',
    'huizhen://consult/%61',
    'huizhen://consult/../a',
    'huizhen://user@consult/a',
    'huizhen://consult:1/a',
    'huizhen:consult/a',
    'HUIZHEN://consult/a',
    ' huizhen://consult/a',
    'huizhen://consult/a\n',
    'huizhen://consult/a\n--kiosk',
    `huizhen://consult/${'a'.repeat(65)}`,
    'https://consult/a',
    '--huizhen://consult/a',
  ])('[DSK60] refuses %j', (text) => {
    expect(parseDeepLink(text)).toBeNull();
  });

  it('[DSK60] whatever is given, what comes out is a plain id that was in it (10,000 cases)', () => {
    const piece = fc.oneof(fc.constantFrom('huizhen://', 'consult/', 'a-1', '/', '?', '#', '..', '%2e', '@', ':', '\n', '\u0000', '会', '--kiosk', ' '), fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const text = pieces.join('');
        const id = parseDeepLink(text);
        if (id !== null) expect(text === `huizhen://consult/${id}` || text === `huizhen://consult/${id}/`).toBe(true);
        if (id !== null) expect(id).toMatch(/^[a-z0-9][a-z0-9-]{0,63}$/);
      }),
      { numRuns: 10_000, seed: 7 },
    );
  });

  it('[DSK60] is found among the arguments of a second start', () => {
    expect(findDeepLink(['huizhen', '--flag', 'huizhen://consult/x y', 'huizhen://consult/c-1', 'huizhen://consult/c-2'])).toBe('c-1');
    expect(findDeepLink(['huizhen', '--flag'])).toBeNull();
  });
});

describe('navigation', () => {
  it.each(FOREIGN_URLS)('[DSK61] refuses %j in the window and in a new one', (url) => {
    expect(mayNavigate(url)).toBe(false);
    expect(mayOpenWindow(url)).toBe(false);
  });

  it.each([
    ['app://huizhen/', true, false],
    ['app://huizhen/index.html', true, false],
    ['app://huizhen/?x=1#consult', true, false],
    ['app://huizhen/popout', false, true],
    ['app://huizhen/popout?source=s1', false, true],
    ['app://huizhen/popout/..', true, false],
    ['app://huizhen/popout/x', false, false],
    ['app://huizhen/assets/x.js', false, false],
  ])('[DSK61] %s: same window %s, new window %s', (url, sameWindow, newWindow) => {
    expect([mayNavigate(url), mayOpenWindow(url)]).toEqual([sameWindow, newWindow]);
  });
});

describe('permissions', () => {
  const ours = { url: 'app://huizhen/index.html', isMainFrame: true };

  it.each(['display-capture', 'fullscreen', 'speaker-selection', 'clipboard-sanitized-write', 'screen-wake-lock', 'window-management', 'persistent-storage', 'notifications'])('[DSK62] grants %s to our page', (permission) => {
    expect(isPermissionGranted(ours, permission)).toBe(true);
    expect(isPermissionGranted({ ...ours, isMainFrame: false }, permission)).toBe(false);
    for (const url of FOREIGN_URLS) expect(isPermissionGranted({ url, isMainFrame: true }, permission)).toBe(false);
  });

  it.each(['geolocation', 'usb', 'serial', 'hid', 'midi', 'midiSysex', 'clipboard-read', 'openExternal', 'fileSystem', 'idle-detection', 'pointerLock', 'keyboardLock', 'unknown', 'toString', '__proto__', ''])(
    '[DSK62] refuses %j to everybody',
    (permission) => {
      expect(isPermissionGranted(ours, permission, ['audio'])).toBe(false);
    },
  );

  it.each([
    [['audio'], true],
    [['video'], true],
    [['audio', 'video'], true],
    [[], false],
    [['unknown'], false],
    [['audio', 'unknown'], false],
    [['video', 'toString'], false],
  ])('[DSK63] camera and microphone are each asked for: %j → %s', (mediaTypes, isGranted) => {
    expect(isPermissionGranted(ours, 'media', mediaTypes)).toBe(isGranted);
    expect(isPermissionGranted({ ...ours, url: 'https://evil.example/' }, 'media', mediaTypes)).toBe(false);
  });
});

describe('IPC sender', () => {
  it('[DSK64] is the main frame of our origin, by the origin and not by the address', () => {
    expect(isTrustedFrame({ origin: 'app://huizhen', parent: null })).toBe(true);
    expect(isTrustedFrame({ origin: 'app://huizhen', parent: {} })).toBe(false);
    expect(isTrustedFrame(null)).toBe(false);
    for (const origin of [...FOREIGN_URLS, 'null', 'app://huizhen/', 'app://huizhen.evil']) expect(isTrustedFrame({ origin, parent: null })).toBe(false);
  });

  it('[DSK65] windows are made sandboxed and isolated, and pop-outs without the preload', () => {
    expect(safeWebPreferences('/preload.cjs')).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true, webviewTag: false, preload: '/preload.cjs' });
    expect(safeWebPreferences()).not.toHaveProperty('preload');
  });
});

describe('app://huizhen', () => {
  async function createClient() {
    const folder = await createFolder();
    const client = join(folder, 'client');
    await mkdir(join(client, 'assets'), { recursive: true });
    await writeFile(join(client, 'index.html'), '<!doctype html>');
    await writeFile(join(client, 'assets', 'main-Ab3_x.js'), 'export {}');
    await writeFile(join(client, 'assets', 'notes.secret'), 'x');
    await writeFile(join(folder, 'outside.js'), 'secret');
    await symlink(join(folder, 'outside.js'), join(client, 'link.js'));
    return (url: string, method = 'GET') => answerClientRequest(client, { url, method });
  }

  it('[DSK66] gives the client with a content security policy without inline script or eval', async () => {
    const ask = await createClient();
    for (const [url, type] of [
      ['app://huizhen/', 'text/html; charset=utf-8'],
      ['app://huizhen/popout?source=1', 'text/html; charset=utf-8'],
      ['app://huizhen/assets/main-Ab3_x.js', 'text/javascript; charset=utf-8'],
    ] as const) {
      const answer = await ask(url);
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({ 'content-type': type, 'x-content-type-options': 'nosniff' });
      const scriptSource = answer.headers['content-security-policy']?.split('; ').find((directive) => directive.startsWith('script-src'));
      expect(scriptSource).toBe("script-src 'self' 'wasm-unsafe-eval'");
    }
    expect(await ask('app://huizhen/', 'HEAD')).toMatchObject({ status: 200, body: null });
  });

  it.each([
    ['app://huizhen/..%2foutside.js', 400],
    ['app://huizhen/%2e%2e/outside.js', 404],
    ['app://huizhen/assets/..%5c..%5coutside.js', 400],
    ['app://huizhen/assets%00.js', 400],
    ['app://huizhen/%E0%A4%A.js', 400],
    ['app://huizhen/link.js', 404],
    ['app://huizhen/assets/notes.secret', 404],
    ['app://huizhen/missing.js', 404],
    ['app://huizhen/.env', 400],
    ['app://huizhen/C:/outside.js', 400],
    ['app://evil/index.html', 400],
    ['file:///etc/passwd', 400],
  ])('[DSK67] refuses %s', async (url, status) => {
    const ask = await createClient();
    expect(await ask(url)).toMatchObject({ status, body: null });
  });

  it('[DSK67] takes GET and HEAD only', async () => {
    const ask = await createClient();
    expect(await ask('app://huizhen/', 'POST')).toMatchObject({ status: 405 });
  });

  it('[DSK67] never gives what lies outside (2,000 random paths)', async () => {
    const ask = await createClient();
    const piece = fc.constantFrom('..', '%2e%2e', '/', '%2f', '\\', '%5c', 'assets', 'outside.js', 'link.js', '.', '%00', '//', 'client', '%252e');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const { body } = await ask(`app://huizhen/${pieces.join('')}`);
        expect(body === null || !Buffer.from(body).toString().includes('secret')).toBe(true);
      }),
      { numRuns: 2000, seed: 11 },
    );
  });
});

describe('certificates', () => {
  let pem: string;
  let fingerprint: string;

  beforeAll(async () => {
    const made = await generate([{ name: 'commonName', value: '10.0.0.5' }]);
    pem = made.cert;
    const { X509Certificate } = await import('node:crypto');
    fingerprint = new X509Certificate(pem).fingerprint256;
  });

  it('[DSK68] a self-signed one is accepted for its host with the configured fingerprint only', () => {
    const trusted = [{ hostname: '10.0.0.5', sha256Hex: parseSha256Fingerprint(fingerprint) ?? '' }];
    expect(isTrustedCertificate({ hostname: '10.0.0.5', pem, errorCode: -202 }, trusted)).toBe(true);
    expect(isTrustedCertificate({ hostname: '10.0.0.5', pem, errorCode: -200 }, trusted)).toBe(true);
    expect(isTrustedCertificate({ hostname: '10.0.0.6', pem, errorCode: -202 }, trusted)).toBe(false);
    expect(isTrustedCertificate({ hostname: '10.0.0.5', pem, errorCode: -202 }, [])).toBe(false);
    expect(isTrustedCertificate({ hostname: '10.0.0.5', pem, errorCode: -202 }, [{ hostname: '10.0.0.5', sha256Hex: 'ab'.repeat(32) }])).toBe(false);
    expect(isTrustedCertificate({ hostname: '10.0.0.5', pem: 'not a certificate', errorCode: -202 }, trusted)).toBe(false);
    const key = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(isTrustedCertificate({ hostname: '10.0.0.5', pem: key, errorCode: -202 }, trusted)).toBe(false);
  });

  it.each([-201, -206, -208, -211, 0])('[DSK68] error %s is not excused by a fingerprint', (errorCode) => {
    const trusted = [{ hostname: '10.0.0.5', sha256Hex: parseSha256Fingerprint(fingerprint) ?? '' }];
    expect(isTrustedCertificate({ hostname: '10.0.0.5', pem, errorCode }, trusted)).toBe(false);
  });

  it('[DSK68] fingerprints are taken as servers and browsers print them', () => {
    const plain = 'ab'.repeat(32);
    const colons = Array.from({ length: 32 }, () => 'AB').join(':');
    for (const text of [plain, colons, ` ${colons}\n`, `SHA256:${plain}`, `sha256 Fingerprint=${colons}`]) expect(parseSha256Fingerprint(text)).toBe(plain);
    for (const text of ['', 'ab', `${plain}ab`, plain.replace('a', 'g'), plain.slice(2)]) expect(parseSha256Fingerprint(text)).toBeNull();
  });
});

describe('crashed pages', () => {
  it('[DSK69] come back by themselves three times a minute and no more', () => {
    const clock = new ManualClock();
    const policy = new CrashPolicy(clock);
    const answers = [];
    for (let index = 0; index < 5; index += 1) {
      answers.push(policy.shouldReload());
      clock.advance(10_000);
    }
    expect(answers).toEqual([true, true, true, false, false]);
    clock.advance(20_000);
    expect(policy.shouldReload()).toBe(true);
  });
});
