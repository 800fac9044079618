/**
 * A lying patient's abdomen, as far as a probe feels it: an elastic bulge that breathes. Base frame of the arm: mm, z into the patient.
 */
export interface ElasticBody {
  /** Where the skin is when nothing presses on it, mm along z. */
  surfaceMm(xMm: number, yMm: number, atS: number): number;
  /** What it pushes back with, N: `depthMm` below the skin, going in at `speedMmPerS`. Never pulls. */
  forceN(depthMm: number, speedMmPerS: number): number;
}

/** How far the skin lies below the arm's home beside the bulge, mm. */
const SKIN_MM = 60;
const BULGE_MM = 25;
const BULGE_WIDTH_MM = 110;
const BREATH_MM = 3;
const BREATH_S = 4;
/** Soft tissue over organs: about 0.5 N/mm, stiffer with depth (Fung 1993 for the shape). */
const STIFFNESS_N_PER_MM = 0.45;
const HARDENING_N_PER_MM2 = 0.02;
const DAMPING_NS_PER_MM = 0.01;

export const abdomen: ElasticBody = {
  surfaceMm(xMm, yMm, atS) {
    const bulge = BULGE_MM * Math.exp(-(xMm * xMm + yMm * yMm) / (2 * BULGE_WIDTH_MM * BULGE_WIDTH_MM));
    return SKIN_MM - bulge - BREATH_MM * Math.sin((2 * Math.PI * atS) / BREATH_S);
  },
  forceN(depthMm, speedMmPerS) {
    if (depthMm <= 0) return 0;
    return Math.max(0, STIFFNESS_N_PER_MM * depthMm + HARDENING_N_PER_MM2 * depthMm * depthMm + DAMPING_NS_PER_MM * speedMmPerS);
  },
};
