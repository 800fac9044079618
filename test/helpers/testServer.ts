import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { workerPath } from '../../build/worker/workerPath.mjs';
import { type ConsultId, consultIdSchema } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import { AppError, wireErrorSchema } from '#shared/protocol/errors';
import { cartChallengeResultSchema, publicKeyJwkSchema, SESSION_ROUTES, signInResultSchema } from '#shared/protocol/session';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { loadConfig } from '../../sfu-server/config.ts';
import { type MediaWorker, WorkerPool } from '../../sfu-server/media/workerPool.ts';
import { createLog } from '../../sfu-server/observability/log.ts';
import { type HuizhenServer, startServer } from '../../sfu-server/server.ts';
import { imagingProgram } from './imaging/imagingProgram.ts';
import { putPreparedDatabase } from './preparedDatabase.ts';
import { SkippableClock } from './skippableClock.ts';

export const DEMO_PASSWORD = 'Pruefung-2026-lang';
export const DEMO_CART_ID = 'demo-cart-icu';

export interface TestServerOptions {
  readonly workers?: 1 | 2;
  readonly environment?: Readonly<Record<string, string>>;
  /** Kept over several starts by whoever gives it; otherwise the server's own, removed at its end. */
  readonly dataFolder?: string;
}

/**
 * The real server in this process: real workers, a database in memory, the demo hospital, a silent log. Two things are in the
 * test's hands: time may be skipped, and which workers count as full is said by `fullWorkers` and not measured, so that a busy
 * machine changes no outcome.
 */
export class TestServer {
  readonly server: HuizhenServer;
  readonly clock: SkippableClock;
  readonly pool: WorkerPool;
  /** Indexes of the workers that count as full. */
  readonly fullWorkers = new Set<number>();
  readonly #cartKeys: CryptoKeyPair;
  readonly #ownFolder: string | null;

  private constructor(server: HuizhenServer, clock: SkippableClock, pool: WorkerPool, cartKeys: CryptoKeyPair, ownFolder: string | null) {
    this.server = server;
    this.clock = clock;
    this.pool = pool;
    this.#cartKeys = cartKeys;
    this.#ownFolder = ownFolder;
    const decide = (media: MediaWorker) => Object.defineProperty(media, 'isFull', { get: () => this.fullWorkers.has(media.index) });
    pool.workers.forEach(decide);
    pool.on('ready', decide);
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const ownFolder = options.dataFolder === undefined ? mkdtempSync(join(tmpdir(), 'huizhen-test-')) : null;
    if (options.dataFolder !== undefined) await putPreparedDatabase(join(options.dataFolder, 'db'));
    const cartKeys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const cartKey = publicKeyJwkSchema.parse(await crypto.subtle.exportKey('jwk', cartKeys.publicKey));
    const config = loadConfig(
      {
        HUIZHEN_PORT: '0',
        HUIZHEN_DATA_DIR: options.dataFolder ?? ownFolder ?? undefined,
        DATABASE_URL: options.dataFolder === undefined ? 'memory://' : undefined,
        HUIZHEN_RTC_PORT_BASE: '0',
        HUIZHEN_WORKERS: String(options.workers ?? 1),
        HUIZHEN_LOG_LEVEL: 'silent',
        HUIZHEN_DEMO: '1',
        HUIZHEN_DEMO_PASSWORD: DEMO_PASSWORD,
        HUIZHEN_DEMO_CART_KEYS: JSON.stringify([cartKey]),
        HUIZHEN_AUTH_REQUESTS_PER_MINUTE: '100000',
        ...options.environment,
      },
      { cores: 1, addresses: [] },
      () => {
        throw new Error('no configuration file in tests');
      },
    );
    const clock = new SkippableClock();
    const create = WorkerPool.create.bind(WorkerPool);
    let pool: WorkerPool | undefined;
    const spy = vi.spyOn(WorkerPool, 'create').mockImplementation(async (poolOptions) => {
      pool = await create(poolOptions);
      return pool;
    });
    try {
      const server = await startServer({ config, workerBin: workerPath(), imagingProgram: await imagingProgram(), version: '0.0.0-test', clientFolder: null, clock, log: createLog(config.logLevel) });
      return new TestServer(server, clock, required(pool, 'the pool that the server created'), cartKeys, ownFolder);
    } finally {
      spy.mockRestore();
    }
  }

  get url(): string {
    return this.server.url;
  }

  /** The demo's consult under way: host `requester`, no waiting room. */
  get liveConsultId(): ConsultId {
    const { demo } = this.server;
    if (demo?.type !== 'seeded') throw new Error('the demo hospital was not seeded');
    return consultIdSchema.parse(demo.liveConsultId);
  }

  /** Signs a demo account in; rejects with the server's code. */
  async signIn(signInName: string): Promise<string> {
    const result = await this.#post(SESSION_ROUTES.signIn, { signInName, password: DEMO_PASSWORD, client: 'test' });
    return signInResultSchema.parse(result).token;
  }

  /** Signs the demo's first ward cart in by its key. */
  async signInCart(): Promise<string> {
    const { nonce } = cartChallengeResultSchema.parse(await this.#post(SESSION_ROUTES.cartChallenge, { cartId: DEMO_CART_ID }));
    const text = new TextEncoder().encode(`huizhen-cart-sign-in:${DEMO_CART_ID}:${nonce}`);
    const signature = Buffer.from(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.#cartKeys.privateKey, text)).toString('base64url');
    return signInResultSchema.parse(await this.#post(SESSION_ROUTES.cartSignIn, { cartId: DEMO_CART_ID, nonce, signature, client: 'test' })).token;
  }

  /** A number of `/metrics`, summed over its labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    if (this.#ownFolder !== null) rmSync(this.#ownFolder, { recursive: true, force: true, maxRetries: 10 });
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-huizhen-protocol': PROTOCOL_VERSION }, body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    if (!response.ok) throw AppError.fromWire(wireErrorSchema.parse(answer));
    return answer;
  }
}
