/** Adds `service-worker.js` to the client: its source compiled with the list of all files that the bundle holds. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = fileURLToPath(new URL('../../renderer/workers/serviceWorker.ts', import.meta.url));

export function serviceWorkerPlugin() {
  return {
    name: 'huizhen-service-worker',
    apply: 'build',
    enforce: 'post',
    // Last of all: the bundler takes out parts that held only styles, and a list with one that is not there installs nothing.
    generateBundle: { order: 'post', async handler(_options, bundle) {
      const files = Object.keys(bundle).filter((file) => file.startsWith('assets/') && !file.endsWith('.map'));
      const hash = createHash('sha256');
      // The page's own bytes are not final yet; its parts' names carry their hashes.
      for (const file of files.sort()) hash.update(file);
      const result = await build({
        entryPoints: [source], bundle: true, write: false, minify: true, format: 'iife', target: 'chrome130',
        define: { CLIENT_FILES: JSON.stringify(['/', ...files.map((file) => `/${file}`)]), CLIENT_VERSION: JSON.stringify(hash.digest('hex').slice(0, 16)) },
      });
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source: result.outputFiles[0].text });
    } },
  };
}
