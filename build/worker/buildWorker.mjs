/**
 * Builds the mediasoup worker from the sources in mediasoup's npm package and
 * the system's libraries.
 *
 * mediasoup's own build downloads its tools and every library it links. Where
 * those hosts cannot be reached (hospital networks, CI) it fails, while
 * distribution packages are usually to be had. The recipe folder says what to
 * put in place of the downloads:
 *
 * - recipe/subprojects: one small meson folder a library, handing out the
 *   system's; the SRTP one adapts version 2 to the version 3 the worker calls.
 * - recipe/corrections.mjs: the few changes to the sources, with reasons.
 * - recipe/compile.mjs: compiler settings and the packages needed.
 *
 * About 260 files; three minutes on two cores. The result enters the cache only
 * through the check (./installWorker.mjs). By hand, also to replace a cached one:
 *
 *     node build/worker/buildWorker.mjs
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { createProgress } from '../setup/progress.mjs';
import { runCommand, tellingLine } from '../setup/runCommand.mjs';
import { installWorker } from './installWorker.mjs';
import { mesonArguments, ninjaTarget } from './recipe/compile.mjs';
import { corrections } from './recipe/corrections.mjs';
import { cacheRoot, mediasoupFolder, mediasoupVersion, recipeFolder } from './workerPath.mjs';

/** What one compiler process may take at its worst with these sources, with room. */
const bytesPerJob = 1.5 * 2 ** 30;

function jobs() {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / bytesPerJob)));
}

/**
 * Copies the worker's sources and applies the recipe to the copy.
 *
 * @param {string} sources new folder
 */
async function prepareSources(sources) {
  await cp(join(mediasoupFolder, 'worker'), sources, { recursive: true });
  // All of upstream's wraps go: each is a download waiting to happen.
  const subprojects = join(sources, 'subprojects');
  await rm(subprojects, { recursive: true, force: true });
  await cp(join(recipeFolder, 'subprojects'), subprojects, { recursive: true });

  for (const { file, find, replace, why } of corrections) {
    const path = join(sources, file);
    const parts = (await readFile(path, 'utf8')).split(find);
    if (parts.length !== 2) {
      throw new Error(
        `mediasoup ${mediasoupVersion()} has ${parts.length - 1} places like "${find}" in ${file}, the recipe expects one (${why}); adapt build/worker/recipe/corrections.mjs`,
      );
    }
    await writeFile(path, parts.join(replace));
  }
}

/**
 * @param {string} title for the message
 * @param {Promise<import('../setup/runCommand.mjs').Outcome>} running
 */
async function expectSuccess(title, running) {
  const { isOk, reason, lines } = await running;
  if (isOk) return;
  const log = join(cacheRoot(), 'last-failure.log');
  await mkdir(cacheRoot(), { recursive: true });
  await writeFile(log, `${lines.join('\n')}\n`);
  throw new Error(`${title} failed (${reason}): ${tellingLine(lines)}; the end of its output is in ${log}`);
}

/**
 * Builds, checks and caches the worker of the installed mediasoup.
 *
 * @param {object} context
 * @param {(detail: string) => void} context.report how far it is
 * @param {AbortSignal} [context.signal]
 * @returns {Promise<{ suite: string, tookMs: number }>} what the check found
 * @throws {Error} one line; the cache is then as it was
 */
export async function buildWorker({ report, signal }) {
  const folder = await mkdtemp(join(tmpdir(), 'huizhen-worker-'));
  const sources = join(folder, 'sources');
  const output = join(folder, 'output');
  const binary = join(output, 'mediasoup-worker');
  try {
    report('preparing the sources');
    await prepareSources(sources);
    report('configuring');
    await expectSuccess('meson', runCommand('meson', ['setup', output, sources, ...mesonArguments], { signal }));

    const onLine = (/** @type {string} */ line) => {
      const count = /^\[(\d+)\/(\d+)\]/.exec(line);
      if (count) report(`${count[1]} of ${count[2]} files`);
    };
    // The format is ninja's default, restored in case somebody set another.
    const env = { NINJA_STATUS: '[%f/%t] ' };
    await expectSuccess(
      'ninja',
      runCommand('ninja', ['-C', output, '-j', String(jobs()), ninjaTarget], { env, onLine, signal }),
    );
    await expectSuccess('strip', runCommand('strip', [binary], { signal }));

    report('completing a DTLS handshake with it');
    return await installWorker(binary, { origin: 'built', mayOnlyStart: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const progress = createProgress();
  const controller = new AbortController();
  const interrupt = () => controller.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const { suite, tookMs } = await progress.step('building the mediasoup worker', (report) =>
      buildWorker({ report, signal: controller.signal }),
    );
    progress.note(`mediasoup worker: DTLS handshake and media check passed with ${suite} in ${tookMs} ms`);
  } catch (error) {
    console.error(`set-up: ${/** @type {Error} */ (error).message}`);
    process.exitCode = 1;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
