import { type ChildProcess, spawn } from 'node:child_process';
import { createECDH, createHash, createHmac, hkdfSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createDeviceState, type DeviceState, readState } from '#shared/control/frames/stateFrame';
import { OperatorSide } from '#shared/control/operatorSide';
import { createPose, type Pose } from '#shared/control/pose';
import { TAG_BYTES } from '#shared/control/seal';
import type { UltrasoundSettings } from '#shared/control/settings';
import type { ControlStatus } from '#shared/control/status';
import { type HostMessage, type HostParams, type HostRequestName, type HostResult, HOST_REQUESTS, hostMessageSchema } from '#shared/host/contract';
import { packFrame, unpackFrame } from '#shared/host/controlFrames';
import { type CarriedPicture, unpackPicture } from '#shared/host/controlPictures';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

const root = resolve(import.meta.dirname, '..', '..', '..');
const ORIGIN = 'http://127.0.0.1:7400';

/** The loopback host as the launcher starts it, in a process of its own beside a simulated device. */
export class HostProcess {
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly exited: Promise<void>;

  private constructor(folder: string) {
    this.folder = folder;
    this.#child = spawn(process.execPath, ['--import', 'tsx', join(root, 'electron', 'loopback', 'main.ts'), `--origin=${ORIGIN}`, `--folder=${folder}`], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
    this.exited = new Promise((resolveExit) => this.#child.once('exit', () => resolveExit()));
    if (this.#child.stdout === null) throw new Error('no output');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    onTestFinished(async () => {
      this.kill();
      await this.exited;
    });
  }

  static async start(folder: string, files: Record<string, unknown> = {}): Promise<HostProcess> {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'device.json'), JSON.stringify({ schemaVersion: 1, type: 'simulator' }));
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    const host = new HostProcess(folder);
    await host.#lines.next(); // listening
    return host;
  }

  /** As a power cut would, or a program that ends another. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** The page that a new window would be. */
  async openPage(): Promise<Page> {
    this.#child.stdin?.write('launch\n');
    const line: unknown = JSON.parse(String((await this.#lines.next()).value));
    if (typeof line !== 'object' || line === null || !('fragment' in line) || typeof line.fragment !== 'string') throw new Error('no fragment');
    const parts = new URLSearchParams(line.fragment.slice(1));
    return Page.open(parts.get('host') ?? '', parts.get('token') ?? '');
  }
}

/** What a page beside the patient can do with its socket, well-meaning or not. */
export class Page {
  readonly url: string;
  /** Opens further connections. */
  token = '';
  readonly state: DeviceState = createDeviceState();
  /** Where the probe was, at each state frame. */
  readonly path: Pose[] = [];
  readonly phases: string[] = [];
  readonly statuses: ControlStatus[] = [];
  readonly pictures: CarriedPicture[] = [];
  onState: (bytes: DataView) => void = () => undefined;
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (message: HostMessage) => void>();
  #waiters: (() => void)[] = [];
  #id = 0;

  private constructor(url: string, socket: WebSocket) {
    this.url = url;
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => (isBinary ? this.#receiveFrame(data) : this.#receive(hostMessageSchema.parse(JSON.parse(String(data))))));
    socket.on('error', () => undefined); // `close` follows
    this.closed = new Promise((resolveClosed) => socket.on('close', (code) => resolveClosed(code)));
    onTestFinished(() => socket.terminate());
  }

  static async open(url: string, token: string): Promise<Page> {
    const socket = new WebSocket(url, { origin: ORIGIN });
    const page = new Page(url, socket);
    await new Promise((opened, failed) => socket.once('open', opened).once('error', failed));
    const answer = await page.ask('loopback.authenticate', { token });
    if (answer.type !== 'result' || typeof answer.result !== 'object' || answer.result === null || !('token' in answer.result)) throw new Error('not let in');
    page.token = String(answer.result.token);
    return page;
  }

  get status(): ControlStatus | null {
    return this.statuses.at(-1) ?? null;
  }

  /** Any name and params, and the bare answer. */
  ask(name: string, params: unknown): Promise<HostMessage> {
    const id = this.#id++;
    this.#socket.send(JSON.stringify({ type: 'request', id, name, params }));
    return new Promise((answered) => this.#answers.set(id, answered));
  }

  /** @throws Error with the code of a refusal */
  async request<N extends HostRequestName>(name: N, params: HostParams<N>): Promise<HostResult<N>> {
    const answer = await this.ask(name, params);
    if (answer.type !== 'result') throw new Error(answer.type === 'error' ? answer.code : 'no answer');
    return HOST_REQUESTS[name].result.parse(answer.result) as HostResult<N>; // parsed by the schema of that very name
  }

  send(frame: Uint8Array, from: string): void {
    this.#socket.send(packFrame(from, frame));
  }

  sendRaw(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  drop(): void {
    this.#socket.terminate();
  }

  /** The next moment at which something arrived and `isTrue`; the test's own time limit ends it. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>((woken) => this.#waiters.push(woken));
  }

  /** So many more state frames. */
  async states(count: number): Promise<void> {
    const until = this.path.length + count;
    await this.until(() => this.path.length >= until);
  }

  #receiveFrame(data: Buffer): void {
    const picture = unpackPicture(new Uint8Array(data));
    if (picture !== null) {
      this.pictures.push(picture);
      return this.#wake();
    }
    const frame = unpackFrame(new Uint8Array(data))?.frame;
    if (frame === undefined) throw new Error('the host sent what is no frame');
    const bytes = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    if (readState(bytes, this.state) !== null) throw new Error('the host sent what is no state');
    this.path.push({ ...this.state.measured });
    if (this.phases.at(-1) !== this.state.phase) this.phases.push(this.state.phase);
    this.onState(bytes);
    this.#wake();
  }

  #receive(message: HostMessage): void {
    if (message.type === 'event' && message.name === 'control.status') this.statuses.push(message.payload as ControlStatus); // the host parses its own events
    else if (message.type === 'result' || message.type === 'error') {
      this.#answers.get(message.id)?.(message);
      this.#answers.delete(message.id);
    }
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

/** How the holder's side makes a seal; written apart from the host's, by the words of `shared/control/seal.ts`. */
function agree(own: ReturnType<typeof createECDH>, hostPublic: string, deviceId: string, epoch: number): { key: Buffer; checkCode: string } {
  const host = Buffer.from(hostPublic, 'base64');
  const salt = createHash('sha256').update(Buffer.concat([own.getPublicKey(), host])).digest();
  const bytes = Buffer.from(hkdfSync('sha256', own.computeSecret(host), salt, Buffer.from(`huizhen control 1 ${deviceId} ${epoch}`), 36));
  return { key: bytes.subarray(0, 32), checkCode: String(bytes.readUInt32BE(32) % 10_000).padStart(4, '0') };
}

/** Somebody far away who steers, with the page as the line in between: motion 100 a second, heartbeats ten. */
export class FarOperator {
  readonly id: string;
  readonly side = new OperatorSide();
  readonly hand = { pose: createPose(), forceN: 0, isDeadManHeld: false };
  /** Everything that was sent, seals and all: what whoever carries it can keep. */
  readonly captured: Uint8Array[] = [];
  /** Between hand and page: what carries the frames may change them. */
  carry: (sealed: Uint8Array) => void;
  /** False: nothing is sent. */
  isSending = true;
  epoch = 0;
  checkCode = '';
  readonly #page: Page;
  #keys = createECDH('prime256v1');
  #key: Buffer | null = null;
  #ticks = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(page: Page, id = 'expert-1') {
    this.#page = page;
    this.id = id;
    this.carry = (sealed) => page.send(sealed, id);
    page.onState = (bytes) => void this.side.handleState(bytes, performance.now());
    this.#timer = setInterval(() => this.#tick(), 10);
    onTestFinished(() => clearInterval(this.#timer));
  }

  /** Asks, is granted by the page, shows the key, and makes the seal. */
  async take(mode: HostParams<'control.ask'>['mode'] = 'full', wanted: HostParams<'control.ask'>['wanted'] = null): Promise<HostResult<'control.grant'>> {
    this.#keys = createECDH('prime256v1');
    const publicKey = this.#keys.generateKeys();
    await this.#page.request('control.ask', { by: this.id, name: 'Dr Li', mode, commitment: createHash('sha256').update(publicKey).digest('base64'), wanted });
    const grant = await this.#page.request('control.grant', { by: this.id, mode });
    await this.#page.request('control.reveal', { by: this.id, epoch: grant.epoch, publicKey: publicKey.toString('base64') });
    const { key, checkCode } = agree(this.#keys, grant.publicKey, grant.deviceId, grant.epoch);
    this.#key = key;
    this.checkCode = checkCode;
    this.epoch = grant.epoch;
    this.side.begin(grant.epoch);
    return grant;
  }

  /** Until the probe is engaged. */
  async engage(): Promise<void> {
    const { state } = this.#page;
    const isEngaged = () => state.phase === 'engaged' && state.epoch === this.epoch;
    do {
      // As a person does: lets go and presses anew, until the press counts (not while the clocks are unknown).
      this.hand.isDeadManHeld = false;
      await this.#page.states(10);
      this.hand.isDeadManHeld = true;
      await this.#page.states(5);
      await this.#page.until(() => isEngaged() || state.waitReason !== 'hold');
    } while (!isEngaged());
    await this.#page.states(2); // heard by the hand as well: its zero is here
  }

  /** Moves the hand until the probe is there, 30 mm/s at most. A machine that stood still ended motion, as it must: then the hand engages anew. */
  async steerTo(xMm: number): Promise<void> {
    const { state } = this.#page;
    while (Math.abs(state.measured.xMm - xMm) > 0.3) {
      if (state.phase !== 'engaged') await this.engage();
      const left = xMm - state.target.xMm;
      this.hand.pose.xMm += Math.sign(left) * Math.min(0.6, Math.abs(left) / 4);
      await this.#page.states(1);
    }
  }

  setPicture(settings: UltrasoundSettings): void {
    const bytes = this.side.nextSettings(settings);
    if (bytes !== null) this.carry(this.seal(bytes));
  }

  seal(bytes: DataView): Uint8Array {
    if (this.#key === null) throw new Error('no lease');
    const frame = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Uint8Array(Buffer.concat([frame, createHmac('sha256', this.#key).update(frame).digest().subarray(0, TAG_BYTES)]));
  }

  /** Hand and heart stop. */
  fallSilent(): void {
    this.isSending = false;
  }

  #tick(): void {
    if (!this.isSending || this.#key === null) return;
    this.#ticks += 1;
    const frames = [this.side.nextMotion(this.hand, performance.now()), this.#ticks % 10 === 0 ? this.side.nextHeartbeat() : null];
    for (const bytes of frames) {
      if (bytes === null) continue;
      const sealed = this.seal(bytes);
      this.captured.push(sealed);
      this.carry(sealed);
    }
  }
}
