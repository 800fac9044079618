import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRecordFile, writeRecordFile } from '#shared/protocol/controlRecord/recordFile';
import { parseRecordEntry } from '#shared/protocol/controlRecord/entries';
import { describe, expect, it } from 'vitest';
import { chained, syntheticEntries, syntheticRecord } from '../../../helpers/control/recordFile.ts';
import { createFolder } from '../../electron/fakes.ts';
import { bundleVerifyRecord } from '../../../../build/bundle/server.mjs';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const breakOf = async (text: string) => (await readRecordFile(text, sha256)).broken;

describe('a record that was handed over', () => {
  it('[CTL110] [CTL111] is read to the letter: header, lines, chain from the line before it, an end', async () => {
    const text = await syntheticRecord('en');
    const lines = text.split('\n');
    expect(lines[0]).toBe(`{"format":"huizhen-control-record","version":1,"from":41,"previousHash":"${'a'.repeat(64)}"}`);
    expect(lines.at(-1)).toBe('');
    // By hand, as the spec says it.
    const [, hash, entry] = /^\{"hash":"([0-9a-f]{64})","entry":(\{.*\})\}$/.exec(lines[1] ?? '') ?? [];
    expect(sha256(`${'a'.repeat(64)}\n${entry}`)).toBe(hash);
    const reading = await readRecordFile(text, sha256);
    expect(reading).toMatchObject({ broken: null, lastHash: /"hash":"([0-9a-f]{64})"/.exec(lines.at(-2) ?? '')?.[1] });
    expect(reading.entries).toEqual(JSON.parse(JSON.stringify(syntheticEntries('en')))); // JSON knows one zero
    expect(reading.entries.map(parseRecordEntry).filter((one) => one === null || one.type.startsWith('other:'))).toEqual([]);
  });

  it('[CTL111] names the first place where it is not as it was written', async () => {
    const text = await syntheticRecord('zh-CN');
    const lines = text.trimEnd().split('\n');
    const without = (index: number, ...put: string[]) => `${lines.toSpliced(index, 1, ...put).join('\n')}\n`;
    const at = (index: number) => lines[index] ?? '';
    expect(await breakOf(text)).toBeNull();
    expect(await breakOf(without(9, at(9).replace('"forceN":', '"forceN":1')))).toEqual({ line: 10, why: 'hash' });
    expect(await breakOf(without(9))).toEqual({ line: 10, why: 'hash' });
    expect(await breakOf(without(9, at(10), at(9)))).toEqual({ line: 10, why: 'hash' });
    expect(await breakOf(without(9, at(9), at(9)))).toEqual({ line: 11, why: 'hash' });
    expect(await breakOf(without(9, 'x'))).toEqual({ line: 10, why: 'notALine' });
    expect(await breakOf(without(0, at(0).replace('"from":41', '"from":40')))).toEqual({ line: 2, why: 'sequence' });
    expect(await breakOf(without(0, at(0).replace('aaa', 'bbb')))).toEqual({ line: 2, why: 'hash' });
    expect(await breakOf(without(0, at(0).replace('"version":1', '"version":2')))).toEqual({ line: 1, why: 'header' });
    expect(await breakOf(without(lines.length - 1))).toEqual({ line: lines.length, why: 'end' });
    expect(await breakOf(text.slice(0, -1))).toEqual({ line: lines.length, why: 'end' });
    expect(await breakOf(text.slice(0, -9))).toMatchObject({ line: lines.length });
    for (const nothing of ['', '\n', '{}\n', 'null\n']) expect(await breakOf(nothing)).toEqual({ line: 1, why: 'header' });
  });

  it('[CTL111] a number that does not follow is found also where the hashes were made anew', async () => {
    const entries = syntheticEntries('en').toSpliced(5, 1);
    expect(await breakOf(writeRecordFile(41, 'a'.repeat(64), await chained(entries, 'a'.repeat(64))))).toEqual({ line: 7, why: 'sequence' });
  });

  it('[CTL114] an entry of tomorrow is known by its name, and one without a clock not at all', () => {
    const entry = { sequence: 1, at: '2026-11-21T06:05:00.000Z', monotonicMs: 1 };
    expect(parseRecordEntry({ ...entry, type: 'calibrated', by: 'x' })).toEqual({ ...entry, type: 'other:calibrated' });
    expect(parseRecordEntry({ ...entry, type: 'granted' })).toEqual({ ...entry, type: 'other:granted' });
    expect(parseRecordEntry({ ...entry, at: 'yesterday', type: 'reset' })).toBeNull();
  });

  it('[CTL111] the command names the line, and is done only when all is right', async () => {
    const folder = await createFolder();
    const tool = await bundleVerifyRecord();
    const text = await syntheticRecord('en');
    const run = async (content: string, ...more: string[]) => {
      const path = join(folder, 'record.ndjson');
      await writeFile(path, content);
      const { status, stdout } = spawnSync(process.execPath, [tool, path, ...more], { encoding: 'utf8' });
      return { status, stdout };
    };
    const lastHash = (await readRecordFile(text, sha256)).lastHash;
    expect(await run(text, '--last-hash', lastHash)).toMatchObject({ status: 0, stdout: expect.stringContaining(lastHash) });
    expect(await run(text.replace('"reason":"emergency"', '"reason":"released"'))).toMatchObject({ status: 1, stdout: expect.stringMatching(/line 5\d\d: /) });
    expect(await run(text, '--last-hash', 'b'.repeat(64))).toMatchObject({ status: 1 });
    expect(spawnSync(process.execPath, [tool]).status).toBe(2);
  });
});
