import { createSettings, type SettingsRefusal, type UltrasoundSettings } from '#shared/control/settings';
import type { ControlStatus } from '#shared/control/status';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import type { UltrasoundDevice } from '../devices/device.ts';
import type { ControlRecord } from './controlRecord.ts';

/** A knob that is turned gives many wishes: the device hears the newest, at most this often, ms. */
const APPLY_EVERY_MS = 50;
/** [CTL98] A scanner that has not answered by then did not apply it, as far as anybody knows, ms. */
const APPLY_WITHIN_MS = 2000;

interface Wish {
  readonly sequence: number;
  readonly settings: Readonly<UltrasoundSettings>;
}

/** [CTL41] The settings that were asked for last, and those that hold. */
export class SettingsDesk {
  readonly #parts: { readonly device: UltrasoundDevice; readonly clock: Clock; readonly record: ControlRecord };
  #applied = createSettings();
  #sequence = 0;
  #refusal: SettingsRefusal | null = null;
  #wanted: Wish | null = null;
  #isApplying = false;
  /** Counts wishes that were taken to the device: a late answer to an older one says nothing any more. */
  #tries = 0;
  #appliedAtMs = Number.NEGATIVE_INFINITY;
  /** Counts leases: an answer of the device to a wish of an earlier one is no answer to this one. */
  #lease = 0;

  constructor(parts: { readonly device: UltrasoundDevice; readonly clock: Clock; readonly record: ControlRecord }) {
    this.#parts = parts;
  }

  get status(): ControlStatus['settings'] {
    return { applied: this.#applied, sequence: this.#sequence, refusal: this.#refusal };
  }

  /** A new lease: numbers begin anew; what holds goes on. */
  begin(): void {
    this.#lease += 1;
    this.#wanted = null;
    this.#sequence = 0;
    this.#refusal = null;
  }

  want(sequence: number, settings: Readonly<UltrasoundSettings>): void {
    this.#wanted = { sequence, settings };
  }

  refuse(sequence: number): void {
    this.#sequence = sequence;
    this.#refusal = 'range';
  }

  tick(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#wanted === null || this.#isApplying || nowMs - this.#appliedAtMs < APPLY_EVERY_MS) return;
    this.#appliedAtMs = nowMs;
    drop(this.#apply(), 'it says itself what became of it');
  }

  async #apply(): Promise<void> {
    const { device } = this.#parts;
    const wanted = this.#wanted;
    const lease = this.#lease;
    if (wanted === null) return;
    this.#wanted = null;
    this.#isApplying = true;
    const number = ++this.#tries;
    const applying = device.applySettings(wanted.settings);
    const answer = await this.#withinTime(applying);
    if (answer === 'late') applying.then((applied) => this.#hearLate(wanted, applied, number), () => undefined);
    else if (answer !== null) this.#applied = answer;
    const refusal = answer === null || answer === 'late' ? 'device' : null;
    this.#isApplying = false;
    this.#keep(wanted, refusal);
    if (lease !== this.#lease) return;
    this.#sequence = Math.max(this.#sequence, wanted.sequence);
    if (this.#sequence === wanted.sequence) this.#refusal = refusal;
  }

  /** It was said not to be applied, and holds all the same: unless something newer was tried meanwhile, of which this says nothing. */
  #hearLate(wanted: Wish, applied: UltrasoundSettings, number: number): void {
    if (number !== this.#tries) return;
    this.#applied = applied;
    this.#keep(wanted, null);
  }

  #keep(wanted: Wish, refusal: SettingsRefusal | null): void {
    this.#parts.record.append('settings', { settingsSequence: wanted.sequence, wanted: wanted.settings, applied: this.#applied, refusal });
  }

  /** What it answered; null: it would not. Never rejects. */
  #withinTime(applying: Promise<UltrasoundSettings>): Promise<UltrasoundSettings | 'late' | null> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(APPLY_WITHIN_MS, () => resolve('late'));
      const answer = (what: UltrasoundSettings | null) => {
        cancel();
        resolve(what);
      };
      applying.then(answer, () => answer(null));
    });
  }
}
