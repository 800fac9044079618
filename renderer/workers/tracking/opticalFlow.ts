import type { Cv, Mat } from './openCv.ts';

/** Where points went; `found[i]` is 1 where the library found it. x and y alternate. */
export interface Flow {
  readonly points: Float32Array;
  readonly found: Uint8Array;
}

export interface FlowOptions {
  /** Side of the window, odd, pixels. */
  readonly window: number;
  /** Halvings of the picture above the first. */
  readonly levels: number;
  readonly iterations: number;
}

/** Pyramidal Lucas-Kanade (Bouguet 2000) over Mats that are kept between calls. */
export class OpticalFlow {
  private readonly cv: Cv;
  private readonly from: Mat;
  private readonly to: Mat;
  private readonly status: Mat;
  private readonly error: Mat;

  constructor(cv: Cv) {
    this.cv = cv;
    this.from = new cv.Mat();
    this.to = new cv.Mat();
    this.status = new cv.Mat();
    this.error = new cv.Mat();
  }

  /** @param guesses where to begin looking; as many as points */
  follow(before: Mat, after: Mat, points: Float32Array, guesses: Float32Array, { window, levels, iterations }: FlowOptions): Flow {
    const count = points.length / 2;
    if (count === 0) return { points: new Float32Array(), found: new Uint8Array() };
    const { cv } = this;
    this.from.create(count, 1, cv.CV_32FC2);
    this.from.data32F.set(points);
    this.to.create(count, 1, cv.CV_32FC2);
    this.to.data32F.set(guesses);
    cv.calcOpticalFlowPyrLK(before, after, this.from, this.to, this.status, this.error, new cv.Size(window, window), levels, new cv.TermCriteria(3, iterations, 0.01), cv.OPTFLOW_USE_INITIAL_FLOW, 1e-4);
    return { points: this.to.data32F.slice(0, count * 2), found: this.status.data.slice(0, count) };
  }

  close(): void {
    for (const mat of [this.from, this.to, this.status, this.error]) mat.delete();
  }
}
