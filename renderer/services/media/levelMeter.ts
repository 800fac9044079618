import { drop } from '#shared/lib/drop';

/**
 * Loudness of a microphone as RMS, 0–1, over the last 20–40 ms. Listens to a clone of the track, so that it also hears while the
 * track itself is muted; the clone goes to no connection.
 */
export class LevelMeter {
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #clone: MediaStreamTrack;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(track: MediaStreamTrack) {
    this.#clone = track.clone();
    this.#clone.enabled = true;
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#context.createMediaStreamSource(new MediaStream([this.#clone])).connect(this.#analyser);
    drop(this.#context.resume(), 'a context without a click stays silent and the meter at zero');
  }

  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.min(1, Math.sqrt(sum / this.#samples.length) * 4);
  }

  close(): void {
    this.#clone.stop();
    drop(this.#context.close(), 'closing a closed context');
  }
}
