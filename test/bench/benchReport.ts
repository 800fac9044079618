import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** A measured figure. `metric` is one of the names in the design's list of benches; `unit` is empty for ratios and counts. */
export interface Figure {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
}

/** A figure that could not be measured: it is left out of the results, and its reason is said. */
export interface Missing {
  readonly metric: string;
  readonly missing: string;
}

export type Row = Figure | Missing;

/** What each `NAME.bench.ts` exports, besides a one-line `description`. */
export interface BenchModule {
  readonly description: string;
  readonly run: (options: { readonly quick: boolean }) => Promise<readonly Row[]>;
  /** Rounds that were counted (the discarded first not among them); 1 when left out. */
  readonly rounds?: (quick: boolean) => number;
}

/** Four significant digits, and never an exponent. */
export function formatValue(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 8));
}

function isFigure(row: Row): row is Figure {
  return 'value' in row;
}

/** The table on the screen: one line a row. */
export function formatTable(rows: readonly Row[]): string {
  const nameWidth = Math.max(...rows.map(({ metric }) => metric.length), 6);
  const cells = rows.map((row) => (isFigure(row) ? `${formatValue(row.value)} ${row.unit}`.trimEnd() : '–'));
  const valueWidth = Math.max(...cells.map((cell) => cell.length), 5);
  const lines = rows.map((row, index) => {
    const note = isFigure(row) ? (row.note ?? '') : `not measured: ${row.missing}`;
    return `${row.metric.padEnd(nameWidth)}  ${(cells[index] ?? '').padStart(valueWidth)}  ${note}`.trimEnd();
  });
  return lines.join('\n');
}

/**
 * Prints the table and writes `FOLDER/NAME.json`.
 * @param folder is made when it is not there
 * @returns the file's path
 * @throws Error when a value is not a finite number: that is a figure that should have been reported as missing
 */
export function report(options: { readonly name: string; readonly quick: boolean; readonly rounds: number; readonly rows: readonly Row[]; readonly folder: string }): string {
  const { name, quick, rounds, rows, folder } = options;
  const bad = rows.filter(isFigure).find(({ value }) => !Number.isFinite(value));
  if (bad) throw new Error(`${name}: ${bad.metric} is ${bad.value}, which is no figure`);
  console.log(`\n${name}${quick ? ' (quick)' : ''}: median of ${rounds} round${rounds === 1 ? '' : 's'}\n${formatTable(rows)}`);
  const missing = rows.filter((row): row is Missing => !isFigure(row)).map(({ metric, missing: reason }) => ({ metric, reason }));
  const machine = { cores: cpus().length, memoryMb: Math.round(totalmem() / 1_048_576) };
  const content = { name, quick, machine, rounds, rows: rows.filter(isFigure), ...(missing.length === 0 ? {} : { missing }) };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}
