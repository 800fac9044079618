import type { ControlMode } from '#shared/control/modes';
import { createPose, type Pose } from '#shared/control/pose';
import type { UltrasoundSettings } from '#shared/control/settings';
import type { KnownRecordEntry, RecordedLimits, RecordEntry } from '#shared/protocol/controlRecord/entries';

/** Motion is kept ten times a second; without an entry for this long it was at rest, or nothing is known of it, ms. */
const MOTION_FRESH_MS = 350;
/** More than this is contact, N. */
const CONTACT_N = 0.5;
/** Stretches of motion with less than this between them are drawn as one, ms. */
const JOIN_MS = 1000;

type Motion = Extract<KnownRecordEntry, { type: 'motion' }>;

/** Something that happened, to be listed and jumped to. `atMs`: from the beginning of the record. */
export interface ReplayEvent {
  readonly atMs: number;
  readonly entry: Exclude<RecordEntry, Motion>;
  readonly tone: 'stop' | 'grant' | 'note';
}

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A record laid along one line of time. Times are ms from its first entry. */
export interface Timeline {
  /** Unix epoch ms of the first entry, by the civil clock of the machine beside the patient. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly events: readonly ReplayEvent[];
  /** While the probe moved; while somebody had control. */
  readonly motion: readonly Stretch[];
  readonly leases: readonly (Stretch & { readonly name: string })[];
  readonly device: { readonly model: string; readonly kind: string } | null;
  /** Participants by the names that the record has for them; others are not in it. */
  readonly names: ReadonlyMap<string, string>;
  readonly moments: readonly { readonly atMs: number; readonly entry: RecordEntry }[];
}

/** What held at a moment, as far as the record says. */
export interface Moment {
  readonly atMs: number;
  readonly lease: { readonly name: string; readonly mode: ControlMode } | null;
  readonly limits: RecordedLimits | null;
  readonly settings: UltrasoundSettings | null;
  readonly isStopLatched: boolean;
  readonly stoppedBy: string | null;
  readonly fault: string | null;
  readonly phase: 'rest' | 'engaged' | 'stopping';
  /** Where the probe was last known to be; null: it did not move yet. */
  readonly measured: Readonly<Pose> | null;
  readonly target: Readonly<Pose> | null;
  /** Of this very moment: known only while it moves. NaN: the sensor gave no number. */
  readonly forceN: number | null;
  readonly targetForceN: number;
  readonly roundTripMs: number | null;
  /** By the force of the last entry of motion. */
  readonly isInContact: boolean;
  /** Of what is shown of the probe; null: nothing. */
  readonly motionAtMs: number | null;
}

const STOPS: ReadonlySet<string> = new Set(['emergency', 'stopped', 'fault']);
const GRANTS: ReadonlySet<string> = new Set(['granted', 'ended', 'declined', 'reset', 'engaged']);
/** A host that starts; also one of another version. */
const STARTS: ReadonlySet<string> = new Set(['opened', 'other:opened']);
/** Not told: how the record is made up. */
const UNTOLD: ReadonlySet<string> = new Set(['motion', 'opened', 'closed']);

/**
 * [CTL114] Lays entries along the machine's own time: within one start of its host by the monotonic clock, which nobody sets; from one start
 * to the next by the civil one, and never backwards.
 */
export function createTimeline(entries: readonly RecordEntry[]): Timeline {
  const moments = placed(entries);
  const names = new Map<string, string>();
  for (const { entry } of moments) if (entry.type === 'granted' && entry.name !== null) names.set(entry.holder, entry.name);
  const first = moments[0]?.entry;
  const durationMs = moments.at(-1)?.atMs ?? 0;
  const device = moments.map(({ entry }) => (entry.type === 'partBegan' || entry.type === 'opened' ? entry.device : null)).find((one) => one !== null) ?? null;
  return {
    startedAtMs: first === undefined ? 0 : Date.parse(first.at),
    durationMs, moments, names, device,
    events: moments.flatMap(({ atMs, entry }) => (entry.type === 'motion' || UNTOLD.has(entry.type) || (entry.type === 'fault' && entry.fault === null) ? [] : [{ atMs, entry, tone: STOPS.has(entry.type) ? 'stop' : GRANTS.has(entry.type) ? 'grant' : 'note' } as const])),
    motion: stretches(moments.flatMap(({ atMs, entry }) => (entry.type === 'motion' ? [atMs] : []))),
    leases: leasesOf(moments, durationMs),
  };
}

function placed(entries: readonly RecordEntry[]): Timeline['moments'] {
  const startMs = Date.parse(entries[0]?.at ?? '');
  let [civilMs, monotonicMs, lastMs] = [startMs, entries[0]?.monotonicMs ?? 0, 0];
  return entries.map((entry, index) => {
    const before = entries[index - 1];
    if (before !== undefined && (entry.monotonicMs < before.monotonicMs || STARTS.has(entry.type) || (before.type === 'partEnded' && before.reason === 'restart'))) [civilMs, monotonicMs] = [Date.parse(entry.at), entry.monotonicMs];
    lastMs = Math.max(lastMs, civilMs + entry.monotonicMs - monotonicMs - startMs);
    return { atMs: lastMs, entry };
  });
}

function stretches(times: readonly number[]): Stretch[] {
  const found: { fromMs: number; toMs: number }[] = [];
  for (const atMs of times) {
    const last = found.at(-1);
    if (last !== undefined && atMs - last.toMs <= JOIN_MS) last.toMs = atMs;
    else found.push({ fromMs: atMs, toMs: atMs });
  }
  return found;
}

function leasesOf(moments: Timeline['moments'], durationMs: number): (Stretch & { name: string })[] {
  const found: { fromMs: number; toMs: number; name: string }[] = [];
  let isOpen = false;
  for (const { atMs, entry } of moments) {
    const last = found.at(-1);
    if (isOpen && last !== undefined && (entry.type === 'granted' || entry.type === 'ended' || entry.type === 'opened')) {
      last.toMs = atMs;
      isOpen = false;
    }
    if (entry.type !== 'granted') continue;
    found.push({ fromMs: atMs, toMs: durationMs, name: entry.name ?? entry.holder });
    isOpen = true;
  }
  return found;
}

/** The newest at or before `atMs`; -1: none. */
export function indexAt(moments: readonly { readonly atMs: number }[], atMs: number): number {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** [CTL114] What the record says of a moment. It shows what was written down and guesses nothing between two entries. */
export function momentAt(timeline: Timeline, atMs: number): Moment {
  const found: { -readonly [K in keyof Moment]: Moment[K] } = {
    atMs, lease: null, limits: null, settings: null, isStopLatched: false, stoppedBy: null, fault: null, phase: 'rest', measured: null, target: null, forceN: null, targetForceN: 0, roundTripMs: null, isInContact: false, motionAtMs: null,
  };
  const last = indexAt(timeline.moments, atMs);
  let motion: { readonly atMs: number; readonly entry: Motion } | null = null;
  for (let index = 0; index <= last; index += 1) {
    const moment = timeline.moments[index];
    if (moment === undefined) break;
    const { entry } = moment;
    switch (entry.type) {
      case 'motion':
        motion = { atMs: moment.atMs, entry };
        break;
      case 'partBegan':
        Object.assign(found, { limits: entry.limits, settings: entry.settings, isStopLatched: entry.isStopLatched, stoppedBy: entry.stoppedBy });
        break;
      case 'opened': // a host that starts anew knows nothing of leases
        Object.assign(found, { limits: entry.siteLimits, lease: null, fault: null });
        break;
      case 'granted':
        Object.assign(found, { lease: { name: entry.name ?? entry.holder, mode: entry.mode }, limits: entry.limits });
        break;
      case 'ended':
        found.lease = null;
        break;
      case 'emergency':
        found.stoppedBy = found.isStopLatched ? found.stoppedBy : entry.by;
        found.isStopLatched = true;
        break;
      case 'reset':
        [found.isStopLatched, found.stoppedBy] = [false, null];
        break;
      case 'fault':
        found.fault = entry.fault;
        break;
      case 'settings':
        found.settings = entry.applied;
        break;
      default:
    }
  }
  if (motion === null) return found;
  const { entry } = motion;
  Object.assign(found, { measured: poseOf(entry.measured), target: poseOf(entry.target), isInContact: (entry.forceN ?? 0) > CONTACT_N, motionAtMs: motion.atMs });
  if (atMs - motion.atMs > MOTION_FRESH_MS) return found;
  return { ...found, phase: entry.phase, forceN: entry.forceN ?? Number.NaN, targetForceN: entry.targetForceN ?? 0, roundTripMs: entry.roundTripMs };
}

function poseOf([xMm, yMm, zMm, qw, qx, qy, qz]: Motion['measured']): Pose {
  const nowhere = createPose();
  return { xMm: xMm ?? nowhere.xMm, yMm: yMm ?? nowhere.yMm, zMm: zMm ?? nowhere.zMm, qw: qw ?? nowhere.qw, qx: qx ?? nowhere.qx, qy: qy ?? nowhere.qy, qz: qz ?? nowhere.qz };
}
