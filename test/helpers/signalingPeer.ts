import { io, type Socket } from 'socket.io-client';
import { type ClientInstanceId, clientInstanceIdSchema, type ConsultId, type PeerId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { required } from '#shared/lib/assert';
import { AppError, type ErrorCode, toAppError, wireErrorSchema } from '#shared/protocol/errors';
import { EVENTS, type EventName, type EventPayload } from '#shared/protocol/events';
import { REQUESTS, type RequestName, type RequestParams, type RequestResult, type ResponseEnvelope, responseEnvelopeSchema } from '#shared/protocol/requests';
import type { PeerState, RoomState } from '#shared/protocol/room';
import { PROTOCOL_VERSION } from '#shared/protocol/version';

/** What nothing in these tests takes: an answer or event that has not come by then is missing, and is named. */
const PATIENCE_MS = 15_000;

type Admitted = Extract<RequestResult<'consult.join'>, { status: 'admitted' }>;
type Resume = RequestParams<'consult.join'>['resume'];

interface Heard {
  readonly name: EventName;
  readonly payload: unknown;
}

export interface ConnectOptions {
  readonly clientInstanceId?: string;
  readonly version?: string;
  /** What `auth` of the handshake holds instead of version and token. */
  readonly auth?: Record<string, unknown>;
}

let made = 0;

/** A typed client for tests: asks by the request table, parses every answer and event by its schema, and waits for events. */
export class SignalingPeer {
  readonly socket: Socket;
  readonly clientInstanceId: ClientInstanceId;
  /** Every event heard, oldest first. */
  readonly heard: Heard[] = [];
  /** Why the connection ended; resolves when it does. */
  readonly ended: Promise<string>;
  #peerId: PeerId | null = null;
  #nextId = 0;
  readonly #idPrefix: string;
  readonly #watchers = new Set<() => void>();

  private constructor(socket: Socket, clientInstanceId: string) {
    made += 1;
    this.socket = socket;
    this.clientInstanceId = clientInstanceIdSchema.parse(clientInstanceId);
    this.#idPrefix = `t${made}`;
    this.ended = new Promise((resolve) => {
      socket.once('disconnect', (reason) => {
        resolve(reason);
        for (const watcher of [...this.#watchers]) watcher();
      });
    });
    socket.on('event', (name: EventName, payload: unknown) => {
      this.heard.push({ name, payload: EVENTS[name].parse(payload) });
      for (const watcher of [...this.#watchers]) watcher();
    });
  }

  /** Rejects with the code of a refused handshake. */
  static connect(url: string, token: string, options: ConnectOptions = {}): Promise<SignalingPeer> {
    const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, rejectUnauthorized: false, auth: options.auth ?? { version: options.version ?? PROTOCOL_VERSION, token } });
    const peer = new SignalingPeer(socket, options.clientInstanceId ?? `client-${made + 1}`);
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(peer));
      // A server that dies between the two handshakes gives neither of the others.
      socket.once('disconnect', (reason) => reject(new AppError('network.closed', `the connection ended before it was made: ${reason}`)));
      socket.once('connect_error', (error: Error & { data?: unknown }) => {
        socket.disconnect();
        const wire = wireErrorSchema.safeParse(error.data);
        reject(wire.success ? AppError.fromWire(wire.data) : error);
      });
    });
  }

  get isConnected(): boolean {
    return this.socket.connected;
  }

  get peerId(): PeerId {
    return required(this.#peerId, 'a peer that has joined');
  }

  /** Sends anything at all as a request; the answer, or null when the connection ended instead. */
  send(message: unknown, event = 'request'): Promise<ResponseEnvelope | null> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(new Error(`no answer to ${JSON.stringify(message)?.slice(0, 200)}`))), PATIENCE_MS);
      const onDisconnect = () => finish(() => resolve(null));
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.socket.off('disconnect', onDisconnect);
        act();
      };
      if (!this.socket.connected) return finish(() => resolve(null));
      this.socket.once('disconnect', onDisconnect);
      this.socket.emit(event, message, (answer: unknown) => finish(() => resolve(responseEnvelopeSchema.parse(answer))));
    });
  }

  /** Rejects with the server's code, `network.closed` when the connection ended before the answer. */
  async request<N extends RequestName>(name: N, params: RequestParams<N>, id = `${this.#idPrefix}-${this.#nextId++}`): Promise<RequestResult<N>> {
    const answer = await this.send({ id, name, params });
    if (!answer) throw new AppError('network.closed', `${name}: the connection ended`);
    if (!answer.ok) throw AppError.fromWire(answer.error);
    return REQUESTS[name].result.parse(answer.result) as RequestResult<N>; // the schema of the same name parsed it
  }

  /** The code with which a request is refused; `done` when it is not. */
  async codeOf<N extends RequestName>(name: N, params: RequestParams<N>): Promise<ErrorCode | 'done'> {
    return this.request(name, params).then(() => 'done' as const, (error: unknown) => toAppError(error).code);
  }

  join(consultId: ConsultId, resume: Resume = null): Promise<RequestResult<'consult.join'>> {
    return this.request('consult.join', { consultId, clientInstanceId: this.clientInstanceId, resume }).then((answer) => {
      this.#peerId = answer.peerId;
      return answer;
    });
  }

  /** Joins and is let in at once. */
  async enter(consultId: ConsultId, resume: Resume = null): Promise<Admitted> {
    const answer = await this.join(consultId, resume);
    if (answer.status !== 'admitted') throw new Error('has to wait at the door');
    return answer;
  }

  /** What this client would say to go on after its socket was lost. */
  resumeOf({ peerId, state }: Admitted): NonNullable<Resume> {
    return { peerId, mediaEpoch: state.mediaEpoch, serverEpoch: state.serverEpoch };
  }

  async self(): Promise<Party> {
    return (await this.request('session.whoAmI', {})).self;
  }

  /** The first event of that name that fits, heard from `from` on (an index into `heard`; everything so far by default). */
  async next<N extends EventName>(name: N, fits: (payload: EventPayload<N>) => boolean = () => true, from = 0): Promise<EventPayload<N>> {
    const find = () => this.heard.slice(from).find((event) => event.name === name && fits(event.payload as EventPayload<N>)); // parsed by the schema of its name
    await this.#until(() => find() !== undefined, `event ${name}`);
    return required(find(), `event ${name}`).payload as EventPayload<N>; // as above
  }

  /** Waits until the newest state heard fits, and gives it. */
  async stateWhere(fits: (state: RoomState) => boolean): Promise<RoomState> {
    await this.#until(() => this.state !== null && fits(this.state), 'a room state that fits');
    return required(this.state, 'a room state');
  }

  /** The newest room state heard by event. */
  get state(): RoomState | null {
    const event = this.heard.findLast(({ name }) => name === 'room.state');
    return event ? (event.payload as RoomState) : null; // parsed by the schema of its name
  }

  async close(): Promise<void> {
    if (!this.socket.connected) return;
    this.socket.disconnect();
    await this.ended;
  }

  #until(isThere: () => boolean, what: string): Promise<void> {
    if (isThere()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        act();
      };
      const look = () => {
        if (isThere()) finish(resolve);
        else if (!this.socket.connected) finish(() => reject(new Error(`the connection ended while waiting for ${what}`)));
      };
      const timer = setTimeout(() => finish(() => reject(new Error(`${what} did not come; last state: ${JSON.stringify(this.state)?.slice(0, 1500)}`))), PATIENCE_MS);
      this.#watchers.add(look);
      look();
    });
  }
}

/** The peer of that id in a room's state. */
export function peerIn(state: RoomState, peerId: PeerId): PeerState | undefined {
  return state.peers.find((peer) => peer.peerId === peerId);
}
