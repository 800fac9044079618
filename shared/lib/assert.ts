/** Closes a switch over a union: the compiler rejects a forgotten member, and a value that slips past it at run time is named. */
export function assertNever(value: never): never {
  throw new Error(`unexpected member of a closed union: ${JSON.stringify(value)}`);
}

/** Narrows away null and undefined where the program's own logic guarantees a value; `what` names the broken guarantee. */
export function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`expected ${what}`);
  return value;
}
