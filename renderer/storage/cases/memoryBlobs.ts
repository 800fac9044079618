import { assertNever } from '#shared/lib/assert';
import { AppError, toAppError, wireErrorSchema } from '#shared/protocol/errors';
import type { BlobAnswer, BlobRequest } from '../../workers/blobMessages.ts';
import type { WorkerLike } from './blobWorkers.ts';

/** All objects together, bytes. */
const MEMORY_MAX_BYTES = 500_000_000;

export interface MemoryBlobsOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly subtle: SubtleCrypto;
}

/**
 * In the place of the worker that keeps large objects on the disk: holds those that were looked at in memory, until the page closes.
 * What would have to be kept before it is sent is refused (`vault.unprotected`).
 */
export function createMemoryBlobs({ fetch, subtle }: MemoryBlobsOptions): WorkerLike {
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  const listeners = new Set<(event: { readonly data: unknown }) => void>();
  const running = new Map<number, AbortController>();

  async function download(request: Extract<BlobRequest, { type: 'fetch' }>, signal: AbortSignal): Promise<void> {
    const present = [...held.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (present + request.sizeBytes > MEMORY_MAX_BYTES) throw new AppError('storage.full', `at most ${MEMORY_MAX_BYTES} bytes are held in memory`);
    const response = await fetch(request.url, { headers: { authorization: `Bearer ${request.token}` }, cache: 'no-store', credentials: 'omit', signal });
    if (!response.ok) {
      const wire = wireErrorSchema.safeParse(await response.json().catch(() => null));
      throw wire.success ? AppError.fromWire(wire.data) : new AppError('network.offline', `status ${response.status} without a code`);
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    const digest = Array.from(new Uint8Array(await subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    if (digest !== request.hash) throw new AppError('attachment.damaged', 'the bytes give another hash');
    held.set(request.name, bytes);
  }

  async function answer(request: BlobRequest, signal: AbortSignal): Promise<unknown> {
    switch (request.type) {
      case 'fetch':
        return download(request, signal);
      case 'read': {
        const bytes = held.get(request.name);
        if (!bytes) throw new AppError('record.notFound', 'not in memory');
        return new Blob([bytes], { type: request.mediaType });
      }
      case 'remove':
        for (const name of request.names) held.delete(name);
        return null;
      case 'list':
        return [...held].map(([name, { byteLength }]) => ({ name, bytes: byteLength }));
      case 'hash':
      case 'keep':
      case 'send':
        throw new AppError('vault.unprotected', 'this machine keeps nothing, so nothing is written on it');
      case 'cancel':
        return null;
      default:
        return assertNever(request);
    }
  }

  const say = (data: BlobAnswer) => {
    for (const listener of listeners) listener({ data });
  };
  return {
    postMessage(message) {
      const { id, request } = message as { readonly id: number; readonly request: BlobRequest }; // the page's own, of the same build
      if (request.type === 'cancel') return running.get(request.id)?.abort();
      const abort = new AbortController();
      running.set(id, abort);
      answer(request, abort.signal)
        .then(
          (value) => say({ type: 'done', id, value }),
          (error: unknown) => {
            const failure = abort.signal.aborted ? new AppError('network.closed', 'stopped on request') : error instanceof TypeError ? new AppError('network.offline', 'the server cannot be reached') : toAppError(error);
            say({ type: 'failed', id, code: failure.code, message: failure.message });
          },
        )
        .finally(() => running.delete(id));
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    terminate: () => held.clear(),
  };
}
