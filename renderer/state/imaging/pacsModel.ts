import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseId } from '#shared/domain/ids';
import { type CasePatient, type ImagePatientSaid, matchPatient, type PatientMatch } from '#shared/domain/imaging/patientMatch';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { PacsLink, PacsStudy } from '#shared/protocol/imaging';
import type { RequestPort } from '../ports.ts';

/** What is looked for. Dates: YYYYMMDD or empty. */
export interface PacsWish {
  readonly patientId: string;
  readonly patientName: string;
  readonly accession: string;
  readonly fromDate: string;
  readonly toDate: string;
  readonly modality: string;
}

/** A study of the archive beside the case's patient. */
export interface FoundStudy {
  readonly study: PacsStudy;
  readonly match: PatientMatch;
}

export interface PacsState {
  /** `none`: this server has no archive. */
  readonly phase: 'closed' | 'loading' | 'ready' | 'none' | 'failed';
  readonly caseId: CaseId | null;
  readonly patient: CasePatient | null;
  readonly wish: PacsWish;
  /** Null: nothing was looked for yet. */
  readonly found: readonly FoundStudy[] | null;
  readonly isSearching: boolean;
  readonly searchError: AppError | null;
  /** What came to the archive last; null: not asked yet. */
  readonly arrivals: readonly FoundStudy[] | null;
  readonly isAskingArrivals: boolean;
  readonly arrivalsError: AppError | null;
  readonly links: readonly PacsLink[];
  /** Studies of which something was asked and is not answered. */
  readonly busy: ReadonlySet<string>;
  /** Of the last thing asked of a study. */
  readonly studyErrors: ReadonlyMap<string, AppError>;
  readonly sentBack: ReadonlyMap<string, { readonly sent: number; readonly refused: number }>;
  readonly error: AppError | null;
}

const NO_WISH: PacsWish = { patientId: '', patientName: '', accession: '', fromDate: '', toDate: '', modality: '' };
const CLOSED: PacsState = {
  phase: 'closed', caseId: null, patient: null, wish: NO_WISH, found: null, isSearching: false, searchError: null, arrivals: null, isAskingArrivals: false, arrivalsError: null, links: [],
  busy: new Set(), studyErrors: new Map(), sentBack: new Map(), error: null,
};
/** While something is loaded and the server does not say how far, ms; a link that began nothing yet says nothing. */
const ASK_AGAIN_MS = 2000;
/** An archive may take its time. */
const TIMEOUT_MS = 60_000;

/** True when the wish says enough to be asked: all the patients of a day are nobody's business. */
export function isEnough({ patientId, patientName, accession }: PacsWish): boolean {
  return [patientId, patientName, accession].some((word) => word.replace(/[*?\s]/g, '') !== '');
}

export interface PacsModelOptions {
  readonly signaling: Pick<RequestPort, 'request'>;
  readonly clock: Clock;
  readonly patientOf: (caseId: CaseId) => Promise<CasePatient | null>;
  /** A study came into the case. */
  readonly onLoaded: (caseId: CaseId) => void;
}

export type PacsModel = ReturnType<typeof createPacsModel>;

/** The hospital's image archive, beside one case. */
export function createPacsModel({ signaling, clock, patientOf, onLoaded }: PacsModelOptions) {
  const store: StoreApi<PacsState> = createStore<PacsState>(() => CLOSED);
  let run = 0;
  let cancelAsk: Undo | null = null;
  let isAsking = false;

  /** What is set only while the same case is open. */
  const setIn = (mine: number, change: (state: PacsState) => Partial<PacsState>): void => {
    if (mine === run) store.setState(change);
  };

  const described = (studies: readonly PacsStudy[], patient: CasePatient | null): FoundStudy[] => studies.map((study) => ({ study, match: matchPatient(study.patient, patient) }));

  async function askLinks(caseId: CaseId, mine: number): Promise<void> {
    cancelAsk?.();
    cancelAsk = null;
    if (isAsking) return;
    isAsking = true;
    try {
      const { isSet, links } = await signaling.request('pacs.links', { caseId });
      if (mine !== run) return;
      const before = new Map(store.getState().links.map((link) => [link.studyUid, link]));
      store.setState({ phase: isSet ? 'ready' : 'none', links, error: null });
      if (links.some(({ studyUid, state }) => state === 'loaded' && before.has(studyUid) && before.get(studyUid)?.state !== 'loaded')) onLoaded(caseId);
      if (links.some(({ state }) => state === 'loading')) cancelAsk = clock.after(ASK_AGAIN_MS, () => void askLinks(caseId, mine));
    } catch (error) {
      setIn(mine, ({ phase }) => ({ phase: phase === 'loading' ? 'failed' : phase, error: toAppError(error) }));
      // A link that is loading goes on at the server: its end is asked for when it is heard again.
      if (mine === run && store.getState().links.some(({ state }) => state === 'loading')) cancelAsk = clock.after(ASK_AGAIN_MS, () => void askLinks(caseId, mine));
    } finally {
      isAsking = false;
    }
  }

  /** Something asked of one study, its failure beside it. */
  async function ofStudy(studyUid: string, work: (caseId: CaseId, mine: number) => Promise<void>): Promise<void> {
    const { caseId, busy, studyErrors } = store.getState();
    if (caseId === null || busy.has(studyUid)) return;
    const mine = run;
    store.setState({ busy: new Set([...busy, studyUid]), studyErrors: new Map([...studyErrors].filter(([uid]) => uid !== studyUid)) });
    try {
      await work(caseId, mine);
    } catch (error) {
      setIn(mine, (state) => ({ studyErrors: new Map([...state.studyErrors, [studyUid, toAppError(error)]]) }));
    } finally {
      setIn(mine, (state) => ({ busy: new Set([...state.busy].filter((uid) => uid !== studyUid)) }));
    }
  }

  return {
    store,
    async open(caseId: CaseId): Promise<void> {
      if (store.getState().caseId === caseId && store.getState().phase !== 'failed') return;
      this.close();
      const mine = run;
      store.setState({ ...CLOSED, phase: 'loading', caseId });
      await Promise.all([
        askLinks(caseId, mine),
        patientOf(caseId)
          .then((patient) => setIn(mine, ({ wish }) => ({ patient, wish: isEnough(wish) ? wish : { ...wish, patientId: patient?.recordNumber ?? '' } })))
          .catch(() => undefined), // then each study is for a person to compare
      ]);
    },
    close(): void {
      run += 1;
      cancelAsk?.();
      cancelAsk = null;
      isAsking = false;
      store.setState(CLOSED);
    },
    setWish: (change: Partial<PacsWish>) => store.setState(({ wish }) => ({ wish: { ...wish, ...change } })),
    async search(): Promise<void> {
      const { caseId, wish, isSearching } = store.getState();
      if (caseId === null || isSearching || !isEnough(wish)) return;
      const mine = run;
      store.setState({ isSearching: true, searchError: null });
      try {
        const { studies } = await signaling.request('pacs.search', { caseId, ...wish }, { timeoutMs: TIMEOUT_MS });
        setIn(mine, ({ patient }) => ({ found: described(studies, patient) }));
      } catch (error) {
        setIn(mine, () => ({ searchError: toAppError(error), found: null }));
      } finally {
        setIn(mine, () => ({ isSearching: false }));
      }
    },
    async askArrivals(): Promise<void> {
      const { caseId, isAskingArrivals } = store.getState();
      if (caseId === null || isAskingArrivals) return;
      const mine = run;
      store.setState({ isAskingArrivals: true, arrivalsError: null });
      try {
        const { studies } = await signaling.request('pacs.arrivals', { caseId }, { timeoutMs: TIMEOUT_MS });
        setIn(mine, ({ patient }) => ({ arrivals: described(studies, patient) }));
      } catch (error) {
        setIn(mine, () => ({ arrivalsError: toAppError(error), arrivals: null }));
      } finally {
        setIn(mine, () => ({ isAskingArrivals: false }));
      }
    },
    /** Makes the study the case's; asked again, it loads what is missing. @param confirmed whom a person has just said to be the case's patient */
    link: (studyUid: string, confirmed: readonly ImagePatientSaid[] = []) =>
      ofStudy(studyUid, async (caseId, mine) => {
        const { link } = await signaling.request('pacs.link', { caseId, studyUid, confirmed: [...confirmed] }, { timeoutMs: TIMEOUT_MS });
        const linked = (all: readonly FoundStudy[] | null) => all?.map((one) => (one.study.studyUid === studyUid ? { ...one, study: { ...one.study, linked: 'here' as const } } : one)) ?? null;
        setIn(mine, ({ links, found, arrivals }) => ({ links: [link, ...links.filter((one) => one.studyUid !== studyUid)], found: linked(found), arrivals: linked(arrivals) }));
        await askLinks(caseId, mine);
      }),
    sendBack: (studyUid: string) =>
      ofStudy(studyUid, async (caseId, mine) => {
        // As long as the whole study takes: the answer comes when the archive has it.
        const result = await signaling.request('pacs.sendBack', { caseId, studyUid }, { timeoutMs: 10 * TIMEOUT_MS });
        setIn(mine, ({ sentBack }) => ({ sentBack: new Map([...sentBack, [studyUid, result]]) }));
      }),
    /** The server says that the case's images changed. */
    handleChanged(caseId: CaseId): void {
      if (store.getState().caseId === caseId && store.getState().links.some(({ state }) => state === 'loading')) void askLinks(caseId, run);
    },
  };
}
