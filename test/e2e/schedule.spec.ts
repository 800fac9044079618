import { expect, test } from '@playwright/test';
import type { Browser } from 'playwright-core';
import { expectAccessible } from '../helpers/accessible.ts';
import { launchChromium } from '../helpers/chromium.ts';
import { openPerson } from '../helpers/client.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

let browser: Browser;
let server: ServerProcess;

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
});

test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

const VIEWPORT = { width: 1366, height: 768 };

/**
 * The calendar's own library gives its table a role and puts its rows into wrappers that have none, and the kit's open lists have an
 * empty one for screen readers; what we draw is in the rest.
 */
const DRAWN_BY_LIBRARIES = ['[role="table"][aria-colcount]', '.ant-select-dropdown'];

/** `datetime-local` of the coming Wednesday at that hour, this machine's zone. */
function nextWednesday(hour: string): string {
  const date = new Date();
  date.setDate(date.getDate() + (((3 - date.getDay() + 7) % 7) || 7));
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}T${hour}`;
}

test('[SCH9] [SCH4] [SCH5] a weekly series is booked, one of it is moved by the keyboard, an expert declines, and a second one at that time is refused by name', async () => {
  const scheduler = await openPerson(browser, server, 'scheduler', { devices: [], viewport: VIEWPORT });
  await scheduler.getByTestId('nav-calendar').click();
  await scheduler.getByTestId('new-session').waitFor();
  await scheduler.getByTestId('lens').waitFor();
  await expectAccessible(scheduler, 'calendar', DRAWN_BY_LIBRARIES);

  const book = async (title: string, hour: string, isSeries: boolean) => {
    await scheduler.getByTestId('new-session').click();
    await scheduler.getByTestId('new-title').fill(title);
    await scheduler.getByTestId('new-start').fill(nextWednesday(hour));
    await scheduler.getByTestId('new-people').locator('input').fill('Lin Shuyuan');
    await scheduler.keyboard.press('Enter');
    await scheduler.keyboard.press('Escape');
    if (isSeries) {
      await scheduler.getByTestId('new-repeat').locator('input').focus();
      await scheduler.keyboard.press('ArrowDown');
      await scheduler.keyboard.press('ArrowDown');
      await scheduler.keyboard.press('Enter');
      await scheduler.locator('.cal-dates').waitFor();
      await expectAccessible(scheduler, 'new session', DRAWN_BY_LIBRARIES);
    }
    await scheduler.getByTestId('new-book').click();
  };
  await book('Weekly MDT', '10:00', true);
  await scheduler.getByTestId('new-title').waitFor({ state: 'detached' });

  // The same expert cannot be booked twice: the refusal says who is taken, and the form keeps what was typed.
  await book('Another', '10:30', false);
  await scheduler.locator('[data-code="schedule.conflict"]').last().waitFor();
  await expect(scheduler.getByTestId('new-title')).toHaveValue('Another');
  await scheduler.getByRole('button', { name: 'Cancel' }).last().click();

  // The week of the first session, by the key for later.
  const event = scheduler.getByText('Weekly MDT').first();
  await scheduler.keyboard.press('d');
  await scheduler.keyboard.press('w');
  if (!(await event.isVisible())) await scheduler.keyboard.press('ArrowRight');
  await event.waitFor();
  await event.click();
  await scheduler.getByTestId('session-drawer').waitFor();
  await expectAccessible(scheduler, 'session', DRAWN_BY_LIBRARIES);
  await scheduler.getByTestId('move').focus();
  await scheduler.keyboard.press('Enter');
  await scheduler.getByTestId('move-start').fill(nextWednesday('14:00'));
  await scheduler.getByTestId('move-confirm').focus();
  await scheduler.keyboard.press('Enter');
  await scheduler.getByTestId('move-dialog').waitFor({ state: 'detached' });
  await scheduler.getByText(/14:00.*Weekly MDT/).first().waitFor();

  const expert = await openPerson(browser, server, 'expert', { devices: [], viewport: VIEWPORT });
  await expert.getByTestId('nav-calendar').click();
  const own = expert.getByText('Weekly MDT').first();
  await expert.locator('.cal-frame[aria-busy="false"]').waitFor();
  if (!(await own.isVisible())) await expert.keyboard.press('ArrowRight');
  await own.click();
  await expert.getByTestId('decline').click();
  await expert.getByTestId('ask-reason').fill('In theatre');
  await expert.getByTestId('ask-confirm').click();
  await scheduler.getByText('In theatre').first().waitFor();
  await expert.context().close();
  await scheduler.context().close();
});

test('[SCH13] [SCH17] hours, roster, rooms and load are kept by whom they belong to; the address of a calendar is shown once', async () => {
  const scheduler = await openPerson(browser, server, 'scheduler', { devices: [], viewport: VIEWPORT });
  await scheduler.getByTestId('nav-roster').click();
  await scheduler.getByTestId('add-duty').click();
  await scheduler.getByTestId('duty-person').locator('input').fill('Lin Shuyuan');
  await scheduler.keyboard.press('Enter');
  await scheduler.getByRole('button', { name: 'Add', exact: true }).click();
  await scheduler.locator('.ro-duty').first().waitFor();
  await expectAccessible(scheduler, 'duty roster', DRAWN_BY_LIBRARIES);
  for (const tab of ['People', 'Workload', 'Rooms', 'My hours']) {
    await scheduler.getByRole('tab', { name: tab }).click();
    await expectAccessible(scheduler, tab, DRAWN_BY_LIBRARIES);
  }
  await scheduler.context().close();

  const expert = await openPerson(browser, server, 'expert', { devices: [], viewport: VIEWPORT });
  await expert.getByTestId('nav-roster').click();
  await expert.getByTestId('hours').waitFor();
  await expert.getByLabel('Wed from').fill('09:00');
  await expert.getByTestId('save-hours').click();
  await expert.getByText('Use the default').waitFor();
  await expect(expert.getByLabel('Wed from')).toHaveValue('09:00');
  await expert.getByTestId('nav-calendar').click();
  await expert.getByTestId('open-feed').click();
  await expert.getByTestId('feed-create').click();
  const address = await expert.getByTestId('feed-address').inputValue();
  const file = await expert.request.get(address);
  expect(await file.text()).toContain('BEGIN:VCALENDAR');
  await expert.getByRole('button', { name: 'Close' }).last().click();
  await expert.getByTestId('open-feed').click();
  await expert.getByTestId('feed-revoke').waitFor();
  await expect(expert.getByTestId('feed-address')).toHaveCount(0);
  await expert.getByTestId('feed-revoke').click();
  await expert.getByText('There is no address yet').waitFor();
  expect((await expert.request.get(address)).status()).toBe(404);
  await expert.context().close();
});
