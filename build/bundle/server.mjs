/**
 * Bundles the server with esbuild into dist/server/main.mjs, with the program of its imaging threads beside it, and the tool that checks signed opinions into dist/verify/main.mjs.
 * Packages stay outside: they hold native parts and WebAssembly that want to be found beside their own code. Run it, or call
 * `bundleServer()` or `bundleVerify()`.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Writes the bundles; resolves to the path of the first. */
export async function bundleServer() {
  await bundle('sfu-server/imaging/worker/main.ts', join(root, 'dist', 'server', 'imaging.mjs'));
  return bundle('sfu-server/main.ts', join(root, 'dist', 'server', 'main.mjs'));
}

/** The tool by itself; resolves to its path. */
export const bundleVerify = () => bundle('sfu-server/opinions/verify/main.ts', join(root, 'dist', 'verify', 'main.mjs'));

/** Of records of remote control. */
export const bundleVerifyRecord = () => bundle('electron/host/verifyRecord/main.ts', join(root, 'dist', 'verifyRecord', 'main.mjs'));

/**
 * @param {string} entryPoint
 * @param {string} outfile
 */
async function bundle(entryPoint, outfile) {
  await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    packages: 'external',
    // «#shared/…» is an import of our own package and has to be taken in, although it looks like a package.
    plugins: [{ name: 'shared', setup: (b) => b.onResolve({ filter: /^#shared\// }, ({ path }) => ({ path: join(root, `${path.slice(1)}.ts`) })) }],
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: true,
    logLevel: 'warning',
  });
  return outfile;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outfile = await bundleServer();
  console.log(`server: ${outfile}`);
}
