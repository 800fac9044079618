import type { SystemScope } from '#shared/domain/hospitalSystem';
import { type HospitalSystemId, hospitalSystemIdSchema, type OrganisationId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import type { HospitalSystem } from '#shared/protocol/systems';
import type { AuditActor, AuditWriter } from '../storage/audit.ts';
import type { HospitalSystemStore } from '../storage/hospitalSystems.ts';
import { sha256Hex } from './digest.ts';
import { newId, newToken } from './random.ts';

export interface HospitalSystemsOptions {
  readonly store: HospitalSystemStore;
  readonly audit: AuditWriter;
  readonly clock: Clock;
}

/** `lastUsedAtMs` is written at most this often; so are refusals of one system. */
const STEP_MS = 60_000;
const DAY_MS = 86_400_000;

/** A system as the actor of an event. */
export function systemActor({ id, organisationId }: Pick<HospitalSystem, 'id' | 'organisationId'>): AuditActor {
  return { actorKind: 'system', actorId: id, organisationId };
}

/**
 * [FHR1] Hospitals' systems and their tokens: 32 random bytes on their side, the hash on ours. A token is good until it expires or is
 * revoked; each request asks anew, so that a revocation counts at once, in every server of the database.
 */
export class HospitalSystems {
  readonly #options: HospitalSystemsOptions;
  readonly #refusedAtMs = new Map<HospitalSystemId, number>();

  constructor(options: HospitalSystemsOptions) {
    this.#options = options;
  }

  /** The token is given out here and never again. */
  async register(wish: { readonly organisationId: OrganisationId; readonly name: string; readonly scopes: readonly SystemScope[]; readonly validDays: number }): Promise<{ readonly systemId: HospitalSystemId; readonly token: string; readonly expiresAtMs: number }> {
    const token = newToken();
    const createdAtMs = this.#options.clock.wallMs();
    const expiresAtMs = createdAtMs + wish.validDays * DAY_MS;
    const systemId = hospitalSystemIdSchema.parse(newId());
    await this.#options.store.insert({ id: systemId, organisationId: wish.organisationId, name: wish.name, scopes: [...new Set(wish.scopes)], createdAtMs, expiresAtMs }, sha256Hex(token));
    return { systemId, token, expiresAtMs };
  }

  /** @throws AppError `auth.badCredentials` for an unknown token, `auth.sessionEnded` for one that has expired or was revoked */
  async authenticate(token: string): Promise<HospitalSystem> {
    const { store, clock } = this.#options;
    const system = await store.byTokenHash(sha256Hex(token));
    if (system === null) throw new AppError('auth.badCredentials', 'no such token');
    const nowMs = clock.wallMs();
    if (system.revokedAtMs !== null) throw await this.refuse(system, 'auth.sessionEnded', 'the token was revoked');
    if (system.expiresAtMs <= nowMs) throw await this.refuse(system, 'auth.sessionEnded', 'the token has expired');
    if (nowMs - (system.lastUsedAtMs ?? 0) >= STEP_MS) await store.setLastUsed(system.id, nowMs);
    return system;
  }

  /** Audits a refusal, of a system's many within a minute the first. @returns the error to be thrown */
  async refuse(system: HospitalSystem, code: ErrorCode, message: string): Promise<AppError> {
    const nowMs = this.#options.clock.wallMs();
    if (nowMs - (this.#refusedAtMs.get(system.id) ?? Number.NEGATIVE_INFINITY) >= STEP_MS) {
      this.#refusedAtMs.set(system.id, nowMs);
      await this.#options.audit.append({ ...systemActor(system), action: 'fhir.request', subject: null, outcome: 'refused', code });
    }
    return new AppError(code, message);
  }
}
