/** The demo's window for the person at the machine: the desktop client, signed in and in the consult, by its own screens. */
import { createServer } from 'node:net';
import { chromium } from 'playwright-core';
import { openDesktop } from '../desktop/desktop.mjs';

const PATIENCE_MS = 20_000;

/** A free port on loopback. */
function freePort() {
  return new Promise((ok, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => ok(port));
    });
  });
}

async function connect(port) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`the window did not open within ${PATIENCE_MS / 1000} s`, { cause: error });
      await new Promise((done) => setTimeout(done, 300));
    }
  }
}

/** Opens the window and signs in; the debugging port that this needs is the demo's alone and closed with the window. */
export async function openSignedInDesktop({ server, signInName, profileDir }) {
  const port = await freePort();
  const desktop = await openDesktop({ url: server.url, serverUrl: server.url, profileDir, browserArguments: [`--remote-debugging-port=${port}`, '--remote-debugging-address=127.0.0.1'] });
  try {
    const browser = await connect(port);
    const [context] = browser.contexts();
    const page = context?.pages().find((candidate) => candidate.url().startsWith('http') || candidate.url().startsWith('app:')) ?? (await context?.waitForEvent('page'));
    if (!page) throw new Error('the window shows no page');
    const join = page.getByTestId(`join-${server.demo.liveConsultId}`);
    const name = page.getByTestId('sign-in-name');
    await join.or(name).first().waitFor({ timeout: PATIENCE_MS });
    if (await name.isVisible()) {
      await name.fill(signInName);
      await page.getByTestId('sign-in-password').fill(server.demo.password);
      await page.getByTestId('sign-in-submit').click();
    }
    await join.click();
    return desktop;
  } catch (error) {
    desktop.close();
    throw error;
  }
}
