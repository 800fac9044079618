/**
 * `npm run desktop [-- --server=URL] [--profile=DIR] [--kiosk]`: opens the client. In Electron when its program is there; otherwise
 * in an installed browser of the Chromium family as an application window, with the loopback host beside it. Says which.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bundleElectron } from '../bundle/electron.mjs';
import { readOptions, refuse } from '../options/readOptions.mjs';
import { findBrowser } from './browserBinary.mjs';
import { findElectron } from './electronBinary.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const HOST_START_TIMEOUT_MS = 15_000;

/**
 * @typedef {object} DesktopOptions
 * @property {string} url the page, as the server gives it (browser window); Electron takes its path, query and fragment only
 * @property {string} serverUrl the server Electron's page speaks to
 * @property {string} profileDir folder for this window's browser profile and host; made when missing
 * @property {boolean} [kiosk]
 * @property {readonly string[]} [browserArguments] more arguments for Electron or the browser (tests, demo devices)
 *
 * @typedef {object} DesktopWindow
 * @property {'electron' | 'browser'} kind
 * @property {string} name what was opened, for people
 * @property {Promise<number>} closed the window's exit code
 * @property {() => void} close idempotent
 */

/**
 * Opens one desktop window and resolves when its program has been started.
 * @param {DesktopOptions} options
 * @returns {Promise<DesktopWindow>} rejects with a clear sentence when neither Electron nor a browser is there, or the host does not start
 */
export async function openDesktop({ url, serverUrl, profileDir, kiosk = false, browserArguments = [] }) {
  const outputs = await bundleElectron();
  mkdirSync(profileDir, { recursive: true, mode: 0o700 });
  // Chromium's sandbox cannot be set up by root; for everybody else it stays on.
  const isRoot = process.getuid?.() === 0;
  const asRoot = isRoot ? ['--no-sandbox'] : [];

  const electron = findElectron(root);
  if (electron) {
    const { pathname, search, hash } = new URL(url);
    const args = [...asRoot, outputs.main, `--profile-dir=${profileDir}`, `--server-url=${serverUrl}`, `--start-path=${pathname}${search}${hash}`, ...(kiosk ? ['--kiosk'] : []), ...browserArguments];
    return watch('electron', `Electron ${electron.version}`, spawn(electron.program, args, { stdio: ['ignore', 'ignore', 'inherit'] }), () => undefined);
  }

  const browser = findBrowser();
  if (!browser) throw new Error('neither Electron (npx install-electron) nor Chromium, Chrome or Edge is on this machine; HUIZHEN_BROWSER can name one');
  const host = await startLoopbackHost(outputs.loopback, { origin: new URL(url).origin, folder: join(profileDir, 'host'), kiosk });
  keepBrowserQuiet(join(profileDir, 'browser'));
  const args = [
    `--app=${joinFragment(url, host.fragment)}`,
    `--user-data-dir=${join(profileDir, 'browser')}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-session-crashed-bubble',
    '--disable-background-mode',
    // A consult goes on while its window is covered, and the far end is heard without a click.
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    '--autoplay-policy=no-user-gesture-required',
    '--password-store=basic',
    // The page of a hospital's server reaches its host on this machine, as Electron's does; the browser would ask nurses about «local apps».
    '--disable-features=LocalNetworkAccessChecks',
    ...(kiosk ? ['--kiosk'] : ['--window-size=1440,900']),
    ...asRoot,
    ...(isRoot ? ['--test-type'] : []), // no bar over the page about the sandbox that is off
    ...browserArguments,
  ];
  const window = watch('browser', `${browser.name} (Electron's program is not installed)`, spawn(browser.program, args, { stdio: 'ignore' }), host.stop);
  host.onKioskLeft(window.close);
  return window;
}

/**
 * A window that many people share keeps nobody's password and covers no picture with the browser's own questions. A profile that
 * exists already has these preferences from its first start.
 */
function keepBrowserQuiet(userDataDir) {
  const path = join(userDataDir, 'Default', 'Preferences');
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const preferences = {
    credentials_enable_service: false,
    credentials_enable_autosignin: false,
    profile: { password_manager_enabled: false },
    autofill: { profile_enabled: false, credit_card_enabled: false },
    translate: { enabled: false },
  };
  writeFileSync(path, JSON.stringify(preferences), { mode: 0o600 });
}

/** @returns {DesktopWindow} */
function watch(kind, name, child, onClosed) {
  let isClosed = false;
  const closed = new Promise((resolveClosed) => {
    const finish = (code) => {
      if (!isClosed) onClosed();
      isClosed = true;
      resolveClosed(code);
    };
    child.once('error', (error) => {
      console.error(`${name} cannot be started: ${error.message}`);
      finish(1);
    });
    child.once('exit', (code) => finish(code ?? 0));
  });
  return {
    kind,
    name,
    closed,
    close: () => {
      if (!isClosed) child.kill('SIGTERM');
    },
  };
}

/** Starts the host's process and waits for the address it listens on; the host ends with us, because its standard input does. */
async function startLoopbackHost(program, { origin, folder, kiosk }) {
  const child = spawn(process.execPath, [program, `--origin=${origin}`, `--folder=${folder}`, ...(kiosk ? ['--kiosk'] : [])], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined); // the host has gone; its exit says so
  let kioskLeft = () => undefined;
  const fragment = await new Promise((resolveFragment, reject) => {
    const timeout = setTimeout(() => {
      child.kill();
      reject(new Error(`the desktop host did not start within ${HOST_START_TIMEOUT_MS} ms`));
    }, HOST_START_TIMEOUT_MS);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timeout);
      reject(new Error(`the desktop host ended with code ${code} before it listened`));
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line);
      if (message.type === 'kioskLeft') kioskLeft();
      if (message.type !== 'listening') return;
      clearTimeout(timeout);
      resolveFragment(message.fragment);
    });
  });
  return {
    fragment,
    stop: () => child.stdin.end(),
    onKioskLeft: (listener) => {
      kioskLeft = listener;
    },
  };
}

/** The page's own fragment stays in front. */
function joinFragment(url, fragment) {
  return url.includes('#') ? `${url}&${fragment.slice(1)}` : `${url}${fragment}`;
}

/** Where applications keep their data, by the custom of each system. */
function dataFolder() {
  if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  return process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
}

const COMMAND = 'npm run desktop';

/** Whether a text is the address of a server: a browser's program would take anything else for words to search for. */
function isServerAddress(text) {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

async function main() {
  const values = readOptions(COMMAND, { server: { type: 'string' }, profile: { type: 'string' }, kiosk: { type: 'boolean' } }, 'there are --server=URL, --profile=DIR and --kiosk');
  const server = values.server ?? 'http://127.0.0.1:7400/';
  if (!isServerAddress(server)) refuse(COMMAND, `--server wants the server's address, such as --server=https://huizhen.hospital.example:7443; «${server}» is none`);
  const profileDir = values.profile ?? join(dataFolder(), 'huizhen');
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) throw new Error('there is no display (DISPLAY and WAYLAND_DISPLAY are empty)');
  const window = await openDesktop({ url: server, serverUrl: server, profileDir, kiosk: values.kiosk === true });
  console.log(`opened in ${window.name}: ${server}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, window.close);
  process.exitCode = await window.closed;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main().catch((error) => {
    console.error(`${COMMAND}: ${error.message}`);
    process.exit(1);
  });
}
