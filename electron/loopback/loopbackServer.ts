import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import type { ErrorCode } from '#shared/protocol/errors';
import { WebSocketServer } from 'ws';
import type { Host } from '../host/host.ts';
import type { HostLog } from '../host/logFile.ts';
import { LaunchTokens } from './launchTokens.ts';
import { LoopbackConnection } from './loopbackConnection.ts';

const ADDRESS = '127.0.0.1';
/** The largest legitimate message is a secret of 10,000 characters, escaped. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 16;

export interface LoopbackOptions {
  readonly host: Host;
  /** Origins of the pages that may connect, exactly as a browser writes them: `http://127.0.0.1:7400`. */
  readonly allowedOrigins: readonly string[];
  readonly clock: Clock;
  readonly log: HostLog;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
}

/**
 * Carries host messages to a page in an ordinary browser window: a WebSocket on 127.0.0.1. Any page in any browser, and any program
 * on the machine, can knock at that door, therefore in this order:
 * 1. the socket comes from this machine (the listening address sees to it);
 * 2. `Host` is the very address and port: a name that an attacker's DNS turned to 127.0.0.1 (DNS rebinding) is refused;
 * 3. `Origin` is on the list: other pages are refused (a browser cannot be made to lie about it; a program can);
 * 4. the first message shows a token, which other programs do not have; until then nothing else is understood.
 */
export class LoopbackServer {
  readonly #options: LoopbackOptions;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, clientTracking: false });
  readonly #connections = new Set<LoopbackConnection>();
  readonly #tokens = new LaunchTokens();
  #isClosed = false;

  private constructor(options: LoopbackOptions) {
    this.#options = options;
    // Only upgrades are served; the time limits end half-sent requests.
    this.#server = createServer({ maxHeaderSize: 16_384, headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 2000 }, (_request, response) => {
      response.writeHead(426, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ code: 'input.unknownRequest' satisfies ErrorCode }));
    });
    this.#server.maxConnections = 4 * MAX_CONNECTIONS;
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
  }

  /** Listens; rejects with Node's own error when the port is taken. */
  static async open(options: LoopbackOptions): Promise<LoopbackServer> {
    const loopback = new LoopbackServer(options);
    await new Promise<void>((resolve, reject) => {
      loopback.#server.once('error', reject);
      loopback.#server.listen(options.port ?? 0, ADDRESS, () => {
        loopback.#server.off('error', reject);
        resolve();
      });
    });
    loopback.#server.on('error', (error) => options.log.write('error', 'loopback', `server error: ${error.message}`));
    options.log.write('info', 'loopback', `listening on port ${loopback.port}`);
    return loopback;
  }

  get port(): number {
    const address = this.#server.address();
    return required(typeof address === 'object' ? address : null, 'a listening TCP socket').port;
  }

  get url(): string {
    return `ws://${ADDRESS}:${this.port}/`;
  }

  /** Connections that hold a socket, with or without a token shown yet. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * What is put after the page's address for one window: `#host=…&token=…`. A fragment is never sent to a server nor in `Referer`.
   * The token in it works once (see LaunchTokens).
   */
  createLaunchFragment(): string {
    return `#host=${this.url}&token=${this.#tokens.createLaunchToken()}`;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const connections = [...this.#connections];
    for (const connection of connections) connection.parentClosed();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    // The server counts sockets; a connection is done a little later, when it has given back what it held.
    await Promise.all([closed, ...connections.map((connection) => connection.closed)]);
    this.#sockets.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy()); // a peer that vanishes in the handshake
    const { host, origin } = request.headers;
    if (this.#isClosed) return refuse(socket, 503, 'host.unavailable');
    if (host !== `${ADDRESS}:${this.port}`) return this.#refuseStranger(socket, 'a foreign Host header');
    if (origin === undefined || !this.#options.allowedOrigins.includes(origin)) return this.#refuseStranger(socket, 'a foreign origin');
    if (request.url !== '/') return refuse(socket, 404, 'input.unknownRequest');
    if (this.#connections.size >= MAX_CONNECTIONS) return refuse(socket, 503, 'capacity.full');
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { host: desktopHost, clock, log } = this.#options;
      const connection = new LoopbackConnection({ socket: webSocket, host: desktopHost, tokens: this.#tokens, clock, log });
      this.#connections.add(connection);
      drop(
        connection.closed.then(() => this.#connections.delete(connection)),
        'it never rejects',
      );
    });
  }

  #refuseStranger(socket: Duplex, what: string): void {
    this.#options.log.write('warn', 'loopback', `${what} was refused`);
    refuse(socket, 403, 'auth.forbidden');
  }
}

function refuse(socket: Duplex, status: number, code: ErrorCode): void {
  const body = JSON.stringify({ code });
  socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
}
