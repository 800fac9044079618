import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A desktop entry for `~/.config/autostart` (freedesktop.org Desktop Entry 1.5, Autostart 0.5). Electron's login items know Windows
 * and macOS only. @throws for an argument with a control character, which the format cannot hold.
 */
export function renderAutostartEntry(command: readonly string[]): string {
  const quoted = command.map((part) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(part)) throw new Error('a control character in the command');
    // First the quoting of Exec (which escapes " ` $ \ and doubles %), then that of every string value (which doubles \).
    return `"${part.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`.replaceAll('\\', '\\\\');
  });
  return `[Desktop Entry]\nType=Application\nVersion=1.5\nName=Huizhen\nExec=${quoted.join(' ')}\nX-GNOME-Autostart-enabled=true\n`;
}

/** Writes or removes the entry. @param configFolder `$XDG_CONFIG_HOME`. */
export async function setLinuxAutostart(configFolder: string, command: readonly string[] | null): Promise<void> {
  const folder = join(configFolder, 'autostart');
  const path = join(folder, 'huizhen.desktop');
  if (command === null) return rm(path, { force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path, renderAutostartEntry(command));
}
