import type { SourceId } from '#shared/domain/ids';
import { drop } from '#shared/lib/drop';

/** Plays what is heard from the others: one element a source, all on the chosen speaker. */
export class AudioOutput {
  readonly #elements = new Map<SourceId, HTMLAudioElement>();
  #speakerId = '';
  readonly #onBlocked: () => void;

  /** @param options.onBlocked the browser wants a click before it plays sound. */
  constructor(options: { onBlocked: () => void }) {
    this.#onBlocked = options.onBlocked;
  }

  handleTrack(sourceId: SourceId, track: MediaStreamTrack | null): void {
    const old = this.#elements.get(sourceId);
    if (old) {
      old.pause();
      old.srcObject = null;
      this.#elements.delete(sourceId);
    }
    if (track?.kind !== 'audio') return;
    const element = new Audio();
    element.srcObject = new MediaStream([track]);
    this.#elements.set(sourceId, element);
    this.#route(element);
    drop(element.play(), 'autoplay may be refused until the person clicks', (error) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#onBlocked();
    });
  }

  /** Plays what was blocked; to be called from a click. */
  resume(): void {
    for (const element of this.#elements.values()) drop(element.play(), 'tried again at the next click');
  }

  setSpeaker(deviceId: string): void {
    this.#speakerId = deviceId;
    for (const element of this.#elements.values()) this.#route(element);
  }

  close(): void {
    for (const sourceId of [...this.#elements.keys()]) this.handleTrack(sourceId, null);
  }

  #route(element: HTMLAudioElement): void {
    if (this.#speakerId !== '' && 'setSinkId' in element) drop(element.setSinkId(this.#speakerId), 'a speaker that was unplugged: the system default plays on');
  }
}
