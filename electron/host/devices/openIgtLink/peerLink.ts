import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';

const BACKOFF: BackoffPolicy = { firstMs: 200, maxMs: 5000, jitter: 0.3 };
const CONNECT_TIMEOUT_MS = 3000;
/** Bytes that may wait in this process: a peer that takes nothing gets nothing more. */
const MAX_WAITING_BYTES = 64 * 1024;

/** Where the peer is: we go to it, or it comes to us. */
export type Place = { readonly type: 'connect'; readonly host: string; readonly port: number } | { readonly type: 'listen'; readonly address: string; readonly port: number };

export interface PeerLinkOptions {
  readonly place: Place;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onOpen: () => void;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** The connection is over; another is on its way. */
  readonly onClose: () => void;
  /** Whether whoever is connected shows no life: then another may take their place. */
  readonly isSilent: () => boolean;
}

/** One connection at a time to one peer, over and over: connects again, or waits for the next to come, until it is closed. */
export class PeerLink {
  readonly #options: PeerLinkOptions;
  #socket: Socket | null = null;
  #server: Server | null = null;
  #attempt = 0;
  #cancelRetry: Undo = () => undefined;
  #isClosed = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#begin();
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  /** The port that is listened at; null: none yet, or it is we who connect. */
  get port(): number | null {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : null;
  }

  /** Bytes that the peer has not taken yet. */
  get waitingBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** Nothing is sent without a connection. A peer that has let too much wait loses its connection: what waits would come too late. */
  send(bytes: Uint8Array): void {
    if (this.#socket === null) return;
    if (this.#socket.writableLength > MAX_WAITING_BYTES) this.reset();
    else this.#socket.write(bytes);
  }

  /** Ends the connection so that nothing of what waits in either machine is delivered any more. */
  reset(): void {
    if (this.#socket !== null) this.#dismiss(this.#socket);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRetry();
    this.#socket?.destroy();
    const server = this.#server;
    if (server?.listening) await new Promise<void>((done) => server.close(() => done()));
  }

  #begin(): void {
    if (this.#isClosed) return;
    const { place } = this.#options;
    if (place.type === 'connect') this.#connect(place.host, place.port);
    else this.#listen(place.address, place.port);
  }

  #retry(): void {
    if (this.#isClosed) return;
    const delayMs = backoffDelayMs(BACKOFF, this.#attempt, this.#options.random);
    this.#attempt += 1;
    this.#cancelRetry = this.#options.clock.after(delayMs, () => this.#begin());
  }

  #connect(host: string, port: number): void {
    const socket = createConnection({ host, port });
    const cancelTimeout = this.#options.clock.after(CONNECT_TIMEOUT_MS, () => socket.destroy());
    socket.once('connect', () => {
      cancelTimeout();
      this.#adopt(socket);
    });
    socket.on('error', () => undefined); // followed by 'close'
    socket.once('close', () => {
      cancelTimeout();
      this.#cancelRetry();
      this.#retry();
    });
  }

  #listen(address: string, port: number): void {
    const server = createServer((socket) => {
      socket.on('error', () => undefined); // followed by 'close'
      if (this.#socket !== null && this.#options.isSilent()) this.#dismiss(this.#socket);
      // The device of this place is here already; another one would be a second hand on the probe.
      if (this.#socket === null && !this.#isClosed) this.#adopt(socket);
      else socket.destroy();
    });
    server.on('error', () => {
      // Taken port or an address that is not up yet; a server that listens reports nothing here that ends it.
      if (!server.listening) this.#retry();
    });
    server.listen({ host: address, port });
    this.#server = server;
  }

  #adopt(socket: Socket): void {
    this.#socket = socket;
    this.#attempt = 0;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Uint8Array) => this.#options.onBytes(bytes));
    socket.once('end', () => socket.destroy());
    socket.once('close', () => {
      if (this.#socket === socket) this.#dismiss(socket);
    });
    this.#options.onOpen();
  }

  #dismiss(socket: Socket): void {
    this.#socket = null;
    socket.removeAllListeners('data');
    socket.resetAndDestroy();
    if (!this.#isClosed) this.#options.onClose();
  }
}
