/** Sends pictures through VP8 at the bitrate at which they arrive in life, one after another. Runs in the page. */
export class CodedFrames {
  private readonly encoder: VideoEncoder;
  private readonly decoder: VideoDecoder;
  private readonly waiting: ((frame: VideoFrame) => void)[] = [];
  private failure: Error | null = null;
  bytes = 0;

  constructor(width: number, height: number, bitrateBps: number) {
    const fail = (error: Error) => {
      this.failure = error;
      console.error(error);
    };
    this.decoder = new VideoDecoder({ output: (frame) => this.waiting.shift()?.(frame), error: fail });
    this.decoder.configure({ codec: 'vp8', codedWidth: width, codedHeight: height, optimizeForLatency: true });
    this.encoder = new VideoEncoder({
      output: (chunk) => {
        this.bytes += chunk.byteLength;
        this.decoder.decode(chunk);
      },
      error: fail,
    });
    this.encoder.configure({ codec: 'vp8', width, height, bitrate: bitrateBps, framerate: 30, latencyMode: 'realtime', bitrateMode: 'variable' });
  }

  /** The picture as it comes out; the caller closes it. */
  async code(picture: VideoFrame, isFirst: boolean): Promise<VideoFrame> {
    if (this.failure) throw this.failure;
    const frame = new Promise<VideoFrame>((resolve) => this.waiting.push(resolve));
    this.encoder.encode(picture, { keyFrame: isFirst });
    picture.close();
    return frame;
  }

  close(): void {
    this.encoder.close();
    this.decoder.close();
  }
}
