import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** After `failures` in a row a name is locked for `firstLockMs`, the next time for twice as long, up to `longestLockMs`. */
export interface LockOutPolicy {
  readonly failures: number;
  readonly firstLockMs: number;
  readonly longestLockMs: number;
  /** What is older is forgotten; longer than the longest lock. */
  readonly memoryMs: number;
}

export type Reservation = { readonly type: 'allowed' } | { readonly type: 'locked'; readonly untilMs: number };

export type SignInAttempts = ReturnType<typeof createSignInAttempts>;

/** Counts failed sign-ins by name, whether or not the name exists. */
export function createSignInAttempts(db: Kysely<Schema>) {
  return {
    /**
     * Counts an attempt as failed *before* its password is looked at, in one statement, so that any number of parallel attempts
     * gets no more guesses than attempts one after another; `clear` takes it back when the password is right. The attempt that
     * reaches the limit sets the lock and is still looked at.
     * @param nowMs server's civil clock: a lock outlives the process
     */
    async reserve(signInName: string, nowMs: number, policy: LockOutPolicy): Promise<Reservation> {
      const forgottenMs = nowMs - policy.memoryMs;
      const result = await sql<{ failures: number }>`
        insert into sign_in_attempts as a (sign_in_name, failures, lockouts, locked_until_ms, last_attempt_at_ms)
        values (${signInName}, 1, 0, null, ${nowMs})
        on conflict (sign_in_name) do update set
          failures = case when a.last_attempt_at_ms < ${forgottenMs} then 1 when a.failures + 1 >= ${policy.failures}::int then 0 else a.failures + 1 end,
          lockouts = case when a.last_attempt_at_ms < ${forgottenMs} then 0 when a.failures + 1 >= ${policy.failures}::int then a.lockouts + 1 else a.lockouts end,
          locked_until_ms = case when a.last_attempt_at_ms >= ${forgottenMs} and a.failures + 1 >= ${policy.failures}::int
            then ${nowMs}::bigint + least(${policy.firstLockMs}::bigint * (1::bigint << least(a.lockouts, 20)), ${policy.longestLockMs}::bigint) end,
          last_attempt_at_ms = ${nowMs}
        where a.locked_until_ms is null or a.locked_until_ms <= ${nowMs}
        returning failures`.execute(db);
      if (result.rows.length > 0) return { type: 'allowed' };
      const row = await db.selectFrom('sign_in_attempts').select('locked_until_ms').where('sign_in_name', '=', signInName).executeTakeFirst();
      return { type: 'locked', untilMs: row?.locked_until_ms ?? nowMs };
    },

    /** Forgets failures and lock: the password was right, or an administrator unlocked the name. */
    async clear(signInName: string): Promise<void> {
      await db.deleteFrom('sign_in_attempts').where('sign_in_name', '=', signInName).execute();
    },

    /** Removes what was last tried before `beforeMs`: names that never existed do not pile up. */
    async prune(beforeMs: number): Promise<void> {
      await db.deleteFrom('sign_in_attempts').where('last_attempt_at_ms', '<', beforeMs).execute();
    },
  };
}
