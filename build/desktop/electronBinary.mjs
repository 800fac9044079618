/** Where Electron's program is, if it has been fetched: npm installs none (`npx install-electron` does, where the network allows). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = { darwin: ['Electron.app', 'Contents', 'MacOS', 'Electron'], win32: ['electron.exe'] };

/**
 * @param {string} root the repository's folder
 * @returns {{ folder: string, program: string, version: string } | null} null where it is missing or of another version than the package
 */
export function findElectron(root) {
  const packageFolder = join(root, 'node_modules', 'electron');
  if (!existsSync(join(packageFolder, 'package.json'))) return null;
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH || join(packageFolder, 'dist');
  const program = join(folder, ...(PROGRAM[process.platform] ?? ['electron']));
  if (!existsSync(program) || !existsSync(join(folder, 'version'))) return null;
  const found = readFileSync(join(folder, 'version'), 'utf8').trim().replace(/^v/, '');
  return found === version ? { folder, program, version } : null;
}
