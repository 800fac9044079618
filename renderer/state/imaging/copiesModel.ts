import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseItemContent } from '#shared/domain/caseFile';
import type { CaseId, CaseItemId } from '#shared/domain/ids';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { SeriesSummary } from '../../services/imaging/series.ts';

/** How a series stands with the copies of its case on machines. */
export interface CopyState {
  /** It belongs to the case's copies, also those of others. */
  readonly isChosen: boolean;
  /** `whole`: it opens without a network; `part`: some of it is here. */
  readonly here: 'whole' | 'part' | 'none';
}

export interface CopiesState {
  readonly caseId: CaseId | null;
  readonly series: ReadonlyMap<string, CopyState>;
  /** What is being fetched of this case's images, 0–1; null: nothing. */
  readonly fetched: number | null;
  /** Asked of a series and not done. */
  readonly busy: ReadonlySet<string>;
  readonly error: AppError | null;
}

/** A series that was chosen, as the case's file has it; the reader's own changes that are on their way included. */
export interface ChosenItem {
  readonly itemId: CaseItemId;
  readonly studyUid: string;
  readonly seriesUid: string;
}

export interface CopiesModelOptions {
  readonly chosenOf: (caseId: CaseId) => Promise<readonly ChosenItem[]>;
  readonly add: (caseId: CaseId, content: Extract<CaseItemContent, { kind: 'series' }>) => Promise<void>;
  readonly retract: (caseId: CaseId, itemId: CaseItemId) => Promise<void>;
  /** Fetches what is missing of these and drops what is not among them. */
  readonly keep: (caseId: CaseId, chosen: readonly ChosenItem[]) => Promise<void>;
  readonly bytesOf: (caseId: CaseId, seriesUid: string) => Promise<{ readonly hereBytes: number; readonly isWhole: boolean }>;
  /** Says that something of a case changed, or how far its images are; gives the undo. */
  readonly onChanged: (listener: (caseId: CaseId) => void) => () => void;
  readonly onProgress: (listener: (caseId: CaseId, fetched: number | null) => void) => () => void;
}

const CLOSED: CopiesState = { caseId: null, series: new Map(), fetched: null, busy: new Set(), error: null };

export type CopiesModel = ReturnType<typeof createCopiesModel>;

/** Which series of a case belong to its copies, and which of them are on this machine. */
export function createCopiesModel(options: CopiesModelOptions) {
  const store: StoreApi<CopiesState> = createStore<CopiesState>(() => CLOSED);
  let run = 0;
  let isLooking = false;
  let isStale = false;

  options.onChanged((caseId) => {
    if (caseId === store.getState().caseId) look();
  });
  options.onProgress((caseId, fetched) => {
    if (caseId === store.getState().caseId) store.setState({ fetched });
  });

  function look(): void {
    if (isLooking) {
      isStale = true;
      return;
    }
    isLooking = true;
    void read().finally(() => {
      isLooking = false;
      if (!isStale) return;
      isStale = false;
      look();
    });
  }

  async function read(): Promise<void> {
    const { caseId } = store.getState();
    const mine = run;
    if (caseId === null) return;
    try {
      const chosen = await options.chosenOf(caseId);
      const states = await Promise.all(
        chosen.map(async ({ seriesUid }): Promise<[string, CopyState]> => {
          const { hereBytes, isWhole } = await options.bytesOf(caseId, seriesUid);
          return [seriesUid, { isChosen: true, here: isWhole ? 'whole' : hereBytes > 0 ? 'part' : 'none' }];
        }),
      );
      if (mine === run) store.setState({ series: new Map(states) });
    } catch (error) {
      // The copy is locked or its lease has ended: nothing of it is here for this reader.
      if (mine === run) store.setState({ series: new Map(), error: toAppError(error) });
    }
  }

  async function withSeries(seriesUid: string, work: (caseId: CaseId) => Promise<void>): Promise<void> {
    const { caseId, busy } = store.getState();
    if (caseId === null || busy.has(seriesUid)) return;
    const mine = run;
    store.setState({ busy: new Set([...busy, seriesUid]), error: null });
    try {
      await work(caseId);
    } catch (error) {
      const known = toAppError(error);
      if (mine === run && known.code !== 'network.closed') store.setState({ error: known });
    } finally {
      if (mine === run) {
        store.setState((state) => ({ busy: new Set([...state.busy].filter((uid) => uid !== seriesUid)) }));
        look();
      }
    }
  }

  return {
    store,
    open(caseId: CaseId): void {
      if (store.getState().caseId === caseId) return look();
      run += 1;
      store.setState({ ...CLOSED, caseId });
      look();
    },
    close(): void {
      run += 1;
      store.setState(CLOSED);
    },
    /** Makes the series part of the case's copies, on this machine at once. */
    choose: ({ studyUid, seriesUid, modality, description }: SeriesSummary) =>
      withSeries(seriesUid, async (caseId) => {
        const chosen = await options.chosenOf(caseId);
        if (!chosen.some((one) => one.seriesUid === seriesUid)) await options.add(caseId, { kind: 'series', body: { studyUid, seriesUid, modality: modality.slice(0, 16), description: description.slice(0, 400) } });
        look();
        await options.keep(caseId, await options.chosenOf(caseId));
      }),
    /** Takes it out of the case's copies. */
    leave: (seriesUid: string) =>
      withSeries(seriesUid, async (caseId) => {
        for (const { itemId } of (await options.chosenOf(caseId)).filter((one) => one.seriesUid === seriesUid)) await options.retract(caseId, itemId);
        await options.keep(caseId, await options.chosenOf(caseId));
      }),
    /** Fetches what is missing of it here. */
    fetch: (seriesUid: string) => withSeries(seriesUid, async (caseId) => options.keep(caseId, await options.chosenOf(caseId))),
    dismissError: () => store.setState({ error: null }),
  };
}
