import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket as NetSocket } from 'node:net';
import { Server, type Socket } from 'socket.io';
import type { SessionId } from '#shared/domain/ids';
import { type Clock, delay } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { EventName, EventPayload } from '#shared/protocol/events';
import { handshakeSchema } from '#shared/protocol/session';
import { isCompatibleVersion, PROTOCOL_VERSION } from '#shared/protocol/version';
import type { Identity } from '../auth/sessions.ts';
import { ClientConnection } from './connection.ts';
import type { Dispatcher } from './dispatcher.ts';
import { TokenBucket } from './rateLimit.ts';

/** The largest message taken, in bytes; a larger one closes its connection (1009) before it is read. */
const MAX_MESSAGE_BYTES = 600_000;
/** Signs of life a connection may ask for in ten seconds; an honest client asks for five. */
const PROBES = { burst: 60, refillMs: 10_000 } as const;
/** How long answers under way are waited for when the server stops, in ms. */
const DRAIN_LIMIT_MS = 3000;

export interface GatewayOptions {
  readonly httpServer: HttpServer | HttpsServer;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly isOriginAllowed: (origin: string | undefined, host: string | undefined) => boolean;
  /** The identity behind a token; rejects with `auth.sessionEnded` and the like. */
  readonly authenticate: (token: string) => Promise<Identity>;
  readonly isStopping: () => boolean;
  readonly onCount: (connections: number) => void;
  readonly onRefusedHandshake: (code: string) => void;
  /** A connection was cut for sending too much nonsense. */
  readonly onDropped: () => void;
}

/** Sockets in, requests to the dispatcher, events out. One socket is one signed-in client and at most one peer. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #io: Server;
  readonly #underWay = new Set<Promise<void>>();
  readonly #connections = new Set<NetSocket>();
  readonly #sockets = new Map<string, { readonly socket: Socket; readonly connection: ClientConnection }>();

  constructor(options: GatewayOptions) {
    this.#options = options;
    options.httpServer.on('connection', (connection: NetSocket) => {
      this.#connections.add(connection);
      connection.once('close', () => this.#connections.delete(connection));
    });
    this.#io = new Server(options.httpServer, {
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      httpCompression: false,
      pingInterval: 20_000,
      pingTimeout: 15_000,
      connectTimeout: 10_000,
      allowRequest: (request, callback) => {
        const isAllowed = options.isOriginAllowed(request.headers.origin, request.headers.host);
        callback(isAllowed ? null : 'origin not allowed', isAllowed);
      },
    });
    this.#io.use((socket, next) => {
      this.#authenticate(socket).then(
        () => next(),
        (error: unknown) => {
          const refusal = toAppError(error);
          options.onRefusedHandshake(refusal.code);
          next(Object.assign(new Error(refusal.message), { data: refusal.toWire() }));
        },
      );
    });
    this.#io.on('connection', (socket) => this.#handleConnection(socket));
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** Cuts every connection of a session that has ended, telling it why. Its peers are the rooms' to drop. */
  endSession(sessionId: SessionId, reason: EventPayload<'session.ended'>['reason']): void {
    this.#options.dispatcher.forgetSession(sessionId);
    for (const { socket, connection } of [...this.#sockets.values()]) {
      if (connection.identity.sessionId !== sessionId) continue;
      connection.send('session.ended', { reason });
      socket.disconnect(true);
    }
  }

  broadcast<N extends EventName>(name: N, payload: EventPayload<N>, to?: (connection: ClientConnection) => boolean): void {
    for (const { connection } of this.#sockets.values()) {
      if (!to || to(connection)) connection.send(name, payload);
    }
  }

  /** Waits for answers under way, for a time; no request is begun once the server is stopping. */
  async drain(): Promise<void> {
    const limit = new AbortController();
    const isOver = new Error('all requests are answered');
    const patience = delay(this.#options.clock, DRAIN_LIMIT_MS, limit.signal).catch((error: unknown) => {
      if (error !== isOver) throw error;
    });
    await Promise.race([Promise.all([...this.#underWay]), patience]);
    limit.abort(isOver);
  }

  /**
   * Ends with the HTTP server's own end, which waits for connections under way. What is left of them after a time is cut: one whose
   * client is gone without a word (it would be waited for until its close is acknowledged), and one on which nothing was ever asked
   * (browsers open such ahead; it counts as busy in Node).
   */
  async close(): Promise<void> {
    for (const { socket } of [...this.#sockets.values()]) socket.disconnect(true);
    const cancel = this.#options.clock.after(DRAIN_LIMIT_MS, () => {
      for (const connection of this.#connections) connection.destroy();
    });
    await this.#io.close();
    cancel();
  }

  async #authenticate(socket: Socket): Promise<void> {
    if (this.#options.isStopping()) throw new AppError('server.stopping', 'the server is stopping', { retryAfterMs: 2000 });
    const handshake = handshakeSchema.safeParse(socket.handshake.auth);
    if (!handshake.success) throw new AppError('input.malformed', 'the handshake carries no version and token');
    if (!isCompatibleVersion(handshake.data.version)) throw new AppError('input.unsupportedVersion', `this server speaks protocol ${PROTOCOL_VERSION}`);
    const identity = await this.#options.authenticate(handshake.data.token);
    socket.data = new ClientConnection(socket.id, identity, (name, payload) => socket.emit('event', name, payload));
  }

  #handleConnection(socket: Socket): void {
    const connection: ClientConnection = socket.data; // put there by #authenticate, without which no socket gets here
    this.#sockets.set(socket.id, { socket, connection });
    this.#options.onCount(this.#sockets.size);
    const handle = (message: unknown, reply: unknown) => {
      if (this.#options.isStopping()) {
        if (typeof reply === 'function') reply({ ok: false, error: new AppError('server.stopping', 'the server is stopping', { retryAfterMs: 2000 }).toWire() });
        return;
      }
      const work = this.#options.dispatcher.dispatch(connection, message).then(({ response, shouldDrop }) => {
        if (typeof reply === 'function') reply(response);
        if (!shouldDrop || !socket.connected) return;
        this.#options.onDropped();
        socket.disconnect(true);
      });
      this.#underWay.add(work);
      drop(work.finally(() => this.#underWay.delete(work)), 'dispatch never rejects; a reply to a closed socket goes nowhere');
    };
    const { clock } = this.#options;
    let probes: TokenBucket | null = null;
    socket.on('request', handle);
    socket.on('probe', (reply: unknown) => {
      probes ??= new TokenBucket(PROBES.burst, PROBES.refillMs, clock.monotonicMs());
      if (!probes.take(clock.monotonicMs())) handle(null, reply); // no envelope: refused and counted as nonsense
      else if (typeof reply === 'function') reply();
    });
    socket.onAny((name: unknown, ...rest: unknown[]) => {
      if (name !== 'request' && name !== 'probe') handle(null, rest[rest.length - 1]);
    });
    socket.on('disconnect', () => {
      this.#sockets.delete(socket.id);
      this.#options.onCount(this.#sockets.size);
      connection.isClosed = true;
      connection.echo?.close();
      const { seat } = connection;
      if (seat) seat.room.handleDisconnected(seat.kind === 'peer' ? seat.peer.id : seat.peerId, connection);
    });
  }
}
