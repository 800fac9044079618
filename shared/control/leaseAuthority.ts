import type { ControlMode } from './modes.ts';

/** [CTL2] Ten heartbeats a second; without one for this long the lease is over, ms. */
export const LEASE_TIMEOUT_MS = 1000;
export const HEARTBEAT_EVERY_MS = 100;
/** [CTL5] However well it is held, a lease ends, and the bedside grants another, ms. */
export const LEASE_MAX_MS = 30 * 60_000;
/** Nobody waits for a lease longer than this without asking again, ms. */
export const ASKING_TIMEOUT_MS = 60_000;

export interface Lease {
  /** Who steers: an id of a participant, opaque here. */
  readonly holder: string;
  /** Rises with each grant on this device, also over restarts. */
  readonly epoch: number;
  readonly mode: ControlMode;
  readonly grantedAtMs: number;
}

export type LeaseEnd = 'released' | 'revoked' | 'expired' | 'overtime' | 'replaced';

export type LeaseChange =
  | { readonly type: 'asked'; readonly by: string }
  | { readonly type: 'unasked'; readonly by: string }
  | { readonly type: 'granted'; readonly lease: Lease }
  | { readonly type: 'ended'; readonly lease: Lease; readonly reason: LeaseEnd };

/**
 * Who may steer one device. Lives at the patient side, next to the device; nobody else can grant, extend or keep a lease. All times are
 * milliseconds of the patient side's monotonic clock.
 */
export class LeaseAuthority {
  readonly #onChange: (change: LeaseChange) => void;
  #lastEpoch: number;
  #lease: Lease | null = null;
  #lastHeartbeatMs = 0;
  /** Sequence number of the newest heartbeat; a copy of an old one keeps nothing alive. */
  #heartbeatSequence = -1;
  readonly #asking = new Map<string, number>();

  /** `lastEpoch`: the highest that was ever granted on this device, as the owner keeps it. */
  constructor(lastEpoch: number, onChange: (change: LeaseChange) => void) {
    this.#lastEpoch = lastEpoch;
    this.#onChange = onChange;
  }

  get lease(): Lease | null {
    return this.#lease;
  }

  /** In the order of asking. */
  get asking(): string[] {
    return [...this.#asking.keys()];
  }

  ask(by: string, nowMs: number): void {
    if (this.#lease?.holder === by) return;
    const isNew = !this.#asking.has(by);
    this.#asking.set(by, nowMs);
    if (isNew) this.#onChange({ type: 'asked', by });
  }

  unask(by: string): void {
    if (this.#asking.delete(by)) this.#onChange({ type: 'unasked', by });
  }

  /** [CTL1] By the bedside only. Whoever held the lease has lost it before the new one is given. */
  grant(holder: string, mode: ControlMode, nowMs: number): Lease {
    this.#end('replaced');
    this.#asking.delete(holder);
    this.#lastEpoch += 1;
    const lease: Lease = { holder, epoch: this.#lastEpoch, mode, grantedAtMs: nowMs };
    this.#lease = lease;
    this.#lastHeartbeatMs = nowMs;
    this.#heartbeatSequence = -1;
    this.#onChange({ type: 'granted', lease });
    return lease;
  }

  /** [CTL2] False when it is not of this lease or not newer than the last: then it keeps nothing alive. */
  heartbeat(epoch: number, sequence: number, nowMs: number): boolean {
    if (this.#lease === null || this.#lease.epoch !== epoch || !(sequence > this.#heartbeatSequence)) return false;
    this.tick(nowMs); // one that comes too late does not wake what is over
    if (this.#lease === null) return false;
    this.#heartbeatSequence = sequence;
    this.#lastHeartbeatMs = nowMs;
    return true;
  }

  /** [CTL90] The holder has shown the key that they promised: the first sign of life there can be. False when it came too late. */
  handleKey(epoch: number, nowMs: number): boolean {
    this.tick(nowMs);
    if (this.#lease?.epoch !== epoch) return false;
    this.#lastHeartbeatMs = nowMs;
    return true;
  }

  /** The holder gives it back. False when the epoch is not the one that holds. */
  release(epoch: number): boolean {
    if (this.#lease?.epoch !== epoch) return false;
    this.#end('released');
    return true;
  }

  /** [CTL3] The bedside takes it, without asking anyone. */
  revoke(): void {
    this.#end('revoked');
  }

  /** The clock cannot tell any more how long the holder has been silent. */
  expire(): void {
    this.#end('expired');
  }

  tick(nowMs: number): void {
    for (const [by, sinceMs] of this.#asking) if (nowMs - sinceMs >= ASKING_TIMEOUT_MS) this.unask(by);
    if (this.#lease === null) return;
    if (nowMs - this.#lastHeartbeatMs >= LEASE_TIMEOUT_MS) this.#end('expired');
    else if (nowMs - this.#lease.grantedAtMs >= LEASE_MAX_MS) this.#end('overtime');
  }

  #end(reason: LeaseEnd): void {
    const lease = this.#lease;
    if (lease === null) return;
    this.#lease = null;
    this.#onChange({ type: 'ended', lease, reason });
  }
}
