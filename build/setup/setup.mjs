/**
 * The project's set-up: everything a fresh clone needs before it can run or be
 * tested. No questions asked, safe to repeat, quick when there is nothing to do
 * (every launcher and test run begins with it).
 *
 *     node build/setup/setup.mjs          what running needs
 *     node build/setup/setup.mjs test     what the tests need besides
 *     node build/setup/setup.mjs bench    the photographs of the bench of tracking besides
 *
 * Plain JavaScript without dependencies, because it runs before there are any.
 * Nothing is fetched but Debian packages and npm packages, both by their own
 * tools as they are configured on this machine, and mediasoup's official worker
 * where it can be reached.
 *
 * The order:
 * 1. Node, because all the rest runs in it.
 * 2. System packages. What cannot be installed is noted and reported at the
 *    end: the rest of the set-up does not depend on them.
 * 3. npm packages, because the worker is built from sources inside one.
 * 4. The worker; if it has to be built, the packages for that come here.
 * 5. For the tests: the example programs that the OpenIGTLink gateway is tried against.
 * 6. For the bench of tracking: photographs.
 */
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { createProgress, SetupError } from './progress.mjs';

/** The oldest Node that all dependencies run on. */
const oldestNode = [20, 19];

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new SetupError(`Node ${oldestNode.join('.')} or newer is needed; this is Node ${process.versions.node}`);
}

/**
 * @param {object} options
 * @param {'run' | 'test' | 'bench'} options.profile
 * @param {boolean} [options.quietWhenDone] print nothing about what is in place
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<{ workerPath: string }>}
 * @throws {SetupError} one line that says what is missing and what to do
 */
export async function setup({ profile, quietWhenDone = false, signal }) {
  const startedAtMs = performance.now();
  const progress = createProgress({ quietWhenDone });
  checkNode();
  progress.skipped(`Node ${process.versions.node}`);

  // Loaded only now: an older Node would stop while linking these files, with
  // a message about some missing export instead of the one above.
  const { ensureSystemPackages, profilePackages } = await import('./debianPackages.mjs');
  const { ensureNpmPackages } = await import('./npmPackages.mjs');
  const { ensureOpenIgtLinkExamples } = await import('./openIgtLink.mjs');
  const { ensurePhotographs } = await import('./photographs.mjs');
  const { ensureWorker } = await import('./worker.mjs');
  const { findBrowser, findElectron } = await import('./programs.mjs');
  const { projectRoot } = await import('../worker/workerPath.mjs');

  const systemProfile = profile === 'run' ? 'run' : 'test';
  const title = `system packages (${systemProfile})`;
  const missing = await ensureSystemPackages(profilePackages[systemProfile], { progress, title, signal });
  await ensureNpmPackages({ root: projectRoot, progress, signal });
  const workerPath = await ensureWorker({ progress, signal });
  // Without their packages there is nothing to compile with, and the end names them.
  if (systemProfile === 'test' && missing.length === 0) await ensureOpenIgtLinkExamples({ progress, signal });
  if (profile === 'bench') await ensurePhotographs({ progress, signal });

  if (findElectron()) {
    progress.skipped('Electron: present');
  } else if (findBrowser()) {
    progress.skipped('Electron: its binary is not installed; the client opens in a browser window');
  } else {
    progress.note('neither Electron nor a Chromium-family browser found; the client needs one of them to open');
  }
  if (missing.length > 0) throw new SetupError(`required and missing: ${missing.join(' ')}`);
  progress.skipped(`ready (${((performance.now() - startedAtMs) / 1000).toFixed(1)} s)`);
  return { workerPath };
}

async function main() {
  const profile = process.argv[2] ?? 'run';
  if (profile !== 'run' && profile !== 'test' && profile !== 'bench') {
    console.error('usage: node build/setup/setup.mjs [run|test|bench]');
    process.exitCode = 2;
    return;
  }
  // So that a policy file, a lock or a build folder does not stay behind.
  const controller = new AbortController();
  const interrupt = () => controller.abort(new SetupError('interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await setup({ profile, signal: controller.signal });
  } catch (error) {
    const cause = controller.signal.aborted ? controller.signal.reason : error;
    // A stack only for what should not happen.
    console.error(cause instanceof SetupError ? `set-up: ${cause.message}` : cause);
    process.exitCode = 1;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
