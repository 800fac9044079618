import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../../sfu-server/config.ts';

const machine = { cores: 6, addresses: ['192.0.2.7'] };
const noFile = () => {
  throw new Error('no such file');
};
const load = (environment: Record<string, string>, file?: unknown) =>
  loadConfig(file === undefined ? environment : { ...environment, HUIZHEN_CONFIG: 'file' }, machine, file === undefined ? noFile : () => JSON.stringify(file));
const problemOf = (environment: Record<string, string>, file?: unknown): string => {
  try {
    load(environment, file);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error instanceof Error ? error.message : '';
  }
  return 'accepted';
};

describe('configuration', () => {
  it('has a default for everything: one machine, loopback, embedded database', () => {
    expect(load({})).toEqual({
      host: '127.0.0.1', reachableHosts: ['127.0.0.1'], port: 7400, tls: { type: 'off' }, dataFolder: resolve('data'), database: { type: 'folder', folder: resolve('data/db') }, objectsFolder: resolve('data/objects'),
      cases: { accessAfterConsultMs: 30 * 86_400_000, leaseMs: 72 * 3_600_000 },
      opinions: { signature: 'ecdsa-p256', authorityFile: resolve('data', 'authority.pem'), timeZone: 'Asia/Shanghai' },
      notices: { mail: null, webhook: null },
      imaging: { workers: 4, pacs: null, dates: 'removed', masks: [] },
      publicUrl: null,
      media: { workerBinary: null, workers: 6, listenIp: '127.0.0.1', announcedAddress: null, portBase: 40_000 },
      turn: { type: 'none' }, allowedOrigins: ['app://huizhen'], logLevel: 'info', demo: { isEnabled: false, hasImages: true, password: null, cartKeys: [] },
      sessionLifetimeMs: 12 * 3_600_000, maxPeersPerRoom: 40, trustProxy: false, metricsToken: null, authRequestsPerMinute: 60,
    });
  });

  it.each([
    [{ HUIZHEN_PORT: 'eighty' }, 'HUIZHEN_PORT: must be a whole number'],
    [{ PORT: '70000' }, 'HUIZHEN_PORT: must be at most 65535'],
    [{ DATABASE_URL: 'mysql://root:hunter2@db' }, 'DATABASE_URL: must begin with postgres://'],
    [{ HUIZHEN_TLS: 'maybe' }, 'HUIZHEN_TLS: must be off or self-signed'],
    [{ HUIZHEN_SIGNATURE: 'rsa' }, 'HUIZHEN_SIGNATURE: must be ecdsa-p256 or sm2'],
    [{ HUIZHEN_TIME_ZONE: 'Mars/Olympus' }, 'HUIZHEN_TIME_ZONE: must be the name of a time zone, such as Asia/Shanghai'],
    [{ HUIZHEN_PUBLIC_URL: 'huizhen' }, 'HUIZHEN_PUBLIC_URL: must begin with https:// and not end with a slash'],
    [{ HUIZHEN_SMTP_URL: 'mail.example.org' }, 'HUIZHEN_SMTP_URL: must begin with smtp://'],
    [{ HUIZHEN_SMTP_URL: 'smtps://huizhen:hunter2@mail.example.org' }, 'HUIZHEN_SMTP_FROM: is needed'],
    [{ HUIZHEN_SMTP_FROM: 'a@example.org' }, 'HUIZHEN_SMTP_URL: is needed'],
    [{ HUIZHEN_SMTP_URL: 'smtp://127.0.0.1', HUIZHEN_SMTP_FROM: 'nobody' }, 'HUIZHEN_SMTP_FROM: must be an address'],
    [{ HUIZHEN_WEBHOOK_URL: 'https://im.example.org' }, 'HUIZHEN_WEBHOOK_SECRET: is needed'],
    [{ HUIZHEN_WEBHOOK_SECRET: 'sixteen-characters' }, 'HUIZHEN_WEBHOOK_URL: is needed'],
    [{ HUIZHEN_WEBHOOK_URL: 'http://im.example.org', HUIZHEN_WEBHOOK_SECRET: 'sixteen-characters' }, 'HUIZHEN_WEBHOOK_URL: plain HTTP is only for loopback'],
    [{ HUIZHEN_WEBHOOK_URL: 'https://u:hunter2@im.example.org', HUIZHEN_WEBHOOK_SECRET: 'sixteen-characters' }, 'HUIZHEN_WEBHOOK_URL: leave user and password out'],
    [{ HUIZHEN_TLS_CERT: 'c.pem' }, 'HUIZHEN_TLS_KEY: is needed'],
    [{ HUIZHEN_TLS_KEY: 'k.pem' }, 'HUIZHEN_TLS_CERT: is needed'],
    [{ HUIZHEN_WORKERS: '0' }, 'HUIZHEN_WORKERS: must be at least 1'],
    [{ HUIZHEN_RTC_LISTEN_IP: 'eth0' }, 'HUIZHEN_RTC_LISTEN_IP: must be an IP address'],
    [{ HUIZHEN_TURN_URLS: 'turn:a' }, 'HUIZHEN_TURN_SECRET: is needed'],
    [{ HUIZHEN_TURN_URLS: 'http://a' }, 'HUIZHEN_TURN_URLS: each must begin with turn:'],
    [{ HUIZHEN_TURN_SECRET: 's' }, 'HUIZHEN_TURN_URLS: is needed'],
    [{ HUIZHEN_TURN_URLS: 'turn:a', HUIZHEN_TURN_USERNAME: 'u' }, 'HUIZHEN_TURN_CREDENTIAL: is needed'],
    [{ HUIZHEN_DEMO: 'perhaps' }, 'HUIZHEN_DEMO: must be true or false'],
    [{ HUIZHEN_DEMO_CART_KEYS: '[' }, 'HUIZHEN_DEMO_CART_KEYS: must be JSON'],
    [{ HUIZHEN_ALLOWED_ORIGINS: 'everybody' }, 'HUIZHEN_ALLOWED_ORIGINS: each must be'],
    [{ METRICS_TOKEN: 'short' }, 'HUIZHEN_METRICS_TOKEN: must have at least'],
    [{ HUIZHEN_CONFIG: 'missing.json' }, 'HUIZHEN_CONFIG: the file cannot be read'],
  ])('[CFG1] %o is refused by name', (environment, problem) => {
    const message = problemOf(environment);
    expect(message.startsWith(problem)).toBe(true);
    expect(message).not.toContain('\n');
    expect(message).not.toContain('hunter2');
  });

  it('[CFG4] knows where a person can open it', () => {
    const hostsOf = (host: string, addresses: readonly string[]) => loadConfig({ HUIZHEN_HOST: host, HUIZHEN_TLS: 'self-signed', HUIZHEN_RTC_ANNOUNCED_ADDRESS: '192.0.2.7' }, { cores: 1, addresses }, noFile).reachableHosts;
    const own = ['192.0.2.7', '198.51.100.4', 'fe80::1', '2001:db8::7'];
    expect(hostsOf('0.0.0.0', own)).toEqual(['192.0.2.7', '198.51.100.4']);
    expect(hostsOf('::', own)).toEqual(['192.0.2.7', '198.51.100.4', '2001:db8::7']);
    expect(hostsOf('0.0.0.0', [])).toEqual(['127.0.0.1']);
    expect(hostsOf('huizhen.hospital.example', own)).toEqual(['huizhen.hospital.example']);
  });

  it('[CFG2] serves plain HTTP on loopback only', () => {
    for (const host of ['127.0.0.1', '127.8.0.1', '::1', 'localhost']) expect(load({ HUIZHEN_HOST: host }).tls).toEqual({ type: 'off' });
    for (const host of ['0.0.0.0', '192.0.2.7', '::', '127.0.0.1.example.org']) {
      expect(problemOf({ HUIZHEN_HOST: host })).toMatch(/^HUIZHEN_TLS: plain HTTP is only for loopback/);
      expect(problemOf({ HUIZHEN_HOST: host, HUIZHEN_TLS: 'off' })).toMatch(/^HUIZHEN_TLS: /);
    }
    expect(load({ HUIZHEN_HOST: '0.0.0.0', HUIZHEN_TLS: 'self-signed' })).toMatchObject({ tls: { type: 'selfSigned' }, media: { listenIp: '0.0.0.0', announcedAddress: '192.0.2.7' } });
    expect(load({ HUIZHEN_HOST: '192.0.2.7', HUIZHEN_TLS_CERT: '/c', HUIZHEN_TLS_KEY: '/k' }).tls).toEqual({ type: 'files', certificateFile: '/c', keyFile: '/k' });
  });

  it('[CFG3] prefers the environment, takes the rest from the file, and refuses what the file misspells', () => {
    expect(load({ HUIZHEN_PORT: '1', PORT: '3' }, { port: 2, workers: 2, allowedOrigins: ['https://a.example'] })).toMatchObject({ port: 1, media: { workers: 2 }, allowedOrigins: ['https://a.example'] });
    expect(problemOf({}, { prot: 2 })).toBe('prot: is not a setting');
    expect(problemOf({}, [])).toMatch(/^HUIZHEN_CONFIG: the file must hold/);
  });

  it('takes an empty variable as not set', () => {
    expect(load({ HUIZHEN_PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 7400, database: { type: 'folder' } });
  });

  it('takes a database in memory, lists by comma, and both kinds of TURN credentials', () => {
    expect(load({ DATABASE_URL: 'memory://' }).database).toEqual({ type: 'memory' });
    expect(load({ HUIZHEN_TURN_URLS: 'turn:a, turns:b', HUIZHEN_TURN_SECRET: 's' }).turn).toEqual({ type: 'sharedSecret', urls: ['turn:a', 'turns:b'], secret: 's', lifetimeS: 43_200 });
    expect(load({ HUIZHEN_TURN_URLS: 'turn:a', HUIZHEN_TURN_USERNAME: 'u', HUIZHEN_TURN_CREDENTIAL: 'c' }).turn).toEqual({ type: 'fixed', urls: ['turn:a'], username: 'u', credential: 'c' });
  });

  it('[CFG1] an image archive has its credentials beside its address, and plain HTTP stays in the hospital', () => {
    const pacs = (environment: Record<string, string>) => load(environment).imaging.pacs;
    expect(pacs({ HUIZHEN_PACS_URL: 'http://192.168.4.9:8042/dicom-web/' })).toEqual({ url: 'http://192.168.4.9:8042/dicom-web', authorization: null });
    expect(pacs({ HUIZHEN_PACS_URL: 'https://pacs.example.org/rs', HUIZHEN_PACS_USER: 'u', HUIZHEN_PACS_PASSWORD: 'p' })).toEqual({ url: 'https://pacs.example.org/rs', authorization: 'Basic dTpw' });
    expect(pacs({ HUIZHEN_PACS_URL: 'https://pacs.example.org/rs', HUIZHEN_PACS_TOKEN: 't' })?.authorization).toBe('Bearer t');
    for (const url of ['http://pacs.example.org/rs', 'http://172.32.0.1/rs', 'https://u:p@pacs.example.org/rs']) expect(problemOf({ HUIZHEN_PACS_URL: url })).toMatch(/^HUIZHEN_PACS_URL: /);
    expect(problemOf({ HUIZHEN_PACS_TOKEN: 't' })).toMatch(/^HUIZHEN_PACS_URL: /);
    expect(problemOf({ HUIZHEN_PACS_URL: 'https://pacs.example.org/rs', HUIZHEN_PACS_USER: 'u' })).toMatch(/^HUIZHEN_PACS_PASSWORD: /);
    expect(problemOf({ HUIZHEN_IMAGING_MASKS: '[{"manufacturer":"M"}]' })).toMatch(/^HUIZHEN_IMAGING_MASKS: /);
    expect(load({ HUIZHEN_IMAGING_MASKS: '[{"manufacturer":"M","model":"","rows":2,"columns":3,"rectangles":[]}]', HUIZHEN_DEIDENTIFIED_DATES: 'shifted' }).imaging).toMatchObject({ dates: 'shifted', masks: [{ rows: 2 }] });
  });
});
