import { rtpPlusMs } from '#shared/annotation/rtpTime';
import { GreyGrabber } from './grabGrey.ts';
import { newestOnly } from './newestOnly.ts';
import { type Cv, loadCv } from './openCv.ts';
import type { SearchAnswer, SearchRequest } from './searchMessages.ts';
import { Tracker } from './tracker.ts';
import type { TrackingReport, TrackingRequest } from './trackingMessages.ts';

const say = (report: TrackingReport) => self.postMessage(report);

/** The worker that searches, started with the first mark. One picture at a time is looked through. */
class Searching {
  private readonly worker = new Worker(new URL('./searchWorker.ts', import.meta.url), { type: 'module' });
  private isBusy = false;

  constructor(onFound: (answer: SearchAnswer) => void) {
    this.worker.onmessage = ({ data }: MessageEvent<SearchAnswer>) => {
      this.isBusy = false;
      onFound(data);
    };
    // A search that broke off is one that found nothing; the following goes on.
    this.worker.onerror = () => {
      this.isBusy = false;
    };
  }

  get isFree(): boolean {
    return !this.isBusy;
  }

  ask(request: SearchRequest): void {
    if (request.type === 'look') this.isBusy = true;
    this.worker.postMessage(request, request.type === 'forget' ? [] : [request.frame.pixels.buffer]);
  }

  close(): void {
    this.worker.terminate();
  }
}

/** Follows one source at a time. */
class Following {
  private readonly cv: Cv;
  private readonly grabber: GreyGrabber;
  private tracker: Tracker;
  private clock: { readonly timestampUs: number; readonly rtpTimestamp: number } | null = null;
  private searching: Searching | null = null;
  private readonly marks = new Set<string>();
  private generation = 0;
  private ending = new AbortController();

  constructor(cv: Cv) {
    this.cv = cv;
    this.grabber = new GreyGrabber(cv);
    this.tracker = new Tracker(cv);
  }

  handle(request: TrackingRequest): void {
    switch (request.type) {
      case 'open':
        return this.open(request.frames);
      case 'clock':
        this.clock = request;
        return;
      case 'anchor':
        return this.anchor(request);
      case 'drop':
        this.marks.delete(request.markId);
        this.tracker.drop(request.markId);
        this.searching?.ask({ type: 'forget', markId: request.markId });
        return;
      case 'close':
        this.end();
        this.searching?.close();
        self.close();
    }
  }

  private open(frames: ReadableStream<VideoFrame>): void {
    this.end();
    this.ending = new AbortController();
    this.tracker = new Tracker(this.cv);
    const { signal } = this.ending;
    newestOnly(frames, (frame) => this.follow(frame, signal), signal).then(
      () => !signal.aborted && say({ type: 'ended' }),
      (error: unknown) => !signal.aborted && say({ type: 'failed', reason: String(error) }),
    );
  }

  private end(): void {
    this.ending.abort();
    this.generation += 1;
    this.clock = null;
    for (const markId of this.marks) this.searching?.ask({ type: 'forget', markId });
    this.marks.clear();
    this.tracker.close();
  }

  private async follow(frame: VideoFrame, signal: AbortSignal): Promise<void> {
    const { clock } = this;
    if (!clock) return;
    const { timestamp } = frame;
    const rtpTimestamp = rtpPlusMs(clock.rtpTimestamp, (timestamp - clock.timestampUs) / 1000);
    const grey = await this.grabber.grab(frame);
    if (signal.aborted) {
      grey.delete();
      return;
    }
    const { poses, lost } = this.tracker.track({ rtpTimestamp, grey });
    if (this.marks.size > 0) say({ type: 'poses', timestampUs: timestamp, rtpTimestamp, poses });
    const picture = lost.length > 0 && this.searching?.isFree ? this.tracker.searchFrame() : null;
    if (picture) this.searching?.ask({ type: 'look', generation: this.generation, frame: picture, markIds: lost });
  }

  private anchor({ markId, rtpTimestamp, polygon }: Extract<TrackingRequest, { type: 'anchor' }>): void {
    const outcome = this.tracker.anchor(markId, rtpTimestamp, polygon);
    const frame = outcome === 'ok' ? this.tracker.frameAt(rtpTimestamp) : null;
    if (frame) {
      this.marks.add(markId);
      this.searching ??= new Searching(({ generation, rtpTimestamp: searched, proposals }) => {
        if (generation !== this.generation) return;
        for (const { markId: found, transform } of proposals) this.tracker.propose(found, searched, transform);
      });
      this.searching.ask({ type: 'describe', markId, frame, polygon });
    }
    say({ type: 'anchored', markId, outcome });
  }
}

const following = loadCv().then((cv) => {
  say({ type: 'ready' });
  return new Following(cv);
});
following.catch((error: unknown) => say({ type: 'failed', reason: String(error) }));

self.onmessage = async ({ data }: MessageEvent<TrackingRequest>) => (await following).handle(data);
