import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheRoot } from '../../../build/worker/workerPath.mjs';

const sources = resolve(dirname(fileURLToPath(import.meta.url)), '..', 'load');
const FLAGS = ['-O2', '-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wno-unused-result'];
const LIBRARIES = ['-lssl', '-lcrypto'];

/**
 * The load generator's program, compiled once for each state of its sources and kept beside the cached worker.
 * @throws Error with the compiler's words
 */
export async function compileLoad(): Promise<string> {
  const files = readdirSync(sources).filter((file) => /\.[ch]$/.test(file)).sort();
  const hash = createHash('sha256').update(JSON.stringify([FLAGS, LIBRARIES, process.arch]));
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(sources, file)));
  const folder = join(cacheRoot(), '..', 'bench-load');
  const program = join(folder, `load-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const code = files.filter((file) => file.endsWith('.c')).map((file) => join(sources, file));
  await promisify(execFile)('gcc', [...FLAGS, '-o', unfinished, ...code, ...LIBRARIES]);
  renameSync(unfinished, program); // whole or not at all, also when two benches compile at once
  return program;
}
