import { AppError, toAppError } from '#shared/protocol/errors';

/** True when a unique or primary key refused a row (SQLSTATE 23505); `pg` and PGlite both carry the state in `code`. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

/** True when an exclusion constraint refused a row (23P01), or two who wanted each other's rows were told apart by ending one (40P01). */
export function isExclusionViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '23P01' || error.code === '40P01');
}

/** PostgreSQL's disk_full, and what PGlite says when the file under it cannot grow. */
const FULL = /No space left|could not extend file|ENOSPC/;

/** The error as this server's own; a database without room on its disk is named as that. */
export function toServerError(error: unknown): AppError {
  const isFull = error instanceof Error && (('code' in error && (error.code === '53100' || error.code === 'ENOSPC')) || FULL.test(error.message));
  return isFull ? new AppError('storage.full', 'the server’s disk is full', { cause: error }) : toAppError(error);
}
