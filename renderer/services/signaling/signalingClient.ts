import { io, type Socket } from 'socket.io-client';
import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { AppError, ERROR_CODES, type ErrorCode } from '#shared/protocol/errors';
import { EVENTS, type EventMap, type EventName } from '#shared/protocol/events';
import { REQUESTS, type RequestName, type RequestParams, type RequestResult, responseEnvelopeSchema } from '#shared/protocol/requests';
import { PROTOCOL_VERSION } from '#shared/protocol/version';

export type SignalingStatus =
  | { readonly step: 'closed' }
  | { readonly step: 'connecting'; readonly attempt: number; readonly sinceMs: number }
  | { readonly step: 'connected' }
  /** The server refused this client for good: signing in again is the way on. */
  | { readonly step: 'refused'; readonly error: AppError };

interface SignalingEvents {
  status: SignalingStatus;
}

const CONNECT_TIMEOUT_MS = 4000;
const REQUEST_TIMEOUT_MS = 8000;
/**
 * How often a silent connection is asked for a sign of life, and after how long without one it is given up and opened anew: a
 * stalled server looks open to the socket. `retry` paces the tries to come back. Close watch is for a consult; thousands of idle
 * carts must not keep a server busy.
 */
const WATCH: Record<'close' | 'loose', { readonly everyMs: number; readonly limitMs: number; readonly retry: BackoffPolicy }> = {
  close: { everyMs: 2000, limitMs: 6000, retry: { firstMs: 200, maxMs: 800, jitter: 0.3 } },
  loose: { everyMs: 15_000, limitMs: 40_000, retry: { firstMs: 200, maxMs: 3000, jitter: 0.3 } },
};
/** How long a connection in doubt has to give a sign of life, in ms. */
const DOUBT_LIMIT_MS = 1500;
/** A timer later than this tells of a page that was held up and could not have listened, in ms. */
const HELD_UP_MS = 500;

/**
 * The one socket to the server. Requests are typed by the request table; an answer that does not fit its schema is an error, not
 * a surprise further in. A request that was sent and not answered is repeated on the next connection with the same id (the
 * server answers it once); its time limit covers all tries. Reconnecting goes on until `close`.
 */
export class SignalingClient {
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #events = new Emitter<EventMap>();
  readonly #own = new Emitter<SignalingEvents>();
  #socket: Socket | null = null;
  #status: SignalingStatus = { step: 'closed' };
  #attempt = 0;
  #cancelRetry: Undo | null = null;
  #waiters = new Set<{ connected: () => void; refused: (error: AppError) => void }>();
  #cancelProbe: Undo | null = null;
  #cancelDoubt: Undo | null = null;
  #watch: keyof typeof WATCH = 'loose';
  #lastHeardMs = 0;

  constructor(options: { clock: Clock; newId: () => string }) {
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  get status(): SignalingStatus {
    return this.#status;
  }

  onStatus(listener: (status: SignalingStatus) => void): Undo {
    return this.#own.on('status', listener);
  }

  on<N extends EventName>(name: N, listener: (payload: EventMap[N]) => void): Undo {
    return this.#events.on(name, listener);
  }

  /** Opens the connection as the holder of `token`, and keeps it open. A second call replaces the first. */
  open(serverUrl: string, token: string): void {
    this.close();
    this.#attempt = 0;
    const socket = io(serverUrl, {
      transports: ['websocket'],
      reconnection: false, // ours, below: socket.io's own gives up its buffer order and hides a refused handshake
      timeout: CONNECT_TIMEOUT_MS,
      auth: { version: PROTOCOL_VERSION, token },
      autoConnect: false,
    });
    this.#socket = socket;
    socket.on('connect', () => {
      this.#attempt = 0;
      this.#setStatus({ step: 'connected' });
      for (const waiter of [...this.#waiters]) waiter.connected();
      this.#probe(socket);
    });
    socket.on('disconnect', (reason) => {
      if (socket !== this.#socket) return;
      this.#retryLater(reason === 'io server disconnect' ? 1 : 0);
    });
    socket.on('connect_error', (error: Error & { data?: unknown }) => {
      if (socket !== this.#socket) return;
      const code = readCode(error.data);
      if (code && (ERROR_CODES[code] === 'permission' || code === 'input.unsupportedVersion')) {
        const refusal = new AppError(code, error.message);
        this.#setStatus({ step: 'refused', error: refusal });
        for (const waiter of [...this.#waiters]) waiter.refused(refusal);
        return;
      }
      this.#retryLater(0);
    });
    socket.on('event', (name: unknown, payload: unknown) => {
      this.#lastHeardMs = this.#clock.monotonicMs();
      if (typeof name !== 'string' || !Object.hasOwn(EVENTS, name)) return;
      const known = name as EventName; // just found in the table
      const parsed = EVENTS[known].safeParse(payload);
      if (parsed.success) this.#events.emit(known, parsed.data as never); // the schema of the same name parsed it
    });
    this.#connect();
  }

  /** Tries at once instead of at the end of the present wait: the network came back, the machine woke. */
  retryNow(): void {
    if (this.#socket && !this.#socket.connected && this.#cancelRetry) {
      this.#cancelRetry();
      this.#cancelRetry = null;
      this.#connect();
    }
  }

  close(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#cancelProbe?.();
    this.#cancelProbe = null;
    this.#cancelDoubt?.();
    this.#cancelDoubt = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.removeAllListeners();
    socket?.disconnect();
    for (const waiter of [...this.#waiters]) waiter.refused(new AppError('network.closed', 'the connection was closed'));
    if (this.#status.step !== 'closed') this.#setStatus({ step: 'closed' });
  }

  /**
   * Sends a request and gives its result. Rejects with AppError: the server's code, `server.timeout` when no answer came within
   * `timeoutMs`, `network.closed` when this client was closed.
   */
  async request<N extends RequestName>(name: N, params: RequestParams<N>, options: { timeoutMs?: number } = {}): Promise<RequestResult<N>> {
    const id = this.#newId();
    const deadlineMs = this.#clock.monotonicMs() + (options.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const envelope = { id, name, params };
    for (;;) {
      const answer = await this.#sendOnce(envelope, deadlineMs);
      if (answer === 'lost') continue;
      const response = responseEnvelopeSchema.safeParse(answer);
      if (!response.success) throw new AppError('internal.bug', `answer to ${name} is not a response envelope`);
      if (!response.data.ok) throw AppError.fromWire(response.data.error);
      const result = REQUESTS[name].result.safeParse(response.data.result);
      if (!result.success) throw new AppError('internal.bug', `answer to ${name} does not fit its schema: ${result.error.issues[0]?.path.join('.')}`);
      return result.data as RequestResult<N>; // the schema of the same name parsed it
    }
  }

  /** One try on one connection: the answer, or `lost` when the connection went before it came. */
  #sendOnce(envelope: { id: string; name: string; params: unknown }, deadlineMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const undos: Undo[] = [];
      const finish = (act: () => void) => {
        for (const undo of undos.splice(0)) undo();
        act();
      };
      const leftMs = deadlineMs - this.#clock.monotonicMs();
      if (leftMs <= 0) return reject(new AppError('server.timeout', `${envelope.name}: no answer in time`));
      if (this.#status.step === 'refused') return reject(this.#status.error);
      const socket = this.#socket;
      if (!socket) return reject(new AppError('network.closed', 'the connection is closed'));
      undos.push(this.#clock.after(leftMs, () => finish(() => reject(new AppError('server.timeout', `${envelope.name}: no answer in time`)))));
      const send = () => {
        const onDisconnect = () => finish(() => resolve('lost'));
        socket.once('disconnect', onDisconnect);
        undos.push(() => socket.off('disconnect', onDisconnect));
        socket.emit('request', envelope, (answer: unknown) => {
          this.#lastHeardMs = this.#clock.monotonicMs();
          finish(() => resolve(answer));
        });
      };
      const waiter = { connected: send, refused: (error: AppError) => finish(() => reject(error)) };
      this.#waiters.add(waiter);
      undos.push(() => this.#waiters.delete(waiter));
      if (socket.connected) {
        waiter.connected = () => {};
        send();
      } else {
        waiter.connected = () => {
          waiter.connected = () => {};
          send();
        };
      }
    });
  }

  #connect(): void {
    this.#setStatus({ step: 'connecting', attempt: this.#attempt, sinceMs: this.#status.step === 'connecting' ? this.#status.sinceMs : this.#clock.monotonicMs() });
    this.#socket?.connect();
  }

  #retryLater(extraAttempts: number): void {
    this.#cancelProbe?.();
    this.#cancelProbe = null;
    if (this.#cancelRetry) return;
    const sinceMs = this.#status.step === 'connecting' ? this.#status.sinceMs : this.#clock.monotonicMs();
    this.#attempt += extraAttempts;
    this.#setStatus({ step: 'connecting', attempt: this.#attempt, sinceMs });
    const waitMs = backoffDelayMs(WATCH[this.#watch].retry, this.#attempt, Math.random);
    this.#attempt += 1;
    this.#cancelRetry = this.#clock.after(waitMs, () => {
      this.#cancelRetry = null;
      this.#connect();
    });
  }

  /** Watches a silent connection closely (in a consult) or loosely. */
  watchClosely(isClose: boolean): void {
    this.#watch = isClose ? 'close' : 'loose';
    if (this.#socket?.connected) this.#probe(this.#socket);
  }

  /** Asks for a sign of life when nothing was heard for a while; too long without one, and the connection is made anew. */
  #probe(socket: Socket): void {
    this.#cancelProbe?.();
    const { everyMs, limitMs } = WATCH[this.#watch];
    this.#lastHeardMs = this.#clock.monotonicMs();
    let lastTickMs = this.#lastHeardMs;
    const tick = () => {
      if (socket !== this.#socket || !socket.connected) return;
      const nowMs = this.#clock.monotonicMs();
      // A machine that slept, or a page that was held up, has not listened either: it starts counting anew.
      if (nowMs - lastTickMs > everyMs + limitMs) this.#lastHeardMs = nowMs;
      lastTickMs = nowMs;
      if (nowMs - this.#lastHeardMs > limitMs) {
        this.#giveUp(socket);
        return;
      }
      if (nowMs - this.#lastHeardMs >= everyMs) this.#askForLife(socket);
      this.#cancelProbe = this.#clock.after(everyMs, tick);
    };
    this.#cancelProbe = this.#clock.after(everyMs, tick);
  }

  /**
   * Something else fell silent (the media): asks for a sign of life at once, and makes the connection anew when none comes soon.
   * After a change of the machine's address the old connection only looks open, and everything waits for it to be given up.
   */
  doubt(): void {
    const socket = this.#socket;
    if (!socket?.connected || this.#cancelDoubt) return;
    const askedMs = this.#clock.monotonicMs();
    this.#askForLife(socket);
    this.#cancelDoubt = this.#clock.after(DOUBT_LIMIT_MS, () => {
      this.#cancelDoubt = null;
      if (socket !== this.#socket || !socket.connected || this.#lastHeardMs > askedMs) return;
      if (this.#clock.monotonicMs() - askedMs > DOUBT_LIMIT_MS + HELD_UP_MS) return;
      this.#giveUp(socket);
    });
  }

  #askForLife(socket: Socket): void {
    socket.emit('probe', () => {
      this.#lastHeardMs = this.#clock.monotonicMs();
    });
  }

  #giveUp(socket: Socket): void {
    socket.disconnect();
    socket.io.engine?.close();
    this.#retryLater(0);
  }

  #setStatus(status: SignalingStatus): void {
    this.#status = status;
    this.#own.emit('status', status);
  }
}

function readCode(data: unknown): ErrorCode | null {
  if (typeof data !== 'object' || data === null || !('code' in data) || typeof data.code !== 'string') return null;
  return Object.hasOwn(ERROR_CODES, data.code) ? (data.code as ErrorCode) : null; // just found in the table
}
