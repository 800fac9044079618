import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type HostInfo, hostInfoSchema } from '#shared/host/contract';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { findBrowser } from '../../../build/desktop/browserBinary.mjs';
import { openDesktop } from '../../../build/desktop/desktop.mjs';
import { createFolder } from '../../unit/electron/fakes.ts';

const root = resolve(import.meta.dirname, '..', '..', '..');

/** The page: makes its bridge, tells what it has, loads itself again once, and tells again. */
const PAGE_SCRIPT = `
import { createBrowserEnvironment } from './renderer/bridge/browserEnvironment.ts';
import { createBridge } from './renderer/bridge/createBridge.ts';
import { createSystemClock } from './shared/lib/clock.ts';
const { bridge, lostHost } = await createBridge(createBrowserEnvironment(window, createSystemClock({ setTimeout: window.setTimeout.bind(window), clearTimeout: window.clearTimeout.bind(window), performance, Date })));
const settings = await bridge.request('settings.set', { theme: 'cart' });
await fetch('/told', { method: 'POST', body: JSON.stringify({ kind: bridge.kind, info: bridge.info, lostHost: lostHost?.code ?? null, theme: settings.theme, address: location.href }) });
if (!sessionStorage.getItem('loaded')) {
  sessionStorage.setItem('loaded', 'once');
  location.reload();
}
`;

const toldSchema = z.object({ kind: z.string(), info: hostInfoSchema.nullable(), lostHost: z.string().nullable(), theme: z.string(), address: z.string() });
type Told = z.infer<typeof toldSchema>;

/** Serves the page and collects what it tells. `requested` holds every address the server was asked for. */
async function servePage() {
  const { outputFiles } = await build({ stdin: { contents: PAGE_SCRIPT, resolveDir: root, loader: 'ts' }, bundle: true, format: 'esm', write: false, platform: 'browser' });
  const script = outputFiles[0]?.text ?? '';
  const told: Told[] = [];
  const requested: string[] = [];
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    requested.push(`${request.url} ${request.headers.referer ?? ''}`);
    if (request.url === '/told') {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        told.push(toldSchema.parse(JSON.parse(body)));
        response.end();
        wake();
      });
    } else if (request.url === '/script.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><script type="module" src="/script.js"></script>');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
  const next = async () => {
    while (told.length === 0) await new Promise<void>((resolveWake) => (wake = resolveWake));
    return toldSchema.parse(told.shift());
  };
  return { url, next, requested };
}

describe('desktop window in an installed browser', () => {
  it.skipIf(findBrowser() === null)(
    '[DSK80] opens with the host beside it; the token is in no request and no longer in the address, and a reload keeps the host',
    async () => {
      const { url, next, requested } = await servePage();
      const profileDir = await createFolder();
      const window = await openDesktop({ url: `${url}?x=1#place`, serverUrl: url, profileDir, browserArguments: ['--headless=new', '--disable-gpu', '--disable-dev-shm-usage'] });
      onTestFinished(async () => {
        window.close();
        await window.closed;
      });
      const first = await next();
      if (window.kind === 'browser') {
        const info: Partial<HostInfo> = { kind: 'loopback', isKiosk: false, vault: 'unprotected' };
        expect(first).toMatchObject({ kind: 'loopback', info, lostHost: null, theme: 'cart', address: `${url}?x=1#place` });
        expect(await next()).toMatchObject({ kind: 'loopback', lostHost: null });
        expect(JSON.parse(await readFile(join(profileDir, 'host', 'settings.json'), 'utf8'))).toMatchObject({ theme: 'cart' });
      }
      for (const line of requested) expect(line).not.toMatch(/[0-9a-f]{64}/);
    },
    60_000,
  );
});

describe('loopback host process', () => {
  it('[DSK81] says where it listens on its standard output, gives further windows their own token, and ends with its launcher', async () => {
    const folder = await createFolder();
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'electron', 'loopback', 'main.ts'), '--origin=http://127.0.0.1:7400/', `--folder=${folder}`], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    const exited = new Promise<number | null>((resolveExit) => child.on('exit', resolveExit));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = z.object({ type: z.string(), fragment: z.string().regex(/^#host=ws:\/\/127\.0\.0\.1:\d+\/&token=[0-9a-f]{64}$/) });
    const first = line.parse(JSON.parse(String((await lines.next()).value)));
    expect(first.type).toBe('listening');
    child.stdin.write('launch\n');
    const second = line.parse(JSON.parse(String((await lines.next()).value)));
    expect(second.type).toBe('launch');
    expect(second.fragment).not.toBe(first.fragment);
    child.stdin.end();
    expect(await exited).toBe(0);
  }, 30_000);

  it('[DSK81] does not start as a kiosk nobody could leave, nor without knowing its page', async () => {
    const folder = await createFolder();
    const run = (args: readonly string[]) =>
      new Promise<{ code: number | null; said: string }>((resolveRun) => {
        const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'electron', 'loopback', 'main.ts'), ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
        let said = '';
        child.stderr.on('data', (chunk) => (said += chunk));
        child.on('exit', (code) => resolveRun({ code, said }));
      });
    expect(await run(['--origin=http://127.0.0.1:7400/', `--folder=${folder}`, '--kiosk'])).toMatchObject({ code: 1, said: expect.stringContaining('exit code') });
    expect(await run([`--folder=${folder}`])).toMatchObject({ code: 1, said: expect.stringContaining('--origin') });
    expect(await run(['--origin=http://127.0.0.1:7400/'])).toMatchObject({ code: 1, said: expect.stringContaining('--folder') });
  }, 30_000);
});
