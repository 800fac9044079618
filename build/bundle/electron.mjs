/**
 * Bundles the desktop side with esbuild into dist/electron: `main.mjs` (Electron's main process), `preload.cjs` (a sandboxed preload
 * must be CommonJS) and `loopback.mjs` (the host for browser windows, plain Node). Run it, or call `bundleElectron()`.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Packages in CommonJS (ws) ask for Node's own modules by `require`, which a module has not. */
const REQUIRE_BANNER = "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);";

/** Writes the three bundles; resolves to their paths. Rejects with esbuild's error, which has been printed. */
export async function bundleElectron({ isMinified = false } = {}) {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const outdir = join(root, 'dist', 'electron');
  /** @type {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: root,
    bundle: true,
    sourcemap: true,
    minify: isMinified,
    logLevel: 'warning',
    legalComments: 'none',
    define: { HUIZHEN_VERSION: JSON.stringify(version) },
  };
  const node = { ...common, platform: 'node', target: 'node20', format: 'esm', banner: { js: REQUIRE_BANNER } };
  const outputs = { main: join(outdir, 'main.mjs'), preload: join(outdir, 'preload.cjs'), loopback: join(outdir, 'loopback.mjs') };
  await Promise.all([
    build({ ...node, entryPoints: ['electron/shell/main.ts'], outfile: outputs.main, external: ['electron'] }),
    build({ ...common, platform: 'node', target: 'chrome140', format: 'cjs', entryPoints: ['electron/preload/preload.ts'], outfile: outputs.preload, external: ['electron'] }),
    // ws works without these two accelerators and looks for them in vain.
    build({ ...node, entryPoints: ['electron/loopback/main.ts'], outfile: outputs.loopback, external: ['bufferutil', 'utf-8-validate'] }),
  ]);
  return outputs;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outputs = await bundleElectron({ isMinified: process.argv.includes('--minify') });
  console.log(Object.values(outputs).join('\n'));
}
