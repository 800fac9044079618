import type { Party } from '#shared/domain/people';
import type { Stay } from '#shared/protocol/inSession';

export interface Presence {
  readonly party: Party;
  /** In order, without overlaps; `toMs` null: still there. */
  readonly spans: readonly { readonly fromMs: number; readonly toMs: number | null }[];
  readonly isPresent: boolean;
  /** Somebody in the room with two machines is there once. */
  readonly totalMs: number;
}

/** Stays by person, the first who came first; Unix epoch ms of the server's clock, `nowMs` of this machine's. */
export function presenceOf(stays: readonly Stay[], nowMs: number): Presence[] {
  const byParty = new Map<string, Stay[]>();
  for (const stay of stays) byParty.set(stay.party.id, [...(byParty.get(stay.party.id) ?? []), stay]);
  return [...byParty.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const spans: { fromMs: number; toMs: number | null }[] = [];
    for (const { enteredAtMs, leftAtMs } of [...own].sort((a, b) => a.enteredAtMs - b.enteredAtMs)) {
      const last = spans.at(-1);
      if (last === undefined || (last.toMs !== null && last.toMs < enteredAtMs)) spans.push({ fromMs: enteredAtMs, toMs: leftAtMs });
      else if (last.toMs !== null) last.toMs = leftAtMs === null ? null : Math.max(last.toMs, leftAtMs);
    }
    return [{ party: first.party, spans, isPresent: spans.at(-1)?.toMs === null, totalMs: spans.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, (toMs ?? nowMs) - fromMs), 0) }];
  });
}
