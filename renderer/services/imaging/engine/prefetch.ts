import { cache, Enums, imageLoader } from '@cornerstonejs/core';

/** Two are fetched while one is decoded; more would delay the picture the reader asks for. */
const AT_ONCE = 4;
/** How much of the cache one series may fill ahead of the reader. */
const SHARE = 0.6;

/** Fetches a series around where the reader is, nearest first; what does not fit into memory is left for later. */
export class Prefetch {
  readonly #imageIds: readonly string[];
  readonly #onProgress: (loaded: number) => void;
  readonly #failed = new Set<string>();
  readonly #running = new Set<string>();
  #at: number;
  #isClosed = false;
  #loaded = -1;

  constructor(imageIds: readonly string[], at: number, onProgress: (loaded: number) => void) {
    this.#imageIds = imageIds;
    this.#at = at;
    this.#onProgress = onProgress;
    this.#next();
  }

  /** The reader is there now. */
  moveTo(index: number): void {
    this.#at = index;
    this.#next();
  }

  close(): void {
    this.#isClosed = true;
  }

  #next(): void {
    if (this.#isClosed) return;
    this.#report();
    while (this.#running.size < AT_ONCE) {
      const imageId = this.#nearestMissing();
      if (imageId === null) return;
      this.#running.add(imageId);
      imageLoader
        .loadAndCacheImage(imageId, { requestType: Enums.RequestType.Prefetch, priority: 0 } as never) // as the library's own prefetcher does; the type leaves them out
        .catch(() => this.#failed.add(imageId)) // shown when the reader comes to it, with the reason
        .finally(() => {
          this.#running.delete(imageId);
          this.#next();
        });
    }
  }

  #nearestMissing(): string | null {
    const room = this.#reach();
    for (let distance = 0; distance <= room; distance += 1) {
      for (const index of [this.#at + distance, this.#at - distance]) {
        const imageId = this.#imageIds[index];
        if (imageId !== undefined && !cache.isLoaded(imageId) && !this.#running.has(imageId) && !this.#failed.has(imageId)) return imageId;
      }
    }
    return null;
  }

  /** How far from the reader pictures are kept ready, by the size of those that are there. */
  #reach(): number {
    const known = this.#imageIds[this.#at];
    const bytes = known === undefined ? undefined : cache.getImage(known)?.sizeInBytes;
    if (bytes === undefined || bytes === 0) return 8;
    return Math.max(8, Math.floor((cache.getMaxCacheSize() * SHARE) / bytes / 2));
  }

  #report(): void {
    const loaded = this.#imageIds.reduce((sum, imageId) => sum + Number(cache.isLoaded(imageId)), 0);
    if (loaded === this.#loaded) return;
    this.#loaded = loaded;
    this.#onProgress(loaded);
  }
}
