import { createHash } from 'node:crypto';
import { canonicalJson } from '../storage/auditChain.ts';

/** SHA-256 of the value's canonical text, hex. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}

/** No record is deeper; what somebody else sends may be, and everything that walks through it would run out of stack. */
const MAX_DEPTH = 100;

/** Whether the database takes every text within (PostgreSQL keeps neither U+0000 nor half a surrogate pair), and it is at most 100 levels deep. */
export function isStorable(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return !/[\0\p{Surrogate}]/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return depth < MAX_DEPTH && Object.entries(value).every(([key, inner]) => isStorable(key) && isStorable(inner, depth + 1));
}
