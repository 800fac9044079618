import { type HostMessage, hostMessageSchema } from '#shared/host/contract';
import { packFrame, unpackFrame } from '#shared/host/controlFrames';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import type { RawData, WebSocket } from 'ws';
import { z } from 'zod';
import type { Host } from '../host/host.ts';
import type { HostLog } from '../host/logFile.ts';
import type { LaunchTokens } from './launchTokens.ts';

/** The first message on a connection; its result is `{ token }`, the one to use from then on. Written alike in the renderer's loopbackBridge. */
export const AUTHENTICATE = 'loopback.authenticate';
const authenticateParams = z.object({ token: z.string().max(200) });

/** WebSocket close codes of ours (4000–4999 are free for applications, RFC 6455 §7.4.2). */
export const CLOSE_NONSENSE = 4400;
export const CLOSE_UNAUTHENTICATED = 4401;
export const CLOSE_TOKEN_LATE = 4408;
export const CLOSE_TOO_SLOW = 4413;

const TOKEN_DEADLINE_MS = 5000;
const MAX_BAD_MESSAGES = 32;
const MAX_BUFFERED_BYTES = 4_000_000;
/** A page that does not read gets no more states: an old one is worth nothing. Half a second of them. */
const MAX_BUFFERED_STATES_BYTES = 4000;

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly host: Host;
  readonly tokens: LaunchTokens;
  readonly clock: Clock;
  readonly log: HostLog;
}

/** One page's connection: silent until it has shown its token, then requests one by one and the host's events. */
export class LoopbackConnection {
  readonly #options: ConnectionOptions;
  /** Given back when the socket has closed. */
  readonly #owned = new DisposableStack();
  readonly #cancelDeadline: Undo;
  /** Resolves when the socket has closed and everything is given back. */
  readonly closed: Promise<void>;
  #isAuthenticated = false;
  #isClosing = false;
  #badMessages = 0;
  /** Of the picture that the socket has not taken yet. */
  #pictureBytes = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, clock } = options;
    this.#cancelDeadline = clock.after(TOKEN_DEADLINE_MS, () => this.#close(CLOSE_TOKEN_LATE, 'auth.required'));
    this.#owned.add(this.#cancelDeadline);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // An oversize or broken frame: ws has closed the socket with 1009 or 1002 already; without a listener it would end the process.
    socket.on('error', (error) => options.log.write('warn', 'loopback', `socket error: ${error.message}`));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosing = true;
        this.#owned.dispose();
        resolve();
      });
    });
  }

  /** The server goes away. */
  parentClosed(): void {
    this.#close(1001, 'network.closed');
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isClosing) return;
    if (isBinary && this.#isAuthenticated) return this.#receiveFrame(data);
    const raw = isBinary ? undefined : parseJson(data);
    if (!this.#isAuthenticated) return this.#authenticate(raw);
    const message = hostMessageSchema.safeParse(raw);
    if (!message.success || message.data.type !== 'request') return this.#refuseNonsense();
    drop(
      this.#options.host.handleMessage(message.data).then((answer) => {
        // A known request with unusable parameters is nonsense as well: no page of ours sends it.
        if (answer.type === 'error' && (answer.code === 'input.malformed' || answer.code === 'input.unknownRequest')) this.#badMessages += 1;
        this.#send(answer);
        this.#dropIfHopeless();
      }),
      'handleMessage never rejects, and a socket that closes meanwhile needs no answer',
    );
  }

  /** [CTL45] Many a second, and never answered. */
  #receiveFrame(data: RawData): void {
    const carried = Buffer.isBuffer(data) ? unpackFrame(data) : null;
    if (carried === null || carried.from === '') return this.#refuseNonsense();
    this.#options.host.control.handleFrame(carried.frame, carried.from);
  }

  #authenticate(raw: unknown): void {
    const message = hostMessageSchema.safeParse(raw);
    const request = message.success && message.data.type === 'request' && message.data.name === AUTHENTICATE ? message.data : null;
    const params = authenticateParams.safeParse(request?.params);
    const token = params.success ? this.#options.tokens.exchange(params.data.token) : null;
    if (!request || token === null) {
      this.#options.log.write('warn', 'loopback', 'a connection without a valid token was refused');
      this.#send({ type: 'error', id: request?.id ?? 0, code: 'auth.required', message: 'the first message must carry a valid token' });
      return this.#close(CLOSE_UNAUTHENTICATED, 'auth.required');
    }
    this.#isAuthenticated = true;
    this.#cancelDeadline();
    this.#forwardEvents();
    this.#send({ type: 'result', id: request.id, result: { token } });
  }

  #forwardEvents(): void {
    for (const name of ['deepLink.opened', 'power.suspending', 'power.resumed', 'power.locked', 'control.status', 'control.handover'] as const) {
      this.#owned.add(this.#options.host.events.on(name, (payload) => this.#send({ type: 'event', name, payload })));
    }
    this.#owned.add(this.#options.host.control.onState((bytes) => this.#sendState(bytes)));
    this.#owned.add(this.#options.host.control.onPicture((bytes) => this.#sendPicture(bytes)));
  }

  #sendState(bytes: Uint8Array): void {
    const { socket } = this.#options;
    if (socket.readyState === socket.OPEN && socket.bufferedAmount - this.#pictureBytes < MAX_BUFFERED_STATES_BYTES) socket.send(packFrame('', bytes));
  }

  /** [CTL116] One at a time on its way; states go on behind it. */
  #sendPicture(bytes: Uint8Array): void {
    const { socket } = this.#options;
    if (socket.readyState !== socket.OPEN || this.#pictureBytes > 0) return;
    this.#pictureBytes = bytes.byteLength;
    socket.send(bytes, () => {
      this.#pictureBytes = 0;
    });
  }

  #refuseNonsense(): void {
    this.#badMessages += 1;
    this.#send({ type: 'error', id: 0, code: 'input.malformed', message: 'not a host request' });
    this.#dropIfHopeless();
  }

  #dropIfHopeless(): void {
    if (this.#badMessages >= MAX_BAD_MESSAGES) this.#close(CLOSE_NONSENSE, 'input.malformed');
  }

  #send(message: HostMessage): void {
    const { socket } = this.#options;
    if (socket.readyState !== socket.OPEN) return;
    // A page that asks and does not read would make the host hold all its answers.
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) return this.#close(CLOSE_TOO_SLOW, 'input.rateLimited');
    socket.send(JSON.stringify(message));
  }

  #close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#options.socket.close(code, reason);
    // A peer that does not answer the closing handshake is cut off; ws itself would wait 30 s.
    this.#owned.add(this.#options.clock.after(1000, () => this.#options.socket.terminate()));
  }
}

function parseJson(data: RawData): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(data) ? data.toString('utf8') : '');
  } catch {
    return undefined;
  }
}
