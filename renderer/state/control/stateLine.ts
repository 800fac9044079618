import type { LatencyGrade } from '#shared/control/latencyGate';
import { type ControlMode, movesProbe } from '#shared/control/modes';
import type { ControlStatus } from '#shared/control/status';
import type { AlarmPriority } from '../../services/control/alarmPattern.ts';
import type { DropReason } from '../../services/control/inputs/deadMan.ts';
import type { OperatorStanding } from './controlPorts.ts';
import { isHeard, type LimitNear, limitNear, type LiveView } from './liveView.ts';

/** What the line says, how urgent it is, and the values of its text; the view has the words (`probe.line.*`). */
export interface StateLine {
  readonly what:
    | 'noDevice' | 'waitingStatus' | 'stopped' | 'stoppedByYou' | 'fault' | 'lost' | 'asking' | 'otherSteers' | 'free' | 'ended' | 'settings' | 'manual' | 'lineUnknown' | 'lineRefused' | 'dropped' | 'deadMan' | 'gesture' | 'match' | 'still'
    | 'hold' | 'notPermitted' | 'moving' | 'near' | 'stopping';
  readonly tone: 'quiet' | 'good' | 'caution' | 'bad' | 'moving';
  readonly name?: string;
  readonly reason?: string;
  readonly deg?: number;
  readonly near?: LimitNear;
}

export interface LineFacts {
  readonly hasDevice: boolean;
  readonly status: ControlStatus | null;
  readonly operator: OperatorStanding;
  readonly live: LiveView | null;
  readonly dropped: DropReason | null;
  /** How far the hand is turned from the probe, degrees. */
  readonly matchDeg: number;
  readonly self: string | null;
  readonly nameOf: (peerId: string) => string;
}

/** [CTL68] In plain words what is going on, or what is waited for: the one thing that matters most. */
export function stateLineOf(facts: LineFacts): StateLine {
  const { hasDevice, status, operator, live, self, nameOf } = facts;
  if (!hasDevice) return { what: 'noDevice', tone: 'quiet' };
  if (status === null) return { what: 'waitingStatus', tone: 'quiet' };
  if (status.isStopLatched || operator.phase === 'stopped') return status.stoppedBy !== null && status.stoppedBy === self ? { what: 'stoppedByYou', tone: 'bad' } : { what: 'stopped', tone: 'bad', name: status.stoppedBy === null ? '' : nameOf(status.stoppedBy) };
  if (status.fault !== null || operator.phase === 'fault') return { what: 'fault', tone: 'bad', reason: status.fault ?? '' };
  if (operator.phase === 'lost') return { what: 'lost', tone: 'bad' };
  if (operator.phase === 'asking') return { what: 'asking', tone: 'quiet' };
  if (operator.phase === 'idle') return idleLine(status, operator, self);
  return leaseLine(facts, status, operator.mode ?? 'settings', live);
}

function idleLine(status: ControlStatus, operator: OperatorStanding, self: string | null): StateLine {
  if (status.lease !== null && status.lease.holder !== self) return { what: 'otherSteers', tone: 'quiet', name: status.lease.name };
  if (operator.ended !== null && operator.ended !== 'released') return { what: 'ended', tone: 'caution', reason: operator.ended };
  return { what: 'free', tone: 'quiet' };
}

const GRADES_THAT_MOVE: readonly LatencyGrade[] = ['green', 'amber', 'red'];

function leaseLine({ dropped, matchDeg }: LineFacts, status: ControlStatus, mode: ControlMode, live: LiveView | null): StateLine {
  if (mode === 'settings') return { what: 'settings', tone: 'good' };
  if (mode === 'manual') return { what: 'manual', tone: 'good' };
  if (live === null || !isHeard(live)) return { what: 'lost', tone: 'bad' };
  if (live.roundTripMs === null) return { what: 'lineUnknown', tone: 'quiet' };
  if (!GRADES_THAT_MOVE.includes(live.grade)) return { what: 'lineRefused', tone: 'bad' };
  if (live.phase === 'engaged') return movingLine(live, status);
  if (live.phase === 'stopping') return { what: 'stopping', tone: 'caution', reason: live.stopReason ?? 'released' };
  const because = live.stopReason === null || live.stopReason === 'released' ? {} : { reason: live.stopReason };
  if (dropped !== null) return { what: 'dropped', tone: 'caution', reason: dropped };
  if (live.waitReason === 'match') return { what: 'match', tone: 'caution', deg: Math.ceil(matchDeg), ...because };
  return { what: live.waitReason, tone: live.waitReason === 'notPermitted' ? 'caution' : 'quiet', ...because };
}

function movingLine(live: LiveView, status: ControlStatus): StateLine {
  const near = limitNear(live, status.limits);
  if (near !== null) return { what: 'near', tone: 'caution', near };
  return { what: 'moving', tone: 'moving' };
}

/** [CTL69] The signs that ask for attention, the most urgent first; sounds follow them. */
export type AlarmCause = 'stopped' | 'fault' | 'force' | 'deaf' | 'lineRefused' | 'brokenOff' | 'lineRed' | 'asked';
export const PRIORITY_OF: Readonly<Record<AlarmCause, AlarmPriority>> = { stopped: 'high', fault: 'high', force: 'high', deaf: 'medium', lineRefused: 'medium', brokenOff: 'medium', lineRed: 'low', asked: 'low' };

/** Of these, motion ended though nobody wanted it to. */
const BROKEN_OFF = new Set(['watchdog', 'stalled', 'latency', 'deviation', 'leaseEnded']);

export function alarmsOf(status: ControlStatus | null, live: LiveView | null, isBedside: boolean): AlarmCause[] {
  if (status === null) return [];
  const causes: AlarmCause[] = [];
  const isSteered = status.lease !== null && movesProbe(status.lease.mode);
  if (status.isStopLatched) causes.push('stopped');
  if (status.fault !== null) causes.push('fault');
  // No number counts as too much while somebody steers; a device without the sensor has never one, and would sound for ever.
  if (live !== null && (live.forceN > status.limits.maxForceN || (isSteered && (live.stopReason === 'force' || Number.isNaN(live.forceN))))) causes.push('force');
  if (isSteered && (live === null || !isHeard(live))) causes.push('deaf');
  if (isSteered && live !== null && isHeard(live)) {
    if (live.grade === 'refused' && live.roundTripMs !== null) causes.push('lineRefused');
    if (live.stopReason !== null && BROKEN_OFF.has(live.stopReason) && live.phase === 'waiting') causes.push('brokenOff');
    if (live.grade === 'red') causes.push('lineRed');
  }
  if (isBedside && status.asking.length > 0) causes.push('asked');
  return causes;
}
