import type { ReplayEvent } from '../../../state/control/replay/timeline.ts';
import type { Translate } from '../../../ui/text.ts';

const LEASE_ENDS = ['released', 'revoked', 'expired', 'overtime', 'replaced'] as const;
const STOP_REASONS = ['released', 'watchdog', 'leaseEnded', 'emergency', 'takenOver', 'deviceFault', 'force', 'deviation', 'stalled', 'latency'] as const;
const REJECTIONS = ['malformed', 'foreign', 'epoch', 'sequence', 'notFinite', 'unsynchronised', 'stale', 'blind', 'mode', 'workspace', 'speed', 'angularSpeed', 'force', 'setting'] as const;
const oneOf = <T extends string>(all: readonly T[], one: string): T | null => all.find((known) => known === one) ?? null;

/** Participants by the names that the record has; whoever never steered has none in it. */
export function whoWas(by: string, names: ReadonlyMap<string, string>, t: Translate): string {
  return by === 'bedside' ? t('replay.bedside') : by === 'host' ? t('replay.host') : (names.get(by) ?? t('replay.participant'));
}

/** An event of the record in words. What this version does not know is named as it stands there. */
export function eventText({ entry }: ReplayEvent, names: ReadonlyMap<string, string>, t: Translate): string {
  switch (entry.type) {
    case 'granted':
      return t('replay.event.granted', { name: entry.name ?? entry.holder, mode: t(`probe.mode.${entry.mode}`) });
    case 'declined':
      return t('replay.event.declined', { name: entry.name ?? entry.by });
    case 'ended': {
      const reason = oneOf(LEASE_ENDS, entry.reason);
      return t('replay.event.ended', { name: whoWas(entry.holder, names, t), reason: reason === null ? entry.reason : t(`replay.leaseEnd.${reason}`) });
    }
    case 'engaged':
      return t('replay.event.engaged');
    case 'rejected': {
      const reason = oneOf(REJECTIONS, entry.reason);
      return t('replay.event.rejected', { reason: reason === null ? entry.reason : t(`replay.rejection.${reason}`) });
    }
    case 'emergency':
      return t('replay.event.emergency', { name: whoWas(entry.by, names, t) });
    case 'reset':
      return t('replay.event.reset');
    case 'stopped': {
      const reason = oneOf(STOP_REASONS, entry.reason);
      return t('replay.event.stopped', { reason: reason === null ? entry.reason : t(`replay.stop.${reason}`) });
    }
    case 'fault':
      return t('replay.event.fault', { fault: entry.fault ?? '' });
    case 'settings':
      return t(entry.refusal === null ? 'replay.event.settings' : 'replay.event.settingsRefused', { gain: entry.applied.gainDb.toFixed(1), depth: Math.round(entry.applied.depthMm), focus: Math.round(entry.applied.focusMm) });
    case 'partBegan':
      return t('replay.event.partBegan');
    case 'partEnded':
      return t(`replay.event.partEnded.${entry.reason}`);
    case 'lost':
      return t('replay.event.lost', { count: entry.entries });
    case 'opened':
    case 'closed':
      return t('replay.event.host');
    default:
      return t('replay.event.other', { name: entry.type.slice(6) });
  }
}
