import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseId } from '#shared/domain/ids';
import { type CellView, type ImagingLayout, MAX_CELLS, type Plane, type Presentation, type VoiWindow } from '#shared/domain/imaging/presentation';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { toAppError } from '#shared/protocol/errors';
import { ownRate } from '../../services/imaging/cinePhase.ts';
import type { DicomWeb } from '../../services/imaging/dicomWeb.ts';
import type { EngineOptions, ImagingEngine } from '../../services/imaging/engine/imagingEngine.ts';
import type { Overlay } from '../../services/imaging/engine/overlayBoard.ts';
import { hang } from '../../services/imaging/hanging.ts';
import type { Mark, Measured, ToolName } from '#shared/domain/imaging/marks';
import type { ImagePoint } from '#shared/domain/imaging/report';
import { indexOfFrame, type Series, type SeriesSummary, type StudySummary } from '../../services/imaging/series.ts';
import { CellControl, type EnginePort } from './cellControl.ts';
import { type CellState, CLOSED_IMAGING, EMPTY_CELL, type ImagingState } from './imagingState.ts';
import { linkedIndex } from './linkRule.ts';

export interface ImagingModelOptions {
  readonly web: DicomWeb;
  readonly clock: Clock;
  /** The viewer's library is large: fetched when the first study is opened. */
  readonly loadEngine: () => Promise<(options: EngineOptions) => ImagingEngine>;
  readonly machine: { readonly deviceMemoryGb: number | null; readonly cores: number };
  /** The screen stands upright at this moment. */
  readonly isTall: () => boolean;
  readonly self: () => { readonly id: string; readonly name: string };
  readonly colourOf: (authorId: string) => string;
}

/** Said by the model to who shares what is seen or drawn here. */
export interface ImagingEvents {
  /** A person drew or changed a mark here. */
  drawn: Mark;
  erased: { readonly id: string };
}

/** Rates that a series without one of its own is played at, frames a second. */
const DEFAULT_RATE: Readonly<Record<string, number>> = { US: 30, XA: 15, RF: 15 };
const MAX_UNDO = 50;
/** One new list for all that comes within this time, ms. */
const REFRESH_MS = 1500;
/** A series of which nothing came for so long is taken for whole, ms. */
const GROWN_MS = 4000;

type Undoable = { readonly type: 'view'; readonly cell: number; readonly view: CellView } | { readonly type: 'mark'; readonly id: string };

export type ImagingModel = ReturnType<typeof createImagingModel>;

/** Reading the images of one case: what hangs where, how it is looked at, and the marks on it. Draws nothing itself. */
export function createImagingModel(options: ImagingModelOptions) {
  const store: StoreApi<ImagingState> = createStore<ImagingState>(() => CLOSED_IMAGING);
  const events = new Emitter<ImagingEvents>();
  const seriesByUid = new Map<string, Promise<Series>>();
  const undoable: Undoable[] = [];
  let engine: EnginePort | null = null;
  let run = 0;
  let cancelRefresh: Undo | null = null;
  let cancelGrowth: Undo | null = null;
  let overlays: ReadonlyMap<string, Overlay> = new Map();
  let gesture: { readonly cell: number; readonly view: CellView } | null = null;
  let linkStarts: readonly (number | null)[] = [];

  const get = store.getState;
  const rateOf = (series: Series): number => ownRate(series.frameTimesMs) ?? DEFAULT_RATE[series.modality] ?? 10;
  const setCell = (index: number, change: Partial<CellState>): void => store.setState(({ cells }) => ({ cells: cells.map((cell, at) => (at === index ? { ...cell, ...change } : cell)) }));
  const controls = Array.from({ length: MAX_CELLS }, (_, index) => new CellControl({ index, engine: () => engine, seriesOf, set: (change) => setCell(index, change), rateOf }));
  const control = (index: number): CellControl => required(controls[index] ?? null, 'a cell of the grid');

  function seriesOf(summary: SeriesSummary): Promise<Series> {
    const { caseId } = get();
    const known = seriesByUid.get(summary.seriesUid);
    if (known || caseId === null) return known ?? Promise.reject(new Error('no case is open'));
    const asked = options.web.series(caseId, summary);
    seriesByUid.set(summary.seriesUid, asked);
    asked.catch(() => seriesByUid.delete(summary.seriesUid)); // asked again when it is wanted again
    return asked;
  }

  const summaryOf = (uid: string): SeriesSummary | undefined => get().studies.flatMap(({ series }) => series).find(({ seriesUid }) => seriesUid === uid);

  // ---- open and close ----

  async function open(caseId: CaseId): Promise<void> {
    if (get().caseId === caseId && get().phase !== 'failed') return;
    close();
    const mine = run;
    store.setState({ ...CLOSED_IMAGING, phase: 'loading', caseId });
    try {
      const [studies, create] = await Promise.all([options.web.studies(caseId), options.loadEngine()]);
      if (mine !== run) return;
      start(create, caseId);
      store.setState({ phase: 'ready', studies, hasVolumes: engine?.hasVolumes ?? false });
      for (const one of controls) one.engineCame();
    } catch (error) {
      if (mine === run) store.setState({ phase: 'failed', error: toAppError(error) });
    }
  }

  function start(create: (options: EngineOptions) => ImagingEngine, caseId: CaseId): void {
    const made = create({
      caseId, web: options.web, clock: options.clock, ...options.machine,
      onRename: (id) => store.setState({ naming: id }),
      marks: {
        author: options.self, colourOf: options.colourOf,
        onDrawn: (mark) => {
          if (!get().marks.some(({ id }) => id === mark.id)) {
            remember({ type: 'mark', id: mark.id });
            // The arrow stands at once; a word can be added to it.
            if (mark.tool === 'arrow') store.setState({ naming: mark.id });
          }
          showMarks();
          events.emit('drawn', mark);
        },
        onRemoved: (id) => {
          showMarks();
          events.emit('erased', { id });
        },
        onMeasured: () => store.setState(({ measuredCount }) => ({ measuredCount: measuredCount + 1 })),
        onRefused: (notice) => store.setState({ notice, marks: made.marks.marks }),
      },
    });
    engine = made;
    made.showOverlays(overlays);
    made.events.on('viewed', ({ cell }) => viewed(cell));
    made.events.on('failed', ({ cell, error }) => setCell(cell, { status: 'failed', error }));
    made.events.on('progress', ({ seriesUid, loaded }) => store.setState(({ cells }) => ({ cells: cells.map((cell) => (cell.series?.seriesUid === seriesUid || cell.view?.seriesUid === seriesUid ? { ...cell, loaded } : cell)) })));
    made.events.on('pointed', ({ cell, world }) => store.setState({ pointer: world ? { cell, world: [world[0], world[1], world[2]] } : null }));
  }

  function close(): void {
    run += 1;
    cancelRefresh?.();
    cancelRefresh = null;
    cancelGrowth?.();
    cancelGrowth = null;
    for (const one of controls) one.want(null);
    engine?.close();
    engine = null;
    for (const one of controls) one.attach(null);
    seriesByUid.clear();
    undoable.length = 0;
    linkStarts = [];
    overlays = new Map();
    store.setState(CLOSED_IMAGING);
  }

  async function refresh(): Promise<void> {
    const { caseId } = get();
    if (caseId === null) return;
    if (get().phase === 'failed') return open(caseId);
    const mine = run;
    try {
      const studies = await options.web.studies(caseId);
      if (mine !== run) return;
      store.setState({ studies });
      growCells();
    } catch (error) {
      if (mine === run) store.setState({ error: toAppError(error) });
    }
  }

  /** The server says that there is more of the case; of a study that comes in, it says so every few pictures. */
  function handleChanged(caseId: CaseId): void {
    if (get().caseId !== caseId) return;
    cancelRefresh ??= options.clock.after(REFRESH_MS, () => {
      cancelRefresh = null;
      // The list that is still on its way may be of before.
      if (get().phase === 'loading') return handleChanged(caseId);
      seriesByUid.clear(); // a series may have grown
      void refresh();
    });
  }

  /** Pictures that came into a series that is looked at are looked at too, from where the reader is. Planes wait until no more come: each time they are cut anew. */
  function growCells(): void {
    cancelGrowth?.();
    cancelGrowth = null;
    let isCut = false;
    for (const { plane, again } of grownCells()) {
      if (plane === 'stack') again();
      else isCut = true;
    }
    if (isCut) cancelGrowth = options.clock.after(GROWN_MS, () => {
      cancelGrowth = null;
      for (const { again } of grownCells()) again();
    });
  }

  function grownCells(): { readonly plane: Plane; readonly again: () => void }[] {
    return controls.flatMap((one) => {
      const { wanted } = one;
      const summary = wanted && summaryOf(wanted.summary.seriesUid);
      return wanted && summary && summary.instanceCount !== wanted.summary.instanceCount ? [{ plane: wanted.plane, again: () => one.want({ ...wanted, summary }) }] : [];
    });
  }

  // ---- what is seen ----

  function viewed(index: number): void {
    const cell = get().cells[index];
    if (!engine || !cell?.series || cell.status === 'loading') return;
    const seen = control(index).read(engine, cell.series, cell.view);
    const isMoved = seen.index !== cell.index;
    if (JSON.stringify(seen.view) === JSON.stringify(cell.view) && !isMoved) return;
    // A picture came where one had failed: that is over.
    setCell(index, { ...seen, ...(isMoved && cell.status === 'failed' ? { status: 'shown', error: null } : {}) });
    if (seen.view) control(index).remember(seen.view);
    if (isMoved && index === get().active && !control(index).isApplying) followLink(index);
  }

  function followLink(from: number): void {
    const { cells, isLinked } = get();
    const moved = cells[from];
    const startMm = linkStarts[from];
    if (!isLinked || !moved?.series || startMm === null || startMm === undefined) return;
    for (const [index, cell] of cells.entries()) {
      const otherStart = linkStarts[index];
      if (index === from || !cell.series || cell.status !== 'shown' || cell.view?.plane !== 'stack' || otherStart === null || otherStart === undefined) continue;
      const target = linkedIndex({ series: moved.series, index: moved.index, startMm }, { series: cell.series, index: cell.index, startMm: otherStart });
      if (target !== null) void engine?.goTo(index, target);
    }
  }

  function setLinked(isLinked: boolean): void {
    linkStarts = isLinked ? get().cells.map(({ series, index }) => series?.frames[index]?.positionMm ?? null) : [];
    store.setState({ isLinked });
  }

  function showMarks(): void {
    store.setState(({ measuredCount }) => ({ marks: engine?.marks.marks ?? [], measuredCount: measuredCount + 1 }));
  }

  // ---- what hangs where ----

  function setLayout(layout: ImagingLayout): void {
    const count = layout.rows * layout.columns;
    const { cells, active } = get();
    for (let index = count; index < cells.length; index += 1) control(index).want(null);
    if (get().tool === 'crosshair') setTool('window'); // it joins planes, and those are gone
    store.setState({ layout, cells: Array.from({ length: count }, (_, index) => cells[index] ?? EMPTY_CELL), active: Math.min(active, count - 1) });
  }

  function put(index: number, summary: SeriesSummary, plane: Plane = 'stack'): void {
    control(index).want({ summary, plane, view: null });
  }

  function openStudy(study: StudySummary, preferred: SeriesSummary | null): void {
    const hanging = hang(get().studies, study, preferred, options.isTall());
    setLayout(hanging.layout);
    for (const [index, one] of hanging.series.entries()) put(index, one);
    store.setState({ active: 0 });
    if (!hanging.isLinked) return setLinked(false);
    linkWhenShown();
  }

  /** Linked where they stand once both are there. */
  function linkWhenShown(): void {
    const stop = store.subscribe(({ cells }) => {
      if (cells.length < 2 || cells.some(({ status }) => status === 'empty' || status === 'loading')) return;
      stop();
      setLinked(true);
    });
  }

  /** The three planes through the active series, and its pictures beside them. */
  function openPlanes(): void {
    const wanted = control(get().active).wanted;
    if (!wanted) return;
    setLayout({ rows: 2, columns: 2 });
    for (const [index, plane] of (['axial', 'coronal', 'sagittal', 'stack'] as const).entries()) control(index).want({ summary: wanted.summary, plane, view: null });
    store.setState({ active: 0, isLinked: false });
  }

  // ---- how it is looked at ----

  function remember(entry: Undoable): void {
    undoable.push(entry);
    if (undoable.length > MAX_UNDO) undoable.shift();
    store.setState({ canUndo: true });
  }

  function change(index: number, by: (view: CellView) => Partial<CellView>): void {
    const cell = get().cells[index];
    if (!cell?.view) return;
    remember({ type: 'view', cell: index, view: cell.view });
    void engine?.apply(index, by(cell.view)).then(() => viewed(index));
  }

  function undo(): void {
    const entry = undoable.pop();
    store.setState({ canUndo: undoable.length > 0 });
    if (!entry) return;
    if (entry.type === 'view') return void engine?.apply(entry.cell, entry.view).then(() => viewed(entry.cell));
    erase(entry.id);
  }

  function erase(id: string): void {
    const mark = get().marks.find((one) => one.id === id);
    if (!mark || !engine) return;
    if (mark.isLocked && mark.authorId !== options.self().id) return store.setState({ notice: 'locked' });
    engine.marks.drop(id);
    showMarks();
    events.emit('erased', { id });
  }

  function setCine(index: number, isPlaying: boolean, framesPerSecond?: number): void {
    const { view } = get().cells[index] ?? EMPTY_CELL;
    const { wanted } = control(index);
    if (!view || !wanted) return;
    const cine = { isPlaying, framesPerSecond: Math.max(0.5, Math.min(240, framesPerSecond ?? view.cine.framesPerSecond)) };
    setCell(index, { view: { ...view, cine } });
    control(index).want({ ...wanted, view: { ...view, cine } });
  }

  function setActive(active: number): void {
    store.setState({ active });
    if (get().hasScout) engine?.setScout(active);
  }

  function setTool(tool: ToolName): void {
    engine?.setTool(tool);
    store.setState({ tool });
  }

  const activeChange = (by: (view: CellView) => Partial<CellView>) => change(get().active, by);

  return {
    store, events, open, close, refresh, handleChanged,
    attach: (index: number, element: HTMLDivElement | null) => control(index).attach(element),
    retry: (index: number) => control(index).retry(),
    openStudy, openPlanes, setLayout, put, setLinked, undo, erase, setCine,
    setActive,
    clearCell: (index: number) => control(index).want(null),
    setTool,
    /** What is drawn over the pictures of which series, by its UID; all of it, in place of what was. */
    showOverlays(bySeries: ReadonlyMap<string, Overlay>) {
      overlays = bySeries;
      const overlaid = [...bySeries.keys()];
      if (overlaid.join() !== [...get().overlaid].join()) store.setState({ overlaid: new Set(overlaid) });
      engine?.showOverlays(bySeries);
    },
    /** All that is known of a series without its pixels; rejects with the server's AppError. */
    seriesOf,
    /** Pictures beside each other, and scrolled together from there. */
    hangSideBySide(pictures: readonly { readonly summary: SeriesSummary; readonly sopUid: string; readonly frame: number }[]) {
      setLayout(options.isTall() ? { rows: pictures.length, columns: 1 } : { rows: 1, columns: pictures.length });
      for (const [index, { summary, sopUid, frame }] of pictures.entries()) control(index).want({ summary, plane: 'stack', view: { sopUid, frame } });
      store.setState({ active: 0, isLinked: false });
      linkWhenShown();
    },
    setScout(hasScout: boolean) {
      store.setState({ hasScout });
      engine?.setScout(hasScout ? get().active : null);
    },
    setWindow: (window: VoiWindow) => activeChange(() => ({ window })),
    rotate: (byDeg: number) => activeChange(({ rotationDeg }) => ({ rotationDeg: (rotationDeg + byDeg + 360) % 360 })),
    flipAcross: () => activeChange(({ isFlippedAcross }) => ({ isFlippedAcross: !isFlippedAcross })),
    flipDown: () => activeChange(({ isFlippedDown }) => ({ isFlippedDown: !isFlippedDown })),
    invert: () => activeChange(({ isInverted }) => ({ isInverted: !isInverted })),
    zoomBy: (factor: number) => activeChange(({ zoom }) => ({ zoom: Math.max(0.1, Math.min(40, zoom * factor)) })),
    reset() {
      const { active, cells } = get();
      const view = cells[active]?.view;
      if (view) remember({ type: 'view', cell: active, view });
      engine?.reset(active);
      viewed(active);
    },
    scrollBy(by: number) {
      const { active, cells } = get();
      const cell = cells[active];
      if (cell) void engine?.goTo(active, cell.index + by).then(() => viewed(active));
    },
    scrollTo: (index: number, to: number) => void engine?.goTo(index, to).then(() => viewed(index)),
    /** A hand went down on a cell: what it does until it comes up is one step to undo. */
    beginGesture(cell: number) {
      const view = get().cells[cell]?.view;
      gesture = view ? { cell, view } : null;
      if (get().active !== cell) setActive(cell);
    },
    endGesture() {
      const began = gesture;
      gesture = null;
      const now = began ? get().cells[began.cell]?.view : null;
      if (!began || !now) return;
      const still = { ...now, sopUid: began.view.sopUid, frame: began.view.frame };
      if (JSON.stringify(still) !== JSON.stringify(began.view)) remember({ type: 'view', cell: began.cell, view: began.view });
    },
    dismissNotice: () => store.setState({ notice: null }),
    measured: (id: string): Measured[] => engine?.marks.measured(id) ?? [],
    /** A mark that is kept or came from somebody else. */
    putMark(mark: Mark) {
      engine?.marks.put(mark);
      showMarks();
    },
    dropMark(id: string) {
      engine?.marks.drop(id);
      showMarks();
    },
    setMarkLocked(id: string, isLocked: boolean) {
      const mark = get().marks.find((one) => one.id === id);
      if (!mark || mark.authorId !== options.self().id) return;
      engine?.marks.put({ ...mark, isLocked });
      showMarks();
      events.emit('drawn', { ...mark, isLocked });
    },
    /** Goes to a picture, such as a mark's, in the cell that shows its series or the active one. */
    goToPicture({ seriesUid, sopUid, frame }: Pick<Mark, 'seriesUid' | 'sopUid' | 'frame'>) {
      const { cells, active } = get();
      const shown = cells.findIndex(({ series, view }) => series?.seriesUid === seriesUid && view?.plane === 'stack');
      const summary = summaryOf(seriesUid);
      if (summary) control(shown >= 0 ? shown : active).want({ summary, plane: 'stack', view: { sopUid, frame } });
    },
    /** Asks for the word of an arrow; null: no longer. */
    askWord: (naming: string | null) => store.setState({ naming }),
    /** Gives a mark its word; empty: none. */
    setWord(id: string, word: string) {
      const mark = get().marks.find((one) => one.id === id);
      store.setState({ naming: null });
      if (!mark || !engine || mark.text === word.trim()) return;
      if (mark.isLocked && mark.authorId !== options.self().id) return store.setState({ notice: 'locked' });
      const named = { ...mark, text: word.trim().slice(0, 200) };
      engine.marks.put(named);
      showMarks();
      events.emit('drawn', named);
    },
    toScreen: (cell: number, world: readonly [number, number, number]) => engine?.toScreen(cell, world) ?? null,
    /** What is drawn in the active cell; null: nothing. */
    layers: () => engine?.layers(get().active) ?? null,
    /** Where a mark is on its picture: column and row, pixels; null: its series cannot be had. */
    async markOnPicture(mark: Mark) {
      const summary = summaryOf(mark.seriesUid);
      return summary ? (engine?.markOnPicture(await seriesOf(summary), mark) ?? null) : null;
    },
    /** What a report drew on a picture, as a mark's places; null: the case has no such picture. */
    async pictureToPatient(at: Pick<Mark, 'seriesUid' | 'sopUid' | 'frame'>, points: readonly ImagePoint[]) {
      const summary = summaryOf(at.seriesUid);
      if (!summary) return null;
      const series = await seriesOf(summary);
      const places = engine?.pictureToPatient(series, at, points);
      return places ? { ...places, studyUid: series.studyUid, frameOfReferenceUid: series.frameOfReferenceUid ?? '' } : null;
    },
    /** What is seen here, for others. */
    presentation(): Presentation {
      const { layout, active, cells, pointer } = get();
      return { layout, active, cells: cells.map(({ view }) => view), pointer };
    },
    /** Shows what somebody else sees. Series that this case does not have stay empty. */
    show({ layout, active, cells }: Presentation) {
      const { studies, layout: own } = get();
      if (layout.rows !== own.rows || layout.columns !== own.columns) setLayout(layout);
      store.setState({ active });
      const summaries = studies.flatMap(({ series }) => series);
      for (let index = 0; index < layout.rows * layout.columns; index += 1) {
        const view = cells[index] ?? null;
        const summary = summaries.find(({ seriesUid }) => seriesUid === view?.seriesUid);
        if (!view || !summary) {
          if (control(index).wanted) control(index).want(null);
          continue;
        }
        const cell = get().cells[index];
        const playing = cell?.view?.cine;
        const isPlayed = playing?.isPlaying === true && view.cine.isPlaying && playing.framesPerSecond === view.cine.framesPerSecond && cell?.series?.seriesUid === view.seriesUid && cell.view?.plane === view.plane;
        if (isPlayed && cell.series && cell.view && !isOutOfPhase(cell.series, cell.index, view)) {
          // It plays by its own clock; how it is looked at is still the presenter's.
          const { sopUid, frame, planeMm } = cell.view;
          const { window, zoom, panMm, rotationDeg, isFlippedAcross, isFlippedDown, isInverted } = view;
          if (JSON.stringify({ ...view, sopUid, frame, planeMm }) !== JSON.stringify(cell.view)) void engine?.apply(index, { window, zoom, panMm, rotationDeg, isFlippedAcross, isFlippedDown, isInverted }).then(() => viewed(index));
          continue;
        }
        control(index).want({ summary, plane: view.plane, view });
      }
    },
  };

  /** More than a fifth of a second from where it should be, on a ring. */
  function isOutOfPhase(series: Series, index: number, view: CellView): boolean {
    const at = indexOfFrame(series, view.sopUid, view.frame);
    const apart = Math.abs(at - index);
    return at >= 0 && Math.min(apart, series.frames.length - apart) > Math.max(2, view.cine.framesPerSecond / 5);
  }
}
