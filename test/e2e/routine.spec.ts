import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Browser, Page } from 'playwright-core';
import { bundleVerify } from '../../build/bundle/server.mjs';
import { encodePng } from '../../sfu-server/imaging/render/png.ts';
import { untilStill } from '../helpers/accessible.ts';
import { DEVICES, launchChromium } from '../helpers/chromium.ts';
import { openPerson, pictureOf } from '../helpers/client.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { hears } from '../helpers/harness/room.ts';
import { choose, choosePassphrase, inState, localInput, openRequest, openRequestId, rate, rehearse, signConsent, stepWithWords, writeField } from '../helpers/requests/routineSteps.ts';
import { ServerProcess } from '../helpers/serverProcess.ts';

let browser: Browser;
let server: ServerProcess;
const pages: Record<string, Page> = {};

test.beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), ServerProcess.start()]);
});
test.afterEach(async () => keepEvidence(test.info(), pages, server));
test.afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** Whoever is wanted comes to their own machine; five at most sit at theirs at once. */
async function arrive(name: string, devices: Parameters<typeof openPerson>[3]['devices'] = []): Promise<Page> {
  const page = await openPerson(browser, server, name, { devices });
  page.setDefaultTimeout(15_000);
  pages[name] = page;
  expect(browser.contexts().length).toBeLessThanOrEqual(5);
  return page;
}

async function depart(name: string): Promise<void> {
  await pages[name]?.context().close();
  delete pages[name];
}

const QUESTION = '扩张型心肌病合并肾功能不全，请协助制定治疗方案';
const FIRST = '建议在心脏监护下调整剂量';
const SECOND = '建议在心脏监护下调整剂量，两周后复查肾功能';

test('[WFL1] a routine consultation, from the form to the archive, through the screens of three tiers', async () => {
  const requester = await arrive('requester', DEVICES.second);
  let requestId = '';

  await test.step('the form says what is missing until it is written', async () => {
    await requester.getByTestId('nav-requests').click();
    await requester.getByTestId('new-draft').click();
    await requester.getByTestId('new-name').fill('方志远');
    await requester.getByTestId('new-age').fill('58');
    await requester.getByTestId('new-request').getByText('M', { exact: true }).click();
    await requester.getByTestId('new-question').fill(QUESTION);
    await requester.getByTestId('new-submit').click();
    await inState(requester, 'draft');
    requestId = openRequestId(requester);
    await choosePassphrase(requester);
    await requester.getByTestId('form-diagnosis').fill('扩张型心肌病；慢性肾脏病 3 期');
    await choose(requester, requester.getByTestId('form-specialty'), 'Diagnostic Ultrasound');
    await requester.getByTestId('add-wanted').click();
    await choose(requester, requester.getByTestId('form-specialty'), 'Intensive Care Medicine');
    await requester.getByTestId('add-wanted').click();
    await expect(requester.getByTestId('missing').getByRole('listitem')).toHaveCount(3);
    await expect(requester.getByTestId('step-send')).toBeDisabled();
    await requester.getByTestId('missing-presentIllness').click();
    await writeField(requester, 'history-presentIllness', '活动后气促两年，加重一周。');
    await writeField(requester, 'examination-findings', '颈静脉怒张，双下肢水肿。');
    await signConsent(requester);
    await requester.getByTestId('case-back').click();
    await expect(requester.getByTestId('missing')).toHaveCount(0);
    await choose(requester, requester.getByTestId('send-centre'), 'Yunling Provincial Telemedicine Centre');
    await requester.getByTestId('step-send').click();
    await requester.getByTestId('send-confirm').click();
    await inState(requester, 'awaitingApproval');
  });

  await test.step('the medical office approves', async () => {
    const approver = await arrive('approver');
    await openRequest(approver, requestId);
    await stepWithWords(approver, 'approve', '同意');
    await inState(requester, 'submitted');
    await depart('approver');
  });
  const desk = await test.step('the province forwards it to the city, whose desk asks for material and gets it', async () => {
    const province = await arrive('scheduler');
    await openRequest(province, requestId);
    await province.getByTestId('step-forward').click();
    await choose(province, province.getByTestId('forward-to'), 'Chengjiang');
    await province.getByTestId('step-words').fill('就近由市级中心组织');
    await province.getByTestId('step-confirm').click();
    await depart('scheduler');

    const city = await arrive('scheduler2');
    await openRequest(city, requestId);
    await city.getByTestId('step-screen').click();
    await inState(city, 'screening');
    for (const point of ['identity', 'question', 'record', 'consent']) await city.getByTestId(`check-${point}`).check();
    await expect(city.getByTestId('screening-list')).toHaveAttribute('aria-busy', 'false');
    await stepWithWords(city, 'returnForMaterial', '请补充床旁超声图像');
    await expect(requester.getByTestId('material-asked')).toHaveText('请补充床旁超声图像');
    await requester.getByTestId('request-case').click();
    await requester.getByTestId('section-documents').click();
    await requester.getByTestId('file-input').setInputFiles({ name: 'echo.png', mimeType: 'image/png', buffer: encodePng(320, 240, (x, y) => [x % 256, y % 256, (x * y) % 256]) });
    await requester.getByTestId('document-title').fill('床旁超声心动图');
    await requester.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await expect(requester.getByRole('dialog')).toHaveCount(0);
    await openRequest(requester, requestId);
    await requester.getByTestId('step-supply').click();
    await inState(city, 'screening');
    for (const point of ['identity', 'question', 'record', 'imaging', 'consent']) await city.getByTestId(`check-${point}`).check();
    await expect(city.getByTestId('screening-list')).toHaveAttribute('aria-busy', 'false');
    await city.getByTestId('step-accept').click();
    await inState(city, 'accepted');
    return city;
  });

  await test.step('a time is found and booked, and moved to this hour with a reason', async () => {
    await desk.getByTestId('step-schedule').click();
    await choose(desk, desk.getByTestId('seat-1-person'), 'Gu Qinglan');
    await desk.getByTestId('find-times').click();
    await expect(desk.getByTestId('proposal-0')).toBeFocused();
    await expect(desk.getByTestId('proposal-2')).toBeInViewport({ ratio: 1 });
    await desk.getByTestId('proposal-0').click();
    await desk.getByTestId('plan-book').click();
    await inState(desk, 'scheduled');
    await expect(desk.getByTestId('step-noShow')).toHaveCount(0);
    await desk.getByTestId('step-reschedule').click();
    await desk.getByTestId('plan-start').fill(localInput(Date.now() + 20 * 60_000));
    await desk.getByTestId('plan-reason').fill('患者情况有变，提前会诊');
    await desk.getByTestId('plan-book').click();
    await desk.getByTestId('planner').waitFor({ state: 'detached' });
    await expect(requester.getByTestId('request-history')).toContainText('患者情况有变，提前会诊');
  });

  await test.step('one of the panel declines, and the desk books the substitute it is offered', async () => {
    const declining = await arrive('expert3');
    await openRequest(declining, requestId);
    await declining.getByTestId('answer-decline').click();
    await declining.getByTestId('decline-reason').fill('正在手术');
    await declining.getByTestId('decline-confirm').click();
    await expect(desk.getByTestId('panel-demo-expert3')).toContainText('正在手术');
    await depart('expert3');
    await desk.getByTestId('substitute-demo-expert3').click();
    await desk.getByTestId('choose-demo-expert2').click();
    await desk.getByTestId('panel-demo-expert2').waitFor();
    await expect(desk.getByTestId('panel-demo-expert3')).toHaveCount(0);
  });

  const [lin, zhou] = await Promise.all([arrive('expert', DEVICES.expert), arrive('expert2', DEVICES.smallCart)]);
  await test.step('the panel accepts, and every site is rehearsed', async () => {
    await Promise.all([lin, zhou].map(async (expert) => {
      await openRequest(expert, requestId);
      await expert.getByTestId('answer-accept').click();
      await expert.getByTestId('answer-accept').waitFor({ state: 'detached' });
    }));
    await Promise.all([lin, zhou, requester].map(rehearse));
    await inState(desk, 'rehearsed');
  });

  await test.step('the session: pictures and sound both ways, agenda and shared minutes, until the host ends it', async () => {
    await Promise.all([lin, zhou, requester].map(async (page) => {
      await openRequest(page, requestId);
      await page.getByTestId('request-join').click();
      await page.getByTestId('mic-button').waitFor();
    }));
    await inState(desk, 'inSession');
    await Promise.all([pictureOf(lin, 2), pictureOf(lin, 3), pictureOf(requester, 1), pictureOf(requester, 3), pictureOf(zhou, 1), pictureOf(zhou, 2)]);
    await Promise.all([lin, zhou, requester].map((page) => hears(page, 2)));
    for (const page of [lin, zhou]) {
      await page.getByTestId('more-button').click();
      await page.getByTestId('minutes-toggle').click();
      await choosePassphrase(page);
    }
    await lin.getByTestId('agenda-title').fill('超声所见');
    await lin.getByTestId('add-agenda').click();
    await expect(zhou.getByTestId('agenda')).toContainText('超声所见');
    await lin.getByTestId('begin-minutes').click();
    await lin.getByTestId('note-editor').click();
    await lin.keyboard.type('一致认为先减轻容量负荷。');
    await expect(zhou.getByTestId('note-editor')).toContainText('一致认为先减轻容量负荷。');
    await expect(zhou.getByTestId('presence').getByRole('listitem')).toHaveCount(3);
    await lin.getByTestId('leave-button').click();
    await lin.getByTestId('leave-end-all').click();
    await lin.getByTestId('end-confirm').click();
    await inState(desk, 'opinionDue');
    for (const page of [lin, zhou, requester]) {
      await page.getByTestId('closed-back').click();
      await inState(page, 'opinionDue'); // joined from the request, and back at it
    }
  });

  await test.step('the opinion: written at the request, signed by the first, returned by the second, changed, and signed by both in order', async () => {
    const sign = async (page: Page) => {
      await page.getByTestId('sign-opinion').click();
      await page.getByTestId('sign-password').fill(server.demo.password);
      await untilStill(page);
      await page.getByTestId('confirm-sign').click();
      await page.getByTestId('opinion-signed').waitFor();
    };
    await openRequest(lin, requestId);
    await lin.getByTestId('begin-opinion').click();
    await expect(lin.getByTestId('opinion-patient')).toContainText('方志远');
    await lin.getByTestId('opinion-summary').fill('扩张型心肌病，容量负荷过重。');
    await lin.getByTestId('opinion-findings').fill('左室射血分数 31%，下腔静脉增宽。');
    await lin.getByTestId('opinion-diagnosis').fill('扩张型心肌病，心功能 III 级');
    await lin.getByTestId('opinion-recommendations').fill(FIRST);
    for (const name of ['Lin Shuyuan', 'Zhou Minglan']) await choose(lin, lin.getByTestId('add-signer'), name);
    await lin.getByTestId('submit-opinion').click();
    await inState(desk, 'awaitingSignatures');

    await openRequest(zhou, requestId);
    await zhou.locator('[data-testid^="open-opinion-"]').click();
    await zhou.getByTestId('return-opinion').waitFor();
    await expect(zhou.getByTestId('sign-opinion')).toHaveCount(0);
    await sign(lin);
    await zhou.getByTestId('sign-opinion').waitFor();
    await zhou.getByTestId('return-opinion').click();
    await zhou.getByTestId('return-reason').fill('请写明复查时间');
    await zhou.getByTestId('confirm-return').click();
    await expect(lin.getByTestId('opinion-status')).toHaveText('Returned');
    await lin.getByTestId('opinion-recommendations').fill(SECOND);
    await lin.getByTestId('submit-opinion').click();
    await sign(lin);
    await sign(zhou);
    // Each version stays as it was.
    await zhou.getByTestId('version-1').click();
    await expect(zhou.getByTestId('opinion-sheet')).toContainText(FIRST);
    await expect(zhou.getByTestId('opinion-sheet')).not.toContainText(SECOND);
    await zhou.getByTestId('version-2').click();
    await expect(zhou.getByTestId('opinion-sheet')).toContainText(SECOND);
    for (const page of [lin, zhou]) await page.getByTestId('opinion-back').click();
    await openRequest(requester, requestId);
    for (const page of [lin, zhou, desk, requester]) await inState(page, 'completed');
  });

  await test.step('the hospital opens the signed document, which anybody can check', async () => {
    await requester.locator('[data-testid^="open-opinion-"]').click();
    const [download] = await Promise.all([requester.waitForEvent('download'), requester.getByTestId('download-zh').click()]);
    const file = test.info().outputPath('opinion.pdf');
    await download.saveAs(file);
    const verify = async (path: string) => spawnSync(process.execPath, [await bundleVerify(), path, '--authority', join(server.dataFolder, 'authority.pem')], { encoding: 'utf8' });
    const valid = await verify(file);
    expect(valid.stdout).toMatch(/^有效.*VALID/);
    expect(valid.status).toBe(0);
    const seal = spawnSync('pdfsig', [file], { encoding: 'utf8' }).stdout;
    expect(seal).toContain('Signature is Valid');
    expect(seal).toContain('Total document signed');
    const text = spawnSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).stdout.replaceAll(/\s/g, '');
    for (const part of ['方志远', '林书远', '周明澜', SECOND]) expect(text).toContain(part.replaceAll(/\s/g, ''));
    const altered = readFileSync(file);
    altered[altered.length >> 1] = (altered[altered.length >> 1] ?? 0) ^ 1;
    writeFileSync(`${file}.altered`, altered);
    expect((await verify(`${file}.altered`)).status).toBe(1);
    await requester.getByTestId('opinion-back').click();
  });

  await test.step('what was done is recorded, both sides rate, and it is archived', async () => {
    await requester.getByTestId('outcome-text').fill('已按意见调整，症状缓解，转回普通病房。');
    await requester.getByTestId('step-recordOutcome').click();
    await expect(lin.getByTestId('outcome')).toContainText('症状缓解');
    await rate(requester, 5);
    await rate(zhou, 4);
    await inState(desk, 'rated');
    await expect(desk.getByTestId('ratings')).toContainText('Overall: 5 of 5');
    await expect(desk.getByTestId('ratings')).toContainText('Overall: 4 of 5');
    await desk.getByTestId('step-archive').click();
    await desk.getByTestId('step-confirm').click();
    for (const page of [desk, requester, lin, zhou]) await inState(page, 'archived');
    const history = requester.getByTestId('request-history');
    for (const words of ['就近由市级中心组织', '请补充床旁超声图像', '正在手术', '请写明复查时间']) await expect(history).toContainText(words);
  });
});
