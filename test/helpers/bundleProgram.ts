import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bundles = new Map<string, Promise<string>>();

/** A test's program as one file for plain Node, beside the other bundles, so that packages are found; made once. */
export function bundleProgram(entryPoint: string, name: string): Promise<string> {
  const outfile = join(root, 'dist', 'test', `${name}.mjs`);
  const made =
    bundles.get(name) ??
    build({
      entryPoints: [entryPoint], outfile, bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm', logLevel: 'warning',
      plugins: [{ name: 'shared', setup: (b) => b.onResolve({ filter: /^#shared\// }, ({ path }) => ({ path: join(root, `${path.slice(1)}.ts`) })) }],
    }).then(() => outfile);
  bundles.set(name, made);
  return made;
}
