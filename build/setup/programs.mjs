/**
 * Finds programs that set-up and the launchers use but do not bring: commands,
 * a browser that can show the client in a window, Electron's binary.
 */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { isExecutable, projectRoot } from '../worker/workerPath.mjs';

/** Administrator's commands (turnserver, ip) are not on everybody's PATH. */
const extraFolders = process.platform === 'win32' ? [] : ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * @param {string} command
 * @returns {string | undefined} absolute path
 */
export function findCommand(command) {
  const names = process.platform === 'win32' ? [`${command}.exe`, `${command}.cmd`] : [command];
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...extraFolders];
  for (const folder of folders) {
    for (const name of names) {
      const file = join(folder, name);
      if (existsSync(file) && isExecutable(file)) return file;
    }
  }
  return undefined;
}

const browserCommands = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** Where the browsers' own installers put them on systems that keep them off PATH. */
function browserFiles() {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  if (process.platform === 'win32') {
    const folders = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA];
    return folders
      .filter((folder) => folder !== undefined)
      .flatMap((folder) => [
        join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
      ]);
  }
  return ['/opt/google/chrome/chrome', '/opt/microsoft/msedge/msedge'];
}

/**
 * A Chromium-family browser; the client's media needs one.
 *
 * @returns {string | undefined} absolute path
 */
export function findBrowser() {
  for (const command of browserCommands) {
    const file = findCommand(command);
    if (file) return file;
  }
  return browserFiles().find(existsSync);
}

/**
 * Electron's binary, which its npm package fetches by an install script that
 * this project does not run. Found when somebody ran it, or when
 * ELECTRON_OVERRIDE_DIST_PATH (Electron's own variable) names an unpacked one.
 *
 * @returns {string | undefined} absolute path
 */
export function findElectron() {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  const packageFolder = join(projectRoot, 'node_modules', 'electron');
  let name = process.platform === 'win32' ? 'electron.exe' : 'electron';
  try {
    // The package notes here what its binary is called on this platform.
    name = readFileSync(join(packageFolder, 'path.txt'), 'utf8').trim();
  } catch {
    if (!override) return undefined;
  }
  const file = join(override ?? join(packageFolder, 'dist'), name);
  return existsSync(file) ? file : undefined;
}
