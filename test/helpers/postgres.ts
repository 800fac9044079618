import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL server of the test's own, on a random port of 127.0.0.1, whose data goes with it. */
export interface TestPostgres {
  /** The address of a database on it; `createDatabase` makes more. */
  readonly url: string;
  /** Makes an empty database and gives its address. */
  createDatabase(): string;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** The folder of the newest installed PostgreSQL's programs; null when there is none. */
export function findPostgres(): string | null {
  if (!existsSync(DEBIAN_FOLDER)) return null;
  const [newest] = readdirSync(DEBIAN_FOLDER).map(Number).filter((version) => existsSync(join(DEBIAN_FOLDER, String(version), 'bin', 'initdb'))).sort((a, b) => b - a);
  return newest === undefined ? null : join(DEBIAN_FOLDER, String(newest), 'bin');
}

/**
 * Starts a private cluster from Debian's package. PostgreSQL refuses to run as root, so root lends it the user `postgres`.
 * Nothing is made durable: a test's database does not outlive the test.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = findPostgres();
  if (bin === null) throw new Error('PostgreSQL is not installed (Debian package: postgresql)');
  const user: { readonly uid: number; readonly gid: number } | null = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : null;
  const folder = mkdtempSync(join(tmpdir(), 'huizhen-postgres-'));
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const run = (program: string, args: readonly string[]) => execFileSync(join(bin, program), args, { ...user, cwd: folder, env: { LC_ALL: 'C.UTF-8', PATH: '/usr/bin:/bin' }, stdio: 'pipe' });
  run('initdb', ['-D', data, '-U', 'huizhen', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions']);
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder, fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '32MB', max_connections: 60 };
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])], { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  // A test run that is cut short still ends what it started.
  const kill = () => server.kill('SIGQUIT');
  process.once('exit', kill);
  await untilReady(server);
  let count = 0;
  const urlOf = (database: string) => `postgres://huizhen@127.0.0.1:${port}/${database}`;
  return {
    url: urlOf('postgres'),
    createDatabase: () => {
      count += 1;
      const name = `test${count}`;
      run('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', 'huizhen', name]);
      return urlOf(name);
    },
    stop: async () => {
      process.removeListener('exit', kill);
      const ended = new Promise<void>((resolve) => {
        if (server.exitCode !== null || server.signalCode !== null) resolve();
        else server.once('exit', () => resolve());
      });
      // Smart shutdown first: pg's pool says it has ended while its connections still say goodbye, and one that is cut then throws.
      server.kill('SIGTERM');
      const impatience = setTimeout(() => server.kill('SIGINT'), 3000);
      await ended;
      clearTimeout(impatience);
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

function idOf(which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }));
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
      if (output.includes('ready to accept connections')) resolve();
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`postgres ended with ${code} before it was ready: ${output}`)));
  });
}
