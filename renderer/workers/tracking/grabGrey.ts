import { WORKING_WIDTH } from './frameRing.ts';
import type { Cv, Mat } from './openCv.ts';

/** Makes grey working pictures of a camera's frames: only the luminance plane is copied, which takes a tenth of drawing the frame. Holds memory between calls. */
export class GreyGrabber {
  private readonly cv: Cv;
  private readonly full: Mat;
  private bytes = new Uint8Array();

  constructor(cv: Cv) {
    this.cv = cv;
    this.full = new cv.Mat();
  }

  /** @returns the caller's; the frame is left open */
  async grab(frame: VideoFrame): Promise<Mat> {
    const { cv } = this;
    const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
    const hasPlanes = frame.format !== null && /^(I4|NV12)/.test(frame.format);
    const options: VideoFrameCopyToOptions = hasPlanes ? {} : { format: 'RGBA' };
    const size = frame.allocationSize(options);
    if (this.bytes.length < size) this.bytes = new Uint8Array(size);
    const layout = await frame.copyTo(this.bytes, options);
    const { offset, stride } = layout[0] ?? { offset: 0, stride: width };
    const grey = new cv.Mat();
    if (hasPlanes) {
      this.full.create(height, width, cv.CV_8UC1);
      const target = this.full.data;
      if (stride === width) target.set(this.bytes.subarray(offset, offset + width * height));
      else for (let y = 0; y < height; y += 1) target.set(this.bytes.subarray(offset + y * stride, offset + y * stride + width), y * width);
      this.scale(this.full, grey);
    } else {
      this.full.create(height, width, cv.CV_8UC4);
      this.full.data.set(this.bytes.subarray(offset, offset + width * height * 4));
      const luminance = new cv.Mat();
      cv.cvtColor(this.full, luminance, cv.COLOR_RGBA2GRAY);
      this.scale(luminance, grey);
      luminance.delete();
    }
    return grey;
  }

  private scale(from: Mat, to: Mat): void {
    const { cv } = this;
    const height = Math.round((WORKING_WIDTH * from.rows) / from.cols);
    cv.resize(from, to, new cv.Size(WORKING_WIDTH, height), 0, 0, from.cols > WORKING_WIDTH ? cv.INTER_AREA : cv.INTER_LINEAR);
  }

  close(): void {
    this.full.delete();
  }
}
