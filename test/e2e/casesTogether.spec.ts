import { expect, test } from '@playwright/test';
import { withCaseLine } from '../helpers/cases/caseLine.ts';
import type { CaseMachine } from '../helpers/cases/caseMachine.ts';
import { type Impairment, whyNoImpairment } from '../helpers/impairment/impairment.ts';

/** Two machines beyond a line whose plug is pulled: a nurse and a physician write in the same places without knowing of each other. */
const reason = whyNoImpairment();
test.skip(reason !== null, reason ?? '');

const PATIENT = '陈建国';
const NOTE = '多学科讨论记录';

let line: Impairment;
let nurse: CaseMachine;
let physician: CaseMachine;

withCaseLine('far', async (opened) => {
  ({ line, nurse, physician } = opened);
  await Promise.all([nurse.setUp('nurse'), physician.setUp('requester')]);
});

/** At the end of the discussion, and a bed of the patient's. */
async function write({ page, panel, section, openCase }: CaseMachine, sentence: string, bed: string): Promise<void> {
  await openCase(PATIENT);
  await section('notes');
  await panel.getByText(NOTE).click();
  await panel.getByTestId('note-editor').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(sentence);
  await expect(panel.getByTestId('note-state')).toContainText('Kept');
  await section('record');
  await panel.getByTestId('edit-request-bed').click();
  await panel.getByRole('textbox').fill(bed);
  await panel.getByTestId('save-request-bed').click();
  await expect(panel.getByTestId('field-request-bed')).toContainText(bed);
}

test('[CAS4] [CAS6] [OFF5] two machines without a network write the same note and the same field: both edits live, the field is decided by a person', async () => {
  for (const machine of [nurse, physician]) await machine.isWhole(PATIENT);
  await line.cut();
  for (const machine of [nurse, physician]) await expect(machine.page.getByTestId('offline-banner')).toBeVisible();
  await write(nurse, ' Nurse: turned at two.', 'bed 41');
  await write(physician, ' Physician: diuresis good.', 'bed 52');
  await line.mend();

  // Whoever comes second has to decide: either may be the one.
  const notice = (machine: CaseMachine) => machine.panel.getByTestId('conflict-request');

  await expect.poll(async () => (await notice(nurse).count()) + (await notice(physician).count()), { timeout: 30_000 }).toBe(1);
  const [second, first, mine, theirs] = (await notice(nurse).count()) === 1 ? [nurse, physician, 'bed 41', 'bed 52'] : [physician, nurse, 'bed 52', 'bed 41'];
  // Nothing of it is applied before: both show what the server has.
  for (const machine of [nurse, physician]) await expect(machine.panel.getByTestId('field-request-bed')).toContainText(theirs);
  await second.panel.getByTestId('decide-request').click();
  const dialog = second.page.getByTestId('conflict-dialog');
  await expect(dialog).toContainText(mine);
  await expect(dialog).toContainText(theirs);
  await dialog.getByTestId('take-mine-bed').click();
  await second.page.locator('.cf-conflict-save').click();
  await expect(dialog).toHaveCount(0);
  for (const machine of [second, first]) await expect(machine.panel.getByTestId('field-request-bed')).toContainText(mine);
  await expect(notice(second)).toHaveCount(0);

  for (const machine of [nurse, physician]) {
    await machine.section('notes');
    const text = machine.panel.getByTestId('note-editor');
    await expect(text).toContainText('Nurse: turned at two.');
    await expect(text).toContainText('Physician: diuresis good.');
    await expect(text).toContainText('重症医学科：氧合较前改善');
  }
  expect(await physician.panel.getByTestId('note-editor').textContent()).toBe(await nurse.panel.getByTestId('note-editor').textContent());
});
