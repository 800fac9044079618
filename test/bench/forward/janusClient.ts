import { WebSocket } from 'ws';
import { z } from 'zod';

const messageSchema = z.looseObject({
  janus: z.string(),
  transaction: z.string().optional(),
  data: z.looseObject({ id: z.number().optional() }).optional(),
  error: z.looseObject({ reason: z.string() }).optional(),
  plugindata: z.looseObject({ data: z.looseObject({ error: z.string().optional(), room: z.unknown().optional() }) }).optional(),
  jsep: z.looseObject({ type: z.string(), sdp: z.string() }).optional(),
});
type JanusMessage = z.infer<typeof messageSchema>;

const PATIENCE_MS = 20_000;
const KEEP_ALIVE_EVERY_MS = 20_000;

/** Janus's JSON protocol over its WebSocket: one session, requests answered by transaction. */
export class JanusClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (message: JanusMessage) => void>();
  #session: number | null = null;
  #transactions = 0;
  #keepAlive: NodeJS.Timeout | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const message = messageSchema.parse(JSON.parse(String(data)));
      if (message.janus === 'ack' || message.transaction === undefined) return; // the real answer follows as an event
      this.#waiting.get(message.transaction)?.(message);
    });
    socket.on('error', () => {}); // a lost connection shows as a request without an answer
  }

  static async open(port: number): Promise<JanusClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'janus-protocol');
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const client = new JanusClient(socket);
    client.#session = (await client.#ask({ janus: 'create' })).data?.id ?? null;
    client.#keepAlive = setInterval(() => client.#write({ janus: 'keepalive', session_id: client.#session, transaction: 'alive' }), KEEP_ALIVE_EVERY_MS);
    return client;
  }

  /** A new handle of the videoroom plugin. */
  async attach(): Promise<number> {
    const id = (await this.#ask({ janus: 'attach', plugin: 'janus.plugin.videoroom' })).data?.id;
    if (id === undefined) throw new Error('janus gave no handle');
    return id;
  }

  /** A request to the plugin. @throws Error with janus's or the plugin's words */
  async message(handle: number, body: object, jsep?: { readonly type: 'offer' | 'answer'; readonly sdp: string }): Promise<{ readonly data: Record<string, unknown>; readonly sdp: string | null }> {
    const answer = await this.#ask({ janus: 'message', handle_id: handle, body, ...(jsep ? { jsep } : {}) });
    const data = answer.plugindata?.data ?? {};
    if (data.error !== undefined) throw new Error(`janus: ${data.error}`);
    return { data, sdp: answer.jsep?.sdp ?? null };
  }

  close(): void {
    if (this.#keepAlive) clearInterval(this.#keepAlive);
    this.#socket.terminate();
  }

  #write(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  #ask(request: object): Promise<JanusMessage> {
    this.#transactions += 1;
    const transaction = `t${this.#transactions}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`janus did not answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
      this.#waiting.set(transaction, (message) => {
        clearTimeout(timer);
        this.#waiting.delete(transaction);
        if (message.janus === 'error') reject(new Error(`janus: ${message.error?.reason ?? 'error'}`));
        else resolve(message);
      });
      this.#write({ ...request, transaction, ...(this.#session === null ? {} : { session_id: this.#session }) });
    });
  }
}
