import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** Sums over a span of time, as the generator counts them. Delays in µs, by the kernel's stamps of arrival. */
const totalsSchema = z.object({
  name: z.string(),
  durationMs: z.number(),
  sent: z.number(),
  received: z.number(),
  /** UDP payload: RTP and its SRTP tag. */
  receivedBytes: z.number(),
  lost: z.number(),
  undecryptable: z.number(),
  foreign: z.number(),
  delayP50Us: z.number(),
  delayP99Us: z.number(),
  delayMaxUs: z.number(),
  keyFrames: z.number(),
  pli: z.number(),
  fir: z.number(),
  loadCpuS: z.number(),
});
export type LoadTotals = z.infer<typeof totalsSchema>;

const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready'), ufrag: z.string(), password: z.string(), fingerprint: z.string() }),
  z.object({ event: z.literal('connected'), peer: z.number(), profile: z.string() }),
  z.object({ event: z.literal('failed'), peer: z.number(), reason: z.string() }),
  totalsSchema.extend({ event: z.literal('second') }),
  totalsSchema.extend({ event: z.literal('summary') }),
  totalsSchema.extend({ event: z.literal('final') }),
]);
type LoadEvent = z.infer<typeof eventSchema>;

/** A line of the generator's output. @throws ZodError or SyntaxError when it is none */
export function parseLoadEvent(line: string): LoadEvent {
  return eventSchema.parse(JSON.parse(line));
}

/** The SFU's half of a transport, as signalled. `fingerprint`: SHA-256, as SDP writes it. */
export interface RemoteTransport {
  readonly ip: string;
  readonly port: number;
  readonly ufrag: string;
  readonly password: string;
  readonly fingerprint: string;
}

export interface StreamOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly packetsPerSecond: number;
  readonly framesPerSecond: number;
  /** The RTP packet before encryption. */
  readonly packetBytes: number;
  readonly keyFrameEveryMs: number;
}

const PATIENCE_MS = 20_000;

/** One running generator: peer 0 sends, peers 1 to N receive. All share one certificate and one set of ICE credentials. */
export class LoadGenerator {
  readonly receivers: number;
  ufrag = '';
  password = '';
  fingerprint = '';
  /** Why a peer is lost, once one is. */
  problem: string | null = null;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(event: LoadEvent | Error) => void>();

  private constructor(child: ChildProcess, receivers: number) {
    this.#child = child;
    this.receivers = receivers;
  }

  get pid(): number {
    return this.#child.pid ?? 0; // it has said that it is ready, so it has one
  }

  /** @param cpu the core it runs on; null: any */
  static async start(program: string, receivers: number, cpu: number | null): Promise<LoadGenerator> {
    const args = [String(receivers + 1)];
    const stdio: ['pipe', 'pipe', 'inherit'] = ['pipe', 'pipe', 'inherit'];
    const child = cpu === null ? spawn(program, args, { stdio }) : spawn('taskset', ['-c', String(cpu), program, ...args], { stdio });
    const load = new LoadGenerator(child, receivers);
    const ready = load.#next((event) => (event.event === 'ready' ? event : null));
    createInterface({ input: child.stdout }).on('line', (line) => load.#tell(parseLoadEvent(line)));
    child.on('error', (error) => load.#tell(error));
    child.on('exit', (code, signal) => load.#tell(new Error(`the load generator ended (${code ?? signal})`)));
    const { ufrag, password, fingerprint } = await ready;
    Object.assign(load, { ufrag, password, fingerprint });
    return load;
  }

  /** Connects a peer; resolves to the SRTP profile that DTLS agreed on, rejects with the reason when there is none. */
  async connect(peer: number, remote: RemoteTransport): Promise<string> {
    const settled = this.#next((event) => ((event.event === 'connected' || event.event === 'failed') && event.peer === peer ? event : null));
    this.#command({ do: 'connect', peer, ...remote });
    const event = await settled;
    if (event.event === 'failed') throw new Error(`peer ${peer}: ${event.reason}`);
    return event.profile;
  }

  send(stream: StreamOptions): void {
    this.#command({ do: 'send', ...stream });
  }

  rest(): void {
    this.#command({ do: 'stop' });
  }

  /** What came since the last mark. */
  async mark(name: string): Promise<LoadTotals> {
    const summary = this.#next((event) => (event.event === 'summary' && event.name === name ? event : null));
    this.#command({ do: 'mark', name });
    return summary;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise<void>((done) => this.#child.once('exit', () => done()));
    this.#command({ do: 'end' });
    await gone;
  }

  #command(command: object): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  #tell(event: LoadEvent | Error): void {
    if (!(event instanceof Error) && event.event === 'failed') this.problem ??= event.reason;
    for (const listener of [...this.#listeners]) listener(event);
  }

  #next<T>(pick: (event: LoadEvent) => T | null): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        act();
      };
      const listener = (event: LoadEvent | Error) => {
        if (event instanceof Error) return finish(() => reject(event));
        const picked = pick(event);
        if (picked !== null) finish(() => resolve(picked));
      };
      const timer = setTimeout(() => finish(() => reject(new Error(`the load generator said nothing for ${PATIENCE_MS / 1000} s`))), PATIENCE_MS);
      this.#listeners.add(listener);
    });
  }
}
