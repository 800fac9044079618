import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseId } from '#shared/domain/ids';
import { type CasePatient, type ImagePatientSaid, matchPatient, type PatientMatch } from '#shared/domain/imaging/patientMatch';
import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { ChosenFile } from '../../services/imaging/importing/chosenFiles.ts';
import type { FileReaderDesk } from '../../services/imaging/importing/fileReader.ts';
import { type SendImagesOptions, type SendOutcome, sendImages } from '../../services/imaging/importing/sendImages.ts';
import type { ImageHead } from '../../workers/imageHead.ts';

/** All files of one person, as the files say. */
export interface PatientGroup {
  readonly key: string;
  readonly patient: ImagePatientSaid;
  readonly match: PatientMatch;
  readonly files: number;
  readonly bytes: number;
  readonly studies: readonly { readonly studyUid: string; readonly modality: string; readonly date: string; readonly description: string; readonly files: number }[];
  /** Whether it is sent; of another person only after somebody has said that it is the case's patient all the same. */
  readonly isChosen: boolean;
}

/** A file that is not sent, and why: no DICOM file, a medium's list of contents, a head that cannot be read, nothing that the disk gives, or the first of those that were too many to be looked at. */
export interface LeftFile {
  readonly path: string;
  readonly why: 'other' | 'directory' | 'unreadable' | 'lost' | 'rest';
}

export interface ImportedFile {
  readonly path: string;
  /** `skipped`: the import was ended before it. */
  readonly outcome: SendOutcome | { readonly type: 'skipped' };
}

export interface ImportProgress {
  readonly files: number;
  readonly doneFiles: number;
  readonly bytes: number;
  readonly doneBytes: number;
  readonly isPaused: boolean;
  /** The server cannot be reached; it goes on by itself. */
  readonly isWaiting: boolean;
}

export interface ImportState {
  readonly phase: 'choosing' | 'finding' | 'reading' | 'review' | 'sending' | 'done';
  readonly caseId: CaseId | null;
  /** The case's patient; null: the case does not say, or cannot be read now. */
  readonly patient: CasePatient | null;
  /** While the files are found and looked into. */
  readonly read: { readonly done: number; readonly total: number };
  readonly groups: readonly PatientGroup[];
  readonly left: readonly LeftFile[];
  readonly progress: ImportProgress | null;
  readonly results: readonly ImportedFile[];
  /** What ended all of it. */
  readonly error: AppError | null;
}

const NOTHING: ImportState = { phase: 'choosing', caseId: null, patient: null, read: { done: 0, total: 0 }, groups: [], left: [], progress: null, results: [], error: null };
const RETRY: BackoffPolicy = { firstMs: 1000, maxMs: 15_000, jitter: 0.2 };
/** The list is drawn at most this often, ms: thousands of files come in a minute. */
const TOLD_EVERY_MS = 150;

export interface ImportModelOptions extends Pick<SendImagesOptions, 'http' | 'token'> {
  readonly openReader: () => FileReaderDesk;
  readonly clock: Clock;
  readonly patientOf: (caseId: CaseId) => Promise<CasePatient | null>;
  /** Says when the server is within reach; gives its undo. */
  readonly onOnline: (listener: () => void) => () => void;
  /** Something was stored with the case. */
  readonly onStored: (caseId: CaseId) => void;
}

export type ImportModel = ReturnType<typeof createImportModel>;

interface Readable {
  readonly chosen: ChosenFile;
  readonly head: Extract<ImageHead, { type: 'image' }>;
  readonly group: string;
}

/** Bringing files of a folder, a medium or a download into a case: what they are, whose they are, and what became of each. */
export function createImportModel(options: ImportModelOptions) {
  const store: StoreApi<ImportState> = createStore<ImportState>(() => NOTHING);
  const { clock } = options;
  let run = new AbortController();
  let reader: FileReaderDesk | null = null;
  let readable: readonly Readable[] = [];
  let goOn: (() => void) | null = null;
  let isPaused = false;

  function stop(): void {
    run.abort();
    run = new AbortController();
    reader?.close();
    reader = null;
    isPaused = false;
    goOn?.();
    goOn = null;
  }

  function open(caseId: CaseId): void {
    const { caseId: present, phase } = store.getState();
    // What is on its way into another case goes on, and what became of it is still to be read.
    if (present === caseId || phase === 'sending' || phase === 'done') return;
    stop();
    readable = [];
    store.setState({ ...NOTHING, caseId });
  }

  /** Looks into what was chosen. `files` may still be being found. */
  async function take(files: Promise<readonly ChosenFile[]> | readonly ChosenFile[]): Promise<void> {
    const { caseId } = store.getState();
    if (caseId === null) return;
    stop();
    const { signal } = run;
    readable = [];
    store.setState({ ...NOTHING, caseId, phase: 'finding' });
    const desk = options.openReader();
    reader = desk;
    try {
      const chosen = await files;
      if (signal.aborted) return;
      store.setState({ phase: 'reading', read: { done: 0, total: chosen.length } });
      const [heads, patient] = await Promise.all([
        desk.heads(chosen.map(({ file }) => file), (done) => {
          if (!signal.aborted) store.setState(({ read }) => ({ read: { ...read, done } }));
        }),
        options.patientOf(caseId).catch(() => null), // then everything is for a person to decide
      ]);
      if (signal.aborted) return;
      review(chosen, heads, patient);
    } catch (error) {
      if (!signal.aborted) store.setState({ phase: 'choosing', error: toAppError(error) });
    }
  }

  function review(chosen: readonly ChosenFile[], heads: readonly (ImageHead | null)[], patient: CasePatient | null): void {
    const images: Readable[] = [];
    const left: LeftFile[] = [];
    for (const [index, one] of chosen.entries()) {
      const head = heads[index] ?? null;
      if (head?.type === 'image') images.push({ chosen: one, head, group: JSON.stringify([head.patient.name, head.patient.id, head.patient.birthDate]) });
      else left.push({ path: one.path, why: one.isRest === true ? 'rest' : head === null || one.isLost === true ? 'lost' : head.type });
    }
    readable = images;
    store.setState({ phase: 'review', patient, left, groups: groupsOf(images, patient) });
  }

  function choose(key: string, isChosen: boolean): void {
    store.setState(({ groups }) => ({ groups: groups.map((group) => (group.key === key ? { ...group, isChosen } : group)) }));
  }

  async function send(): Promise<void> {
    const { caseId, groups, phase } = store.getState();
    const chosen = new Set(groups.filter(({ isChosen }) => isChosen).map(({ key }) => key));
    const files = readable.filter(({ group }) => chosen.has(group));
    if (caseId === null || phase !== 'review' || files.length === 0) return;
    const { signal } = run;
    const desk = reader ?? options.openReader();
    reader = desk;
    const outcomes: (SendOutcome | null)[] = files.map(() => null);
    const totals = { files: files.length, bytes: files.reduce((sum, { chosen: { file } }) => sum + file.size, 0) };
    let [doneFiles, doneBytes, isWaiting, toldAtMs] = [0, 0, false, Number.NEGATIVE_INFINITY];
    const tell = (isNow: boolean) => {
      const nowMs = clock.monotonicMs();
      if (signal.aborted || (!isNow && nowMs - toldAtMs < TOLD_EVERY_MS)) return;
      toldAtMs = nowMs;
      store.setState({ progress: { ...totals, doneFiles, doneBytes, isPaused, isWaiting } });
    };
    store.setState({ phase: 'sending', error: null });
    tell(true);
    let error: AppError | null = null;
    try {
      await sendImages(
        { http: options.http, token: options.token, hash: (file) => desk.hash(file), pause, gate },
        caseId,
        files.map(({ chosen: { file }, head: { studyUid, sopUid } }) => ({ file, studyUid, sopUid })),
        {
          outcome(index, outcome) {
            outcomes[index] = outcome;
            doneFiles += 1;
            doneBytes += files[index]?.chosen.file.size ?? 0;
            tell(false);
          },
          waiting(now) {
            isWaiting = now;
            tell(true);
          },
        },
        signal,
      );
    } catch (thrown) {
      const known = toAppError(thrown);
      if (known.code !== 'network.closed') error = known;
    }
    if (outcomes.some((outcome) => outcome?.type === 'stored')) options.onStored(caseId);
    // Closed, or another folder was taken meanwhile: this one is nobody's any more. Ended by hand it still has a result.
    if (store.getState().phase !== 'sending' || store.getState().caseId !== caseId) return;
    store.setState({ phase: 'done', progress: null, error, results: files.map(({ chosen: { path } }, index) => ({ path, outcome: outcomes[index] ?? { type: 'skipped' } })) });
  }

  /** Until the server is heard again, and not longer than the next try is due. */
  function pause(attempt: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const undos: (() => void)[] = [];
      const end = () => {
        for (const undo of undos.splice(0)) undo();
        resolve();
      };
      undos.push(clock.after(backoffDelayMs(RETRY, attempt, Math.random), end), options.onOnline(end));
      signal.addEventListener('abort', end, { once: true });
    });
  }

  function gate(signal: AbortSignal): Promise<void> {
    if (!isPaused || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const before = goOn;
      goOn = () => {
        before?.();
        resolve();
      };
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  return {
    store,
    /** The import of that case, unless one into another is on its way or not read yet. */
    open,
    take,
    /** While files are still being found. */
    found: (count: number) => {
      if (store.getState().phase === 'finding') store.setState({ read: { done: 0, total: count } });
    },
    choose,
    send,
    setPaused(isToPause: boolean): void {
      isPaused = isToPause;
      store.setState(({ progress }) => ({ progress: progress === null ? null : { ...progress, isPaused } }));
      if (isPaused) return;
      goOn?.();
      goOn = null;
    },
    /** Ends the sending; what was stored stays, and what became of each file is said. */
    cancel(): void {
      if (store.getState().phase === 'sending') stop();
    },
    /** Back to choosing. */
    reset(): void {
      const { caseId } = store.getState();
      stop();
      readable = [];
      store.setState({ ...NOTHING, caseId });
    },
    close(): void {
      stop();
      readable = [];
      store.setState(NOTHING);
    },
  };
}

function groupsOf(images: readonly Readable[], patient: CasePatient | null): PatientGroup[] {
  const groups = new Map<string, PatientGroup>();
  const studies = new Map<string, Map<string, PatientGroup['studies'][number]>>();
  for (const { chosen: { file }, head, group: key } of images) {
    const before = groups.get(key);
    const match = before?.match ?? matchPatient(head.patient, patient);
    groups.set(key, { key, patient: head.patient, match, files: (before?.files ?? 0) + 1, bytes: (before?.bytes ?? 0) + file.size, studies: [], isChosen: match.overall === 'same' });
    const own = studies.get(key) ?? new Map<string, PatientGroup['studies'][number]>();
    const study = own.get(head.studyUid);
    own.set(head.studyUid, { studyUid: head.studyUid, date: head.studyDate, description: study?.description || head.description, modality: joined(study?.modality, head.modality), files: (study?.files ?? 0) + 1 });
    studies.set(key, own);
  }
  const order = { differs: 0, unknown: 1, same: 2 } as const;
  // What needs a decision is first.
  return [...groups.values()].map((group) => ({ ...group, studies: [...(studies.get(group.key)?.values() ?? [])] })).sort((a, b) => order[a.match.overall] - order[b.match.overall] || b.files - a.files);
}

const joined = (before: string | undefined, more: string): string => (before === undefined || before === '' ? more : before.split(' ').includes(more) ? before : `${before} ${more}`);
