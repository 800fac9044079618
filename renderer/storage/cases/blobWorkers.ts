import { assertNever } from '#shared/lib/assert';
import { AppError, errorCodeSchema } from '#shared/protocol/errors';
import { groupBy } from './packs.ts';
import type { BlobAnswer, BlobRequest } from '../../workers/blobMessages.ts';

/** The part of `Worker` that is used. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  terminate(): void;
}

interface Waiting {
  readonly worker: Crew;
  readonly file: string | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly onProgress: (doneBytes: number) => void;
}

interface Crew {
  readonly worker: WorkerLike;
  busy: number;
  /** What it is writing in, each as often as it was asked to: nobody else can open it. */
  readonly files: string[];
}

export interface BlobWorkers {
  /** @throws AppError what the worker says; `network.closed` when it was stopped by `signal` or `close` */
  ask(request: Exclude<BlobRequest, { type: 'remove' }>, onProgress?: (doneBytes: number) => void, signal?: AbortSignal): Promise<unknown>;
  /** Removes files, stopping what is being fetched into them. */
  remove(names: readonly string[]): Promise<void>;
  close(): void;
}

function fileOf(request: BlobRequest): string | null {
  switch (request.type) {
    case 'fetch':
    case 'keep':
    case 'send':
      return request.name;
    case 'fetchPack':
      return request.pack;
    case 'read':
      return request.pack?.name ?? request.name;
    case 'hash':
    case 'remove':
    case 'list':
    case 'cancel':
      return null;
    default:
      return assertNever(request);
  }
}

/**
 * Workers that seal, hash and move large objects, one after another into service as there is work. Several, because a worker stands
 * still while the disk confirms a file: while one waits, the others fetch and seal. What concerns a file goes to the one that has it open.
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
    if (asked.file !== null) asked.worker.files.splice(asked.worker.files.indexOf(asked.file), 1);
    if (answer.type === 'done') return asked.resolve(answer.value);
    const code = errorCodeSchema.safeParse(answer.code);
    asked.reject(new AppError(code.success ? code.data : 'internal.bug', answer.message));
  }

  function workerFor(file: string | null): Crew {
    const holder = file === null ? undefined : crew.find(({ files }) => files.includes(file));
    return holder ?? leastBusy();
  }

  function leastBusy(): Crew {
    const [first, ...others] = crew;
    const chosen = others.reduce((best, one) => (best !== undefined && best.busy <= one.busy ? best : one), first);
    if (chosen !== undefined && (chosen.busy === 0 || crew.length >= most)) return chosen;
    const fresh: Crew = { worker: openWorker(), busy: 0, files: [] };
    fresh.worker.addEventListener('message', ({ data }) => handle(data));
    crew.push(fresh);
    return fresh;
  }

  function post(worker: Crew, request: BlobRequest, onProgress: (doneBytes: number) => void, signal: AbortSignal | undefined): Promise<unknown> {
    lastId += 1;
    const id = lastId;
    const file = fileOf(request);
    worker.busy += 1;
    if (file !== null) worker.files.push(file);
    return new Promise((resolve, reject) => {
      const cancel = () => worker.worker.postMessage({ id: 0, request: { type: 'cancel', id } satisfies BlobRequest });
      signal?.addEventListener('abort', cancel, { once: true });
      const after = <T>(act: (value: T) => void) => (value: T) => {
        signal?.removeEventListener('abort', cancel);
        act(value);
      };
      waiting.set(id, { worker, file, resolve: after(resolve), reject: after(reject), onProgress });
      worker.worker.postMessage({ id, request });
    });
  }

  return {
    ask(request, onProgress = () => undefined, signal) {
      if (signal?.aborted) return Promise.reject(new AppError('network.closed', 'stopped on request'));
      return post(workerFor(fileOf(request)), request, onProgress, signal);
    },

    async remove(names) {
      const free = names.length === 0 ? null : leastBusy();
      const byWorker = groupBy(names, (name) => crew.find(({ files }) => files.includes(name)) ?? free);
      await Promise.all([...byWorker].map(([worker, some]) => worker && post(worker, { type: 'remove', names: some }, () => undefined, undefined)));
    },

    close() {
      for (const { worker } of crew.splice(0)) worker.terminate();
      for (const { reject } of waiting.values()) reject(new AppError('network.closed', 'the store was closed'));
      waiting.clear();
    },
  };
}
