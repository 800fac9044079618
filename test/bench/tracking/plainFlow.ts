import { OpticalFlow } from '../../../renderer/workers/tracking/opticalFlow.ts';
import { apply, type Homography, IDENTITY, multiply, type Point } from '../../../renderer/workers/tracking/homography.ts';
import type { Cv, Mat } from '../../../renderer/workers/tracking/openCv.ts';
import { refine, robustSimilarity } from '../../../renderer/workers/tracking/robustFit.ts';

/** What one does first, for comparison: corners around the mark followed from frame to frame, their motion added up, nothing looked for anew. */
export class PlainFlow {
  private readonly flow: OpticalFlow;
  private readonly centre: Point;
  private points: Float32Array;
  private before: Mat;
  transform: Homography = IDENTITY;

  constructor(cv: Cv, grey: Mat, centre: Point) {
    this.flow = new OpticalFlow(cv);
    this.centre = centre;
    const corners = new cv.Mat();
    const mask = new cv.Mat(grey.rows, grey.cols, cv.CV_8UC1, new cv.Scalar(0));
    cv.circle(mask, new cv.Point(Math.round(centre.x), Math.round(centre.y)), 70, new cv.Scalar(255), -1);
    cv.goodFeaturesToTrack(grey, corners, 80, 0.01, 5, mask, 3);
    this.points = corners.data32F.slice();
    this.before = grey.clone();
    corners.delete();
    mask.delete();
  }

  follow(grey: Mat): void {
    const { points, found } = this.flow.follow(this.before, grey, this.points, this.points, { window: 21, levels: 3, iterations: 20 });
    const pairs = { from: this.points, to: points, weights: Float32Array.from(found) };
    const fit = robustSimilarity(pairs, 2);
    const centre = apply(this.transform, this.centre.x, this.centre.y);
    const step = fit && refine(pairs, fit.inliers, { transform: fit.transform, centre, radiusPx: 60, perspectivePx: 0.3 });
    if (step) this.transform = multiply(step, this.transform);
    this.points = Float32Array.from(points).filter((_, i) => found[i >> 1]);
    this.before.delete();
    this.before = grey.clone();
  }

  close(): void {
    this.before.delete();
    this.flow.close();
  }
}
