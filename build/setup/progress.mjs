/**
 * What set-up says while it works, and the one kind of error it ends with.
 *
 * One line each, in order, nothing redrawn: the same text serves a terminal, a
 * CI log and a file. A step that lasts reports every ten seconds how long it
 * has been running and how far it is, so that nobody takes a compile for a hang.
 */
import process from 'node:process';

const heartbeatMs = 10_000;

/**
 * An end that a person can do something about: the message is one line that
 * says what happened and what to do. Anything else that set-up throws is a bug.
 */
export class SetupError extends Error {
  /** @param {string} message @param {{ cause?: unknown }} [options] */
  constructor(message, options) {
    super(message, options);
    this.name = 'SetupError';
  }
}

/**
 * @typedef {object} Progress
 * @property {(text: string) => void} note something the reader should know
 * @property {(text: string) => void} skipped something that was done already
 * @property {<T>(title: string, work: (report: (detail: string) => void) => Promise<T>) => Promise<T>} step
 *   runs `work`; what it reports is shown with the next heartbeat, what it throws
 *   is passed on
 */

/** @param {number} startedAtMs on the clock of `performance.now()` */
function elapsedSeconds(startedAtMs) {
  return Math.round((performance.now() - startedAtMs) / 1000);
}

/**
 * @param {object} [options]
 * @param {boolean} [options.quietWhenDone] leave out what was done already; a
 *   launcher that finds everything in place then starts without a word
 * @param {(line: string) => void} [options.write]
 * @returns {Progress}
 */
export function createProgress({ quietWhenDone = false, write = (line) => process.stdout.write(`${line}\n`) } = {}) {
  const say = (/** @type {string} */ text) => write(`set-up: ${text}`);
  return {
    note: say,
    skipped(text) {
      if (!quietWhenDone) say(text);
    },
    async step(title, work) {
      const startedAtMs = performance.now();
      let detail = '';
      say(`${title} ...`);
      const heartbeat = setInterval(() => {
        say(`${title}: ${elapsedSeconds(startedAtMs)} s${detail ? `, ${detail}` : ''}`);
      }, heartbeatMs);
      try {
        const result = await work((text) => (detail = text));
        say(`${title}: done in ${elapsedSeconds(startedAtMs)} s`);
        return result;
      } catch (error) {
        say(`${title}: failed after ${elapsedSeconds(startedAtMs)} s`);
        throw error;
      } finally {
        clearInterval(heartbeat);
      }
    },
  };
}
