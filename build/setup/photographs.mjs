/**
 * Photographs for the bench of tracking, which has to be tried on pictures that nobody here made: out of Debian's packages of desktop
 * backgrounds, fetched by apt as it is configured and unpacked into the cache, not installed.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { cacheRoot } from '../worker/workerPath.mjs';
import { withLock } from './lock.mjs';
import { SetupError } from './progress.mjs';
import { runCommand, tellingLine } from './runCommand.mjs';

const packages = ['lomiri-wallpapers-16.04', 'mate-backgrounds'];
const folders = ['usr/share/backgrounds', 'usr/share/backgrounds/mate/nature'];
const cacheFolder = () => join(cacheRoot(), '..', 'photographs', packages.join('+'));

/**
 * @param {string} name a photograph's file name without its ending
 * @returns {string} absolute path
 * @throws {Error} one line that says what to run
 */
export function photographPath(name) {
  const found = folders.map((folder) => join(cacheFolder(), folder, `${name}.jpg`)).find((path) => existsSync(path));
  if (!found) throw new Error(`no photograph ${name}; run: node build/setup/setup.mjs bench`);
  return found;
}

/**
 * Fetches and unpacks what the cache has not. The entry appears by one rename, whole.
 *
 * @param {object} context
 * @param {import('./progress.mjs').Progress} context.progress
 * @param {AbortSignal} [context.signal]
 * @returns {Promise<void>}
 * @throws {SetupError}
 */
export async function ensurePhotographs({ progress, signal }) {
  if (existsSync(cacheFolder())) {
    progress.skipped('photographs: in the cache');
    return;
  }
  await withLock(
    'photographs',
    progress,
    async () => {
      if (existsSync(cacheFolder())) return;
      await progress.step('fetching photographs (60 MB)', (report) => fetchInto(cacheFolder(), report, signal));
    },
    signal,
  );
}

/**
 * @param {string} entry
 * @param {(detail: string) => void} report
 * @param {AbortSignal} [signal]
 */
async function fetchInto(entry, report, signal) {
  const parent = join(entry, '..');
  await mkdir(parent, { recursive: true });
  const work = await mkdtemp(join(parent, 'work-'));
  try {
    const download = () => runCommand('apt-get', ['download', ...packages], { cwd: work, signal });
    let outcome = await download();
    if (!outcome.isOk && process.getuid?.() === 0) {
      report('refreshing the package index');
      await runCommand('apt-get', ['update'], { signal });
      outcome = await download();
    }
    if (!outcome.isOk) throw new SetupError(`photographs: apt-get download ${packages.join(' ')}: ${outcome.reason}: ${tellingLine(outcome.lines)}`);
    const unpacked = join(work, 'unpacked');
    for (const file of (await readdir(work)).filter((name) => name.endsWith('.deb'))) {
      report(file);
      const unpacking = await runCommand('dpkg-deb', ['-x', join(work, file), unpacked], { signal });
      if (!unpacking.isOk) throw new SetupError(`photographs: ${file}: ${tellingLine(unpacking.lines)}`);
    }
    await rename(unpacked, entry);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
