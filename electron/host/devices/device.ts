import type { MotionLimits } from '#shared/control/limits';
import type { DeviceOrder, Measured } from '#shared/control/patientSide';
import type { UltrasoundSettings } from '#shared/control/settings';
import type { CarriedPicture } from '#shared/host/controlPictures';
import type { ControlDevice } from '#shared/control/status';
import type { Undo } from '#shared/lib/disposable';

/** A probe that can be moved and the scanner it belongs to, behind one port: simulator, OpenIGTLink, serial. Whoever opens it closes it. */
export interface UltrasoundDevice {
  readonly about: ControlDevice;
  /** What the device itself allows; its own controller keeps them as well. */
  readonly limits: MotionLimits;
  /** What to do until the next order; expected every few milliseconds, and the device brakes by itself when none comes. */
  order(order: Readonly<DeviceOrder>): void;
  /** At once, by whatever the device has for it. Orders that say `isStopped` follow until the stop is reset. */
  stop(): void;
  /** Resolves with what really holds afterwards: a scanner has its own steps. @throws AppError `device.*` when it would or could not */
  applySettings(settings: Readonly<UltrasoundSettings>): Promise<UltrasoundSettings>;
  /** Its sensors, as often as they are read: at least every 50 ms, else it counts as lost. */
  onMeasured(listener: (measured: Measured) => void): Undo;
  /** [CTL116] Pictures of its scanner; left out: none come from it. */
  onImage?(listener: (image: CarriedPicture) => void): Undo;
  close(): Promise<void>;
}
