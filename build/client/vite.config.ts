import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { serviceWorkerPlugin } from './serviceWorkerPlugin.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** Where `npm run dev` has its server. */
const SERVER = 'http://127.0.0.1:7400';

/** The renderer as static files under dist/client, with relative addresses so that app:// and any path of a server will do. */
export default defineConfig({
  root: `${repository}renderer`,
  base: './',
  plugins: [react(), serviceWorkerPlugin()],
  worker: { format: 'es' },
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
