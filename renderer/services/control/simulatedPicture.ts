import type { DeviceState } from '#shared/control/frames/stateFrame';
import type { PictureInput } from '#shared/simulator/image';
import type { ScanMessage } from '../../workers/scanMessages.ts';

/** A frame grabber's usual; the sector fills it. */
const WIDTH_PX = 800;
const HEIGHT_PX = 600;
const PICTURES_PER_S = 25;

/** What of a worker is needed; tests give a fake. */
type ScanWorker = Pick<Worker, 'postMessage' | 'terminate'>;

export interface SimulatedPictureOptions {
  readonly createWorker?: () => ScanWorker;
  readonly createCanvas?: () => Pick<HTMLCanvasElement, 'width' | 'height' | 'transferControlToOffscreen' | 'captureStream'>;
}

/**
 * The picture of the simulated scanner as a video track, 25 a second: what the cart publishes as its `ultrasound` source when its device
 * is the simulator, and what the warm-up shows. Formed in a worker from the device's newest state and the scanner's applied settings.
 */
export class SimulatedPicture {
  readonly track: MediaStreamTrack;
  readonly #worker: ScanWorker;
  #isClosed = false;

  /** @throws Error when the browser gives no track of a canvas */
  constructor({ createWorker = startWorker, createCanvas = () => document.createElement('canvas') }: SimulatedPictureOptions = {}) {
    const canvas = createCanvas();
    canvas.width = WIDTH_PX;
    canvas.height = HEIGHT_PX;
    const [track] = canvas.captureStream(PICTURES_PER_S).getVideoTracks();
    if (!track) throw new Error('a canvas gave no video track');
    this.track = track;
    this.#worker = createWorker();
    const drawn = canvas.transferControlToOffscreen();
    this.#worker.postMessage({ type: 'open', canvas: drawn, everyMs: 1000 / PICTURES_PER_S } satisfies ScanMessage, [drawn]);
  }

  /** As often as states arrive; the picture takes the newest. `stampMs` is the patient side's clock: the breath goes by it. */
  handleState({ measured, stampMs, isInContact }: Pick<Readonly<DeviceState>, 'measured' | 'stampMs' | 'isInContact'>, { gainDb, depthMm, focusMm, isFrozen }: PictureInput['settings']): void {
    if (this.#isClosed) return;
    this.#worker.postMessage({ type: 'input', input: { pose: { ...measured }, atS: stampMs / 1000, isInContact, settings: { gainDb, depthMm, focusMm, isFrozen } } } satisfies ScanMessage);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#worker.terminate();
    this.track.stop();
  }
}

const startWorker = (): ScanWorker => new Worker(new URL('../../workers/scanWorker.ts', import.meta.url), { type: 'module' });
