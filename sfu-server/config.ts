import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { type SignatureAlgorithm, signatureAlgorithmSchema } from '#shared/domain/opinion';
import { publicKeyJwkSchema } from '#shared/protocol/session';
import { z } from 'zod';
import { type DeviceMask, deviceMaskSchema } from './imaging/deidentify/profile.ts';

/** A setting that cannot be used. The message is one line that begins with the setting's name and never repeats its value. */
export class ConfigError extends Error {
  constructor(setting: string, problem: string, options?: ErrorOptions) {
    super(`${setting}: ${problem}`.replace(/\s+/g, ' '), options);
    this.name = 'ConfigError';
  }
}

/** A mail server to hand letters to, and who they are from. */
export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise by STARTTLS. */
  readonly isTls: boolean;
  /** Plain text is taken only by a mail server on this machine. */
  readonly mayBePlain: boolean;
  readonly signIn: { readonly user: string; readonly password: string } | null;
  readonly from: string;
}

/** An image archive. */
export interface PacsSettings {
  /** Of its DICOMweb services, without a slash at the end. */
  readonly url: string;
  /** The header with our credentials; null: it asks for none. */
  readonly authorization: string | null;
}

export type TlsConfig =
  | { readonly type: 'off' }
  | { readonly type: 'files'; readonly certificateFile: string; readonly keyFile: string }
  /** Generated once and kept in the data folder. */
  | { readonly type: 'selfSigned' };

export type DatabaseConfig =
  | { readonly type: 'postgres'; readonly url: string }
  | { readonly type: 'folder'; readonly folder: string }
  /** Forgotten at the end of the process; for tests. */
  | { readonly type: 'memory' };

export type TurnConfig =
  | { readonly type: 'none' }
  /** Credentials are made for each party from the secret shared with the TURN server, good for `lifetimeS` seconds. */
  | { readonly type: 'sharedSecret'; readonly urls: readonly string[]; readonly secret: string; readonly lifetimeS: number }
  | { readonly type: 'fixed'; readonly urls: readonly string[]; readonly username: string; readonly credential: string };

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'silent';

/** Everything the server is told from outside, parsed once at start. */
export interface Config {
  readonly host: string;
  /** What a person can open in a browser: the host itself, or the machine's own addresses when it listens on all of them. */
  readonly reachableHosts: readonly string[];
  /** 0: any free port (tests). */
  readonly port: number;
  readonly tls: TlsConfig;
  /** Absolute. */
  readonly dataFolder: string;
  readonly database: DatabaseConfig;
  /** Where attachments of case files are kept, absolute. */
  readonly objectsFolder: string;
  readonly cases: {
    /** How long those invited to a consult may read its case after the consult's end. */
    readonly accessAfterConsultMs: number;
    /** How long a copy on a machine may be read without asking the server again. */
    readonly leaseMs: number;
  };
  readonly imaging: {
    /** Threads that read and decode images. */
    readonly workers: number;
    /** The hospital's image archive by DICOMweb; null: none. */
    readonly pacs: PacsSettings | null;
    /** What becomes of dates in copies without names. */
    readonly dates: 'removed' | 'shifted';
    /** Where devices burn writing into their pictures. */
    readonly masks: readonly DeviceMask[];
  };
  readonly opinions: {
    /** How persons sign. */
    readonly signature: SignatureAlgorithm;
    /** Where the authority that certifies their keys is kept, absolute. */
    readonly authorityFile: string;
    /** IANA; of the times in print. */
    readonly timeZone: string;
  };
  readonly notices: {
    /** Null: no letters. */
    readonly mail: MailSettings | null;
    /** The hospital's messaging; null: none. */
    readonly webhook: { readonly url: string; readonly secret: string } | null;
  };
  /** Where people reach this server, for addresses in print; null: as it was listened on. */
  readonly publicUrl: string | null;
  readonly media: {
    /** The worker's executable; null: where mediasoup itself looks. */
    readonly workerBinary: string | null;
    readonly workers: number;
    readonly listenIp: string;
    /** What clients are told to reach; null: the same as `listenIp`. */
    readonly announcedAddress: string | null;
    /** Worker n listens on `portBase + n`, UDP and TCP; 0: any free ports. */
    readonly portBase: number;
  };
  readonly turn: TurnConfig;
  /** Besides the server's own origin, which is always allowed. */
  readonly allowedOrigins: readonly string[];
  readonly logLevel: LogLevel;
  readonly demo: {
    readonly isEnabled: boolean;
    /** A CT and a cine in a case of the demo's; making them takes seconds. */
    readonly hasImages: boolean;
    readonly password: string | null;
    /** Public keys under which the demo's ward carts are enrolled beforehand, in the carts' order. */
    readonly cartKeys: readonly z.infer<typeof publicKeyJwkSchema>[];
  };
  readonly sessionLifetimeMs: number;
  readonly maxPeersPerRoom: number;
  /** True when a reverse proxy in front sets `x-forwarded-for`; never without one, or anybody chooses their own address. */
  readonly trustProxy: boolean;
  readonly metricsToken: string | null;
  /** Ceiling for each address and each route of those that need no session. */
  readonly authRequestsPerMinute: number;
}

/** What the machine offers as defaults; injected so that tests decide. */
export interface Machine {
  readonly cores: number;
  /** The machine's own addresses other than loopback, IPv4 first. */
  readonly addresses: readonly string[];
}

const text = z.string().trim().min(1).max(1000);
const wholeNumber = (min: number, max: number) =>
  z
    .union([z.number(), z.string().trim().regex(/^\d+$/).transform(Number)], { error: 'must be a whole number' })
    .pipe(z.number('must be a whole number').int('must be a whole number').min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
const flag = z.union([z.boolean(), z.enum(['1', 'true', '0', 'false']).transform((value) => value === '1' || value === 'true')], { error: 'must be true or false' });
const list = z.union([z.array(text), z.string().transform((value) => value.split(',').map((item) => item.trim()).filter((item) => item !== ''))]);
const jsonText = z.string().transform((value, context): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    context.addIssue('must be JSON');
    return z.NEVER;
  }
});
const cartKeys = z.union([jsonText, z.array(z.unknown())], { error: 'must be JSON' }).pipe(z.array(publicKeyJwkSchema, 'must be a list of P-256 public keys (JWK)').max(10));

const deviceMasks = z.union([jsonText, z.array(z.unknown())], { error: 'must be JSON' }).pipe(z.array(deviceMaskSchema, 'must be a list of masks').max(1000));

/** The keys are the names in the file. */
const settingsSchema = z.strictObject({
  host: text.default('127.0.0.1'),
  port: wholeNumber(0, 65_535).default(7400),
  tls: z.enum(['off', 'self-signed'], 'must be off or self-signed (certificate files have settings of their own)').optional(),
  tlsCertificateFile: text.optional(),
  tlsKeyFile: text.optional(),
  dataFolder: text.default('data'),
  objectsFolder: text.optional(),
  databaseUrl: text.regex(/^(postgres(ql)?:\/\/.+|memory:\/\/)$/, 'must begin with postgres:// (or be memory:// in tests)').optional(),
  workerBinary: text.optional(),
  workers: wholeNumber(1, 256).optional(),
  rtcListenIp: text.refine((value) => isIP(value) !== 0, 'must be an IP address').optional(),
  rtcAnnouncedAddress: text.optional(),
  rtcPortBase: wholeNumber(0, 65_000).default(40_000),
  turnUrls: list.pipe(z.array(z.string().regex(/^turns?:/, 'each must begin with turn: or turns:')).max(8)).default([]),
  turnSecret: text.optional(),
  turnUsername: text.optional(),
  turnCredential: text.optional(),
  turnLifetimeS: wholeNumber(60, 7 * 86_400).default(12 * 3600),
  allowedOrigins: list.pipe(z.array(z.string().regex(/^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/, 'each must be scheme://host[:port]')).max(40)).default(['app://huizhen']),
  logLevel: z.enum(['error', 'warn', 'info', 'debug', 'silent'], 'must be error, warn, info, debug or silent').default('info'),
  caseAccessDays: wholeNumber(0, 3650).default(30),
  caseLeaseHours: wholeNumber(1, 24 * 90).default(72),
  imagingWorkers: wholeNumber(1, 32).optional(),
  deidentifiedDates: z.enum(['removed', 'shifted'], 'must be removed or shifted').default('removed'),
  imagingMasks: deviceMasks.default([]),
  pacsUrl: text.regex(/^https?:\/\/\S+$/, 'must begin with https:// or http://').optional(),
  pacsUser: text.optional(),
  pacsPassword: text.optional(),
  pacsToken: text.optional(),
  signature: z.enum(signatureAlgorithmSchema.options, 'must be ecdsa-p256 or sm2').default('ecdsa-p256'),
  authorityFile: text.optional(),
  timeZone: text.refine(isTimeZone, 'must be the name of a time zone, such as Asia/Shanghai').default('Asia/Shanghai'),
  publicUrl: text.regex(/^https?:\/\/[^\s?#]+[^\s?#/]$/, 'must begin with https:// and not end with a slash').optional(),
  smtpUrl: text.regex(/^smtps?:\/\/\S+$/, 'must begin with smtp:// or smtps://').optional(),
  smtpFrom: text.regex(/^([^<>\r\n]{1,100} )?<?[^\s<>@]+@[^\s<>@]+>?$/, 'must be an address, or a name and an address in <>').optional(),
  webhookUrl: text.regex(/^https?:\/\/\S+$/, 'must begin with https://').optional(),
  webhookSecret: z.string().trim().min(16, 'must have at least 16 characters').max(200).optional(),
  demo: flag.default(false),
  demoImages: flag.default(true),
  demoPassword: text.optional(),
  demoCartKeys: cartKeys.default([]),
  sessionLifetimeMinutes: wholeNumber(5, 60 * 24 * 90).default(12 * 60),
  maxPeersPerRoom: wholeNumber(2, 100).default(40),
  trustProxy: flag.default(false),
  metricsToken: z.string().trim().min(16, 'must have at least 16 characters').max(200).optional(),
  authRequestsPerMinute: wholeNumber(1, 1_000_000).default(60),
});
type Settings = z.infer<typeof settingsSchema>;

/** Names in the environment, the first one first. Those without our prefix are names that others gave or that everybody uses. */
const ENVIRONMENT_NAMES: Readonly<Record<keyof Settings, readonly [string, ...string[]]>> = {
  host: ['HUIZHEN_HOST'],
  port: ['HUIZHEN_PORT', 'PORT'],
  tls: ['HUIZHEN_TLS'],
  tlsCertificateFile: ['HUIZHEN_TLS_CERT'],
  tlsKeyFile: ['HUIZHEN_TLS_KEY'],
  dataFolder: ['HUIZHEN_DATA_DIR', 'DATA_DIR'],
  objectsFolder: ['HUIZHEN_OBJECTS_DIR'],
  databaseUrl: ['DATABASE_URL'],
  workerBinary: ['MEDIASOUP_WORKER_BIN'],
  workers: ['HUIZHEN_WORKERS'],
  rtcListenIp: ['HUIZHEN_RTC_LISTEN_IP'],
  rtcAnnouncedAddress: ['HUIZHEN_RTC_ANNOUNCED_ADDRESS'],
  rtcPortBase: ['HUIZHEN_RTC_PORT_BASE'],
  turnUrls: ['HUIZHEN_TURN_URLS'],
  turnSecret: ['HUIZHEN_TURN_SECRET'],
  turnUsername: ['HUIZHEN_TURN_USERNAME'],
  turnCredential: ['HUIZHEN_TURN_CREDENTIAL'],
  turnLifetimeS: ['HUIZHEN_TURN_LIFETIME_S'],
  allowedOrigins: ['HUIZHEN_ALLOWED_ORIGINS'],
  logLevel: ['HUIZHEN_LOG_LEVEL', 'LOG_LEVEL'],
  caseAccessDays: ['HUIZHEN_CASE_ACCESS_DAYS'],
  caseLeaseHours: ['HUIZHEN_CASE_LEASE_HOURS'],
  imagingWorkers: ['HUIZHEN_IMAGING_WORKERS'],
  deidentifiedDates: ['HUIZHEN_DEIDENTIFIED_DATES'],
  imagingMasks: ['HUIZHEN_IMAGING_MASKS'],
  pacsUrl: ['HUIZHEN_PACS_URL'],
  pacsUser: ['HUIZHEN_PACS_USER'],
  pacsPassword: ['HUIZHEN_PACS_PASSWORD'],
  pacsToken: ['HUIZHEN_PACS_TOKEN'],
  signature: ['HUIZHEN_SIGNATURE'],
  authorityFile: ['HUIZHEN_AUTHORITY_FILE'],
  timeZone: ['HUIZHEN_TIME_ZONE'],
  publicUrl: ['HUIZHEN_PUBLIC_URL'],
  smtpUrl: ['HUIZHEN_SMTP_URL'],
  smtpFrom: ['HUIZHEN_SMTP_FROM'],
  webhookUrl: ['HUIZHEN_WEBHOOK_URL'],
  webhookSecret: ['HUIZHEN_WEBHOOK_SECRET'],
  demo: ['HUIZHEN_DEMO'],
  demoImages: ['HUIZHEN_DEMO_IMAGES'],
  demoPassword: ['HUIZHEN_DEMO_PASSWORD', 'DEMO_PASSWORD'],
  demoCartKeys: ['HUIZHEN_DEMO_CART_KEYS'],
  sessionLifetimeMinutes: ['HUIZHEN_SESSION_MINUTES'],
  maxPeersPerRoom: ['HUIZHEN_MAX_PEERS_PER_ROOM'],
  trustProxy: ['HUIZHEN_TRUST_PROXY'],
  metricsToken: ['HUIZHEN_METRICS_TOKEN', 'METRICS_TOKEN'],
  authRequestsPerMinute: ['HUIZHEN_AUTH_REQUESTS_PER_MINUTE'],
};

/**
 * The configuration from the environment and, where `HUIZHEN_CONFIG` names one, a JSON file; the environment wins. An empty
 * variable counts as not set.
 * @param readFile gives a file's text, throws when it cannot
 * @throws ConfigError naming the setting that is wrong
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>, machine: Machine, readFile: (path: string) => string): Config {
  const raw: Record<string, unknown> = { ...readConfigFile(environment['HUIZHEN_CONFIG'], readFile) };
  for (const [key, names] of Object.entries(ENVIRONMENT_NAMES)) {
    const value = names.map((name) => environment[name]).find((candidate) => candidate !== undefined && candidate.trim() !== '');
    if (value !== undefined) raw[key] = value;
  }
  const parsed = settingsSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === 'unrecognized_keys') throw new ConfigError(issue.keys[0] ?? 'HUIZHEN_CONFIG', 'is not a setting');
    throw new ConfigError(nameOf(String(issue?.path[0] ?? '')), issue?.message ?? 'cannot be used');
  }
  return compose(parsed.data, machine);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** True for addresses that never leave the machine. */
function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function readConfigFile(path: string | undefined, readFile: (path: string) => string): Record<string, unknown> {
  if (path === undefined || path.trim() === '') return {};
  let content: string;
  try {
    content = readFile(path);
  } catch {
    throw new ConfigError('HUIZHEN_CONFIG', 'the file cannot be read');
  }
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(content));
  } catch {
    throw new ConfigError('HUIZHEN_CONFIG', 'the file must hold one JSON object');
  }
}

function nameOf(key: string): string {
  const names = Object.entries(ENVIRONMENT_NAMES).find(([candidate]) => candidate === key)?.[1];
  return names?.[0] ?? key;
}

function compose(settings: Settings, machine: Machine): Config {
  const dataFolder = resolve(settings.dataFolder);
  return {
    host: settings.host,
    reachableHosts: composeReachableHosts(settings.host, machine),
    port: settings.port,
    tls: composeTls(settings),
    dataFolder,
    database: composeDatabase(settings.databaseUrl, dataFolder),
    objectsFolder: settings.objectsFolder === undefined ? join(dataFolder, 'objects') : resolve(settings.objectsFolder),
    cases: { accessAfterConsultMs: settings.caseAccessDays * 86_400_000, leaseMs: settings.caseLeaseHours * 3_600_000 },
    imaging: { workers: settings.imagingWorkers ?? Math.min(4, machine.cores), pacs: composePacs(settings), dates: settings.deidentifiedDates, masks: settings.imagingMasks },
    opinions: { signature: settings.signature, authorityFile: settings.authorityFile === undefined ? join(dataFolder, 'authority.pem') : resolve(settings.authorityFile), timeZone: settings.timeZone },
    notices: { mail: composeMail(settings), webhook: composeWebhook(settings) },
    publicUrl: settings.publicUrl ?? null,
    media: composeMedia(settings, machine),
    turn: composeTurn(settings),
    allowedOrigins: settings.allowedOrigins,
    logLevel: settings.logLevel,
    demo: { isEnabled: settings.demo, hasImages: settings.demoImages, password: settings.demoPassword ?? null, cartKeys: settings.demoCartKeys },
    sessionLifetimeMs: settings.sessionLifetimeMinutes * 60_000,
    maxPeersPerRoom: settings.maxPeersPerRoom,
    trustProxy: settings.trustProxy,
    metricsToken: settings.metricsToken ?? null,
    authRequestsPerMinute: settings.authRequestsPerMinute,
  };
}

/** Link-local IPv6 addresses are left out: no browser opens one, for want of the interface's name. */
function composeReachableHosts(host: string, machine: Machine): readonly string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  const own = machine.addresses.filter((address) => isIP(address) === 4 || (host === '::' && !/^fe[89ab]/i.test(address)));
  return own.length > 0 ? own : ['127.0.0.1'];
}

function composeTls(settings: Settings): TlsConfig {
  const { tls, tlsCertificateFile: certificateFile, tlsKeyFile: keyFile } = settings;
  if (certificateFile !== undefined || keyFile !== undefined) {
    if (tls !== undefined) throw new ConfigError('HUIZHEN_TLS', 'leave it out when certificate files are given');
    if (certificateFile === undefined) throw new ConfigError('HUIZHEN_TLS_CERT', 'is needed besides HUIZHEN_TLS_KEY');
    if (keyFile === undefined) throw new ConfigError('HUIZHEN_TLS_KEY', 'is needed besides HUIZHEN_TLS_CERT');
    return { type: 'files', certificateFile: resolve(certificateFile), keyFile: resolve(keyFile) };
  }
  if (tls === 'self-signed') return { type: 'selfSigned' };
  if (!isLoopbackHost(settings.host)) {
    throw new ConfigError('HUIZHEN_TLS', 'plain HTTP is only for loopback; set self-signed, or HUIZHEN_TLS_CERT and HUIZHEN_TLS_KEY, or HUIZHEN_HOST=127.0.0.1');
  }
  return { type: 'off' };
}

function composeDatabase(url: string | undefined, dataFolder: string): DatabaseConfig {
  if (url === undefined) return { type: 'folder', folder: join(dataFolder, 'db') };
  return url === 'memory://' ? { type: 'memory' } : { type: 'postgres', url };
}

function composeMail({ smtpUrl, smtpFrom: from }: Settings): Config['notices']['mail'] {
  if (smtpUrl === undefined) {
    if (from !== undefined) throw new ConfigError('HUIZHEN_SMTP_URL', 'is needed besides HUIZHEN_SMTP_FROM');
    return null;
  }
  if (from === undefined) throw new ConfigError('HUIZHEN_SMTP_FROM', 'is needed besides HUIZHEN_SMTP_URL');
  const address = parseUrl('HUIZHEN_SMTP_URL', smtpUrl);
  const host = hostOf(address);
  const isTls = address.protocol === 'smtps:';
  const signIn = address.username === '' ? null : { user: decodeURIComponent(address.username), password: decodeURIComponent(address.password) };
  return { host, port: address.port === '' ? (isTls ? 465 : 587) : Number(address.port), isTls, mayBePlain: isLoopbackHost(host), signIn, from };
}

function composeWebhook({ webhookUrl, webhookSecret: secret }: Settings): Config['notices']['webhook'] {
  if (webhookUrl === undefined) {
    if (secret !== undefined) throw new ConfigError('HUIZHEN_WEBHOOK_URL', 'is needed besides HUIZHEN_WEBHOOK_SECRET');
    return null;
  }
  if (secret === undefined) throw new ConfigError('HUIZHEN_WEBHOOK_SECRET', 'is needed besides HUIZHEN_WEBHOOK_URL');
  const address = parseUrl('HUIZHEN_WEBHOOK_URL', webhookUrl);
  if (address.protocol !== 'https:' && !isLoopbackHost(hostOf(address))) throw new ConfigError('HUIZHEN_WEBHOOK_URL', 'plain HTTP is only for loopback');
  if (address.username !== '' || address.password !== '') throw new ConfigError('HUIZHEN_WEBHOOK_URL', 'leave user and password out; messages are signed');
  return { url: address.href, secret };
}

function composePacs({ pacsUrl, pacsUser: user, pacsPassword: password, pacsToken: token }: Settings): PacsSettings | null {
  if (pacsUrl === undefined) {
    if (user !== undefined || password !== undefined || token !== undefined) throw new ConfigError('HUIZHEN_PACS_URL', 'is needed besides its credentials');
    return null;
  }
  if ((user === undefined) !== (password === undefined)) throw new ConfigError('HUIZHEN_PACS_PASSWORD', 'user and password go together');
  if (user !== undefined && token !== undefined) throw new ConfigError('HUIZHEN_PACS_TOKEN', 'either a token, or user and password');
  const address = parseUrl('HUIZHEN_PACS_URL', pacsUrl);
  // Archives seldom have TLS; patients' images do not leave the hospital's own network without it.
  const isPrivate = isLoopbackHost(hostOf(address)) || /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)[\d.]+$/.test(hostOf(address));
  if (address.protocol !== 'https:' && !isPrivate) throw new ConfigError('HUIZHEN_PACS_URL', 'plain HTTP is only for loopback and private addresses');
  if (address.username !== '' || address.password !== '') throw new ConfigError('HUIZHEN_PACS_URL', 'user and password have settings of their own');
  const authorization = token !== undefined ? `Bearer ${token}` : user !== undefined ? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` : null;
  return { url: address.href.replace(/\/$/, ''), authorization };
}

function parseUrl(setting: string, value: string): URL {
  try {
    return new URL(value);
  } catch {
    throw new ConfigError(setting, 'is not an address');
  }
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function composeMedia(settings: Settings, machine: Machine): Config['media'] {
  const listenIp = settings.rtcListenIp ?? (settings.host === 'localhost' ? '127.0.0.1' : isIP(settings.host) === 0 ? '0.0.0.0' : settings.host);
  const isWildcard = listenIp === '0.0.0.0' || listenIp === '::';
  const announcedAddress = settings.rtcAnnouncedAddress ?? (isWildcard ? machine.addresses[0] : undefined);
  if (isWildcard && announcedAddress === undefined) {
    throw new ConfigError('HUIZHEN_RTC_ANNOUNCED_ADDRESS', 'is needed, because this machine has no address of its own to announce');
  }
  return { workerBinary: settings.workerBinary ?? null, workers: settings.workers ?? Math.max(1, machine.cores), listenIp, announcedAddress: announcedAddress ?? null, portBase: settings.rtcPortBase };
}

function composeTurn(settings: Settings): TurnConfig {
  const { turnUrls: urls, turnSecret: secret, turnUsername: username, turnCredential: credential } = settings;
  if (urls.length === 0) {
    if (secret !== undefined || username !== undefined) throw new ConfigError('HUIZHEN_TURN_URLS', 'is needed for the TURN credentials given');
    return { type: 'none' };
  }
  if (secret !== undefined) return { type: 'sharedSecret', urls, secret, lifetimeS: settings.turnLifetimeS };
  if (username === undefined) throw new ConfigError('HUIZHEN_TURN_SECRET', 'is needed with HUIZHEN_TURN_URLS (or HUIZHEN_TURN_USERNAME and HUIZHEN_TURN_CREDENTIAL)');
  if (credential === undefined) throw new ConfigError('HUIZHEN_TURN_CREDENTIAL', 'is needed with HUIZHEN_TURN_USERNAME');
  return { type: 'fixed', urls, username, credential };
}
