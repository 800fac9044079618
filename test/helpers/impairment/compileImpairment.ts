import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheRoot } from '../../../build/worker/workerPath.mjs';

const source = join(dirname(fileURLToPath(import.meta.url)), 'impairment.c');
const FLAGS = ['-O2', '-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'];

/**
 * The program of `impairment.c`, compiled once for each state of its source and kept beside the cached worker.
 * @throws Error with the compiler's words
 */
export async function compileImpairment(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([FLAGS, process.arch])).update(readFileSync(source)).digest('hex').slice(0, 16);
  const folder = join(cacheRoot(), '..', 'impairment');
  const program = join(folder, `impairment-${hash}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  await promisify(execFile)('gcc', [...FLAGS, '-o', unfinished, source]);
  renameSync(unfinished, program); // whole or not at all, also when two tests compile at once
  return program;
}
