import { Zip, ZipPassThrough } from 'fflate';
import type { Attachment, CaseItemContent } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';
import type { OutboxEntry } from '../../storage/cases/outbox.ts';
import { attachmentsOf } from './caseSync.ts';

/** The file in which the changes themselves are. */
const CHANGES_FILE = 'changes.json';

/**
 * Changes for a file that a person takes along: a ZIP of `changes.json`, which holds each with whose it is, the server's word and where
 * its photographs and signatures are, and of these under `attachments/`, as they were made [OFF5] [OFF10]. One that cannot be read is
 * named with the reason, and keeps no other back.
 * @param read the content of an attachment on this machine
 */
export async function exportChanges(entries: readonly OutboxEntry[], read: (caseId: CaseId, attachment: Attachment) => Promise<Blob>): Promise<Blob> {
  const parts: Blob[] = [];
  let failed: Error | null = null;
  // Each part becomes a blob at once: what the browser need not hold in memory it puts on the disk.
  const zip = new Zip((error, chunk) => {
    failed ??= error;
    if (error === null) parts.push(new Blob([chunk as Uint8Array<ArrayBuffer>])); // made of the blobs' own buffers, none of which is shared
  });
  /** As it is: pictures are packed already. */
  const add = (name: string, bytes: Uint8Array) => {
    const file = new ZipPassThrough(name);
    zip.add(file);
    file.push(bytes, true);
  };
  const files = new Map<string, { readonly path: string } | { readonly missing: string }>();
  for (const { change } of entries) {
    for (const attachment of attachmentsIn(change.operation)) {
      const place = `${change.caseId} ${attachment.hash}`;
      if (files.has(place)) continue;
      try {
        const bytes = new Uint8Array(await (await read(change.caseId, attachment)).arrayBuffer());
        const path = `attachments/${attachment.hash}${/\.[a-z0-9]{1,8}$/i.exec(attachment.fileName)?.[0] ?? ''}`;
        if (![...files.values()].some((one) => 'path' in one && one.path === path)) add(path, bytes);
        files.set(place, { path });
      } catch (error) {
        const { code, category } = toAppError(error);
        if (category === 'bug') throw error;
        files.set(place, { missing: code });
      }
    }
  }
  const told = entries.map(({ change, receipt, state, author }) => ({
    author, state, receipt, change,
    attachments: attachmentsIn(change.operation).map(({ hash, fileName }) => ({ hash, fileName, ...files.get(`${change.caseId} ${hash}`) })),
  }));
  add(CHANGES_FILE, new TextEncoder().encode(JSON.stringify(told, null, 2)));
  zip.end();
  if (failed !== null) throw failed;
  return new Blob(parts, { type: 'application/zip' });
}

function attachmentsIn(operation: OutboxEntry['change']['operation']): readonly Attachment[] {
  return operation.type === 'create' ? attachmentsOf([{ content: operation.content as CaseItemContent }]) : []; // the schema of a change pairs kind and body
}
