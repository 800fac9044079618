import { createHash } from 'node:crypto';

/** The hash before the first row. */
export const FIRST_HASH = '0'.repeat(64);

/** JSON with sorted keys and no spaces: the same value always gives the same bytes. Flat records of strings, numbers and nulls only. */
export function canonicalJson(record: Readonly<Record<string, string | number | null>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** SHA-256, hex, over the previous row's hash, a line feed and the row's canonical JSON. */
export function chainHash(previousHash: string, record: Readonly<Record<string, string | number | null>>): string {
  return createHash('sha256').update(`${previousHash}\n${canonicalJson(record)}`, 'utf8').digest('hex');
}
