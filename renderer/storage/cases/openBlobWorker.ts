import type { WorkerLike } from './blobWorkers.ts';

/** The worker that seals, hashes and moves large objects; the bundler finds it by this very form of words. */
export function openBlobWorker(): WorkerLike {
  return new Worker(new URL('../../workers/blobWorker.ts', import.meta.url), { type: 'module' });
}
