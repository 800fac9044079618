import { cache, Enums, imageLoader } from '@cornerstonejs/core';
import { caseIdSchema } from '#shared/domain/ids';
import { createSystemClock } from '#shared/lib/clock';
import { createDicomWeb } from '../../../../renderer/services/imaging/dicomWeb.ts';
import { ImageNames } from '../../../../renderer/services/imaging/engine/imageNames.ts';
import { startLibrary, whyNot } from '../../../../renderer/services/imaging/engine/library.ts';
import { HttpClient } from '../../../../renderer/services/http.ts';

/** A frame (from 1) as the viewer holds it, or why it does not. `values`: base64 of the typed array named by `type`. */
export type SweptFrame =
  | { readonly type: string; readonly frame: number; readonly values: string; readonly isColour: boolean; readonly isScaled: boolean; readonly slope: number; readonly intercept: number }
  | { readonly type: 'refused'; readonly code: string; readonly message: string };

declare global {
  interface Window {
    /** All frames of a case, in the order of its series. */
    sweepCase: (caseId: string, token: string) => Promise<SweptFrame[]>;
  }
}

async function toBase64(values: ArrayBufferView<ArrayBuffer>): Promise<string> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

/** Nothing is kept on this machine. */
const NO_COPIES = { studies: async () => [], series: async () => null, sets: async () => null, thumbnail: async () => null, frame: async () => null };

/** A picture that neither comes nor fails would be a reader's endless waiting. */
const neverCame = (): Promise<never> => new Promise((_resolve, reject) => setTimeout(() => reject(new Error('HANGS')), 20_000));

window.sweepCase = async (caseText, token) => {
  const caseId = caseIdSchema.parse(caseText);
  const serverUrl = () => location.origin;
  const web = createDicomWeb({ http: new HttpClient({ clock: createSystemClock(window), serverUrl }), token: async () => token, serverUrl, isObserver: () => false, isAway: () => false, copies: NO_COPIES });
  startLibrary({ token: web.token, kept: async () => null, deviceMemoryGb: 8, cores: 2 });
  cache.purgeCache();
  const names = new ImageNames((series, { sopUid, frame }) => web.frameUrl(caseId, series, sopUid, frame));
  const swept: SweptFrame[] = [];
  for (const summary of (await web.studies(caseId)).flatMap(({ series }) => series)) {
    for (const id of names.idsOf(await web.series(caseId, summary))) {
      try {
        // As the viewer fetches them.
        const image = await Promise.race([imageLoader.loadAndCacheImage(id, { requestType: Enums.RequestType.Prefetch, priority: 0 } as never), neverCame()]);
        const values = image.getPixelData() as unknown as ArrayBufferView<ArrayBuffer>; // the library's pixel arrays are views
        swept.push({ type: values.constructor.name, frame: names.find(id)?.frame.frame ?? 0, values: await toBase64(values), isColour: image.color, isScaled: image.preScale?.scaled === true, slope: image.slope, intercept: image.intercept });
      } catch (error) {
        const { code, message } = whyNot(error);
        swept.push({ type: 'refused', code, message });
      }
    }
  }
  return swept;
};
