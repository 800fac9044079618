import * as dicomImageLoader from '@cornerstonejs/dicom-image-loader';
import type { Frame, Series } from '../series.ts';

/** Which picture an image id means. */
export interface NamedImage {
  readonly series: Series;
  readonly index: number;
  readonly frame: Frame;
}

/** Image ids of the loader and the pictures they mean, both ways; and the metadata under them. */
export class ImageNames {
  readonly #urlOf: (series: Series, frame: Frame) => string;
  readonly #byId = new Map<string, NamedImage>();
  readonly #idsBySeries = new Map<string, { readonly series: Series; readonly ids: readonly string[] }>();

  constructor(urlOf: (series: Series, frame: Frame) => string) {
    this.#urlOf = urlOf;
  }

  /** The ids of a series' pictures in its order; known to the loader from here on. */
  idsOf(series: Series): readonly string[] {
    const known = this.#idsBySeries.get(series.seriesUid);
    if (known?.series === series) return known.ids;
    const ids = series.frames.map((frame, index) => {
      const id = `wadors:${this.#urlOf(series, frame)}`;
      const set = series.sets.get(frame.sopUid);
      // Without a modality the library fails in a place where nobody is told, and waits for ever.
      const named = set?.['00080060']?.Value?.[0] ? set : { ...set, '00080060': { vr: 'CS', Value: ['OT'] } };
      if (set) dicomImageLoader.wadors.metaDataManager.add(id, named as never); // the same JSON model, under the library's own name for it
      this.#byId.set(id, { series, index, frame });
      return id;
    });
    this.#idsBySeries.set(series.seriesUid, { series, ids });
    return ids;
  }

  /** What the loader knows of the pictures is gone from memory. */
  close(): void {
    for (const id of this.#byId.keys()) dicomImageLoader.wadors.metaDataManager.remove(id);
    this.#byId.clear();
    this.#idsBySeries.clear();
  }

  find(imageId: string): NamedImage | null {
    return this.#byId.get(imageId) ?? null;
  }

  idOf(seriesUid: string, sopUid: string, frame: number): string | null {
    const known = this.#idsBySeries.get(seriesUid);
    const index = known?.series.frames.findIndex((one) => one.sopUid === sopUid && one.frame === frame) ?? -1;
    return known?.ids[index] ?? null;
  }
}
