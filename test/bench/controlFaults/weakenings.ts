import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Fault, Scenario } from './scenario.ts';
import type { PatientSideClass } from './world.ts';

/** One way of making the core worse: a text in one of its files and what stands there instead. */
export interface Weakening {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Which of the campaign's scenarios are looked at first. */
  readonly shows?: Fault['type'] | 'corruption';
}

/** What a fault campaign has to notice: each takes away one of the promises, in the source itself. */
export const WEAKENINGS: readonly Weakening[] = [
  { name: 'obeys commands of any age', file: 'guard.ts', from: "if (this.#line.ageMs(command.sentAtMs, nowMs) > MAX_AGE_MS) return this.count('stale');", to: '', shows: 'slowLine' },
  { name: 'obeys commands that were obeyed before', file: 'guard.ts', from: "if (!(command.sequence > this.#sequence)) return this.count('sequence');", to: '', shows: 'replay' },
  { name: 'obeys commands of another lease', file: 'guard.ts', from: "if (command.epoch !== this.#epoch) return this.count('epoch');", to: '', shows: 'takeOver' },
  { name: 'does not ask who sent it', file: 'patientSide.ts', from: "if (!isSealed || from !== this.lease?.holder) return this.#rejected(this.#guard.count('foreign'), nowMs);", to: '', shows: 'secondExpert' },
  { name: 'does not look at the dead-man', file: 'engagement.ts', from: 'if (command.isDeadManHeld && command.gesture === this.#gesture) return true;', to: 'if (command.gesture === this.#gesture) return true;' },
  { name: 'has no watchdog', file: 'engagement.ts', from: "if (this.#phase === 'engaged' && nowMs - this.#validAtMs >= this.#rampAfterMs) this.stop('watchdog', nowMs);", to: '' },
  { name: 'takes steps of any size', file: 'guard.ts', from: "if (stepMm > this.#budgetMm) return this.count('speed');", to: '', shows: 'hugeStep' },
  { name: 'has no workspace', file: 'guard.ts', from: "if (!this.#isInside(this.#candidate)) return this.count('workspace');", to: '', shows: 'outOfWorkspace' },
  { name: 'goes on when commands come back', file: 'engagement.ts', from: "if (!(command.gesture > this.#spentGesture)) return 'gesture';", to: '' },
  { name: 'keeps a lease without heartbeats', file: 'leaseAuthority.ts', from: "if (nowMs - this.#lastHeartbeatMs >= LEASE_TIMEOUT_MS) this.#end('expired');\n    else if", to: 'if', shows: 'silentHeart' },
  { name: 'obeys while the stop is latched', file: 'patientSide.ts', from: "this.#disengage('emergency');", to: '', shows: 'emergency' },
  { name: 'engages with a hand turned any way', file: 'engagement.ts', from: "if (angleBetweenDeg(command.hand, measured) > MATCH_DEG[kind]) return 'match';", to: '' },
  { name: 'does not read the checksum', file: 'frames/frame.ts', from: "return bytes.getUint32(length - CHECKSUM_BYTES) === crc32(bytes, length - CHECKSUM_BYTES) ? null : 'checksum';", to: 'return null;', shows: 'corruption' },
  { name: 'asks for any force', file: 'guard.ts', from: "return forceN >= 0 && forceN <= this.#limits.maxForceN ? null : this.count('force');", to: 'return null;', shows: 'tooMuchForce' },
  { name: 'presses as hard as is asked at once', file: 'forceRamp.ts', from: 'if (!(targetN > orderedN)) return targetN;', to: 'if (targetN !== null) return targetN;', shows: 'forceStep' },
  { name: 'turns about the axis without end', file: 'guard.ts', from: 'this.#isSpinAllowed(spinDeg(pose), spinDeg(was), maxSpinDeg)', to: 'true', shows: 'overTurned' },
];

/** Those that the weakening shows in come first; the order of the rest stays. */
export const isShownBy = ({ faults, up, isSealChecked }: Scenario, { shows }: Weakening): boolean =>
  shows === 'corruption' ? up.corruption > 0 && !isSealChecked : shows === undefined || faults.some(({ type }) => type === shows);

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** A text in one of the core's files, and what stands there instead. */
export type Alteration = Pick<Weakening, 'file' | 'from' | 'to'>;

/**
 * The core with other texts in it, from a copy of its source.
 * @throws Error when a text is not there exactly once: the source has changed, and so must who alters it
 */
export async function loadAltered(name: string, alterations: readonly Alteration[]): Promise<PatientSideClass> {
  const folder = join(root, 'dist', 'weakened', name.replaceAll(' ', '-'));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(join(root, 'shared', 'control'), folder, { recursive: true });
  await cp(join(root, 'shared', 'lib'), join(folder, '..', 'lib'), { recursive: true }); // what the core stands on, beside it
  for (const { file, from, to } of alterations) {
    const path = join(folder, file);
    const source = await readFile(path, 'utf8');
    if (source.split(from).length !== 2) throw new Error(`${file} does not hold exactly once what "${name}" takes away`);
    await writeFile(path, source.replace(from, () => to));
  }
  const { PatientSide } = (await import(pathToFileURL(join(folder, 'patientSide.ts')).href)) as { PatientSide: PatientSideClass }; // a copy of the module that exports it
  return PatientSide;
}

export const loadWeakened = (weakening: Weakening): Promise<PatientSideClass> => loadAltered(weakening.name, [weakening]);
