/** Runs one bench and reports it: `tsx test/bench/runBench.ts NAME [--quick]`. Started by `npm run bench`, which prepares what it needs. */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchModule, report } from './benchReport.ts';

const here = dirname(fileURLToPath(import.meta.url));
const [name = '', ...flags] = process.argv.slice(2);
const quick = flags.includes('--quick');
const bench = (await import(`./${name}.bench.ts`)) as BenchModule; // what every bench file exports
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130)); // so that 'exit' handlers end what was started
const startedMs = performance.now();
const rows = await bench.run({ quick });
const file = report({ name, quick, rounds: bench.rounds?.(quick) ?? 1, rows, folder: resolve(here, '..', '..', 'bench-results') });
console.log(`\nbench: ${name} took ${((performance.now() - startedMs) / 1000).toFixed(1)} s; written to ${file}`);
process.exit(rows.some((row) => 'value' in row) ? 0 : 1); // nothing of a bench may keep the launcher waiting
