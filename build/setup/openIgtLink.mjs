/** The example programs that the tests of the OpenIGTLink gateway talk to: finds them in the cache, or compiles them once. */
import { buildExamples, hasExamples, hasExampleSources } from '../openIgtLink/examples.mjs';
import { withLock } from './lock.mjs';
import { SetupError } from './progress.mjs';

/**
 * @param {object} context
 * @param {import('./progress.mjs').Progress} context.progress
 * @param {AbortSignal} [context.signal]
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function ensureOpenIgtLinkExamples({ progress, signal }) {
  if (!hasExampleSources()) {
    // Some container images tell dpkg to leave documentation out, and these sources are under it.
    throw new SetupError('the sources of openigtlink-examples are not in /usr/share/doc; apt-get install --reinstall -o Dpkg::Options::=--path-include=/usr/share/doc/openigtlink-examples/* openigtlink-examples');
  }
  if (hasExamples()) {
    progress.skipped('OpenIGTLink examples: in the cache');
    return;
  }
  await withLock(
    'openigtlink-examples',
    progress,
    async () => {
      if (hasExamples()) return;
      try {
        await progress.step('compiling the OpenIGTLink examples', (report) => buildExamples({ report, signal }));
      } catch (cause) {
        signal?.throwIfAborted();
        throw new SetupError(/** @type {Error} */ (cause).message, { cause });
      }
    },
    signal,
  );
}
