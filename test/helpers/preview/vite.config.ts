import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** The screens with static models, for screenshots; never part of the product. */
export default defineConfig({
  root: `${repository}test/helpers/preview`,
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { outDir: `${repository}dist/preview`, emptyOutDir: true, target: 'chrome130' },
});
