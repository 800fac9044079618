/**
 * The example programs of OpenIGTLink, as Debian packs them (sources only): the other side in the tests of the gateway. Compiled once
 * into a cache outside the checkout, beside the mediasoup worker's; an entry's name holds what the programs depend on.
 *
 * Compiled one by one with the compiler itself: the package's CMake files are of a version that today's CMake refuses, and would build
 * thirty programs for six.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { runCommand, tellingLine } from '../setup/runCommand.mjs';
import { cacheRoot, isExecutable, libcName } from '../worker/workerPath.mjs';

const sources = '/usr/share/doc/openigtlink-examples/examples';
/** Program to the folder of its source. */
const programs = { TrackerServer: 'Tracker', TrackerClient: 'Tracker', ReceiveClient: 'Receiver', StatusServer: 'Status', StatusClient: 'Status', ImagerServer: 'Imager' };
const compilerArguments = ['-O1', '-w', '-I/usr/include/openigtlink'];
const libraries = ['-lOpenIGTLink', '-lpthread'];

/** The pictures that ImagerServer sends: 256 × 256 bytes each, `igtlTestImage1.raw` to 5. */
export const exampleImages = join(sources, 'Imager', 'img');

const sourceOf = (/** @type {keyof typeof programs} */ name) => join(sources, programs[name], `${name}.cxx`);
const names = /** @type {(keyof typeof programs)[]} */ (Object.keys(programs));

function cacheEntry() {
  const hash = createHash('sha256').update(JSON.stringify([compilerArguments, libraries]));
  for (const name of names) hash.update(readFileSync(sourceOf(name)));
  return join(cacheRoot(), '..', 'openigtlink-examples', `${process.arch}-${libcName()}-${hash.digest('hex').slice(0, 12)}`);
}

/** @returns {boolean} whether Debian's sources are on this machine */
export function hasExampleSources() {
  return names.every((name) => existsSync(sourceOf(name)));
}

/** @returns {boolean} whether all programs are in the cache; needs the sources */
export function hasExamples() {
  const folder = cacheEntry();
  return names.every((name) => isExecutable(join(folder, name)));
}

/**
 * @param {keyof typeof programs} name
 * @returns {string} absolute path
 * @throws {Error} one line that says what to run: a test that needs the program fails and is not passed over
 */
export function examplePath(name) {
  if (!hasExampleSources() || !hasExamples()) throw new Error('the OpenIGTLink examples are not built; run: node build/setup/setup.mjs test');
  return join(cacheEntry(), name);
}

/**
 * Compiles what the cache has not. The entry appears by one rename, whole.
 *
 * @param {object} context
 * @param {(detail: string) => void} context.report
 * @param {AbortSignal} [context.signal]
 * @returns {Promise<void>}
 * @throws {Error} one line; the cache is then as it was
 */
export async function buildExamples({ report, signal }) {
  const entry = cacheEntry();
  const parent = join(entry, '..');
  await mkdir(parent, { recursive: true });
  const staged = await mkdtemp(join(parent, 'staged-'));
  try {
    for (const [index, name] of names.entries()) {
      report(`${index + 1} of ${names.length}: ${name}`);
      const { isOk, reason, lines } = await runCommand('c++', [...compilerArguments, sourceOf(name), '-o', join(staged, name), ...libraries], { signal });
      if (!isOk) throw new Error(`compiling ${name} failed (${reason}): ${tellingLine(lines)}`);
    }
    await writeFile(join(staged, 'origin.json'), `${JSON.stringify({ sources, builtAt: new Date() })}\n`);
    await rm(entry, { recursive: true, force: true }); // of a build that lost a program
    await rename(staged, entry);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}
