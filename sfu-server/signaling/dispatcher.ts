import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import { isRequestName, REQUESTS, type RequestDefinition, type RequestName, requestEnvelopeSchema, type ResponseEnvelope } from '#shared/protocol/requests';
import { toServerError } from '../storage/sqlErrors.ts';
import type { ClientConnection } from './connection.ts';
import type { AllHandlers, RequestContext } from './handler.ts';
import { TokenBucket } from './rateLimit.ts';

const REFILL_MS = 10_000;
/** A connection that sends this much nonsense is dropped; one offence is forgiven a second. */
const MAX_OFFENCES = 60;
const OFFENCES: readonly ErrorCode[] = ['input.malformed', 'input.unknownRequest', 'input.rateLimited', 'auth.forbidden', 'room.hostOnly'];
const ANSWER_KEPT_MS = 60_000;
const ANSWERS_KEPT = 300;

/** Asking these again must ask again: their answer belongs to the connection or the moment, or is remembered for good elsewhere. */
const NOT_REMEMBERED: ReadonlySet<RequestName> = new Set(['consult.join', 'network.ping', 'network.bulk', 'network.openEcho', 'worklist.list', 'schedule.appointment', 'schedule.calendar', 'schedule.duties', 'schedule.experts', 'schedule.feed', 'schedule.findTimes', 'schedule.profile', 'schedule.substitutes', 'schedule.venues', 'schedule.workload', 'case.list', 'case.changes', 'case.submit', 'opinion.list', 'opinion.get', 'opinion.version', 'request.list', 'request.get', 'request.centres', 'notice.list', 'notice.deliveries', 'account.contact', 'session.whoAmI', 'room.sync', 'chat.history', 'media.capabilities', 'control.look', 'control.frame', 'admin.audit', 'admin.caseDevices', 'admin.people', 'admin.carts', 'admin.directory', 'admin.organisations']);

export interface DispatcherOptions {
  readonly handlers: AllHandlers;
  readonly clock: Clock;
  readonly onRefused: (connection: ClientConnection, name: RequestName, code: ErrorCode) => void;
  readonly onHandled: (name: RequestName | 'unknown', outcome: 'ok' | ErrorCode, durationMs: number) => void;
  readonly onBug: (name: RequestName, error: AppError) => void;
}

interface Answer {
  readonly response: ResponseEnvelope;
  readonly shouldDrop: boolean;
}

/** A repetition with another name under the same id is no repetition. */
interface Remembered {
  readonly name: RequestName;
  readonly atMs: number;
  readonly response: Promise<ResponseEnvelope>;
}

/**
 * What every request goes through, in this order: 1. is it an envelope; 2. is it in the table; 3. not too often; 4. was it
 * answered before; 5. do its parameters fit; 6. does the role have the permission; 7. is the sender where the scope says; 8. the
 * handler. Whatever goes wrong becomes an error with a code in the answer, and nobody else notices. Only what reached its handler
 * is remembered: a refusal before it did nothing that could be done twice, and the next try deserves a fresh look.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  /** Session id → request id → answer, so that a repeated request is answered and not done twice. */
  readonly #answers = new Map<string, Map<string, Remembered>>();
  #sweptAtMs = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Never rejects. `shouldDrop` says that the connection has sent too much nonsense. */
  async dispatch(connection: ClientConnection, message: unknown): Promise<Answer> {
    const envelope = requestEnvelopeSchema.safeParse(message);
    if (!envelope.success) return this.#refuse(connection, 'unknown', new AppError('input.malformed', 'not a request envelope'));
    const { id, name, params } = envelope.data;
    if (!isRequestName(name)) return this.#refuse(connection, 'unknown', new AppError('input.unknownRequest', 'no such request'));
    const startedAtMs = this.#options.clock.monotonicMs();
    try {
      const definition: RequestDefinition = REQUESTS[name];
      this.#limit(connection, name, definition.burst, startedAtMs);
      const remembered = this.#answers.get(connection.identity.sessionId)?.get(id);
      if (remembered && startedAtMs - remembered.atMs < ANSWER_KEPT_MS) {
        if (remembered.name !== name) throw new AppError('input.malformed', 'the id belongs to another request');
        return { response: await remembered.response, shouldDrop: false };
      }
      const { context, parsed } = this.#prepare(connection, name, definition, params);
      const answer = this.#answer(connection, name, context, parsed, startedAtMs);
      if (!NOT_REMEMBERED.has(name)) this.#remember(connection.identity.sessionId, id, { name, atMs: startedAtMs, response: answer.then(({ response }) => response) });
      return await answer;
    } catch (error) {
      return this.#refuse(connection, name, toServerError(error), startedAtMs);
    }
  }

  forgetSession(sessionId: string): void {
    this.#answers.delete(sessionId);
  }

  #prepare(connection: ClientConnection, name: RequestName, definition: RequestDefinition, params: unknown): { readonly context: RequestContext; readonly parsed: unknown } {
    const parsed = definition.params.safeParse(params);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new AppError('input.malformed', `${name}: ${issue?.path.join('.') || 'params'}: ${issue?.message ?? 'does not fit'}`);
    }
    if (!hasPermission(connection.identity.party.role, definition.permission)) throw new AppError('auth.forbidden', `${name} needs ${definition.permission}`);
    return { context: this.#context(connection, definition), parsed: parsed.data };
  }

  /** Never rejects. */
  async #answer(connection: ClientConnection, name: RequestName, context: RequestContext, parsed: unknown, startedAtMs: number): Promise<Answer> {
    try {
      // The table pairs each name with its handler's parameter type, and these parameters were parsed by that name's schema.
      const handler = this.#options.handlers[name] as (context: RequestContext, params: unknown) => Promise<unknown>;
      const result = await handler(context, parsed);
      this.#options.onHandled(name, 'ok', this.#options.clock.monotonicMs() - startedAtMs);
      return { response: { ok: true, result }, shouldDrop: false };
    } catch (error) {
      return this.#refuse(connection, name, toServerError(error), startedAtMs);
    }
  }

  #context(connection: ClientConnection, definition: RequestDefinition): RequestContext {
    const base = { identity: connection.identity, connectionId: connection.id, connection };
    if (definition.scope === 'identity') return base;
    const { seat } = connection;
    if (seat?.kind !== 'peer' || !seat.room.holds(seat.peer.id, connection)) throw new AppError('room.notJoined', 'join a consult first');
    if (definition.scope === 'host' && seat.room.hostPeerId !== seat.peer.id) throw new AppError('room.hostOnly', 'only the host of the room may do this');
    return { ...base, room: seat.room, peer: seat.peer };
  }

  #limit(connection: ClientConnection, name: RequestName, burst: number, nowMs: number): void {
    connection.buckets ??= new Map();
    let bucket = connection.buckets.get(name);
    if (!bucket) {
      bucket = new TokenBucket(burst, REFILL_MS, nowMs);
      connection.buckets.set(name, bucket);
    }
    if (!bucket.take(nowMs)) throw new AppError('input.rateLimited', `${name}: too often`, { retryAfterMs: bucket.waitMs });
  }

  #refuse(connection: ClientConnection, name: RequestName | 'unknown', error: AppError, startedAtMs?: number): Answer {
    const nowMs = this.#options.clock.monotonicMs();
    this.#options.onHandled(name, error.code, startedAtMs === undefined ? 0 : nowMs - startedAtMs);
    if (name !== 'unknown') {
      if (error.category === 'permission') this.#options.onRefused(connection, name, error.code);
      if (error.category === 'bug') this.#options.onBug(name, error);
    }
    if (OFFENCES.includes(error.code)) {
      const forgiven = (nowMs - connection.lastOffenceMs) / 1000;
      connection.offences = Math.max(0, connection.offences - forgiven) + 1;
      connection.lastOffenceMs = nowMs;
    }
    // A bug's own words stay in the log: they may quote anything.
    const wire = error.category === 'bug' ? { code: error.code, message: 'the server failed at this request' } : error.toWire();
    return { response: { ok: false, error: wire }, shouldDrop: connection.offences > MAX_OFFENCES };
  }

  #remember(sessionId: string, id: string, remembered: Remembered): void {
    let answers = this.#answers.get(sessionId);
    if (!answers) {
      answers = new Map();
      this.#answers.set(sessionId, answers);
    }
    answers.delete(id); // an expired one of the same id must not keep its place in the order
    answers.set(id, remembered);
    forget(answers, remembered.atMs);
    this.#sweep(remembered.atMs);
  }

  /** Once a minute forgets the answers of sessions that have gone quiet: thousands of idle carts would keep their last ones for hours. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptAtMs < ANSWER_KEPT_MS) return;
    this.#sweptAtMs = nowMs;
    for (const [sessionId, answers] of this.#answers) {
      forget(answers, nowMs);
      if (answers.size === 0) this.#answers.delete(sessionId);
    }
  }
}

/** Drops what is too old or too much; a map's order is that of insertion, so the first is the oldest. */
function forget(answers: Map<string, Remembered>, nowMs: number): void {
  for (const [id, { atMs }] of answers) {
    if (answers.size <= ANSWERS_KEPT && nowMs - atMs < ANSWER_KEPT_MS) break;
    answers.delete(id);
  }
}
