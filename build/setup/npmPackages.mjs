/**
 * The npm packages, exactly as the lock file has them, without running any
 * package's install script: mediasoup's would try to download or build a
 * worker its own way, Electron's would download a binary. Both are dealt with
 * separately (./worker.mjs, ./programs.mjs).
 *
 * `npm ci` starts by deleting node_modules and takes a minute, so it runs only
 * when needed. A stamp in node_modules holds the hash of the lock file it was
 * made from. Where the stamp is missing, node_modules may still be right,
 * because someone ran npm by hand; npm leaves a list of what it installed,
 * and if that agrees with the lock file the stamp is added and nothing is redone.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { SetupError } from './progress.mjs';
import { runCommand, tellingLine } from './runCommand.mjs';

/** @param {string} text */
function hashOf(text) {
  return createHash('sha256').update(text).digest('hex');
}

/** @param {string} file @returns {string | undefined} */
function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Whether what npm says it installed is what the lock file asks for.
 *
 * @param {string} root
 * @param {string} lockText
 * @returns {boolean}
 */
function isInstalledByHand(root, lockText) {
  const installedText = readIfPresent(join(root, 'node_modules', '.package-lock.json'));
  if (installedText === undefined) return false;
  try {
    const wanted = JSON.parse(lockText).packages;
    const installed = JSON.parse(installedText).packages;
    const isExtra = (/** @type {string} */ path) => wanted[path] === undefined;
    if (Object.keys(installed).some(isExtra)) return false;
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === '' || entry.link) return true;
      const present = installed[path];
      // Optional packages are left out where the platform differs.
      if (!present) return entry.optional === true || entry.devOptional === true;
      return present.version === entry.version && present.integrity === entry.integrity && existsSync(join(root, path));
    });
  } catch {
    return false;
  }
}

/**
 * `npm ci`, or `npm install` with the lock file left as it is where `npm ci`
 * refuses for a reason that does not matter.
 *
 * That reason: a lock file written with a registry that carries only some
 * platforms' binaries (mirrors of closed networks do) has no entries for the
 * others. They are optional packages that npm would skip here anyway, but
 * `npm ci` wants every one listed. `npm install --no-save` takes the versions
 * in the lock file just the same. Any other disagreement between package.json
 * and the lock file is a mistake in the checkout, and stays an error.
 *
 * @param {string} root
 * @param {string} lockText
 * @param {AbortSignal} [signal]
 * @throws {SetupError}
 */
async function install(root, lockText, signal) {
  // Development packages also under NODE_ENV=production, which would leave out
  // the bundler and with it the client.
  const options = ['--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  /** @type {string[]} */
  const disagreements = [];
  const onLine = (/** @type {string} */ line) => {
    const text = /^npm error ((?:Missing|Invalid): .+)$/.exec(line)?.[1];
    if (text) disagreements.push(text);
  };
  let outcome = await runCommand('npm', ['ci', ...options], { cwd: root, onLine, signal });
  if (!outcome.isOk && disagreements.length > 0) {
    const optional = optionalNames(lockText);
    const serious = disagreements.find((text) => {
      const name = /^Missing: (@?[^@]+)@\S* from lock file$/.exec(text)?.[1];
      return name === undefined || !optional.has(name);
    });
    if (serious)
      throw new SetupError(
        `package.json and package-lock.json disagree (${serious}); run npm install and commit the lock file`,
      );
    outcome = await runCommand('npm', ['install', '--no-save', ...options], { cwd: root, signal });
  }
  if (!outcome.isOk) throw new SetupError(`npm packages: ${outcome.reason}: ${tellingLine(outcome.lines)}`);
}

/** @param {string} lockText @returns {Set<string>} packages that some package can do without */
function optionalNames(lockText) {
  /** @type {{ packages: Record<string, { optionalDependencies?: Record<string, string> }> }} */
  const { packages } = JSON.parse(lockText);
  return new Set(Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies)));
}

/**
 * @param {object} context
 * @param {string} context.root the checkout
 * @param {import('./progress.mjs').Progress} context.progress
 * @param {AbortSignal} [context.signal]
 * @throws {SetupError} when npm fails
 */
export async function ensureNpmPackages({ root, progress, signal }) {
  const lockText = readIfPresent(join(root, 'package-lock.json'));
  if (lockText === undefined) throw new SetupError('package-lock.json is missing from the checkout');
  const wantedStamp = hashOf(lockText);
  const stampFile = join(root, 'node_modules', '.huizhen-lock');

  const isDone = () => {
    if (readIfPresent(stampFile)?.trim() === wantedStamp) return true;
    if (!isInstalledByHand(root, lockText)) return false;
    writeFileSync(stampFile, `${wantedStamp}\n`);
    return true;
  };
  if (isDone()) {
    progress.skipped('npm packages: present');
    return;
  }

  // One lock a checkout: two of them may well install at the same time.
  await withLock(
    `npm-${hashOf(root).slice(0, 16)}`,
    progress,
    async () => {
      if (isDone()) return;
      await progress.step('installing npm packages', () => install(root, lockText, signal));
      writeFileSync(stampFile, `${wantedStamp}\n`);
    },
    signal,
  );
}
