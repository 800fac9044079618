import { createSettings, type SettingsRefusal, type UltrasoundSettings } from '#shared/control/settings';
import type { ControlStatus } from '#shared/control/status';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import type { UltrasoundDevice } from '../devices/device.ts';
import type { ControlRecord } from './controlRecord.ts';

/** A knob that is turned gives many wishes: the device hears the newest, at most this often, ms. */
const APPLY_EVERY_MS = 50;

/** [CTL41] The settings that were asked for last, and those that hold. */
export class SettingsDesk {
  readonly #parts: { readonly device: UltrasoundDevice; readonly clock: Clock; readonly record: ControlRecord };
  #applied = createSettings();
  #sequence = 0;
  #refusal: SettingsRefusal | null = null;
  #wanted: { readonly sequence: number; readonly settings: Readonly<UltrasoundSettings> } | null = null;
  #isApplying = false;
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
    const { device, record } = this.#parts;
    const wanted = this.#wanted;
    const lease = this.#lease;
    if (wanted === null) return;
    this.#wanted = null;
    this.#isApplying = true;
    let refusal: SettingsRefusal | null = null;
    try {
      this.#applied = await device.applySettings(wanted.settings);
    } catch {
      refusal = 'device';
    }
    this.#isApplying = false;
    record.append('settings', { settingsSequence: wanted.sequence, wanted: wanted.settings, applied: this.#applied, refusal });
    if (lease !== this.#lease) return;
    this.#sequence = Math.max(this.#sequence, wanted.sequence);
    if (this.#sequence === wanted.sequence) this.#refusal = refusal;
  }
}
