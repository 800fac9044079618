import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
}

/** The processes of a browser's pages, and what memory they hold, as the kernel sees it (proc(5)). */
export class PageProcesses {
  readonly #browserPid: number;

  constructor(browserPid: number) {
    this.#browserPid = browserPid;
  }

  /** The most memory that one of its page processes (workers are in there) has held since its start or `forgetPeaks`, bytes. */
  peakBytes(): number {
    return Math.max(0, ...this.#pages().map(({ pid }) => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0) * 1024));
  }

  forgetPeaks(): void {
    for (const { pid } of this.#pages()) writeFileSync(`/proc/${pid}/clear_refs`, '5'); // resets VmHWM
  }

  #pages(): readonly Process[] {
    return descendants(this.#browserPid).filter(({ command }) => command.includes('--type=renderer'));
  }
}

/** All that a process has started, and what those have. */
export function descendants(pid: number): readonly Process[] {
  const all = processes();
  const found: Process[] = [];
  const add = (parentPid: number) => {
    for (const child of all) {
      if (child.parentPid !== parentPid) continue;
      found.push(child);
      add(child.pid);
    }
  };
  add(pid);
  return found;
}

/** All of this machine. */
export function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const parentPid = /^PPid:\s+(\d+)$/m.exec(readIfThere(`/proc/${name}/status`))?.[1];
      return parentPid === undefined ? [] : [{ pid: Number(name), parentPid: Number(parentPid), command: readIfThere(`/proc/${name}/cmdline`).replaceAll('\0', ' ') }];
    });
}

/** Empty when the process has ended meanwhile. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
