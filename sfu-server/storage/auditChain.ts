import { createHash } from 'node:crypto';

/** The hash before the first row. */
export const FIRST_HASH = '0'.repeat(64);

/** JSON with the keys of every object sorted and no spaces: the same value always gives the same bytes, in whatever order its keys came. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** SHA-256, hex, over the previous row's hash, a line feed and the row's canonical JSON. */
export function chainHash(previousHash: string, record: Readonly<Record<string, string | number | null>>): string {
  return createHash('sha256').update(`${previousHash}\n${canonicalJson(record)}`, 'utf8').digest('hex');
}
