/** What an expert asks of whoever holds the probe. Directions as seen by them in the picture: left is where the mark is. */
export const GUIDANCE_CUES = ['moveLeft', 'moveRight', 'moveUp', 'moveDown', 'tiltLeft', 'tiltRight', 'tiltUp', 'tiltDown', 'turnLeft', 'turnRight', 'pressMore', 'pressLess', 'holdStill', 'addGel', 'good'] as const;
export type GuidanceCue = (typeof GUIDANCE_CUES)[number];

/** A cue is for now: it goes from the screen after this, ms. */
export const CUE_SHOWN_MS = 8000;
