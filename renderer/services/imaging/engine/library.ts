import { cache, Enums, getShouldUseCPURendering, init as initCore, registerImageLoader, volumeLoader, cornerstoneStreamingImageVolumeLoader } from '@cornerstonejs/core';
import * as dicomImageLoader from '@cornerstonejs/dicom-image-loader';
import { init as initTools } from '@cornerstonejs/tools';
import type { Types } from '@cornerstonejs/core';
import { wireErrorSchema, AppError } from '#shared/protocol/errors';
import type { KeptFrame } from '../copies/seriesCopies.ts';

export interface LibraryOptions {
  readonly token: () => Promise<string | null>;
  /** The picture's frame from this machine's copy; null: it is fetched. */
  readonly kept: (imageId: string) => Promise<KeptFrame | null>;
  /** GB as the browser tells (rounded down, at most 8); null: it does not. */
  readonly deviceMemoryGb: number | null;
  readonly cores: number;
}

/** Of an eighth of the machine's memory, between 256 MB and 1.5 GB: a consult's video goes on beside it. */
const cacheBytes = (deviceMemoryGb: number | null): number => Math.min(1.5, Math.max(0.25, (deviceMemoryGb ?? 4) / 8)) * 2 ** 30;

let started: { readonly hasVolumes: boolean } | null = null;
let readToken: LibraryOptions['token'] = async () => null;
let readKept: LibraryOptions['kept'] = async () => null;

/** Starts the library, which exists once in a page; a later call only changes whose session asks. */
export function startLibrary(options: LibraryOptions): { readonly hasVolumes: boolean } {
  readToken = options.token;
  readKept = options.kept;
  if (started) return started;
  initCore();
  initTools();
  dicomImageLoader.init({
    maxWebWorkers: Math.max(1, Math.min(4, Math.floor(options.cores / 2))),
    // Deflated and padded files fail with the newer one.
    useLegacyMetadataProvider: true,
    beforeSend: async () => {
      const token = await readToken();
      return token === null ? {} : { authorization: `Bearer ${token}` };
    },
  });
  // In front of the library's own: what is kept here is not fetched.
  registerImageLoader('wadors', (imageId: string, loaderOptions?: Record<string, unknown>) => ({ promise: loadKeptOrFetch(imageId, loaderOptions) }));
  volumeLoader.registerVolumeLoader('cornerstoneStreamingImageVolume', cornerstoneStreamingImageVolumeLoader as never); // the library's own loader; its declared result is narrower
  cache.setMaxCacheSize(cacheBytes(options.deviceMemoryGb));
  started = { hasVolumes: !getShouldUseCPURendering() };
  return started;
}

async function loadKeptOrFetch(imageId: string, options: Record<string, unknown> = {}): Promise<Types.IImage> {
  const kept = await readKept(imageId);
  if (kept === null) return dicomImageLoader.wadors.loadImage(imageId, options).promise;
  const image = await dicomImageLoader.createImage(imageId, kept.bytes as never, kept.syntax, options); // bytes; its declared type is of the decoder's output
  return Object.assign(image as unknown as Types.IImage, { transferSyntaxUID: kept.syntax, imageQualityStatus: Enums.ImageQualityStatus.FULL_RESOLUTION }); // as the library's own loader marks what came whole
}

function errorOf(request: XMLHttpRequest): AppError {
  if (request.status === 0) return new AppError('network.offline', 'the picture could not be fetched');
  const body: unknown = request.response;
  try {
    const wire = wireErrorSchema.safeParse(JSON.parse(body instanceof ArrayBuffer ? new TextDecoder().decode(body) : String(body)));
    if (wire.success) return AppError.fromWire(wire.data);
  } catch {
    // Not ours: a proxy's page.
  }
  return new AppError(request.status >= 500 ? 'network.offline' : 'imaging.refused', `status ${request.status}`);
}

/** Why a picture could not be shown: the server's word, or that its pixels could not be decoded. */
export function whyNot(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof XMLHttpRequest) return errorOf(thrown);
  // The library wraps what its loader threw.
  if (typeof thrown === 'object' && thrown !== null && 'error' in thrown && thrown.error !== undefined) return whyNot(thrown.error);
  return new AppError('imaging.undecodable', String(thrown instanceof Error ? thrown.message : thrown).slice(0, 300));
}
