/**
 * [CTL40] How much of the probe the holder of the lease has: the scanner's settings only; the probe's orientation with its tip held; all
 * six degrees; or nothing, since a person at the bedside holds the probe and is guided.
 */
export const CONTROL_MODES = ['settings', 'orientation', 'full', 'manual'] as const;
export type ControlMode = (typeof CONTROL_MODES)[number];

export const movesProbe = (mode: ControlMode): boolean => mode === 'orientation' || mode === 'full';
