import { AppError, errorCodeSchema } from '#shared/protocol/errors';
import type { BlobAnswer, BlobRequest } from '../../workers/blobMessages.ts';

/** The part of `Worker` that is used. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  terminate(): void;
}

interface Waiting {
  readonly worker: Crew;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly onProgress: (doneBytes: number) => void;
}

interface Crew {
  readonly worker: WorkerLike;
  busy: number;
}

export interface BlobWorkers {
  /** @throws AppError what the worker says; `network.closed` when it was stopped by `signal` or `close` */
  ask(request: BlobRequest, onProgress?: (doneBytes: number) => void, signal?: AbortSignal): Promise<unknown>;
  close(): void;
}

/**
 * Workers that seal, hash and move large objects, one after another into service as there is work. Several, because a worker stands
 * still while the disk confirms a file: while one waits, the others fetch and seal.
 * @param most how many at most
 */
export function createBlobWorkers(openWorker: () => WorkerLike, most: number): BlobWorkers {
  const waiting = new Map<number, Waiting>();
  const crew: Crew[] = [];
  let lastId = 0;

  function handle(data: unknown): void {
    const answer = data as BlobAnswer; // our own worker's, of the same build
    const asked = waiting.get(answer.id);
    if (!asked) return;
    if (answer.type === 'progress') return asked.onProgress(answer.doneBytes);
    waiting.delete(answer.id);
    asked.worker.busy -= 1;
    if (answer.type === 'done') return asked.resolve(answer.value);
    const code = errorCodeSchema.safeParse(answer.code);
    asked.reject(new AppError(code.success ? code.data : 'internal.bug', answer.message));
  }

  function leastBusy(): Crew {
    const [first, ...others] = crew;
    const chosen = others.reduce((best, one) => (best !== undefined && best.busy <= one.busy ? best : one), first);
    if (chosen !== undefined && (chosen.busy === 0 || crew.length >= most)) return chosen;
    const fresh: Crew = { worker: openWorker(), busy: 0 };
    fresh.worker.addEventListener('message', ({ data }) => handle(data));
    crew.push(fresh);
    return fresh;
  }

  return {
    ask(request, onProgress = () => undefined, signal) {
      if (signal?.aborted) return Promise.reject(new AppError('network.closed', 'stopped on request'));
      lastId += 1;
      const id = lastId;
      const worker = leastBusy();
      worker.busy += 1;
      return new Promise((resolve, reject) => {
        const cancel = () => worker.worker.postMessage({ id: 0, request: { type: 'cancel', id } satisfies BlobRequest });
        signal?.addEventListener('abort', cancel, { once: true });
        const after = <T>(act: (value: T) => void) => (value: T) => {
          signal?.removeEventListener('abort', cancel);
          act(value);
        };
        waiting.set(id, { worker, resolve: after(resolve), reject: after(reject), onProgress });
        worker.worker.postMessage({ id, request });
      });
    },

    close() {
      for (const { worker } of crew.splice(0)) worker.terminate();
      for (const { reject } of waiting.values()) reject(new AppError('network.closed', 'the store was closed'));
      waiting.clear();
    },
  };
}
