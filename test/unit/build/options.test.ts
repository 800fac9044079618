import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..', '..', '..');
/** All of these end before anything is set up, built or opened. */
const run = (program: string, ...options: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(root, program), ...options], { encoding: 'utf8' });
  return { status, lines: (stdout + stderr).trim().split('\n') };
};

it.each([
  ['build/start/start.mjs', ['--port=8080'], 'npm start: --port: no such option; settings come from the environment'],
  ['build/start/start.mjs', ['--port', '8080', '-x'], 'npm start: --port, 8080, -x: no such option'],
  ['build/desktop/desktop.mjs', ['--servr=https://a.example'], 'npm run desktop: --servr: no such option; there are --server=URL, --profile=DIR and --kiosk'],
  ['build/desktop/desktop.mjs', ['--kiosk', 'https://a.example'], 'npm run desktop: https://a.example: no such option'],
  ['build/desktop/desktop.mjs', ['--server'], 'npm run desktop: --server wants a value'],
  ['build/desktop/desktop.mjs', ['--kiosk=yes'], 'npm run desktop: --kiosk takes no value'],
  ['build/desktop/desktop.mjs', ['--server=banana'], 'npm run desktop: --server wants the server\'s address, such as --server=https://huizhen.hospital.example:7443; «banana» is none'],
  ['build/desktop/desktop.mjs', ['--server=a.example:7443'], 'npm run desktop: --server wants the server\'s address'],
])('[CFG5] %s %j is refused in one line', (program, options, line) => {
  const { status, lines } = run(program, ...options);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.startsWith(line) ? line : lines[0]).toBe(line);
  expect(status).toBe(2);
});
