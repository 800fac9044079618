import { authorColour } from '#shared/domain/imaging/authorColour';
import type { CaseId, PeerId } from '#shared/domain/ids';
import type { CasePatient } from '#shared/domain/imaging/patientMatch';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { createDicomWeb, type DicomWebOptions } from './services/imaging/dicomWeb.ts';
import type { HttpClient } from './services/http.ts';
import { FileReaderDesk, openImportWorker } from './services/imaging/importing/fileReader.ts';
import { createAnalysisModel } from './state/imaging/analysisModel.ts';
import { createImportModel } from './state/imaging/importModel.ts';
import { createImagingModel } from './state/imaging/imagingModel.ts';
import { createPacsModel } from './state/imaging/pacsModel.ts';
import type { CaseModel } from './state/cases/caseModel.ts';
import { createKeptModel } from './state/imaging/keptModel.ts';
import { createReportModel } from './state/imaging/reportModel.ts';
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
  /** Series on this machine. */
  readonly copies: DicomWebOptions['copies'];
  readonly isAway: () => boolean;
  /** Images of a case changed at the server. */
  readonly onChanged: (caseId: CaseId) => void;
  /** Who the case is of; null: it does not say. Rejects when it cannot be read. */
  readonly patientOf: (caseId: CaseId) => Promise<CasePatient | null>;
  /** The case of the images that are read. */
  readonly file: CaseModel;
}

/** Reading images. The viewer's library is not part of the start. */
export function composeImaging({ page, http, clock, token, serverUrl, self, signaling, selfPeerId, copies, isAway, onChanged, patientOf, file }: ComposeImagingOptions) {
  const web = createDicomWeb({ http, token, serverUrl, isObserver: () => self()?.role === 'observer', copies, isAway });
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
  const analysis = createAnalysisModel({ web, imaging: model });
  analysis.start(); // as long as the page
  const kept = createKeptModel({ imaging: model, file, clock, isObserver: () => self()?.role === 'observer' });
  const reports = createReportModel({ imaging: model, web, signaling });
  const sharing = createSharingModel({ signaling, clock, imaging: model, kept, selfPeerId });
  const importing = createImportModel({
    http, token, clock, patientOf,
    openReader: () => new FileReaderDesk(openImportWorker),
    onOnline: (listener) => signaling.onStatus(({ step }) => step === 'connected' && listener()),
    onStored: model.handleChanged,
  });
  const pacs = createPacsModel({ signaling, clock, patientOf, onLoaded: model.handleChanged });
  signaling.on('imaging.changed', ({ caseId }) => {
    model.handleChanged(caseId);
    pacs.handleChanged(caseId);
    onChanged(caseId);
  });
  /** For who reads no case files: whose images the room reads. */
  const caseOfRoom = async () => (await signaling.request('imaging.case', {})).caseId;
  return { web, model, caseOfRoom, analysis, sharing, kept, reports, importing, pacs };
}
