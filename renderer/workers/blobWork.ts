import { AppError } from '#shared/protocol/errors';
import { assertNever } from '#shared/lib/assert';
import { CHUNK_BYTES } from './blobFormat.ts';
import { type Fetch, translate } from './blobHttp.ts';
import type { BlobAnswer, BlobRequest } from './blobMessages.ts';
import { fetchPack } from './fetchPack.ts';
import { type ObjectFiles, OpenFiles } from './objectFiles.ts';
import { readObject, sendObject, type Stored } from './readObject.ts';
import { fetchObject, hashOf, keepObject } from './sealedFile.ts';

/** Progress is told at most this often, bytes. */
const PROGRESS_BYTES = 2 * CHUNK_BYTES;

export interface BlobWorkOptions {
  readonly files: ObjectFiles;
  readonly fetch: Fetch;
  readonly say: (answer: BlobAnswer) => void;
}

/** What the worker does with a request, wherever it runs; answers come by `say`. */
export function createBlobWork({ files, fetch, say }: BlobWorkOptions): (message: { readonly id: number; readonly request: BlobRequest }) => void {
  const running = new Map<number, AbortController>();
  const open = new OpenFiles(files);

  /** From the open file while this worker writes in it: a snapshot would be void with the next write. */
  async function stored(name: string): Promise<Stored> {
    const written = open.find(name);
    if (written) {
      return {
        bytes: written.getSize(),
        async read(at, length) {
          const bytes = new Uint8Array(length);
          return bytes.subarray(0, written.read(bytes, { at }));
        },
      };
    }
    const snapshot = await files.snapshot(name);
    if (!snapshot) throw new AppError('record.notFound', 'the attachment is not on this machine');
    return { bytes: snapshot.size, read: async (at, length) => new Uint8Array(await snapshot.slice(at, at + length).arrayBuffer()) };
  }

  async function handle(request: Exclude<BlobRequest, { type: 'cancel' }>, abort: AbortController, onProgress: (doneBytes: number) => void): Promise<unknown> {
    const { signal } = abort;
    switch (request.type) {
      case 'fetch':
        return open.use(request.name, abort, ({ file }) => fetchObject(request, file, fetch, signal, onProgress));
      case 'fetchPack':
        return open.use(request.pack, abort, (shared) => fetchPack(request, shared, fetch, signal, onProgress));
      case 'keep':
        return open.use(request.name, abort, ({ file }) => keepObject(request, file));
      case 'read':
        return readObject(request, await stored(request.pack?.name ?? request.name));
      case 'send':
        return sendObject(request, await stored(request.name), fetch, signal, onProgress);
      case 'hash':
        return hashOf(request.blob);
      case 'remove':
        for (const name of request.names) await open.remove(name);
        return null;
      case 'list':
        return files.list();
      default:
        return assertNever(request);
    }
  }

  return ({ id, request }) => {
    if (request.type === 'cancel') {
      running.get(request.id)?.abort();
      return;
    }
    const abort = new AbortController();
    running.set(id, abort);
    let told = 0;
    const onProgress = (doneBytes: number) => {
      if (doneBytes - told < PROGRESS_BYTES) return;
      told = doneBytes;
      say({ type: 'progress', id, doneBytes });
    };
    handle(request, abort, onProgress)
      .then(
        (value) => say({ type: 'done', id, value }),
        (error: unknown) => {
          const { code, message } = translate(error, abort.signal);
          say({ type: 'failed', id, code, message });
        },
      )
      .finally(() => running.delete(id));
  };
}
