import type { Measured } from '#shared/control/patientSide';
import type { UltrasoundDevice } from '../../../electron/host/devices/device.ts';

interface Waiter {
  readonly isWanted: (measured: Measured) => boolean;
  readonly resolve: (measured: Measured) => void;
}

/** What a device measures, to be waited for. */
export class Measurements {
  #waiters: readonly Waiter[] = [];
  #count = 0;

  /** `check` sees each measurement. */
  constructor(device: UltrasoundDevice, check: (measured: Measured) => void = () => undefined) {
    device.onMeasured((measured) => {
      check(measured);
      this.#count += 1;
      const due = this.#waiters.filter(({ isWanted }) => isWanted(measured));
      this.#waiters = this.#waiters.filter((waiter) => !due.includes(waiter));
      for (const { resolve } of due) resolve(measured);
    });
  }

  get count(): number {
    return this.#count;
  }

  /** The next from now on that is what is asked for. */
  next(isWanted: (measured: Measured) => boolean): Promise<Measured> {
    return new Promise((resolve) => {
      this.#waiters = [...this.#waiters, { isWanted, resolve }];
    });
  }
}
