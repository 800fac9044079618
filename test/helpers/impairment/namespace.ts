import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findCommand } from '../../../build/setup/programs.mjs';

/** One network namespace and the address under which its programs are reached. */
export interface NetworkPlace {
  readonly namespace: string;
  readonly address: string;
}

const here = dirname(fileURLToPath(import.meta.url));
const ipCommand = findCommand('ip') ?? 'ip';
const run = promisify(execFile);

/** @throws Error with the words of `ip` */
export async function ip(...words: string[]): Promise<string> {
  return (await run(ipCommand, words)).stdout;
}

/** How `fork` starts a Node program inside a namespace: `ip netns exec` becomes that program, so that its pid and its channel stay. */
export function forkInside(namespace: string): { execPath: string; execArgv: string[] } {
  return { execPath: ipCommand, execArgv: ['netns', 'exec', namespace, process.execPath] };
}

/** The command line of a program inside a namespace. */
export function commandInside(namespace: string, command: string, words: readonly string[] = []): { command: string; words: string[] } {
  return { command: ipCommand, words: ['netns', 'exec', namespace, command, ...words] };
}

/** How Playwright starts a browser inside a namespace: it wants one executable, and talks to it by inherited pipes. */
export function browserInside(namespace: string, browser: string): { executablePath: string; env: Record<string, string | undefined> } {
  return { executablePath: join(here, 'browserInside.sh'), env: { ...process.env, HUIZHEN_TEST_IP: ipCommand, HUIZHEN_TEST_NAMESPACE: namespace, HUIZHEN_TEST_BROWSER: browser } };
}

const FETCH = `
  const [url, init] = JSON.parse(process.argv[1]);
  const response = await fetch(url, init);
  process.stdout.write(JSON.stringify({ status: response.status, body: await response.text() }));
`;

/** `fetch` from inside a namespace, in a program of its own; takes whatever certificate the server there made for itself. */
export async function fetchInside(namespace: string, url: string, init: { method: string; headers: Record<string, string>; body: string }): Promise<Response> {
  const { command, words } = commandInside(namespace, process.execPath, ['--input-type=module', '-e', FETCH, JSON.stringify([url, init])]);
  const { stdout } = await run(command, words, { env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1', NODE_OPTIONS: '' } });
  const { status, body } = JSON.parse(stdout) as { status: number; body: string }; // our own words, just above
  return new Response(body, { status });
}
