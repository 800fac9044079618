/**
 * `npm run package [-- electron-builder arguments]`: the installable application, by electron-builder. Electron's distribution is
 * taken from node_modules/electron/dist when it is there, otherwise it has to be fetched; where that is impossible this says so
 * within seconds and ends with code 2 (1 is any other failure).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleElectron } from '../bundle/electron.mjs';
import { findElectron } from '../desktop/electronBinary.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const PROBE_TIMEOUT_MS = 6000;
const CANNOT_FETCH = 2;

/** Where @electron/get would download from; the variables are its own. */
function distributionUrl() {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8'));
  const base = process.env.npm_config_electron_mirror || process.env.ELECTRON_MIRROR || 'https://github.com/electron/electron/releases/download/';
  const folder = (process.env.npm_config_electron_custom_dir || process.env.ELECTRON_CUSTOM_DIR || `v${version}`).replace('{{ version }}', version);
  return `${base}${folder}/electron-v${version}-${process.platform}-${process.arch}.zip`;
}

/** Null when the distribution answers; otherwise why it does not. */
async function probe(url) {
  try {
    const answer = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return answer.status < 400 ? null : `it answered ${answer.status}`;
  } catch (error) {
    return error.name === 'TimeoutError' ? `no answer within ${PROBE_TIMEOUT_MS} ms` : (error.cause?.code ?? error.message);
  }
}

async function main() {
  const electron = findElectron(root);
  if (electron) console.log(`Electron ${electron.version} from node_modules/electron/dist`);
  else if (process.env.HTTPS_PROXY || process.env.https_proxy) console.log('Electron is fetched through the configured proxy');
  else {
    const url = distributionUrl();
    const reason = await probe(url);
    if (reason) {
      console.error(
        [
          'npm run package: the Electron distribution cannot be fetched, so no application was built.',
          `  needed: ${url.split('/').at(-1)}`,
          `  from:   ${new URL(url).host} (${reason})`,
          '  Set ELECTRON_MIRROR to a mirror within reach, or unpack the distribution into node_modules/electron/dist.',
          '  The client works without it in an installed Chromium, Chrome or Edge: npm run desktop',
        ].join('\n'),
      );
      process.exit(CANNOT_FETCH);
    }
  }
  // Asked for last, so that whoever cannot package at all does not first build a client.
  if (!existsSync(join(root, 'dist', 'client', 'index.html'))) throw new Error('dist/client is missing: build the client first');
  console.log('bundling main, preload and host');
  await bundleElectron({ isMinified: true });
  console.log('electron-builder');
  const cli = join(root, 'node_modules', 'electron-builder', 'cli.js');
  const args = [cli, '--config', 'electron-builder.yml', '--publish', 'never', ...(electron ? [`-c.electronDist=${electron.folder}`] : []), ...process.argv.slice(2)];
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  process.exit(status ?? 1);
}

await main().catch((error) => {
  console.error(`npm run package: ${error.message}`);
  process.exit(1);
});
