/** A video source that wants a share of the sender's uplink. */
export interface BitrateDemand {
  readonly id: string;
  /** Higher keeps its picture longer. */
  readonly priority: number;
  readonly floorBps: number;
  readonly ceilingBps: number;
  /** With this much the picture serves its purpose; what is finer comes after everybody's comfort. Left out: none. */
  readonly comfortBps?: number;
}

/**
 * How the uplink is divided. [GOV1] Nobody is above its ceiling. [GOV2] Floors are served from the highest priority down; a
 * source whose floor does not fit is paused (0), the lowest priorities first. [GOV3] What is left goes to the highest priority
 * until its comfort, then to the next, then in the same order until the ceilings: faces lose first, then field, then screen, then ultrasound. [GOV4] Without an estimate
 * (null) everybody may use their ceiling. `availableBps` is what remains for video after speech and control.
 */
export function allocateBitrates(availableBps: number | null, demands: readonly BitrateDemand[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  const ordered = [...demands].sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
  if (availableBps === null) {
    for (const demand of ordered) shares.set(demand.id, demand.ceilingBps);
    return shares;
  }
  let left = Math.max(0, availableBps);
  for (const demand of ordered) {
    const floor = Math.min(demand.floorBps, demand.ceilingBps);
    const share = floor <= left ? floor : 0;
    shares.set(demand.id, share);
    left -= share;
  }
  for (const aim of ['comfort', 'ceiling'] as const) {
    for (const demand of ordered) {
      const share = shares.get(demand.id) ?? 0;
      if (share === 0) continue;
      const target = aim === 'comfort' ? Math.min(demand.comfortBps ?? 0, demand.ceilingBps) : demand.ceilingBps;
      const extra = Math.min(left, Math.max(0, target - share));
      shares.set(demand.id, share + extra);
      left -= extra;
    }
  }
  return shares;
}

/** A source as the governor sees it in a shortage. */
export interface BitrateNeed {
  readonly id: string;
  readonly priority: number;
  readonly floorBps: number;
  readonly comfortBps: number;
  /** What its mode may use at most. */
  readonly ceilingBps: number;
  /** What it would use now: its ceiling while it is held back, a little above what it sends while it is not. */
  readonly needBps: number;
}

/**
 * The ceilings to set while the uplink is short. [GOV5] In order of priority, sources whose need is met keep their ceilings, and
 * so does the one at which the line runs out: only so is a line noticed that has become wider. [GOV6] Those after it whose
 * need is not met are held to their share, which may be nothing (0).
 */
export function ceilingsInShortage(availableBps: number, needs: readonly BitrateNeed[]): ReadonlyMap<string, number> {
  const shares = allocateBitrates(availableBps, needs.map(({ id, priority, floorBps, comfortBps, needBps }) => ({ id, priority, floorBps, comfortBps, ceilingBps: needBps })));
  const ceilings = new Map<string, number>();
  let hasRunOut = false;
  for (const need of [...needs].sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1))) {
    const share = shares.get(need.id) ?? 0;
    const isMet = share >= need.needBps;
    ceilings.set(need.id, hasRunOut && !isMet ? Math.min(share, need.ceilingBps) : need.ceilingBps);
    if (!isMet) hasRunOut = true;
  }
  return ceilings;
}
