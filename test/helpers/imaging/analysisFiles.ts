import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface AnalysisFile {
  readonly name: string;
  readonly kind: 'ct' | 'seg' | 'report';
  readonly sopUid?: string;
  readonly volumesMl?: readonly number[];
  readonly bytes: Buffer;
}

let sets = 0;

/** Two CT studies with what an analysis service made of them, written by pydicom: with the volumes that their voxels have. UIDs of their own each time. */
export function makeAnalysis(): ReadonlyMap<string, AnalysisFile> {
  sets += 1;
  const folder = mkdtempSync(join(tmpdir(), 'huizhen-analysis-'));
  const script = join(dirname(fileURLToPath(import.meta.url)), 'makeAnalysis.py');
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', [script, folder, `${process.pid}.${sets}`], { encoding: 'utf8', maxBuffer: 16_000_000 });
  if (status !== 0) throw new Error(`pydicom: ${stderr.slice(-500)}`);
  const { files } = JSON.parse(stdout) as { files: Omit<AnalysisFile, 'bytes'>[] }; // the script's own lines
  return new Map(files.map((file) => [file.name, { ...file, bytes: readFileSync(join(folder, file.name)) }]));
}
