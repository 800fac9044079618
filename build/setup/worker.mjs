/**
 * The mediasoup worker: finds one that runs on this machine, or gets one. In
 * order of preference:
 *
 * 1. MEDIASOUP_WORKER_BIN, mediasoup's own variable: somebody decided.
 * 2. The cache (see ../worker/workerPath.mjs), if its binary still starts here;
 *    it may not after an upgrade of the system's libraries.
 * 3. mediasoup's official build, where the network lets it through.
 * 4. Our own build with the system's libraries.
 *
 * 3 before 4, because it takes seconds instead of minutes. Both pass the same
 * check before they enter the cache.
 */
import { basename } from 'node:path';
import process from 'node:process';
import { buildWorker } from '../worker/buildWorker.mjs';
import { reasonNotToStart } from '../worker/checkWorker.mjs';
import { fetchOfficialWorker } from '../worker/officialWorker.mjs';
import { cachedWorkerPath, cacheFolder, isExecutable, mediasoupVersion, workerPath } from '../worker/workerPath.mjs';
import { ensureSystemPackages, workerBuildPackages } from './debianPackages.mjs';
import { withLock } from './lock.mjs';
import { SetupError } from './progress.mjs';

/** @returns {boolean} whether the cache holds a worker that runs here */
function isCached() {
  const file = cachedWorkerPath();
  return isExecutable(file) && reasonNotToStart(file) === undefined;
}

/**
 * The worker's own files throw plain errors with one line for a person; here
 * they become set-up's.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function orSetupError(work) {
  try {
    return await work();
  } catch (cause) {
    throw new SetupError(/** @type {Error} */ (cause).message, { cause });
  }
}

/**
 * @param {object} context
 * @param {import('./progress.mjs').Progress} context.progress
 * @param {AbortSignal} [context.signal]
 * @returns {Promise<string>} the worker's path
 * @throws {SetupError}
 */
export async function ensureWorker({ progress, signal }) {
  if (process.env.MEDIASOUP_WORKER_BIN) {
    const file = await orSetupError(async () => workerPath());
    const reason = reasonNotToStart(file);
    if (reason) throw new SetupError(`MEDIASOUP_WORKER_BIN names ${file}, which does not start: ${reason}`);
    progress.skipped(`mediasoup worker: ${file} (MEDIASOUP_WORKER_BIN)`);
    return file;
  }
  if (isCached()) {
    progress.skipped(`mediasoup worker: ${mediasoupVersion()}, in the cache`);
    return cachedWorkerPath();
  }
  return withLock(
    `worker-${basename(cacheFolder())}`,
    progress,
    async () => {
      if (isCached()) return cachedWorkerPath();
      try {
        await progress.step('fetching the official mediasoup worker', () => fetchOfficialWorker({ signal }));
        return cachedWorkerPath();
      } catch (error) {
        signal?.throwIfAborted();
        const { message } = /** @type {Error} */ (error);
        progress.note(`no official worker (${message}); building one, which takes a few minutes, once`);
      }

      const title = 'packages to build the worker';
      const missing = await ensureSystemPackages(workerBuildPackages, { progress, title, signal });
      if (missing.length > 0) throw new SetupError(`the mediasoup worker cannot be built without ${missing.join(' ')}`);

      const { suite, tookMs } = await orSetupError(() =>
        progress.step('building the mediasoup worker', (report) => buildWorker({ report, signal })),
      );
      progress.note(`mediasoup worker: built; DTLS handshake and media check passed with ${suite} in ${tookMs} ms`);
      return cachedWorkerPath();
    },
    signal,
  );
}
