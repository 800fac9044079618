import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { openCvPlugin } from './openCvPlugin.mjs';
import { serviceWorkerPlugin } from './serviceWorkerPlugin.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** Where `npm run dev` has its server. */
const SERVER = 'http://127.0.0.1:7400';

/** Parts for Node that no browser enters: the image decoders look for files there, an XML builder of vtk.js reads addresses. */
const NODE_PARTS = /[\\/]node_modules[\\/](@cornerstonejs[\\/]codec-|@oozcitak[\\/]url)/;
const withoutNodeParts = () => ({
  name: 'without-node-parts',
  enforce: 'pre' as const,
  resolveId: (source: string, importer?: string) => (importer !== undefined && NODE_PARTS.test(importer) && ['fs', 'path', 'crypto', 'url'].includes(source) ? '\0without-node-parts' : null),
  load: (id: string) => (id === '\0without-node-parts' ? 'export default {};' : null),
});

/** The renderer as static files under dist/client, with relative addresses so that app:// and any path of a server will do. */
export default defineConfig({
  root: `${repository}renderer`,
  base: './',
  plugins: [withoutNodeParts(), react(), serviceWorkerPlugin()],
  worker: { format: 'es', plugins: () => [withoutNodeParts(), openCvPlugin()] },
  build: {
    outDir: `${repository}dist/client`,
    emptyOutDir: true,
    target: 'chrome130',
    sourcemap: true,
    chunkSizeWarningLimit: 900,
    // The preload polyfill serves browsers that the target leaves out, and would be an inline script under the page's CSP.
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    port: 7410,
    strictPort: true,
    fs: { allow: [repository] },
    proxy: { '/api': SERVER, '/dicomweb': SERVER, '/socket.io': { target: SERVER, ws: true } },
  },
});
