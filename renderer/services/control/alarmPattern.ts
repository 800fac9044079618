/** How urgent: at once, soon, or when there is time. */
export type AlarmPriority = 'high' | 'medium' | 'low';

export interface Pulse {
  readonly atS: number;
  readonly lengthS: number;
  /** Fundamental; the sounder adds four harmonics, so that it is heard through noise and located. */
  readonly hz: number;
}

const HIGH_LENGTH_S = 0.15;
/** From the begin of one pulse to the begin of the next: three, two, a pause, and the same again. */
const HIGH_GAPS_S = [0.3, 0.3, 0.6, 0.3, 0.95, 0.3, 0.3, 0.6, 0.3];
const HIGH_HZ = [523, 523, 659, 784, 1047 / 2];
const MEDIUM_HZ = [392, 440, 494];

/**
 * [CTL69] One burst, after IEC 60601-1-8 (table 3 for pulses, spacing and repetition): ten short pulses in two groups for high priority,
 * three longer ones for medium, one soft for low. Never the melody of another.
 */
export function pulsesOf(priority: AlarmPriority): Pulse[] {
  switch (priority) {
    case 'high': {
      let atS = 0;
      return [0, ...HIGH_GAPS_S].map((gapS, index) => {
        atS += gapS;
        return { atS, lengthS: HIGH_LENGTH_S, hz: HIGH_HZ[index % HIGH_HZ.length] ?? 523 };
      });
    }
    case 'medium':
      return MEDIUM_HZ.map((hz, index) => ({ atS: index * 0.45, lengthS: 0.2, hz }));
    case 'low':
      return [{ atS: 0, lengthS: 0.22, hz: 330 }];
  }
}

/** From the begin of one burst to the begin of the next, s; null: once. */
export const REPEAT_S: Readonly<Record<AlarmPriority, number | null>> = { high: 8, medium: 15, low: null };
