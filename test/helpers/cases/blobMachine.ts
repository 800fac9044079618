import 'fake-indexeddb/auto';
import { createHash, randomBytes } from 'node:crypto';
import type { Attachment } from '../../../shared/domain/caseFile.ts';
import { caseIdSchema } from '../../../shared/domain/ids.ts';
import { createBlobs } from '../../../renderer/storage/cases/blobs.ts';
import type { WorkerLike } from '../../../renderer/storage/cases/blobWorkers.ts';
import type { BlobAnswer, BlobRequest } from '../../../renderer/workers/blobMessages.ts';
import { createBlobWork } from '../../../renderer/workers/blobWork.ts';
import { FakeDisk } from './fakeDisk.ts';
import { createMachine } from './machine.ts';

export const CASE = caseIdSchema.parse('case-1');

/** Attachments on a server, by the addresses that `remote` gives. */
export class FakeObjects {
  readonly contents = new Map<string, Buffer<ArrayBuffer>>();
  /** Hashes that were asked for, in order. */
  readonly asked: string[] = [];
  /** Called before each answer. */
  onAsked: (hash: string) => Promise<void> | void = () => undefined;

  add(sizeBytes: number): Attachment {
    const bytes = Buffer.from(randomBytes(sizeBytes));
    const hash = createHash('sha256').update(bytes).digest('hex');
    this.contents.set(hash, bytes);
    return { hash, sizeBytes, mediaType: 'application/dicom', fileName: `${hash}.dcm` };
  }

  readonly fetch = async (url: string, { signal }: RequestInit): Promise<Response> => {
    const hash = url.slice(url.lastIndexOf('/') + 1);
    this.asked.push(hash);
    await this.onAsked(hash);
    signal?.throwIfAborted();
    const bytes = this.contents.get(hash);
    return bytes ? new Response(bytes) : Response.json({ code: 'record.notFound', message: 'gone' }, { status: 404 });
  };
}

export const remote = (hash: string) => ({ url: `http://server/${hash}`, token: 'token' });

/** A machine with the store of large objects over a disk in memory; the workers' own work runs in this process. */
export async function createBlobMachine(server: FakeObjects) {
  const disk = new FakeDisk();
  const made = createMachine();
  const workersOf = (openDisk: FakeDisk, isDead: () => boolean) => (): WorkerLike => {
    const listeners: ((event: { readonly data: unknown }) => void)[] = [];
    const say = (data: BlobAnswer) => {
      if (!isDead()) queueMicrotask(() => listeners.forEach((listener) => listener({ data })));
    };
    const work = createBlobWork({ files: openDisk.files, fetch: server.fetch, say });
    return {
      postMessage: (message) => queueMicrotask(() => work(message as { id: number; request: BlobRequest })),
      addEventListener: (_type, listener) => void listeners.push(listener),
      terminate: () => undefined,
    };
  };
  /** The program on this machine; `isDead`: of it nothing is heard any more. */
  const blobsOf = (machine: Pick<typeof made, 'database' | 'journal' | 'cipher' | 'keyring' | 'clock'>, isDead: () => boolean = () => false) => createBlobs({ ...machine, openWorker: workersOf(disk, isDead) });
  await made.keyring.setUp(null);
  await made.keyring.caseKey(CASE, 1e12);
  return { ...made, machine: made, disk, blobs: blobsOf(made), blobsOf };
}
