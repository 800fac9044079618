/**
 * Where the mediasoup worker of this checkout is.
 *
 * npm does not bring a worker (see ./buildWorker.mjs), so the launchers ask here and
 * hand the answer to mediasoup as `workerBin`. The answer is either the binary
 * named by MEDIASOUP_WORKER_BIN or the cache entry made by set-up.
 *
 * The cache is outside the checkout, so that several checkouts, branches and
 * clean clones on one machine share one build. An entry's name holds everything
 * the binary depends on and cannot be seen from its outside:
 * mediasoup's version (worker and library refuse each other when they differ),
 * processor architecture, C library, and a hash of the recipe.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { mesonArguments, ninjaTarget } from './recipe/compile.mjs';
import { corrections } from './recipe/corrections.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The checkout's root folder. */
export const projectRoot = resolve(here, '..', '..');

/** The folder whose content decides what gets built. */
export const recipeFolder = join(here, 'recipe');

/** mediasoup as npm installed it. */
export const mediasoupFolder = join(projectRoot, 'node_modules', 'mediasoup');

/**
 * @returns {string} version of the installed mediasoup package
 * @throws {Error} one line, when npm packages are not installed
 */
export function mediasoupVersion() {
  let text;
  try {
    text = readFileSync(join(mediasoupFolder, 'package.json'), 'utf8');
  } catch (cause) {
    throw new Error('mediasoup is not installed; run: node build/setup/setup.mjs', { cause });
  }
  return JSON.parse(text).version;
}

/**
 * @returns {string} 'glibc2.36', 'musl', or the platform's name elsewhere. The
 *   glibc version is part of it: a binary made with a newer one does not start
 *   on an older one, and home folders are shared between machines.
 */
export function libcName() {
  if (process.platform !== 'linux') return process.platform;
  // The report lists network interfaces too, with name lookups that can take
  // seconds; it has no smaller form.
  // (The cast: this switch is newer than some of Node's type packages.)
  const source = /** @type {NodeJS.ProcessReport & { excludeNetwork: boolean }} */ (process.report);
  const { excludeNetwork } = source;
  source.excludeNetwork = true;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (source.getReport());
  source.excludeNetwork = excludeNetwork;
  const version = report.header.glibcVersionRuntime;
  return version ? `glibc${version}` : 'musl';
}

/**
 * @returns {string} twelve hexadecimal digits over what the recipe does: the
 *   values of its two modules, so that reformatting them or rewording a reason
 *   rebuilds nothing, and the files of its subprojects as they are. Line ends
 *   are folded, so a checkout made on Windows gives the same hash.
 */
export function recipeHash() {
  const hash = createHash('sha256');
  const changes = corrections.map(({ file, find, replace }) => [file, find, replace]);
  hash.update(JSON.stringify([changes, mesonArguments, ninjaTarget]));
  const folder = join(recipeFolder, 'subprojects');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, name: relative(folder, file).split(sep).join('/') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { file, name } of files) {
    const content = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
    hash.update(`${name}\0${content.length}\0${content}`);
  }
  return hash.digest('hex').slice(0, 12);
}

/**
 * @returns {string} folder of all cached workers. XDG's rule: a relative value
 *   of the variable is to be ignored.
 */
export function cacheRoot() {
  const configured = process.env.XDG_CACHE_HOME;
  const base = configured && isAbsolute(configured) ? configured : join(homedir(), '.cache');
  return join(base, 'huizhen', 'worker');
}

/** @returns {string} folder of this checkout's entry, whether it exists or not */
export function cacheFolder() {
  return join(cacheRoot(), `${mediasoupVersion()}-${process.arch}-${libcName()}-${recipeHash()}`);
}

/** @returns {string} the cached worker's path, whether it exists or not */
export function cachedWorkerPath() {
  return join(cacheFolder(), process.platform === 'win32' ? 'mediasoup-worker.exe' : 'mediasoup-worker');
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The worker to start. Synchronous, because launchers compose their
 * configuration before anything runs; takes a few milliseconds.
 *
 * @returns {string} absolute path of an executable file
 * @throws {Error} one line that says what to run
 */
export function workerPath() {
  const explicit = process.env.MEDIASOUP_WORKER_BIN;
  if (explicit) {
    const file = resolve(explicit);
    if (isExecutable(file)) return file;
    throw new Error(`MEDIASOUP_WORKER_BIN names ${file}, which is missing or not executable`);
  }
  const file = cachedWorkerPath();
  if (isExecutable(file)) return file;
  throw new Error('the mediasoup worker is not built yet; run: node build/setup/setup.mjs');
}
