/**
 * Keeps two set-ups on one machine from doing the same thing at once: a
 * launcher and a test run started together would otherwise both compile the
 * worker, or both hand packages to dpkg.
 *
 * The lock is a folder, because making one is atomic on every file system,
 * network ones included. Its holder renews the folder's time; a lock that has
 * not been renewed for a minute, or whose process is gone, belongs to a set-up
 * that was killed and is taken away.
 *
 * Taking away can go wrong in theory (two waiters at the same moment), and then
 * both go on. So what runs under the lock must also be safe without it: dpkg
 * has a lock of its own, and the worker enters its cache by one rename. This
 * lock saves time; it is not what correctness rests on.
 */
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheRoot } from '../worker/workerPath.mjs';

const renewMs = 10_000;
const staleMs = 60_000;
const pollMs = 500;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to someone else.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {string} folder @returns {Promise<boolean>} */
async function isStale(folder) {
  try {
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > staleMs) return true;
    const owner = JSON.parse(await readFile(join(folder, 'owner.json'), 'utf8'));
    return owner.host === hostname() && !isAlive(owner.pid);
  } catch {
    // Released just now, or made just now and not signed yet: ask again.
    return false;
  }
}

/** @param {string} folder @returns {Promise<boolean>} whether the lock is ours now */
async function tryLock(folder) {
  try {
    await mkdir(folder);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, host: hostname() }));
  return true;
}

/**
 * @template T
 * @param {string} name letters, digits, dots and dashes
 * @param {import('./progress.mjs').Progress} progress
 * @param {() => Promise<T>} work should look again whether it is still needed:
 *   whoever held the lock before may have done it
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function withLock(name, progress, work, signal) {
  const parent = join(cacheRoot(), '..', 'locks');
  const folder = join(parent, name);
  await mkdir(parent, { recursive: true });
  if (!(await tryLock(folder))) {
    await progress.step('waiting for another set-up on this machine', async () => {
      while (!(await tryLock(folder))) {
        if (await isStale(folder)) {
          const aside = `${folder}.${process.pid}.stale`;
          await rename(folder, aside).catch(() => {}); // Someone else was faster.
          await rm(aside, { recursive: true, force: true });
        } else {
          await delay(pollMs, undefined, { signal });
        }
      }
    });
  }
  const renewal = setInterval(() => {
    const now = new Date();
    utimes(folder, now, now).catch(() => {}); // Taken away: see the top of this file.
  }, renewMs);
  renewal.unref();
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await rm(folder, { recursive: true, force: true });
  }
}
