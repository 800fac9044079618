import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { withoutFunctionsOfText } from '../../../build/client/openCvPlugin.mjs';
import { photographPath } from '../../../build/setup/photographs.mjs';
import { launchChromium } from '../../helpers/chromium.ts';

const root = resolve(import.meta.dirname, '..', '..', '..');

/** A page in real Chromium that makes and follows scenes, with the tracker as it is shipped. */
export async function openBenchPage(): Promise<{ readonly page: Page; readonly close: () => Promise<void> }> {
  const { outputFiles } = await build({
    absWorkingDir: root, entryPoints: ['test/bench/tracking/page.ts'], bundle: true, write: false, splitting: true, format: 'esm', outdir: '/', target: 'chrome130', logLevel: 'warning',
    plugins: [{ name: 'opencv', setup: ({ onLoad }) => onLoad({ filter: /@opencvjs[\\/]web[\\/]lib[\\/]opencv_js\.js/ }, async ({ path }) => ({ contents: withoutFunctionsOfText(await readFile(path, 'utf8')), loader: 'js' })) }],
  });
  const scripts = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
  const server = createServer(async ({ url = '/' }, answer) => {
    const photograph = /^\/photographs\/(\w+)$/.exec(url)?.[1];
    const script = scripts.get(url);
    if (url === '/') answer.setHeader('content-type', 'text/html').end('<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.js"></script>');
    else if (script) answer.setHeader('content-type', 'text/javascript').end(script);
    else if (photograph) answer.setHeader('content-type', 'image/jpeg').end(await readFile(photographPath(photograph)));
    else answer.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const browser = await launchChromium(['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader']);
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${address.port}/`);
  await page.waitForFunction('globalThis.runScene');
  return {
    page,
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}
