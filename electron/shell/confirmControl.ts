import { type BrowserWindow, dialog } from 'electron';
import type { AskPerson } from '../host/control/confirmation.ts';
import type { ShellTexts } from './texts.ts';

const ANSWERS = ['yes', 'no', 'stop'] as const;

/** [CTL99] The dialog that the page can neither answer nor cover. No is what Escape and the closing of it mean. */
export function createControlDialog(window: () => BrowserWindow | null, texts: () => ShellTexts): AskPerson {
  return async (question, signal) => {
    const parent = window();
    if (parent === null || parent.isDestroyed()) return 'no';
    const { control } = texts();
    const message = question.type === 'grant' ? control.grant(question.name, control.modes[question.mode]) : control.resetStop;
    const buttons = [question.type === 'grant' ? control.grantYes : control.resetYes, control.no, control.stop];
    const { response } = await dialog.showMessageBox(parent, { type: 'warning', message, detail: control.detail, buttons, defaultId: 1, cancelId: 1, noLink: true, signal });
    return ANSWERS[response] ?? 'no';
  };
}
