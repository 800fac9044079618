import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { type AlarmPriority, type Pulse, pulsesOf, REPEAT_S } from './alarmPattern.ts';

/** Whoever heard an alarm may have this long without its sound, ms; the sign stays. */
export const PAUSE_MS = 120_000;
const ORDER: readonly AlarmPriority[] = ['high', 'medium', 'low'];

export interface AlarmSign {
  readonly cause: string;
  readonly priority: AlarmPriority;
}

/**
 * [CTL69] Sounds for signs that are there: the most urgent one's burst, again and again. Acknowledging pauses the sound for two minutes;
 * a sign that was not there then sounds at once. Knows nothing of the call: muting it, or its volume, changes nothing here.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #play: (pulses: readonly Pulse[]) => void;
  #signs: readonly AlarmSign[] = [];
  readonly #acknowledged = new Map<string, number>();
  #cancel: Undo | null = null;
  #sounding: AlarmPriority | null = null;

  constructor({ clock, play }: { readonly clock: Clock; readonly play: (pulses: readonly Pulse[]) => void }) {
    this.#clock = clock;
    this.#play = play;
  }

  /** All that are there now. One that went and comes back is new. */
  set(signs: readonly AlarmSign[]): void {
    const before = new Set(this.#signs.map(({ cause }) => cause));
    const isNew = signs.some(({ cause }) => !before.has(cause));
    this.#signs = signs;
    for (const cause of [...this.#acknowledged.keys()]) if (!signs.some((sign) => sign.cause === cause)) this.#acknowledged.delete(cause);
    this.#judge(isNew);
  }

  /** By a person, for the signs of now. */
  acknowledge(): void {
    for (const { cause } of this.#signs) this.#acknowledged.set(cause, this.#clock.monotonicMs() + PAUSE_MS);
    this.#judge(false);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#signs = [];
  }

  /** The most urgent sign that was not acknowledged, or no longer is. */
  get #loudest(): AlarmPriority | null {
    const nowMs = this.#clock.monotonicMs();
    const loud = this.#signs.filter(({ cause }) => !((this.#acknowledged.get(cause) ?? Number.NEGATIVE_INFINITY) > nowMs));
    return ORDER.find((priority) => loud.some((sign) => sign.priority === priority)) ?? null;
  }

  #judge(isNew: boolean): void {
    const loudest = this.#loudest;
    if (loudest === this.#sounding && !(isNew && loudest !== null)) return this.#await();
    this.#sounding = loudest;
    this.#sound();
  }

  #sound(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#sounding !== null) this.#play(pulsesOf(this.#sounding));
    this.#await();
  }

  /** The next burst, or the end of a pause, whichever comes. */
  #await(): void {
    if (this.#cancel !== null) return;
    const repeatS = this.#sounding === null ? null : REPEAT_S[this.#sounding];
    const nowMs = this.#clock.monotonicMs();
    const waitsMs = [...this.#acknowledged.values()].map((untilMs) => untilMs - nowMs).filter((ms) => ms > 0);
    if (repeatS !== null) waitsMs.push(repeatS * 1000);
    if (waitsMs.length === 0) return;
    this.#cancel = this.#clock.after(Math.min(...waitsMs), () => {
      this.#cancel = null;
      const loudest = this.#loudest;
      const isChanged = loudest !== this.#sounding;
      this.#sounding = loudest;
      if (isChanged || (loudest !== null && REPEAT_S[loudest] !== null)) this.#sound();
      else this.#await();
    });
  }
}

/** Amplitudes of the fundamental and its harmonics. */
const HARMONICS = [0, 1, 0.7, 0.55, 0.4, 0.3];
const VOLUME = 0.6;
const EDGE_S = 0.02;

/** To the machine's own output, not by way of the call's. The browser lets it sound once the person has pressed anything. */
export function createPulsePlayer(createContext: () => AudioContext = () => new AudioContext()): (pulses: readonly Pulse[]) => void {
  let context: AudioContext | null = null;
  return (pulses) => {
    context ??= createContext();
    drop(context.resume(), 'a page that nobody has touched yet may not sound; the sign is there');
    const wave = context.createPeriodicWave(Float32Array.from(HARMONICS), new Float32Array(HARMONICS.length));
    for (const { atS, lengthS, hz } of pulses) {
      const startS = context.currentTime + 0.02 + atS;
      const oscillator = context.createOscillator();
      oscillator.setPeriodicWave(wave);
      oscillator.frequency.value = hz;
      const gain = context.createGain();
      gain.gain.setValueAtTime(0, startS);
      gain.gain.linearRampToValueAtTime(VOLUME, startS + EDGE_S);
      gain.gain.setValueAtTime(VOLUME, startS + lengthS - EDGE_S);
      gain.gain.linearRampToValueAtTime(0, startS + lengthS);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(startS);
      oscillator.stop(startS + lengthS + 0.01);
    }
  };
}
