/**
 * Starts a program, follows its output by lines, and keeps the end of it for
 * the message in case it fails. Output is never passed through: apt, npm and
 * ninja write thousands of lines that matter only when something goes wrong.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';

const keptLines = 200;

/** How compilers and meson, apt, npm, and everything else mark the line that matters. */
const tellingPatterns = [/\berror: /i, /^E: /, /^npm error (?!code)\S/, /\b(failed|fatal)\b/i];

/**
 * @typedef {object} Outcome
 * @property {boolean} isOk
 * @property {string} reason why it failed, in a few words; empty when it did not
 * @property {string[]} lines the last lines of its output, both streams as they came
 */

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {Record<string, string>} [options.env] added to this process's own
 * @param {(line: string) => void} [options.onLine]
 * @param {AbortSignal} [options.signal] ends the program
 * @returns {Promise<Outcome>} also when the program is missing or fails
 * @throws the signal's reason
 */
export function runCommand(command, args, { cwd, env, onLine, signal } = {}) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // npm is a .cmd file on Windows, which only a shell can start. The
      // arguments are this folder's own constants there, so nothing to quote.
      shell: process.platform === 'win32' && command === 'npm',
      windowsHide: true,
    });
    /** @type {string[]} */
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
        if (line.trim() === '') return;
        lines.push(line);
        if (lines.length > keptLines) lines.shift();
        onLine?.(line);
      });
    }
    const stop = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', stop, { once: true });
    /** @param {string} reason */
    const settle = (reason) => {
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) reject(signal.reason);
      else resolve({ isOk: reason === '', reason, lines });
    };
    child.once('error', (error) => settle(`${command} cannot be started (${error.message})`));
    child.once('close', (code, name) => settle(code === 0 ? '' : `${command} ended with ${name ?? `code ${code}`}`));
  });
}

/**
 * The line of a failed program's output most likely to say why.
 *
 * @param {readonly string[]} lines
 * @returns {string} empty when there was no output
 */
export function tellingLine(lines) {
  for (const pattern of tellingPatterns) {
    const line = lines.find((candidate) => pattern.test(candidate));
    if (line) return line.trim();
  }
  return (lines.at(-1) ?? '').trim();
}
