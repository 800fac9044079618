import { createSettings } from '#shared/control/settings';
import { chainedText, FIRST_HASH, writeChainedLine } from '#shared/protocol/controlRecord/chain';
import { writeRecordFile } from '#shared/protocol/controlRecord/recordFile';
import { SIMULATOR_LIMITS } from '#shared/simulator/arm';

export async function sha256(text: string): Promise<string> {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Lines that hang on each other. */
export async function chained(entries: readonly object[], previousHash = FIRST_HASH): Promise<string[]> {
  const lines: string[] = [];
  let hash = previousHash;
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    hash = await sha256(chainedText(hash, text));
    lines.push(writeChainedLine(hash, text));
  }
  return lines;
}

const BEGAN_MS = Date.UTC(2026, 10, 21, 6, 5);

/** A part of a record as a host writes it: two people steer, one after the other; a stop, its reset, a fault, settings, motion. */
export function syntheticEntries(language: string, kind = 'simulator'): Record<string, unknown>[] {
  const entries: Record<string, unknown>[] = [];
  const add = (atMs: number, type: string, details: object = {}) => entries.push({ sequence: 41 + entries.length, at: new Date(BEGAN_MS + atMs).toISOString(), monotonicMs: 812_345.5 + atMs, type, ...details });
  const move = (fromMs: number, toMs: number, epoch: number) => {
    for (let atMs = fromMs; atMs <= toMs; atMs += 100) {
      const turn = atMs / 4000;
      const force = 4 + 3 * Math.sin(atMs / 1500);
      const pose = (lagMs: number) => [28 * Math.sin(turn - lagMs / 4000), 14 * Math.cos((turn - lagMs / 4000) * 1.3), 3 + Math.sin(turn), Math.cos(0.12 * Math.sin(turn)), 0, Math.sin(0.12 * Math.sin(turn)), 0].map((value) => Math.round(value * 10_000) / 10_000);
      add(atMs, 'motion', { epoch, phase: toMs - atMs < 150 ? 'stopping' : 'engaged', commandSequence: atMs, measured: pose(180), target: pose(0), forceN: Math.round(force * 100) / 100, targetForceN: 5, roundTripMs: Math.round(60 + 70 * Math.abs(Math.sin(atMs / 20_000))) });
    }
  };
  const names = language === 'en' ? ['Lin Jingyuan', 'Gao Ming'] : ['林静远', '高明'];
  const limits = SIMULATOR_LIMITS;
  add(0, 'partBegan', { consultId: 'consult-1', part: 1, device: { id: 'sim-1', model: 'Huizhen S1', kind }, limits, settings: createSettings(), isStopLatched: false, stoppedBy: null });
  add(4000, 'declined', { by: 'peer-3', name: names[1] });
  add(9000, 'granted', { holder: 'peer-1', name: names[0], epoch: 5, mode: 'full', limits: { ...limits, maxForceN: 8 } });
  add(15_000, 'rejected', { reason: 'unsynchronised', count: 1 });
  add(17_000, 'engaged', { epoch: 5, gesture: 1 });
  move(17_100, 41_000, 5);
  add(41_050, 'stopped', { reason: 'released' });
  add(46_000, 'settings', { settingsSequence: 1, wanted: { ...createSettings(), gainDb: 62 }, applied: { ...createSettings(), gainDb: 62, depthMm: 120, focusMm: 60 }, refusal: null });
  add(52_000, 'engaged', { epoch: 5, gesture: 2 });
  move(52_100, 78_000, 5);
  add(78_050, 'stopped', { reason: 'emergency' });
  add(78_050, 'emergency', { by: 'bedside', stopId: null });
  add(90_000, 'reset');
  add(97_000, 'ended', { holder: 'peer-1', epoch: 5, reason: 'replaced' });
  add(97_000, 'granted', { holder: 'peer-3', name: names[1], epoch: 6, mode: 'orientation', limits });
  add(103_000, 'engaged', { epoch: 6, gesture: 1 });
  move(103_100, 131_000, 6);
  add(131_010, 'fault', { fault: 'the force sensor was not heard for 250 ms' });
  add(131_020, 'stopped', { reason: 'deviceFault' });
  add(134_000, 'fault', { fault: null });
  add(150_000, 'ended', { holder: 'peer-3', epoch: 6, reason: 'released' });
  add(151_000, 'partEnded', { consultId: 'consult-1', part: 1, reason: 'lease' });
  return entries;
}

export const syntheticRecord = async (language: string, kind?: string): Promise<string> => writeRecordFile(41, 'a'.repeat(64), await chained(syntheticEntries(language, kind), 'a'.repeat(64)));
