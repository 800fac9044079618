import { io, type Socket } from 'socket.io-client';
import { REQUESTS, type RequestName, type RequestParams, type RequestResult, responseEnvelopeSchema } from '#shared/protocol/requests';
import { PROTOCOL_VERSION } from '#shared/protocol/version';

/** As the client does: a sign of life asked of the server every 2 s. It costs the server CPU, so it belongs to what is measured. */
const PROBE_EVERY_MS = 2000;
const REQUEST_TIMEOUT_MS = 20_000;

/** A socket of the real protocol, without the client's reconnecting and its checks of every broadcast. */
export class BenchSignalling {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #probe: NodeJS.Timeout;
  #requests = 0;

  private constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.#name = name;
    this.#probe = setInterval(() => socket.emit('probe', () => {}), PROBE_EVERY_MS);
  }

  /** @param name distinguishes the connections of one session: request ids are the session's */
  static open(serverUrl: string, token: string, name: string): Promise<BenchSignalling> {
    const socket = io(serverUrl, { transports: ['websocket'], forceNew: true, reconnection: false, auth: { version: PROTOCOL_VERSION, token } });
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(new BenchSignalling(socket, name)));
      socket.once('connect_error', reject);
    });
  }

  /** @throws Error with the server's code, or when its answer does not fit the schema */
  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    this.#requests += 1;
    const answer: unknown = await this.#socket.timeout(REQUEST_TIMEOUT_MS).emitWithAck('request', { id: `${this.#name}-${this.#requests}`, name, params });
    const response = responseEnvelopeSchema.parse(answer);
    if (!response.ok) throw new Error(`${name}: ${response.error.code} ${response.error.message}`);
    return REQUESTS[name].result.parse(response.result) as RequestResult<N>; // parsed by the schema of the same name
  }

  close(): void {
    clearInterval(this.#probe);
    this.#socket.disconnect();
  }
}
