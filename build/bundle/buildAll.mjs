/** Builds everything that is shipped: the page by Vite into dist/client, the server and the desktop side by esbuild. What is newer than its sources is left as it is. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Hash of the names, sizes and contents of all files below the given places. */
function hashOf(places) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) if (name !== 'node_modules') visit(join(path, name));
      return;
    }
    hash.update(path.slice(root.length));
    hash.update(readFileSync(path));
  };
  for (const place of places) visit(join(root, place));
  return hash.digest('hex');
}

async function unlessFresh(name, places, output, work, write) {
  const stamp = join(root, 'dist', `.${name}.stamp`);
  const hash = hashOf([...places, 'package-lock.json']);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) {
    write(`build: ${name} is up to date`);
    return;
  }
  const startedMs = performance.now();
  write(`build: ${name} …`);
  await work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  write(`build: ${name} done (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
}

/** Brings dist/ up to date. Needs the npm packages. */
export async function buildAll({ write = (line) => console.log(line) } = {}) {
  await unlessFresh('server', ['sfu-server', 'shared', 'build/bundle/server.mjs'], join(root, 'dist/server/main.mjs'), async () => (await import('./server.mjs')).bundleServer(), write);
  await unlessFresh('desktop', ['electron', 'shared', 'build/bundle/electron.mjs'], join(root, 'dist/electron/loopback.mjs'), async () => (await import('./electron.mjs')).bundleElectron(), write);
  await unlessFresh(
    'client',
    ['renderer', 'shared', 'build/client'],
    join(root, 'dist/client/index.html'),
    async () => {
      const { build } = await import('vite');
      await build({ configFile: join(root, 'build/client/vite.config.ts'), logLevel: 'warn' });
    },
    write,
  );
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await buildAll();
