import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import client from '../../../../build/client/vite.config.ts';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));

/** The client's own loading and decoding of images without its screens: built as the client is, and never part of the product. */
export default defineConfig({ ...client, root: `${repository}test/helpers/imaging/sweepPage`, plugins: (client.plugins ?? []).slice(0, 1), build: { ...client.build, outDir: `${repository}dist/sweep`, sourcemap: false } });
