import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand } from '../../../build/setup/programs.mjs';
import { commandInside, ip } from '../impairment/namespace.ts';

const USER = 'huizhen';
const PASSWORD = 'a-password-of-the-archive';
const DICOM_PORT = 4242;
let places = 0;

/**
 * A real Orthanc with its DICOMweb plugin. It listens on all addresses whatever its settings say, so it lives in a network namespace,
 * of which this machine reaches one address.
 */
export class Orthanc {
  readonly url: string;
  readonly address: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly #namespace: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  #isStopped = false;

  private constructor(namespace: string, address: string, folder: string, child: ChildProcess) {
    this.#namespace = namespace;
    this.#folder = folder;
    this.#child = child;
    this.address = address;
    this.url = `http://${address}:8042`;
    this.environment = { HUIZHEN_PACS_URL: `${this.url}/dicom-web`, HUIZHEN_PACS_USER: USER, HUIZHEN_PACS_PASSWORD: PASSWORD };
  }

  static async start(): Promise<Orthanc> {
    places += 1;
    const namespace = `hzpacs${process.pid}${places}`;
    const [own, theirs] = [`hzp${process.pid % 100_000}a${places}`, `hzp${process.pid % 100_000}b${places}`];
    const net = `10.91.${process.pid % 250}`;
    const address = `${net}.${places * 4 + 2}`;
    await ip('netns', 'add', namespace);
    await ip('link', 'add', own, 'type', 'veth', 'peer', 'name', theirs, 'netns', namespace);
    await ip('address', 'add', `${net}.${places * 4 + 1}/30`, 'dev', own);
    await ip('link', 'set', own, 'up');
    await ip('-n', namespace, 'address', 'add', `${address}/30`, 'dev', theirs);
    await ip('-n', namespace, 'link', 'set', theirs, 'up');
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
    const folder = mkdtempSync(join(tmpdir(), 'huizhen-orthanc-'));
    const settings = join(folder, 'orthanc.json');
    writeFileSync(settings, JSON.stringify({
      Name: 'Archive of the tests', StorageDirectory: join(folder, 'store'), IndexDirectory: join(folder, 'store'), RemoteAccessAllowed: true, AuthenticationEnabled: true, RegisteredUsers: { [USER]: PASSWORD },
      HttpPort: 8042, DicomPort: DICOM_PORT, DicomAlwaysAllowStore: true, DicomCheckCalledAet: false, HttpCompressionEnabled: false, StableAge: 1, DefaultEncoding: 'Utf8',
      Plugins: ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so'], DicomWeb: { Enable: true, Root: '/dicom-web/', PublicRoot: '/dicom-web/' },
    }));
    const { command, words } = commandInside(namespace, findCommand('Orthanc') ?? 'Orthanc', [settings]);
    const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const orthanc = new Orthanc(namespace, address, folder, child);
    await new Promise<void>((ready, failed) => {
      let said = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        said = `${said}${chunk}`.slice(-5000);
        if (said.includes('Orthanc has started')) ready();
      });
      child.once('exit', () => failed(new Error(`Orthanc ended: ${said}`)));
    });
    return orthanc;
  }

  /** Its own REST API. */
  async rest(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { ...init, headers: { ...init.headers, authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}` } });
  }

  /** By C-STORE, as a machine of the hospital sends. */
  async receive(files: readonly string[]): Promise<void> {
    const child = spawn(findCommand('storescu') ?? 'storescu', ['-R', this.address, String(DICOM_PORT), ...files], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await new Promise<void>((done, failed) => child.once('close', (code) => (code === 0 ? done() : failed(new Error(`storescu: ${said}`)))));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((done) => this.#child.once('exit', done));
      this.#child.kill('SIGTERM');
      await ended;
    }
    if (!this.#isStopped) await ip('netns', 'delete', this.#namespace);
    this.#isStopped = true;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}
