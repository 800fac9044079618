import { authorColour } from '#shared/domain/imaging/authorColour';
import type { PeerId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { createDicomWeb } from './services/imaging/dicomWeb.ts';
import type { HttpClient } from './services/http.ts';
import { createImagingModel } from './state/imaging/imagingModel.ts';
import { createSharingModel } from './state/imaging/sharingModel.ts';
import type { RequestPort } from './state/ports.ts';

export interface ComposeImagingOptions {
  readonly page: Window & typeof globalThis;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly token: () => Promise<string | null>;
  readonly serverUrl: () => string;
  readonly self: () => Party | null;
  readonly signaling: RequestPort;
  readonly selfPeerId: () => PeerId | null;
}

/** Reading images. The viewer's library is not part of the start. */
export function composeImaging({ page, http, clock, token, serverUrl, self, signaling, selfPeerId }: ComposeImagingOptions) {
  const web = createDicomWeb({ http, token, serverUrl, isObserver: () => self()?.role === 'observer' });
  const { deviceMemory } = page.navigator as Navigator & { deviceMemory?: number }; // Chromium's own, in whole GB
  const model = createImagingModel({
    web,
    clock,
    loadEngine: async () => {
      const { ImagingEngine } = await import('./services/imaging/engine/imagingEngine.ts');
      return (options) => new ImagingEngine(options);
    },
    machine: { deviceMemoryGb: deviceMemory ?? null, cores: page.navigator.hardwareConcurrency || 2 },
    isTall: () => page.innerHeight > page.innerWidth,
    self: () => {
      const party = self();
      return { id: party?.id ?? '', name: party === null ? '' : party.name.zh };
    },
    colourOf: authorColour,
  });
  const sharing = createSharingModel({ signaling, clock, imaging: model, selfPeerId });
  return { web, model, sharing };
}
