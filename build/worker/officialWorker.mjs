/**
 * mediasoup's official prebuilt worker. Its npm package would fetch it in an
 * install script; this project runs no install scripts (see
 * ../setup/npmPackages.mjs), so the same file is fetched from the same place
 * here, with a short patience: in a closed network the answer is often silence.
 *
 * Address and file name follow the package's own rules: the releases of the
 * repository that its package.json names, or the mirror named in
 * MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL; one archive for each version,
 * platform, architecture and, on Linux, major kernel version.
 * MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD skips it.
 */
import { spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { installWorker } from './installWorker.mjs';
import { cachedWorkerPath, isExecutable, mediasoupFolder } from './workerPath.mjs';

const answerTimeoutMs = 5_000;
const transferTimeoutMs = 120_000;

/** @returns {Promise<string>} where the archive for this machine should be */
async function archiveAddress() {
  const manifest = JSON.parse(await readFile(join(mediasoupFolder, 'package.json'), 'utf8'));
  const repository = String(manifest.repository.url)
    .replace(/^git\+/, '')
    .replace(/\.git$/, '');
  const base = process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL || `${repository}/releases/download`;
  const kernel = process.platform === 'linux' ? `-kernel${release().split('.')[0]}` : '';
  const name = `mediasoup-worker-${manifest.version}-${process.platform}-${process.arch}${kernel}.tgz`;
  return `${base}/${manifest.version}/${name}`;
}

/**
 * @param {string} address
 * @param {string} file
 * @param {AbortSignal} [signal]
 */
async function download(address, file, signal) {
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  let timer = setTimeout(() => controller.abort(new Error('no answer in time')), answerTimeoutMs);
  try {
    const response = await fetch(address, { signal: controller.signal }).catch((error) => {
      // `fetch` says "fetch failed" and keeps what happened in the cause.
      throw error.cause ?? error;
    });
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new Error('the transfer took too long')), transferTimeoutMs);
    await pipeline(Readable.fromWeb(/** @type {any} */ (response.body)), createWriteStream(file));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * Puts the official worker into the cache, if it can be had and works here.
 *
 * @param {{ signal?: AbortSignal }} context
 * @throws {Error} why not, in a few words
 */
export async function fetchOfficialWorker({ signal }) {
  if (process.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD) throw new Error('told not to fetch it');
  const folder = await mkdtemp(join(tmpdir(), 'huizhen-worker-'));
  try {
    const archive = join(folder, 'worker.tgz');
    await download(await archiveAddress(), archive, signal);
    // Only this one name, so that an archive cannot write anywhere else.
    const name = basename(cachedWorkerPath());
    const unpacked = spawnSync('tar', ['-xzf', archive, '-C', folder, name], { stdio: 'ignore' });
    const binary = join(folder, name);
    if (unpacked.status !== 0 || !isExecutable(binary)) throw new Error('its archive cannot be unpacked');
    await installWorker(binary, { origin: 'official', mayOnlyStart: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
