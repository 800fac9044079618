import { assertNever } from '#shared/lib/assert';
import { AppError, toAppError, wireErrorSchema } from '#shared/protocol/errors';
import { type BlobAnswer, type BlobRequest, DAMAGED, type PackResult } from '../../workers/blobMessages.ts';
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
  /** Names of the objects in each. */
  const packs = new Map<string, string[]>();
  const listeners = new Set<(event: { readonly data: unknown }) => void>();
  const running = new Map<number, AbortController>();

  async function download(request: Omit<Extract<BlobRequest, { type: 'fetch' }>, 'type' | 'key'>, signal: AbortSignal): Promise<void> {
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

  /** There are no packs here; each of what would be one is held by itself. */
  async function downloadAll({ token, objects }: Extract<BlobRequest, { type: 'fetchPack' }>, signal: AbortSignal): Promise<PackResult> {
    const kept: string[] = [];
    const damaged: PackResult['damaged'][number][] = [];
    for (const object of objects) {
      try {
        await download({ ...object, token }, signal);
        kept.push(object.name);
      } catch (error) {
        const { code, message } = inWords(error, signal);
        if (!DAMAGED.has(code)) return { kept, damaged, stopped: { code, message } };
        damaged.push({ code, message });
      }
    }
    return { kept, damaged, stopped: null };
  }

  async function answer(request: BlobRequest, signal: AbortSignal): Promise<unknown> {
    switch (request.type) {
      case 'fetch':
        return download(request, signal);
      case 'fetchPack': {
        const result = await downloadAll(request, signal);
        packs.set(request.pack, [...(packs.get(request.pack) ?? []), ...result.kept]);
        return result;
      }
      case 'read': {
        const bytes = held.get(request.name);
        if (!bytes) throw new AppError('record.notFound', 'not in memory');
        return new Blob([request.part === null ? bytes : bytes.subarray(request.part.from, request.part.from + request.part.length)], { type: request.mediaType });
      }
      case 'remove':
        for (const file of request.names) {
          for (const name of packs.get(file) ?? [file]) held.delete(name);
          packs.delete(file);
        }
        return null;
      case 'list':
        return []; // nothing outlives the page, so nothing is left over
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
            const failure = inWords(error, abort.signal);
            say({ type: 'failed', id, code: failure.code, message: failure.message });
          },
        )
        .finally(() => running.delete(id));
    },
    addEventListener: (_type, listener) => void listeners.add(listener),
    terminate: () => held.clear(),
  };
}

function inWords(error: unknown, signal: AbortSignal): AppError {
  if (signal.aborted) return new AppError('network.closed', 'stopped on request');
  return error instanceof TypeError ? new AppError('network.offline', 'the server cannot be reached') : toAppError(error);
}
