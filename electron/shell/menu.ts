import { Menu } from 'electron';

/**
 * Electron's default menu has reload and developer tools in it, so it goes. macOS needs one for copy and paste to work at all;
 * elsewhere those keys belong to the page.
 */
export function installMenu(platform: string): void {
  const menu = platform === 'darwin' ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]) : null;
  Menu.setApplicationMenu(menu);
}
