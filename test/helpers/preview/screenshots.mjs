// Every screen with static models, in both languages and all sizes, as pictures, with axe's verdict on each.
// node test/helpers/preview/screenshots.mjs [pattern] [--no-build]: pictures go to dist/preview-shots/.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { syntheticAnswer } from '../imaging/syntheticImages.mjs';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const out = `${repository}dist/preview-shots/`;
const args = process.argv.slice(2);
const filter = args.find((arg) => !arg.startsWith('--')) ?? '';

const DESK = { theme: 'light', sizes: [[1366, 768], [1920, 1080]] };
const CART = { theme: 'cart', sizes: [[1280, 800], [1080, 1920]] };
/** The cart lying down and the professor's screen: for the case files, which fill them. */
const WIDE = [['cart', 1920, 1080], ['light', 2560, 1440]];
const outside = ['signIn', 'signInError', 'signInLocked', 'signInCart', 'restoring', 'worklist', 'worklistEmpty', 'worklistLoading', 'worklistFailed', 'worklistOffline', 'deviceCheck', 'deviceCheckDone', 'settings'];
const adminPressed = [['adminPeople', 'email', ['email-lin-jingyuan']]];
const desk = ['adminPeople', 'adminCarts', 'adminCode', 'adminDevices', 'adminSystems', 'adminSystemsEmpty', 'adminSystemsLoading', 'adminSystemsFailed', 'adminToken'];
const schedule = ['calendar', 'calendarOwn', 'roster', 'rosterOwn', 'rehearsal', 'plan', 'planMove', 'planEmergency'];
const schedulePressed = [
  ['calendar', 'session', ['event-s-2']],
  ['calendar', 'move', ['event-s-4', 'move']],
  ['calendar', 'moveSeries', ['event-s-1', 'move']],
  ['calendarOwn', 'answer', ['event-s-4']],
  ['calendar', 'told', ['event-s-4']],
  ['calendar', 'cancelFollowing', ['event-s-1', 'cancel-following']],
  ['calendar', 'new', ['new-session']],
  ['calendarOwn', 'decline', ['event-s-4', 'decline']],
  ['calendarOwn', 'feed', ['open-feed', 'feed-create']],
  ['roster', 'duty', ['add-duty']],
  ['plan', 'found', ['find-times']],
  ['plan', 'chosen', ['find-times', 'proposal-0']],
  ['plan', 'conflict', ['find-times', 'proposal-0', 'plan-book']],
];
const caseLists = ['list', 'many', 'offline', 'empty', 'fetching', 'stuck', 'recovered', 'loading', 'choose', 'locked', 'wrong', 'off', 'memory', 'vanished', 'wiped', 'nothingHere'].map((scene) => `cases.${scene}`);
const caseFiles = ['file', 'fileOffline', 'fileOpening', 'fileFailed', 'fileEmpty', 'fileReadOnly', 'fileUnreadable', 'fileOthers'].map((scene) => `cases.${scene}`);
const requests = ['desk', 'deskOpen', 'deskPlanned', 'deskEmpty', 'deskLoading', 'deskFailed', 'mine', 'draft', 'material', 'done', 'approve', 'invited', 'offline'].map((scene) => `requests.${scene}`);
/** Also on the professor's screen. */
const requestsPressed = [
  ['requests.mine', 'newDraft', ['new-draft']],
  ['requests.mine', 'emergency', ['new-emergency']],
  ['requests.deskOpen', 'returning', ['step-returnForMaterial']],
  ['requests.deskOpen', 'declining', ['step-decline']],
  ['requests.deskPlanned', 'substitute', ['substitute-p-he']],
  ['requests.deskPlanned', 'rescheduling', ['step-reschedule']],
  ['requests.invited', 'notices', ['notice-bell']],
];
const rooms = ['three', 'waiting', 'joining', 'serverFull', 'muted', 'speaking', 'reconnecting', 'failedLink', 'frozen', 'deviceLost', 'limited', 'observer', 'alone', 'host', 'notices', 'grid', 'sides', 'stats', 'micConnecting', 'micNone', 'micBlocked', 'closedRemoved', 'closedEnded', 'closedFailed', 'closedTakenOver'].map((scene) => `room.${scene}`);
const cartRooms = ['cart', 'serverFull', 'limited', 'reconnecting', 'muted', 'deviceLost', 'waiting', 'closedEnded', 'frozen'].map((scene) => `room.${scene}`);
/** What is opened by pressing: screen, name, what to press. */
const pressed = [
  ['room.three', 'leaving', ['leave-button']],
  ['room.three', 'chat', ['chat-button']],
  ['room.three', 'sources', ['sources-menu']],
  ['room.three', 'more', ['more-button']],
  ['room.stats', 'statsOpen', ['more-button', 'stats-toggle']],
  ['room.host', 'removing', ['actions-peer-zhou', 'remove-peer-zhou']],
  ['room.reconnecting', 'unsent', ['chat-button']],
  ['signIn', 'cartCode', []],
  ['adminSystems', 'adding', ['add-system']],
  ['adminSystems', 'revoking', ['revoke-y-1']],
];
const casePressed = [
  ['cases.file', 'vitals', ['section-vitals']],
  ['cases.file', 'addVitals', ['section-vitals', 'add-vitals']],
  ['cases.file', 'labs', ['section-labs']],
  ['cases.file', 'labCourse', ['section-labs', 'lab-6690-2']],
  ['cases.file', 'addLab', ['section-labs', 'add-lab']],
  ['cases.file', 'imaging', ['section-imaging']],
  ['cases.file', 'imagingResults', ['section-imaging', 'analysis-side-by-side']],
  ['cases.file', 'imagingResultsPlanes', ['section-imaging', 'analysis-go', 'imaging-planes']],
  ['cases.file', 'imagingPlanes', ['section-imaging', 'imaging-planes']],
  ['cases.file', 'imagingCine', ['section-imaging', 'imaging-study-1.2.826.0.1.3680043.10.1553.3']],
  ['cases.file', 'imagingRefused', ['section-imaging', 'imaging-series-1.2.826.0.1.3680043.10.1553.1.2']],
  ['cases.file', 'imagesAdd', ['section-imaging', 'imaging-add']],
  ['cases.file', 'imagesArchive', ['section-imaging', 'imaging-add', 'add-pacs', 'pacs-submit']],
  ['cases.fileImport', 'review', ['section-imaging', 'imaging-add']],
  ['cases.fileImportSending', 'sending', ['section-imaging', 'imaging-add']],
  ['cases.fileImportDone', 'done', ['section-imaging', 'imaging-add']],
  ['cases.file', 'record', ['section-record']],
  ['cases.file', 'editing', ['section-record', 'edit-history-pastHistory']],
  ['cases.file', 'conflict', ['section-record', 'decide-examination']],
  ['cases.file', 'documents', ['section-documents']],
  ['cases.file', 'viewer', ['section-documents', 'document-doc-c']],
  ['cases.file', 'notes', ['section-notes']],
  ['cases.file', 'note', ['section-notes', 'note-note-1']],
  ['cases.fileSaveError', 'note', ['section-notes', 'note-note-1']],
  ['cases.file', 'opinion', ['section-opinion']],
  ['cases.file', 'consent', ['section-consent']],
  ['cases.file', 'signing', ['section-consent', 'add-consent']],
  ['cases.file', 'changes', ['section-changes']],
  ['cases.file', 'retract', ['section-vitals', 'retract-vitals-1']],
  ['cases.stuck', 'drawer', ['open-stuck']],
  ['cases.fileReadOnly', 'record', ['section-record']],
  ['cases.fileEmpty', 'vitals', ['section-vitals']],
];
const opinions = ['draft', 'empty', 'unsaved', 'signing', 'returned', 'signed', 'conflict'].map((scene) => `opinion.${scene}`).concat('indicators');
const opinionPressed = [
  ['opinion.signing', 'password', ['sign-opinion']],
  ['opinion.signing', 'return', ['return-opinion']],
  ['opinion.unsaved', 'leaving', ['nav-worklist']],
  ['opinion.returned', 'earlier', ['version-1']],
  ['room.three', 'minutes', ['more-button', 'minutes-toggle']],
];
const cartPressed = [
  ['room.cart', 'more', ['more-button']],
  ['room.cart', 'sources', ['camera-button']],
  ['room.cart', 'people', ['more-button', 'people-button']],
  ['room.cart', 'leaving', ['leave-button']],
];

pressed.push(['room.three', 'case', ['case-button']], ['room.three', 'caseVitals', ['case-button', 'section-vitals']]);
cartPressed.push(['room.cart', 'case', ['more-button', 'case-button']]);

const steer = ['free', 'otherSteers', 'asking', 'waiting', 'match', 'engaged', 'near', 'forceHigh', 'amber', 'red', 'refused', 'stopped', 'fault', 'lost', 'unconfirmed', 'manual', 'settings', 'warmUp', 'warmUpDone'].map((scene) => `steer.console.${scene}`);
const replays = ['intact', 'stopped', 'broken', 'robot'].map((scene) => `steer.replay.${scene}`);
const steerBeside = ['free', 'asking', 'waiting', 'engaged', 'forceHigh', 'red', 'stopped', 'fault', 'lost', 'unconfirmed', 'manual'].map((scene) => `steer.bedside.${scene}`).concat('steer.banner.engaged', 'steer.banner.stopped', 'steer.banner.unconfirmed');

const jobs = [];
for (const language of ['zh-CN', 'en']) {
  for (const [theme, width, height] of [['dark', 1366, 768], ['dark', 2560, 1440], ['dark', 1080, 1920]]) {
    for (const screen of replays) jobs.push({ screen, name: screen, language, theme, width, height, press: [] });
    for (const screen of steer) jobs.push({ screen, name: screen, language, theme, width, height, press: [] });
    jobs.push({ screen: 'steer.console.engaged', name: 'steer.console.engaged.picture', language, theme, width, height, press: height === 768 ? ['tab-picture'] : [] });
  }
  for (const [width, height] of [[1080, 1920], [1920, 1080], [1366, 768]]) {
    for (const screen of steerBeside) jobs.push({ screen, name: screen, language, theme: 'cart', width, height, press: [] });
    jobs.push({ screen: 'steer.bedside.stopped', name: 'steer.bedside.stopped.reset', language, theme: 'cart', width, height, press: ['reset-stop'] });
  }
  for (const [theme, width, height] of [['light', 1366, 768], ['dark', 1366, 768], ['light', 2560, 1440], ['dark', 2560, 1440], ['cart', 1280, 800], ['cart', 1080, 1920]]) {
    // A cart's account has neither calendar nor rosters.
    const isShown = (screen) => theme !== 'cart' || screen.startsWith('plan') || screen === 'rehearsal';
    for (const screen of schedule.filter(isShown)) jobs.push({ screen, name: screen, language, theme, width, height, press: [] });
    for (const [screen, name, press] of schedulePressed.filter(([screen]) => isShown(screen))) jobs.push({ screen, name: `${screen}.${name}`, language, theme, width, height, press });
    if (isShown('roster')) for (const tab of [1, 2, 3, 4]) jobs.push({ screen: 'roster', name: `roster.tab${tab}`, language, theme, width, height, press: [], tab });
  }
  for (const [width, height] of [[1920, 1080]]) jobs.push({ screen: 'rehearsal', name: 'rehearsal', language, theme: 'cart', width, height, press: [] });
  for (const [width, height] of DESK.sizes) {
    for (const screen of [...outside, ...desk, ...caseLists, ...caseFiles, ...rooms]) jobs.push({ screen, name: screen, language, theme: 'light', width, height, press: [] });
    for (const screen of requests) jobs.push({ screen, name: screen, language, theme: 'light', width, height, press: [] });
    for (const [screen, name, press] of [...pressed, ...adminPressed, ...casePressed, ...requestsPressed]) jobs.push({ screen, name: `${screen}.${name}`, language, theme: 'light', width, height, press });
  }
  for (const [screen, name, press] of casePressed) jobs.push({ screen, name: `${screen}.${name}.dark`, language, theme: 'dark', width: 1366, height: 768, press });
  for (const screen of [...outside, 'adminPeople', 'adminDevices', 'adminSystems', ...caseLists, ...caseFiles]) jobs.push({ screen, name: `${screen}.dark`, language, theme: 'dark', width: 1366, height: 768, press: [] });
  for (const screen of desk) jobs.push({ screen, name: screen, language, theme: 'dark', width: 2560, height: 1440, press: [] });
  for (const screen of requests) jobs.push({ screen, name: `${screen}.dark`, language, theme: 'dark', width: 1366, height: 768, press: [] });
  for (const screen of [...requests, 'adminSystems']) jobs.push({ screen, name: screen, language, theme: 'light', width: 2560, height: 1440, press: [] });
  for (const [theme, width, height] of [['dark', 2560, 1440], ['cart', 1080, 1920], ['cart', 1280, 800]]) for (const screen of requests) jobs.push({ screen, name: screen, language, theme, width, height, press: [] });
  for (const [theme, width, height] of [['light', 1366, 768], ['dark', 1366, 768], ['light', 2560, 1440], ['dark', 2560, 1440], ['cart', 1080, 1920]]) {
    for (const screen of opinions) jobs.push({ screen, name: screen, language, theme, width, height, press: [] });
    for (const [screen, name, press] of opinionPressed) jobs.push({ screen, name: `${screen}.${name}`, language, theme, width, height, press });
  }
  for (const [theme, width, height] of WIDE) {
    for (const screen of [...caseLists, ...caseFiles]) jobs.push({ screen, name: screen, language, theme, width, height, press: [] });
    for (const [screen, name, press] of casePressed) jobs.push({ screen, name: `${screen}.${name}`, language, theme, width, height, press });
  }
  for (const [width, height] of CART.sizes) {
    for (const screen of [...outside, ...caseLists, ...caseFiles, ...cartRooms]) jobs.push({ screen, name: screen, language, theme: 'cart', width, height, press: [] });
    for (const [screen, name, press] of [...cartPressed, ...casePressed]) jobs.push({ screen, name: `${screen}.${name}`, language, theme: 'cart', width, height, press });
  }
}

if (!args.includes('--no-build')) await build({ configFile: `${repository}test/helpers/preview/vite.config.ts`, logLevel: 'warn' });
await mkdir(out, { recursive: true });
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (path.startsWith('/dicomweb/')) {
    const answer = syntheticAnswer(path);
    response.writeHead(answer?.status ?? 404, { 'content-type': answer?.type ?? 'text/plain' }).end(answer?.body);
    return;
  }
  try {
    const body = await readFile(`${repository}dist/preview${path === '/' ? '/index.html' : path}`);
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/html' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--autoplay-policy=no-user-gesture-required'],
});
const findings = [];
const chosen = jobs.filter((job) => `${job.name} ${job.language} ${job.theme} ${job.width}`.match(filter));
let done = 0;
const lanes = Array.from({ length: 2 }, async () => {
  for (let job = chosen.shift(); job; job = chosen.shift()) {
    const context = await browser.newContext({ viewport: { width: job.width, height: job.height }, reducedMotion: job.width === 1366 || job.width === 1280 ? 'reduce' : 'no-preference' });
    const page = await context.newPage();
    const label = `${job.name}.${job.theme}.${job.language}.${job.width}`;
    page.on('pageerror', (error) => findings.push(`${label}: page error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') findings.push(`${label}: console: ${message.text().slice(0, 200)}`);
    });
    await page.goto(`${origin}/?screen=${job.screen}&language=${job.language}&theme=${job.theme}`);
    await page.waitForSelector('h1', { timeout: 10_000 }).catch(() => findings.push(`${label}: nothing was drawn`));
    if (findings.includes(`${label}: nothing was drawn`)) { await context.close(); continue; }
    if (job.tab !== undefined) await page.getByRole('tab').nth(job.tab).click();
    if (job.screen === 'adminDevices') await page.getByRole('tab').nth(3).click();
    if (job.screen.startsWith('adminSystems') || job.screen === 'adminToken') await page.getByRole('tab').nth(4).click();
    if (job.screen === 'adminCarts' || job.screen === 'adminCode') await page.getByRole('tab').nth(2).click();
    if (job.name.endsWith('.cartCode') || (job.screen === 'signInCart')) await page.locator('.ant-segmented-item').nth(1).click();
    for (const testId of job.press) {
      await page.waitForTimeout(150);
      await page.getByTestId(testId).click({ timeout: 5000 }).catch((error) => findings.push(`${label}: cannot press ${testId}: ${String(error).split('\n')[0]}`));
    }
    if (job.press.includes('case-button')) await page.getByTestId('case-file').waitFor();
    if (job.press.includes('section-imaging')) await page.locator('[data-testid="imaging-viewer"]:not(:has([data-status="loading"]))').waitFor({ timeout: 20_000 }).catch(() => findings.push(`${label}: the images did not come`));
    // Checked first, and a picture is formed: both take a moment on a busy machine.
    if (job.screen.startsWith('steer.replay')) {
      await page.getByTestId('replay-verdict').waitFor({ timeout: 20_000 }).catch(() => findings.push(`${label}: the record was not checked`));
      await page.waitForTimeout(1200);
    }
    await page.waitForTimeout(job.press.includes('section-imaging') ? 3000 : job.screen.startsWith('room.') ? 500 : 250);
    await page.screenshot({ path: `${out}${label}.png` });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1 || document.documentElement.scrollHeight > innerHeight + 1);
    if (overflow) findings.push(`${label}: the page overflows its window`);
    const small = job.theme !== 'cart' ? [] : await page.evaluate(() => [...document.querySelectorAll('button, a, [role="button"], [role="tab"], input:not([type="hidden"]), .ant-segmented-item')].flatMap((element) => {
      const box = element.getBoundingClientRect();
      const isShown = box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight && getComputedStyle(element).visibility !== 'hidden' && !element.closest('.hz-skip, .hz-hidden, .ant-segmented') && !element.matches('.ant-select-input, .ant-input, .ant-segmented-item-input');
      return isShown && (box.height < 47.5 || box.width < 47.5) ? [`${element.tagName}.${element.className} ${Math.round(box.width)}×${Math.round(box.height)} ${element.textContent?.slice(0, 20)}`] : [];
    }));
    for (const target of small) findings.push(`${label}: target too small: ${target}`);
    const results = await new AxeBuilder({ page }).options({ rules: job.theme === 'cart' ? { 'color-contrast-enhanced': { enabled: true } } : {} }).analyze();
    for (const violation of results.violations) {
      if (violation.impact === 'serious' || violation.impact === 'critical' || violation.impact === 'moderate') findings.push(`${label}: axe ${violation.impact} ${violation.id}: ${violation.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
    }
    await context.close();
    done += 1;
  }
});
await Promise.all(lanes);
await browser.close();
server.close();
await writeFile(`${out}findings.txt`, findings.join('\n'));
console.log(`${done} pictures, ${findings.length} findings`);
console.log([...new Set(findings)].slice(0, 60).join('\n'));
