import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '#shared/protocol/errors';

/**
 * Keeps a second process of this machine out of an embedded database's folder: two PGlite instances over the same files
 * corrupt them silently. The lock file lies beside the folder and names its process by id and start time, so one left behind by
 * a killed process, whose id may meanwhile be another's, does not count.
 * @returns gives the folder free again
 * @throws AppError `storage.corrupt` while another process holds the folder
 */
export function lockFolder(folder: string): () => void {
  const path = join(dirname(folder), `${basename(folder)}.lock`);
  const own = JSON.stringify({ pid: process.pid, startedAt: startTimeOf(process.pid) });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(path, own, { flag: 'wx', mode: 0o600 });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      if (isHeld(path)) throw new AppError('storage.corrupt', `another process uses the database folder (${basename(path)})`);
      rmSync(path, { force: true });
    }
  }
  throw new AppError('storage.corrupt', 'another process took the database folder at the same moment');
}

function isHeld(path: string): boolean {
  let holder: unknown;
  try {
    holder = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return false; // half-written by a process that died while writing it
  }
  if (typeof holder !== 'object' || holder === null || !('pid' in holder) || typeof holder.pid !== 'number') return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const startedAt = startTimeOf(holder.pid);
  return startedAt === null || !('startedAt' in holder) || holder.startedAt === startedAt;
}

/** The process's start in clock ticks since boot (field 22 of /proc/PID/stat, proc(5)); null where there is no /proc. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
