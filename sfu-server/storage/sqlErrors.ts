/** True when a unique or primary key refused a row (SQLSTATE 23505); `pg` and PGlite both carry the state in `code`. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
