import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** CPU seconds in the text of /proc/PID/stat: user and system time of all threads, also of those that ended. Ticks of 10 ms. */
export function parseStatCpuSeconds(text: string): number {
  // The second field is the program's name in brackets and may hold anything, brackets too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) throw new Error('not the text of /proc/PID/stat');
  return ticks / 100;
}

/** CPU seconds in the text of /proc/PID/task/TID/schedstat: one thread's time on a CPU, to the nanosecond. */
export function parseSchedstatCpuSeconds(text: string): number {
  const ns = Number(text.split(' ')[0]);
  if (text.trim() === '' || !Number.isFinite(ns)) throw new Error('not the text of a schedstat file');
  return ns / 1e9;
}

function cpuSecondsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + parseSchedstatCpuSeconds(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')), 0);
  } catch {
    return parseStatCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8')); // a kernel without schedstat, or a thread that just ended
  }
}

/** CPU seconds used so far by the processes together. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
}

/** CPU seconds in the text of /proc/stat: what all cores together have worked so far. Ticks of 10 ms. */
export function parseBusyCpuSeconds(text: string): number {
  const [user, nice, system, , , interrupts, softInterrupts, stolen] = text.split(/\s+/).slice(1).map(Number);
  const ticks = (user ?? 0) + (nice ?? 0) + (system ?? 0) + (interrupts ?? 0) + (softInterrupts ?? 0) + (stolen ?? 0);
  if (!text.startsWith('cpu ') || !Number.isFinite(ticks)) throw new Error('not the text of /proc/stat');
  return ticks / 100;
}

/** CPU seconds that the whole machine has worked so far, time stolen by its host included. */
export function machineCpuSeconds(): number {
  return parseBusyCpuSeconds(readFileSync('/proc/stat', 'utf8'));
}

/** Process ids of the children of a process, from all its threads. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter((text) => text !== '').map(Number),
  );
}

/** Binds all threads of the processes to one core. */
export function pin(pids: readonly number[], cpu: number): void {
  for (const pid of pids) execFileSync('taskset', ['-a', '-p', '-c', String(cpu), String(pid)], { stdio: 'ignore' });
}

/** Nice value of what is measured, and of what measures it. */
const PRIORITY = -10;

/**
 * Asks others on the machine to wait, or their work would be in our delays; inherited by all that is started afterwards. Where
 * the kernel groups processes by session, the group's value decides and not the process's; it is changed only when the launcher
 * made a session for us, so never for somebody's whole terminal. False when it may not be raised.
 */
export function raisePriority(): boolean {
  try {
    setPriority(PRIORITY);
  } catch {
    return false;
  }
  try {
    if (process.env['HUIZHEN_BENCH_SESSION'] === '1') writeFileSync('/proc/self/autogroup', String(PRIORITY));
  } catch {
    // A kernel without such groups: the process's own value decides.
  }
  return true;
}
