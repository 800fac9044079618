import { type CartId, type SessionId, sessionIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { Emitter } from '#shared/lib/emitter';
import type { sessionInfoSchema } from '#shared/protocol/admin';
import { AppError } from '#shared/protocol/errors';
import type { EventPayload } from '#shared/protocol/events';
import type { z } from 'zod';
import type { Carts } from '../storage/carts.ts';
import type { PartyRef } from '../storage/parties.ts';
import type { SessionRecord, SessionStore } from '../storage/sessions.ts';
import { sha256Hex } from './digest.ts';
import { newId, newToken } from './random.ts';

/** Who is behind a connection or request, proven by a session's token. */
export interface Identity {
  readonly sessionId: SessionId;
  readonly party: Party;
}

export type SessionInfo = z.infer<typeof sessionInfoSchema>;
export type SessionEndReason = EventPayload<'session.ended'>['reason'];

export interface SessionsOptions {
  readonly store: SessionStore;
  readonly carts: Carts;
  readonly clock: Clock;
  readonly lifetimeMs: number;
}

/** `lastSeenAtMs` is written at most this often. */
const SEEN_STEP_MS = 60_000;
/** Sessions one party may have; the oldest goes for a new one. */
const MAX_PER_PARTY = 200;

/**
 * Sessions: an opaque random token on the client's side, its hash on ours. A session lasts a fixed time from sign-in (civil
 * clock, because it outlives the process) and ends earlier when it is revoked or its party is deactivated; whoever holds a
 * socket of it hears `ended` and cuts it.
 */
export class Sessions {
  readonly events = new Emitter<{ ended: { readonly sessionId: SessionId; readonly reason: SessionEndReason } }>();
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Begins a session. The token is given out here and never again. `client` is what the list of sessions shows. */
  async start(party: PartyRef, client: string): Promise<{ readonly token: string; readonly sessionId: SessionId; readonly expiresAtMs: number }> {
    const { store, clock, lifetimeMs } = this.#options;
    const token = newToken();
    const nowMs = clock.wallMs();
    const session: SessionRecord = {
      id: sessionIdSchema.parse(newId()), party: { kind: party.kind, id: party.id }, client: printable(client),
      createdAtMs: nowMs, lastSeenAtMs: nowMs, expiresAtMs: nowMs + lifetimeMs,
    };
    await store.insert(session, sha256Hex(token));
    const surplus = (await store.listOf(party.id)).slice(MAX_PER_PARTY);
    for (const old of surplus) await this.#end(old.id, 'revoked');
    return { token, sessionId: session.id, expiresAtMs: session.expiresAtMs };
  }

  /**
   * The identity behind a token.
   * @throws AppError `auth.sessionEnded` for a token that is unknown, revoked, expired, or whose party may not sign in any more
   */
  async authenticate(token: string): Promise<Identity> {
    const { store, clock, carts } = this.#options;
    const found = await store.byTokenHash(sha256Hex(token));
    if (found === null) throw ended();
    const { session, party } = found;
    const nowMs = clock.wallMs();
    if (session.expiresAtMs <= nowMs) {
      await this.#end(session.id, 'expired');
      throw ended();
    }
    if (party === null) {
      await this.#end(session.id, 'deactivated');
      throw ended();
    }
    if (nowMs - session.lastSeenAtMs >= SEEN_STEP_MS) {
      // Ended between the look and this: its holders were told already, and this one would be told by nobody.
      if (!(await store.setLastSeen(session.id, nowMs))) throw ended();
      if (party.kind === 'cart') await carts.setLastSeen(party.id as CartId, nowMs); // its kind says so
    }
    return { sessionId: session.id, party };
  }

  /** The party's sessions that have not expired, the newest first. */
  async list(identity: Identity): Promise<SessionInfo[]> {
    const nowMs = this.#options.clock.wallMs();
    const sessions = await this.#options.store.listOf(identity.party.id);
    return sessions
      .filter((session) => session.expiresAtMs > nowMs)
      .map((session) => ({
        id: session.id, createdAtMs: session.createdAtMs, lastSeenAtMs: session.lastSeenAtMs, expiresAtMs: session.expiresAtMs,
        client: session.client, isThisOne: session.id === identity.sessionId,
      }));
  }

  /** Ends a session of the party itself. @throws AppError `record.notFound` when it has none of that id */
  async revokeOwn(partyId: string, sessionId: SessionId): Promise<void> {
    const sessions = await this.#options.store.listOf(partyId);
    if (!sessions.some((session) => session.id === sessionId)) throw new AppError('record.notFound', 'no such session');
    await this.#end(sessionId, 'revoked');
  }

  /** Ends all sessions of a party, but for `except` when it is given. */
  async endAllOf(partyId: string, reason: SessionEndReason, except: SessionId | null = null): Promise<void> {
    for (const sessionId of await this.#options.store.removeOf(partyId, except)) this.events.emit('ended', { sessionId, reason });
  }

  /** Ends what has expired; called now and then by the housekeeping, so that an open socket does not outlive its session by long. */
  async endExpired(): Promise<void> {
    for (const sessionId of await this.#options.store.removeExpired(this.#options.clock.wallMs())) this.events.emit('ended', { sessionId, reason: 'expired' });
  }

  async #end(sessionId: SessionId, reason: SessionEndReason): Promise<void> {
    if (await this.#options.store.remove(sessionId)) this.events.emit('ended', { sessionId, reason });
  }
}

function ended(): AppError {
  return new AppError('auth.sessionEnded', 'the session has ended');
}

/** Without control characters, which could forge lines where the list is shown. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').trim().slice(0, 200);
}
