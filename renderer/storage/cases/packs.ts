import type { Attachment } from '#shared/domain/caseFile';
import { CHUNK_BYTES, storedBytes } from '../../workers/blobFormat.ts';
import type { PackPlace } from '../../workers/blobMessages.ts';
import type { BlobRow } from './caseDatabase.ts';

/** Up to this size objects are packed, bytes: one chunk. */
const PACKED_BYTES = CHUNK_BYTES;
/** The most that one pack holds, bytes: a file costs tens of milliseconds, and what the disk confirms at once must not be endless. */
export const PACK_BYTES = 32 * 1024 * 1024;

/**
 * Gives small objects their places: where they lie is known before they are fetched, from their sizes. Null: a file of its own.
 * @param newName makes the name of a pack
 */
export function planPacks(attachments: readonly Pick<Attachment, 'sizeBytes'>[], newName: () => string): (PackPlace | null)[] {
  let name = '';
  let filled = PACK_BYTES;
  return attachments.map(({ sizeBytes }) => {
    if (sizeBytes > PACKED_BYTES) return null;
    const bytes = storedBytes(sizeBytes);
    if (filled + bytes > PACK_BYTES) {
      name = newName();
      filled = 0;
    }
    const at = filled;
    filled += bytes;
    return { name, at };
  });
}

/** Map.groupBy, which Node 20 has not. */
export function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** What can go only together, to make room. */
export interface Evictable {
  readonly caseId: string;
  readonly sizeBytes: number;
  readonly keys: readonly string[];
}

/** Rows by the file they lie in: of a pack the disk gives nothing back before all of it is gone. The file that was used longest ago is first. */
export function byFile(rows: readonly BlobRow[]): Evictable[] {
  const files = groupBy(rows, ({ key, pack }) => pack?.name ?? key);
  const lastUsedMs = (some: readonly BlobRow[]) => some.reduce((latest, row) => Math.max(latest, row.lastUsedMs), 0);
  return [...files.values()]
    .map((some) => ({ caseId: some[0]?.caseId ?? '', sizeBytes: some.reduce((sum, row) => sum + row.sizeBytes, 0), keys: some.map(({ key }) => key), usedMs: lastUsedMs(some) }))
    .sort((a, b) => a.usedMs - b.usedMs);
}
