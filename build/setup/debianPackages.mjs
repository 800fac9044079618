/**
 * The system packages of each profile, and their installation on Debian and
 * its relatives.
 *
 * - Installed are only packages that are missing, without recommendations.
 * - The package index is refreshed only when an installation failed, because
 *   that is when it is empty or outdated.
 * - Daemons are not started: the tests start their own PostgreSQL, Redis,
 *   coturn and Janus with their own ports and data. Debian's packages start
 *   theirs on installation unless a policy file says no, so one is put there
 *   for the duration. (They do get registered for the next boot of a machine
 *   with systemd; that is the packages' doing and is left alone.)
 * - Without root nothing is tried. The exact command is printed, for whoever
 *   has the right to run it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { commands as buildCommands, debianPackages as buildPackages } from '../worker/recipe/compile.mjs';
import { cacheRoot } from '../worker/workerPath.mjs';
import { withLock } from './lock.mjs';
import { findBrowser, findCommand } from './programs.mjs';
import { SetupError } from './progress.mjs';
import { runCommand, tellingLine } from './runCommand.mjs';

/**
 * @typedef {object} SystemPackage
 * @property {string} name Debian's name
 * @property {string} purpose
 * @property {boolean} isRequired whether set-up fails without it
 * @property {() => boolean} isProvided whether its job is done by something
 *   present, from wherever; asked where there is no dpkg
 * @property {boolean} [isReplaceable] asked with dpkg too: something from
 *   elsewhere does as well. Not so for most: a command proves nothing about a
 *   library's headers or a server's support files.
 */

/** @param {string} command */
const hasCommand = (command) => () => findCommand(command) !== undefined;

/** Whether any installed font has Chinese; false where that cannot be asked. */
function hasChineseFont() {
  if (process.platform !== 'linux') return true; // Part of the system there.
  const result = spawnSync('fc-list', [':lang=zh-cn', 'family'], { encoding: 'utf8' });
  return result.status === 0 && result.stdout.trim() !== '';
}

/** @type {readonly SystemPackage[]} */
const runPackages = [
  {
    name: 'chromium',
    purpose: 'a window for the client where Electron is not installed',
    isRequired: false,
    isProvided: () => findBrowser() !== undefined,
    isReplaceable: true,
  },
  {
    name: 'fonts-noto-cjk',
    purpose: 'Chinese text in the client',
    isRequired: false,
    isProvided: hasChineseFont,
    isReplaceable: true,
  },
];

/** @type {readonly SystemPackage[]} */
const testPackages = [
  // The browser again: a convenience to run the client, a must to test it.
  ...runPackages.map((entry) => ({ ...entry, isRequired: entry.name === 'chromium' })),
  {
    name: 'postgresql',
    purpose: 'the storage tests on the database of a hospital',
    isRequired: true,
    isProvided: hasCommand('postgres'),
  },
  {
    name: 'redis-server',
    purpose: 'the tests of signalling across hosts',
    isRequired: true,
    isProvided: hasCommand('redis-server'),
  },
  { name: 'coturn', purpose: 'the tests of relayed media', isRequired: true, isProvided: hasCommand('turnserver') },
  {
    name: 'janus',
    purpose: 'the comparison in the forwarding bench',
    isRequired: false,
    isProvided: hasCommand('janus'),
  },
  { name: 'poppler-utils', purpose: 'a second opinion on signed PDFs in the tests', isRequired: true, isProvided: hasCommand('pdfsig') },
  { name: 'python3-pydicom', purpose: 'an independent reader of images, and sample images, in the tests', isRequired: true, isProvided: hasCommand('python3') },
  { name: 'python3-numpy', purpose: 'the same reader', isRequired: true, isProvided: hasCommand('python3') },
  { name: 'python3-pil', purpose: 'the same reader’s JPEG', isRequired: true, isProvided: hasCommand('python3') },
  { name: 'python3-gdcm', purpose: 'the same reader’s other codecs', isRequired: true, isProvided: hasCommand('python3') },
  { name: 'libgdcm-tools', purpose: 'compressing images for the tests', isRequired: true, isProvided: hasCommand('gdcmconv') },
  { name: 'dcmtk', purpose: 'compressing and checking images in the tests', isRequired: true, isProvided: hasCommand('dcmdump') },
  { name: 'dicom3tools', purpose: 'checking what is stored against the standard in the tests', isRequired: true, isProvided: hasCommand('dciodvfy') },
  { name: 'orthanc', purpose: 'a real PACS in the tests', isRequired: true, isProvided: hasCommand('Orthanc') },
  { name: 'orthanc-dicomweb', purpose: 'its DICOMweb plugin', isRequired: true, isProvided: hasCommand('Orthanc') },
  { name: 'openigtlink-examples', purpose: 'the sources of the other side in the tests of the OpenIGTLink gateway', isRequired: true, isProvided: () => existsSync('/usr/share/doc/openigtlink-examples/examples') },
  { name: 'libopenigtlink-dev', purpose: 'compiling them', isRequired: true, isProvided: () => existsSync('/usr/include/openigtlink') },
  { name: 'g++', purpose: 'compiling them', isRequired: true, isProvided: hasCommand('c++') },
  { name: 'socat', purpose: 'serial lines in the tests', isRequired: true, isProvided: hasCommand('socat') },
  { name: 'iproute2', purpose: 'bad networks in the tests', isRequired: true, isProvided: hasCommand('tc') },
  { name: 'procps', purpose: 'processes and memory in the benches', isRequired: true, isProvided: hasCommand('ps') },
  { name: 'gcc', purpose: 'the load generators of the benches', isRequired: true, isProvided: hasCommand('cc') },
  { name: 'libssl-dev', purpose: 'the load generator of the forwarding bench', isRequired: false, isProvided: () => false },
  {
    name: 'libc6-dev',
    purpose: 'the load generators of the benches',
    isRequired: true,
    // Outside Debian the C headers come with the compiler or are hard to name.
    isProvided: hasCommand('cc'),
  },
];

/** @type {Readonly<Record<'run' | 'test', readonly SystemPackage[]>>} */
export const profilePackages = { run: runPackages, test: testPackages };

/** @type {readonly SystemPackage[]} */
export const workerBuildPackages = buildPackages.map((name) => ({
  name,
  purpose: 'building the mediasoup worker',
  isRequired: true,
  // Which command comes from which package does not matter where neither can
  // be installed from here; missing libraries are reported by the build.
  isProvided: () => buildCommands.every((command) => findCommand(command) !== undefined),
}));

const policyFile = '/usr/sbin/policy-rc.d';
const policyText = `#!/bin/sh
# Placed by the set-up of huizhen while it installs packages: do not start
# their daemons (101 = action forbidden by policy). Safe to delete.
exit 101
`;

/** @returns {() => void} undoes it; does nothing where the machine has a policy of its own */
function forbidDaemonStarts() {
  try {
    writeFileSync(policyFile, policyText, { flag: 'wx', mode: 0o755 });
    chmodSync(policyFile, 0o755); // The mode above is subject to the umask.
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    // Ours, left by a set-up that was killed, is ours to remove as well.
    if (readFileSync(policyFile, 'utf8') !== policyText) return () => {};
  }
  return () => rmSync(policyFile, { force: true });
}

/**
 * @param {readonly string[]} names
 * @returns {Set<string>} those that dpkg has installed
 */
function installedOf(names) {
  // It fails when any of the names is unknown, and lists the others all the same.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own notation
  const result = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...names], {
    encoding: 'utf8',
  });
  const suffix = ' installed';
  const lines = (result.stdout ?? '').split('\n').filter((line) => line.endsWith(suffix));
  return new Set(lines.map((line) => line.slice(0, -suffix.length)));
}

/**
 * @param {readonly SystemPackage[]} packages
 * @param {boolean} isDebian
 */
function missingOf(packages, isDebian) {
  const installed = isDebian ? installedOf(packages.map(({ name }) => name)) : new Set();
  return packages.filter(({ name, isProvided, isReplaceable = false }) => {
    if (installed.has(name)) return false;
    return (isDebian && !isReplaceable) || !isProvided();
  });
}

/**
 * @param {readonly SystemPackage[]} packages
 * @param {import('./progress.mjs').Progress} progress
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 * @throws {SetupError} why it failed
 */
async function aptInstall(packages, progress, signal) {
  const names = packages.map(({ name }) => name);
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  // Another apt may be at work, an unattended upgrade for one; wait for it.
  const waits = [
    'DPkg::Lock::Timeout=300',
    'Acquire::Retries=3',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
  ];
  const patience = waits.flatMap((setting) => ['-o', setting]);
  // Container images tell dpkg to leave documentation out; these sources are packed as such.
  const examples = ['-o', 'Dpkg::Options::=--path-include=/usr/share/doc/openigtlink-examples/*'];
  const installArgs = [...patience, ...examples, 'install', '-y', '--no-install-recommends', ...names];

  await progress.step(`installing ${namesOf(packages)}`, async (report) => {
    const onLine = (/** @type {string} */ line) => {
      if (/^(Get:\d+|Unpacking|Setting up|Processing)\b/.test(line)) report(line.slice(0, 60).trim());
    };
    const install = () => runCommand('apt-get', installArgs, { env, onLine, signal });

    let outcome = await install();
    if (!outcome.isOk && outcome.lines.some((line) => line.includes('dpkg --configure -a'))) {
      // An earlier installation was cut off half way; dpkg says how to finish it.
      await runCommand('dpkg', ['--configure', '-a'], { env, signal });
      outcome = await install();
    }
    for (const pauseMs of [0, 3000, 10_000]) {
      if (outcome.isOk) return;
      await delay(pauseMs, undefined, { signal });
      report('refreshing the package index');
      const update = await runCommand('apt-get', [...patience, 'update'], { env, signal });
      outcome = await install();
      // With a complete index there is no point in asking again for a name it
      // does not have. (apt calls an update successful when parts of it failed.)
      const isComplete = update.isOk && !update.lines.some((line) => /^(Err|W|E):/.test(line));
      if (isComplete && outcome.lines.some((line) => /Unable to locate|no installation candidate/.test(line))) break;
    }
    if (!outcome.isOk) throw new SetupError(`${outcome.reason}: ${tellingLine(outcome.lines)}`);
  });
}

/** @param {readonly SystemPackage[]} packages */
function namesOf(packages) {
  return packages.map(({ name }) => name).join(' ');
}

/** @param {readonly SystemPackage[]} packages */
function commandFor(packages) {
  return `sudo apt-get install -y --no-install-recommends ${namesOf(packages)}`;
}

// Optional packages that could not be had are not tried again at every start:
// without a network each try can take a minute, and launchers begin with set-up.

const refusalFile = join(cacheRoot(), '..', 'optional-packages-refused');
const refusalHoldsMs = 24 * 3600 * 1000;

/** @param {readonly SystemPackage[]} packages */
function wasRefusedLately(packages) {
  try {
    const isRecent = Date.now() - statSync(refusalFile).mtimeMs < refusalHoldsMs;
    return isRecent && readFileSync(refusalFile, 'utf8') === namesOf(packages);
  } catch {
    return false;
  }
}

/** @param {readonly SystemPackage[]} packages */
function rememberRefusal(packages) {
  mkdirSync(dirname(refusalFile), { recursive: true });
  writeFileSync(refusalFile, namesOf(packages));
}

/**
 * Installs what is missing of a list, or says what to install.
 *
 * @param {readonly SystemPackage[]} packages
 * @param {object} context
 * @param {import('./progress.mjs').Progress} context.progress
 * @param {string} context.title what the packages are for, in a few words
 * @param {AbortSignal} [context.signal]
 * @returns {Promise<string[]>} required packages that are still missing. Not
 *   thrown: the caller goes on with what does not depend on them, so that one
 *   run shows everything there is to do.
 */
export async function ensureSystemPackages(packages, { progress, title, signal }) {
  const isDebian = hasCommand('dpkg-query')() && hasCommand('apt-get')();
  const missing = missingOf(packages, isDebian);
  if (missing.length === 0) {
    progress.skipped(`${title}: present`);
    return [];
  }
  const required = missing.filter(({ isRequired }) => isRequired);
  const optional = missing.filter(({ isRequired }) => !isRequired);
  if (required.length === 0 && wasRefusedLately(optional)) {
    progress.skipped(`${title}: present, but for optional ${namesOf(optional)} (not to be had; next try after a day)`);
    return [];
  }

  if (!isDebian || process.getuid?.() !== 0) {
    progress.note(
      `${title}: missing, and ${isDebian ? 'only root can install them' : 'not a Debian system, so please install by hand'}`,
    );
    for (const { name, purpose, isRequired } of missing) {
      const text = `${isRequired ? 'required' : 'optional'}  ${name.padEnd(22)} ${purpose}`;
      progress.note(`  ${isDebian ? text : `${text} (Debian's name for it)`}`);
    }
    if (isDebian) {
      if (required.length > 0) progress.note(`  required: ${commandFor(required)}`);
      if (optional.length > 0) progress.note(`  optional: ${commandFor(optional)}`);
    }
    return required.map(({ name }) => name);
  }

  return withLock(
    'system-packages',
    progress,
    async () => {
      const allowDaemonStarts = forbidDaemonStarts();
      try {
        // Two calls: apt refuses a whole list for one name it does not know,
        // and an optional name must not cost a required package.
        if (required.length > 0) {
          await aptInstall(required, progress, signal);
        }
        if (optional.length > 0) {
          try {
            await aptInstall(optional, progress, signal);
          } catch (error) {
            signal?.throwIfAborted();
            progress.note(`going on without these optional packages (${/** @type {Error} */ (error).message})`);
            rememberRefusal(optional);
          }
        }
        return [];
      } finally {
        allowDaemonStarts();
      }
    },
    signal,
  );
}
