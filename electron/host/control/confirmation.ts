import type { ControlMode } from '#shared/control/modes';
import { AppError } from '#shared/protocol/errors';

/** What a person at this machine is asked, besides the page: names and modes are what the room says, and may be somebody's invention. */
export type Question = { readonly type: 'grant'; readonly name: string; readonly mode: ControlMode } | { readonly type: 'resetStop' };

/**
 * Asks by a way that no page can answer: a dialog of the shell. It has a stop of its own, since it may lie over the page's.
 * Aborted, it is taken away, and whatever it resolves with then counts for nothing.
 */
export type AskPerson = (question: Question, signal: AbortSignal) => Promise<'yes' | 'no' | 'stop'>;

/** Nobody stands before a dialog for longer; who asks to steer has gone by then too, ms. */
const ASKED_FOR_MS = 60_000;
const MAX_NAME = 80;

export interface ConfirmationParts {
  /** Null: there is no such way (a browser window); the page's own word counts. */
  readonly ask: AskPerson | null;
  readonly onStop: () => void;
}

/** [CTL99] What gives motion, a grant or the reset of a stop, needs a person's yes that the page cannot give. One question at a time. */
export class Confirmation {
  readonly #parts: ConfirmationParts;
  #isOpen = false;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  /**
   * @param isSame whether what was asked about is still so when the answer comes
   * @throws AppError `control.notConfirmed`
   */
  async need(question: Question, isSame: () => boolean): Promise<void> {
    const { ask, onStop } = this.#parts;
    if (ask === null) return;
    if (this.#isOpen) throw new AppError('control.notConfirmed', 'a question waits for its answer already');
    this.#isOpen = true;
    const signal = AbortSignal.timeout(ASKED_FOR_MS);
    try {
      const answer = await ask(question.type === 'grant' ? { ...question, name: plain(question.name) } : question, signal);
      if (answer === 'stop') onStop();
      if (answer !== 'yes') throw new AppError('control.notConfirmed', 'a person at this machine did not confirm it');
      if (signal.aborted || !isSame()) throw new AppError('control.notConfirmed', 'what was asked about is another by now');
    } finally {
      this.#isOpen = false;
    }
  }
}

/** One line, and no longer than a dialog has room for: a name is somebody else's text. */
const plain = (name: string): string => name.replace(/[\p{C}\s]+/gu, ' ').trim().slice(0, MAX_NAME);
