/**
 * The door of the worker cache: a binary enters only after it has passed the
 * check, and by one rename, so that whoever looks sees either nothing or a
 * complete, working worker.
 *
 * The check runs on the copy that already lies in the cache's folder. The
 * temporary folder it was made in may forbid executing files, and the copy may
 * fail; both then show here.
 */
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { canCheckHandshake, checkWorker, reasonNotToStart } from './checkWorker.mjs';
import { cachedWorkerPath, cacheFolder } from './workerPath.mjs';

/**
 * @param {string} binary where it is now
 * @param {object} options
 * @param {'official' | 'built'} options.origin noted beside the binary
 * @param {boolean} options.mayOnlyStart accept a binary that starts where the
 *   handshake cannot be tried for want of OpenSSL's command-line client. Right
 *   for the official build, which brings its own OpenSSL and was tested as it
 *   is; wrong for ours.
 * @returns {Promise<{ suite: string, tookMs: number }>} what the check found
 * @throws {Error} one line; nothing was put into the cache
 */
export async function installWorker(binary, { origin, mayOnlyStart }) {
  const folder = cacheFolder();
  await mkdir(folder, { recursive: true });
  const staged = join(folder, `staged-${process.pid}${process.platform === 'win32' ? '.exe' : ''}`);
  try {
    await copyFile(binary, staged);
    await chmod(staged, 0o755);
    const result = await check(staged, mayOnlyStart);
    await writeFile(join(folder, 'origin.json'), `${JSON.stringify({ origin, ...result, installedAt: new Date() })}\n`);
    await rename(staged, cachedWorkerPath());
    return result;
  } finally {
    await rm(staged, { force: true });
  }
}

/** @param {string} staged @param {boolean} mayOnlyStart */
async function check(staged, mayOnlyStart) {
  if (!mayOnlyStart || canCheckHandshake()) return checkWorker(staged);
  const reason = reasonNotToStart(staged);
  if (reason) throw new Error(`the worker does not start: ${reason}`);
  return { suite: 'not checked', tookMs: 0 };
}
