/** An installed browser of the Chromium family, to stand in for Electron. `HUIZHEN_BROWSER` names one by its path. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const BY_NAME = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge-stable', 'microsoft-edge', 'brave-browser'];
const ON_WINDOWS = [
  ['Google', 'Chrome', 'Application', 'chrome.exe'],
  ['Microsoft', 'Edge', 'Application', 'msedge.exe'],
  ['Chromium', 'Application', 'chrome.exe'],
];
const ON_MACOS = ['Google Chrome', 'Chromium', 'Microsoft Edge'];

/** @returns {{ name: string, program: string } | null} */
export function findBrowser(environment = process.env, platform = process.platform) {
  for (const { name, program } of candidates(environment, platform)) {
    if (isProgram(program)) return { name, program };
  }
  return null;
}

/** @returns {Generator<{ name: string, program: string }>} */
function* candidates(environment, platform) {
  if (environment.HUIZHEN_BROWSER) yield { name: 'the browser of HUIZHEN_BROWSER', program: environment.HUIZHEN_BROWSER };
  if (platform === 'win32') {
    for (const folder of [environment.ProgramFiles, environment['ProgramFiles(x86)'], environment.LOCALAPPDATA]) {
      if (folder) for (const parts of ON_WINDOWS) yield { name: parts.slice(0, 2).join(' '), program: join(folder, ...parts) };
    }
  }
  if (platform === 'darwin') {
    for (const folder of ['/Applications', join(environment.HOME ?? '/', 'Applications')]) {
      for (const name of ON_MACOS) yield { name, program: join(folder, `${name}.app`, 'Contents', 'MacOS', name) };
    }
  }
  for (const folder of (environment.PATH ?? '').split(delimiter).filter((part) => part !== '')) {
    for (const name of BY_NAME) yield { name, program: join(folder, name) };
  }
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
