/** Keeps display and processor awake while a consult is on. Calling it twice with the same value does nothing the second time. */
export interface PowerPort {
  setConsultActive(isActive: boolean): void;
}

/** For hosts without a hand on the machine's power: the page asks for a screen wake lock itself. */
export const NO_POWER: PowerPort = { setConsultActive: () => undefined };
