import { readFileSync } from 'node:fs';
import WebSocket from 'ws';
import { ServerProcess } from '../helpers/serverProcess.ts';
import type { Row } from './benchReport.ts';
import { cpuSeconds } from './forward/processes.ts';

export const description = 'Idle carts on one server process: memory and CPU for each; requests a second; everybody coming back at once';

const CARTS = { quick: 1000, full: 5000 } as const;
const REQUESTS = { quick: 5000, full: 20_000 } as const;
/** How many open their connection at the same time. */
const PARALLEL = 64;
/** More than are opened at a time, so that no two of those share a session and the server looks each of them up. */
const SESSIONS = 100;
const ACCOUNTS = ['nurse', 'expert', 'requester', 'scheduler', 'observer'];

/**
 * A signalling client as small as can be, so that the load's own process does not hide the server's cost: it speaks engine.io 4 and
 * socket.io 5 framing by hand over one WebSocket, signs in with a real session, answers pings, sends requests.
 */
class TinyClient {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (answer: unknown) => void>();
  #next = 0;
  readonly connected: Promise<void>;

  constructor(url: string, token: string) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false });
    this.connected = new Promise((ok, failed) => {
      this.#socket.on('error', failed);
      this.#socket.on('close', () => failed(new Error('closed before it was connected')));
      this.#socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith('0')) this.#socket.send(`40${JSON.stringify({ version: '1.0', token })}`);
        else if (text === '2') this.#socket.send('3');
        else if (text.startsWith('40')) ok();
        else if (text.startsWith('44')) failed(new Error(text));
        else if (text.startsWith('43')) {
          const match = /^43(\d+)(.*)$/s.exec(text);
          const id = Number(match?.[1]);
          this.#answers.get(id)?.(JSON.parse(match?.[2] ?? '[]'));
          this.#answers.delete(id);
        }
      });
    });
  }

  request(name: string, params: object): Promise<unknown> {
    this.#next += 1;
    const id = this.#next;
    return new Promise((ok) => {
      this.#answers.set(id, ok);
      this.#socket.send(`42${id}${JSON.stringify(['request', { id: `r${id}`, name, params }])}`);
    });
  }

  /** Resolves when the connection is gone. */
  close(): Promise<void> {
    return new Promise((ok) => {
      this.#socket.on('close', () => ok());
      this.#socket.close();
    });
  }
}

async function connectAll(url: string, tokens: readonly string[], count: number): Promise<TinyClient[]> {
  const clients: TinyClient[] = [];
  let started = 0;
  const lane = async () => {
    while (started < count) {
      const token = tokens[started % tokens.length] ?? '';
      started += 1;
      const client = new TinyClient(url, token);
      await client.connected;
      clients.push(client);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  return clients;
}

function residentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

export async function run({ quick }: { readonly quick: boolean }): Promise<readonly Row[]> {
  const count = CARTS[quick ? 'quick' : 'full'];
  const server = await ServerProcess.start({ HUIZHEN_WORKERS: '1', HUIZHEN_LOG_LEVEL: 'warn', HUIZHEN_DEMO_IMAGES: '0' });
  try {
    // The first start creates the embedded database and has hundreds of MB to give back; the second is the state of every day.
    await server.restart();
    const names = Array.from({ length: SESSIONS }, (_, index) => ACCOUNTS[index % ACCOUNTS.length] ?? '');
    const tokens = await Promise.all(names.map((name) => server.signIn(name)));
    // Warm: code compiled, database pages read, heap grown to its working size.
    const warm = await connectAll(server.url, tokens, 200);
    await Promise.all(warm.map((client) => client.close()));
    const before = { kib: residentKib(server.pid), cpu: cpuSeconds([server.pid]) };
    const clients = await connectAll(server.url, tokens, count);
    const after = { kib: residentKib(server.pid), cpu: cpuSeconds([server.pid]) };

    const requests = REQUESTS[quick ? 'quick' : 'full'];
    const startedMs = performance.now();
    let sent = 0;
    // Many carts, each asking now and then: no one client comes near its limit.
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        while (sent < requests) {
          sent += 1;
          await clients[sent % clients.length]?.request('network.ping', {});
        }
      }),
    );
    const requestSeconds = (performance.now() - startedMs) / 1000;

    await Promise.all(clients.map((client) => client.close()));
    const stormMs = performance.now();
    const back = await Promise.all(Array.from({ length: count }, async (_, index) => {
      const client = new TinyClient(server.url, tokens[index % tokens.length] ?? '');
      await client.connected;
      return client;
    }));
    const stormSeconds = (performance.now() - stormMs) / 1000;
    await Promise.all(back.map((client) => client.close()));
    const note = `${count} connections`;
    return [
      { metric: 'rss_kib_per_connection', value: (after.kib - before.kib) / count, unit: 'KiB', note },
      { metric: 'cpu_ms_per_connection', value: (1000 * (after.cpu - before.cpu)) / count, unit: 'ms', note: `${note}, from the socket’s opening to a signed-in session` },
      { metric: 'requests_per_s', value: requests / requestSeconds, unit: '1/s', note: `${PARALLEL} under way at a time; load and server on this machine` },
      { metric: 'reconnect_storm_s', value: stormSeconds, unit: 's', note: `${note}, all at once` },
    ];
  } finally {
    await server.stop();
  }
}
