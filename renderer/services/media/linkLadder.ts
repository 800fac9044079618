import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { toAppError } from '#shared/protocol/errors';

export type LadderStep = 'connected' | 'serverLost' | 'iceRestart' | 'transportRebuild' | 'rejoin';

export interface LadderView {
  readonly step: LadderStep;
  readonly attempt: number;
  /** Monotonic ms at which the trouble began; null while connected. */
  readonly sinceMs: number | null;
}

/** What the ladder can do. Each resolves when it was carried out (not yet when media flows again) and rejects when it could not be. */
export interface LadderActions {
  restartIce(): Promise<void>;
  rebuildTransports(): Promise<void>;
  rejoin(): Promise<void>;
}

const TRIES_A_STEP = 2;
/** How long a step may take to bring media back before the next is tried, in ms. */
const PATIENCE_MS = { iceRestart: 2500, transportRebuild: 5000, rejoin: 8000 } as const;
const PAUSE: BackoffPolicy = { firstMs: 150, maxMs: 4000, jitter: 0.25 };

type ActiveStep = keyof typeof PATIENCE_MS;
const NEXT: Record<ActiveStep, ActiveStep> = { iceRestart: 'transportRebuild', transportRebuild: 'rejoin', rejoin: 'rejoin' };

/**
 * The way back when media or server are lost: ICE restart, then new transports, then joining anew; each tried twice with growing
 * pauses, the last one for ever. [LNK1] A step needs the server: while it is out of reach the ladder waits (`serverLost`) and
 * media that still flow are left alone. [LNK2] A server that came back is met by a rejoin, which resumes when both sides still
 * hold the same transports. [LNK3] Only flowing media end the climb. [LNK4] A step refused as obsolete leads to the next at once.
 * [LNK5] One that was not answered says nothing of the transports: it is tried again like one that did not help. [LNK6] Media
 * that do not flow over resumed transports (the address changed in the dark) begin at the first step: another rejoin would only
 * resume the same again.
 */
export class LinkLadder {
  readonly #clock: Clock;
  readonly #actions: LadderActions;
  readonly #onChanged: (view: LadderView) => void;
  readonly #random: () => number;
  #view: LadderView = { step: 'connected', attempt: 0, sinceMs: null };
  #isServerReachable = true;
  #isMediaFlowing = true;
  #needsRejoin = false;
  #isResumed = false;
  #cancelTimer: Undo | null = null;
  #run = 0;
  #isClosed = false;

  constructor(options: { clock: Clock; actions: LadderActions; onChanged: (view: LadderView) => void; random?: () => number }) {
    this.#clock = options.clock;
    this.#actions = options.actions;
    this.#onChanged = options.onChanged;
    this.#random = options.random ?? Math.random;
  }

  get view(): LadderView {
    return this.#view;
  }

  handleServerReachable(isReachable: boolean): void {
    if (this.#isClosed || this.#isServerReachable === isReachable) return;
    this.#isServerReachable = isReachable;
    if (!isReachable) {
      this.#needsRejoin = true;
      this.#stop();
      this.#show('serverLost', 0);
      return;
    }
    this.#climb('rejoin', 0);
  }

  /** Told on every change of the transports' state, and by the watch over stalled packets. */
  handleMedia(isFlowing: boolean): void {
    if (this.#isClosed) return;
    const was = this.#isMediaFlowing;
    this.#isMediaFlowing = isFlowing;
    if (isFlowing) this.#settleIfWell();
    else if (was && this.#view.step === 'connected') this.#climb('iceRestart', 0);
  }

  /** The server says the present transports are void (its worker died): no use restarting them. */
  handleTransportsVoid(): void {
    if (this.#isClosed || !this.#isServerReachable || this.#view.step === 'rejoin') return;
    this.#isMediaFlowing = false;
    this.#climb('transportRebuild', 0);
  }

  /** The join under way goes on with the transports there were. */
  handleResumed(): void {
    this.#isResumed = true;
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  #climb(step: ActiveStep, attempt: number): void {
    this.#stop();
    const run = this.#run;
    this.#isResumed = false;
    this.#show(step, attempt);
    const act = { iceRestart: this.#actions.restartIce, transportRebuild: this.#actions.rebuildTransports, rejoin: this.#actions.rejoin }[step];
    act.call(this.#actions).then(
      () => {
        if (run !== this.#run) return;
        if (step === 'rejoin') this.#needsRejoin = false;
        if (this.#settleIfWell()) return;
        if (step === 'rejoin' && this.#isResumed) {
          this.#climb('iceRestart', 0);
          return;
        }
        this.#cancelTimer = this.#clock.after(PATIENCE_MS[step], () => this.#next(step, attempt));
      },
      (error: unknown) => {
        if (run !== this.#run) return;
        if (step !== 'rejoin') {
          if (toAppError(error).category === 'network') this.#next(step, attempt);
          else this.#climb(NEXT[step], 0);
          return;
        }
        this.#cancelTimer = this.#clock.after(backoffDelayMs(PAUSE, attempt, this.#random), () => this.#climb('rejoin', attempt + 1));
      },
    );
  }

  #next(step: ActiveStep, attempt: number): void {
    if (attempt + 1 < TRIES_A_STEP || step === 'rejoin') this.#climb(step, attempt + 1);
    else this.#climb(NEXT[step], 0);
  }

  #settleIfWell(): boolean {
    if (!this.#isMediaFlowing || !this.#isServerReachable || this.#needsRejoin) return false;
    this.#stop();
    this.#show('connected', 0);
    return true;
  }

  #stop(): void {
    this.#run += 1;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #show(step: LadderStep, attempt: number): void {
    const sinceMs = step === 'connected' ? null : (this.#view.sinceMs ?? this.#clock.monotonicMs());
    if (this.#view.step === step && this.#view.attempt === attempt && this.#view.sinceMs === sinceMs) return;
    this.#view = { step, attempt, sinceMs };
    this.#onChanged(this.#view);
  }
}
