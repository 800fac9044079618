import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../bundleProgram.ts';

/** The program of the threads that read images, as the server's build makes it. */
export function imagingProgram(): Promise<string> {
  return bundleProgram(join(fileURLToPath(new URL('../../..', import.meta.url)), 'sfu-server/imaging/worker/main.ts'), 'imaging');
}
