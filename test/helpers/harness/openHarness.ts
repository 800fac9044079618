import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import type { Role } from '../../../shared/domain/roles.ts';
import type { ServerProcess } from '../serverProcess.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
let bundle: Promise<string> | null = null;

function bundleHarness(): Promise<string> {
  bundle ??= build({
    entryPoints: [join(here, 'page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [{ name: 'shared', setup: (b) => b.onResolve({ filter: /^#shared\// }, ({ path }) => ({ path: join(root, `${path.slice(1)}.ts`) })) }],
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '');
  return bundle;
}

/** A page with the client's services and no screens, signed in with `token`; see `page.ts`. */
export async function openHarness(context: BrowserContext, server: ServerProcess, options: { token: string; role: Role; devices?: Record<string, string>; tileHeightPx?: number }): Promise<Page> {
  const page = await context.newPage();
  const code = await bundleHarness();
  await page.route(`${server.url}/harness`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>harness</title><body><script src="/harness.js"></script></body>' }));
  await page.route(`${server.url}/harness.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: code }));
  await page.goto(`${server.url}/harness`);
  await page.evaluate((start) => {
    window.harness.app = window.harness.start(start);
  }, { ...options, serverUrl: server.url });
  return page;
}
