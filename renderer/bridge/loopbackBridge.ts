import { type HostInfo, type HostMessage, type HostParams, type HostRequestName, type HostResult, hostMessageSchema } from '#shared/host/contract';
import { packFrame, unpackFrame } from '#shared/host/controlFrames';
import { type CarriedPicture, unpackPicture } from '#shared/host/controlPictures';
import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import { z } from 'zod';
import { HostEvents, parseResult, toHostError } from './hostAnswers.ts';
import { abilitiesOf, type HostAbilities, type HostBridge, type HostFrames } from './hostBridge.ts';
import type { LoopbackAddress } from './loopbackAddress.ts';
import type { ScreenWake } from './screenWake.ts';

/** The host's name for the first message; written alike in electron/loopback/loopbackConnection.ts. */
const AUTHENTICATE = 'loopback.authenticate';
const authenticatedSchema = z.object({ token: z.string() });
/** The host closed because the token opens nothing: coming back with it is useless. */
const CLOSE_UNAUTHENTICATED = 4401;
/** The host's limit, written alike in electron/loopback/loopbackServer.ts; a longer message would cost the connection. */
const MAX_MESSAGE_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 15_000;
const MAX_WAITING = 60;
/** Frames of control that the socket has not taken: more would be old when they arrive. */
const MAX_BUFFERED_FRAMES_BYTES = 8000;
/** Before the first connection only: a page that is loaded again after its host has ended shall not stay blank for long. */
const MAX_FIRST_FAILURES = 3;
const RECONNECT: BackoffPolicy = { firstMs: 250, maxMs: 5000, jitter: 0.3 };

export interface SocketListeners {
  readonly onOpen: () => void;
  readonly onMessage: (data: unknown) => void;
  /** The WebSocket close code; 1006 where there was no closing handshake. */
  readonly onClose: (code: number) => void;
}

/** What is used of a WebSocket. */
export interface SocketLike {
  /** What was sent and is not on its way yet. */
  readonly bufferedAmount: number;
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export type OpenSocket = (url: string, listeners: SocketListeners) => SocketLike;

export interface LoopbackBridgeOptions {
  readonly address: LoopbackAddress;
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly random: () => number;
  /** The token to come back with: the launch token works once, and is exchanged at the first connection. */
  readonly onToken: (address: LoopbackAddress) => void;
  /** The token opens nothing any more. */
  readonly onRefused: () => void;
  readonly screenWake: ScreenWake;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly cancelTimeout: Undo;
}

/**
 * The host over its loopback socket. A lost connection is taken up again by itself, for as long as the page lives; requests under way
 * are refused with `host.unavailable` rather than sent twice: whether the first was carried out is not known.
 */
export class LoopbackBridge implements HostBridge {
  readonly kind = 'loopback';
  readonly #options: LoopbackBridgeOptions;
  readonly #events = new HostEvents();
  readonly #frames = new Emitter<{ frame: Uint8Array; picture: CarriedPicture }>();
  readonly #waiting = new Map<number, Waiting>();
  #address: LoopbackAddress;
  #socket: SocketLike | null = null;
  #isAuthenticated = false;
  #isClosed = false;
  #nextId = 1;
  #failures = 0;
  #cancelReconnect: Undo | null = null;
  #info: HostInfo | null = null;

  private constructor(options: LoopbackBridgeOptions) {
    this.#options = options;
    this.#address = options.address;
  }

  /**
   * Connects and asks who the host is.
   * @throws AppError `auth.required` for a token that opens nothing, `host.unavailable` when nobody listens there or answers within `timeoutMs`.
   */
  static open(options: LoopbackBridgeOptions, timeoutMs = 5000): Promise<LoopbackBridge> {
    const bridge = new LoopbackBridge(options);
    return new Promise((resolve, reject) => {
      const fail = (error: AppError) => {
        cancelTimeout();
        bridge.close();
        reject(error);
      };
      const cancelTimeout = options.clock.after(timeoutMs, () => fail(new AppError('host.unavailable', `no answer from the host within ${timeoutMs} ms`)));
      bridge.#onFirstReady = () => {
        bridge.request('host.info', {}).then(
          (info) => {
            cancelTimeout();
            bridge.#info = info;
            resolve(bridge);
          },
          (error: unknown) => fail(error instanceof AppError ? error : new AppError('host.unavailable', 'the host does not say who it is', { cause: error })),
        );
      };
      bridge.#onUnreachable = () => fail(new AppError('host.unavailable', 'nobody listens at the address of the host'));
      bridge.#onRefused = () => fail(new AppError('auth.required', 'the host does not accept the token'));
      bridge.#connect();
    });
  }

  get info(): HostInfo {
    if (!this.#info) throw new AppError('host.unavailable', 'the host has not said who it is'); // `open` resolves only afterwards
    return this.#info;
  }

  get abilities(): HostAbilities {
    return abilitiesOf(this.info);
  }

  /** Whether requests can be sent now. */
  get isConnected(): boolean {
    return this.#isAuthenticated;
  }

  async request<N extends HostRequestName>(name: N, params: HostParams<N>): Promise<HostResult<N>> {
    const result = parseResult(name, await this.#send(name, params));
    if (name === 'power.setConsultActive') this.#options.screenWake.setActive((params as HostParams<'power.setConsultActive'>).isActive); // params of that name
    return result;
  }

  on: HostBridge['on'] = (name, listener) => this.#events.on(name, listener);

  readonly frames: HostFrames = {
    send: (bytes, from) => {
      const carried = packFrame(from, bytes);
      if (this.#isAuthenticated && this.#socket && this.#socket.bufferedAmount < MAX_BUFFERED_FRAMES_BYTES) this.#socket.send(carried);
    },
    onFrame: (listener) => this.#frames.on('frame', listener),
    onPicture: (listener) => this.#frames.on('picture', listener),
  };

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelReconnect?.();
    this.#socket?.close();
    this.#lose();
    this.#events.close();
    this.#frames.clear();
    this.#options.screenWake.close();
  }

  #onFirstReady: (() => void) | null = null;
  #onUnreachable: (() => void) | null = null;
  #onRefused: (() => void) | null = null;

  #connect(): void {
    const socket = this.#options.openSocket(this.#address.url, {
      onOpen: () => socket.send(JSON.stringify({ type: 'request', id: 0, name: AUTHENTICATE, params: { token: this.#address.token } } satisfies HostMessage)),
      onMessage: (data) => this.#receive(data),
      onClose: (code) => {
        if (socket !== this.#socket || this.#isClosed) return;
        this.#lose();
        if (code === CLOSE_UNAUTHENTICATED) {
          this.#options.onRefused();
          this.#onRefused?.();
          return;
        }
        const waitMs = backoffDelayMs(RECONNECT, this.#failures, this.#options.random);
        this.#failures += 1;
        if (this.#onFirstReady && this.#failures >= MAX_FIRST_FAILURES) return this.#onUnreachable?.();
        this.#cancelReconnect = this.#options.clock.after(waitMs, () => this.#connect());
      },
    });
    this.#socket = socket;
  }

  #receive(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      if (!this.#isAuthenticated) return;
      const bytes = new Uint8Array(data);
      const picture = unpackPicture(bytes);
      if (picture !== null) return this.#frames.emit('picture', picture);
      const frame = unpackFrame(bytes)?.frame;
      if (frame !== undefined) this.#frames.emit('frame', frame);
      return;
    }
    const message = hostMessageSchema.safeParse(parseJson(data));
    if (!message.success) return; // nothing of ours; the request it may have belonged to times out
    if (message.data.type === 'event') return this.#events.receive(message.data);
    if (message.data.type === 'request') return; // the host asks nothing
    if (!this.#isAuthenticated) return this.#authenticated(message.data);
    const waiting = this.#waiting.get(message.data.id);
    if (!waiting) return;
    this.#waiting.delete(message.data.id);
    waiting.cancelTimeout();
    if (message.data.type === 'result') waiting.resolve(message.data.result);
    else waiting.reject(toHostError(message.data));
  }

  #authenticated(message: Extract<HostMessage, { type: 'result' | 'error' }>): void {
    const granted = message.type === 'result' ? authenticatedSchema.safeParse(message.result) : null;
    if (!granted?.success) return; // the close that follows says what it was
    this.#address = { ...this.#address, token: granted.data.token };
    this.#options.onToken(this.#address);
    this.#isAuthenticated = true;
    this.#failures = 0;
    this.#onFirstReady?.();
    this.#onFirstReady = null;
  }

  #send(name: HostRequestName, params: unknown): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    const text = JSON.stringify({ type: 'request', id, name, params } satisfies HostMessage);
    const socket = this.#socket;
    if (!socket || !this.#isAuthenticated) return Promise.reject(new AppError('host.unavailable', 'no connection to the desktop host'));
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > MAX_MESSAGE_BYTES) return Promise.reject(new AppError('input.tooLarge', `${name} takes ${bytes} bytes, the limit is ${MAX_MESSAGE_BYTES}`));
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(new AppError('input.rateLimited', `${MAX_WAITING} host requests wait for an answer`));
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#options.clock.after(REQUEST_TIMEOUT_MS, () => {
        this.#waiting.delete(id);
        reject(new AppError('host.unavailable', `no answer to ${name} within ${REQUEST_TIMEOUT_MS} ms`));
      });
      this.#waiting.set(id, { resolve, reject, cancelTimeout });
      socket.send(text);
    });
  }

  #lose(): void {
    this.#isAuthenticated = false;
    this.#socket = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, cancelTimeout } of waiting) {
      cancelTimeout();
      reject(new AppError('host.unavailable', 'the connection to the desktop host was lost'));
    }
  }
}

function parseJson(data: unknown): unknown {
  try {
    return JSON.parse(typeof data === 'string' ? data : '');
  } catch {
    return undefined;
  }
}
