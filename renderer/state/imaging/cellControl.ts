import type { CellView, Plane } from '#shared/domain/imaging/presentation';
import { toAppError } from '#shared/protocol/errors';
import type { ImagingEngine } from '../../services/imaging/engine/imagingEngine.ts';
import { indexOfFrame, type Series, type SeriesSummary } from '../../services/imaging/series.ts';
import { type CellState, EMPTY_CELL } from './imagingState.ts';

export type EnginePort = Pick<ImagingEngine, 'attach' | 'detach' | 'show' | 'clear' | 'read' | 'place' | 'apply' | 'goTo' | 'reset' | 'setTool' | 'setScout' | 'playCine' | 'stopCine' | 'showOverlays' | 'toScreen' | 'layers' | 'markOnPicture' | 'pictureToPatient' | 'close' | 'events' | 'marks' | 'hasVolumes'>;

/** What one cell asks of the engine. */
export type CellEngine = Pick<EnginePort, 'attach' | 'detach' | 'show' | 'clear' | 'read' | 'place' | 'apply' | 'playCine' | 'stopCine'>;

/** What a cell is to show. `view`: with all that is known of how. */
export interface Wanted {
  readonly summary: SeriesSummary;
  readonly plane: Plane;
  readonly view: Partial<CellView> | null;
}

export interface CellControlOptions {
  readonly index: number;
  readonly engine: () => CellEngine | null;
  readonly seriesOf: (summary: SeriesSummary) => Promise<Series>;
  readonly set: (change: Partial<CellState>) => void;
  readonly rateOf: (series: Series) => number;
}

/**
 * Brings one cell to show what is wanted of it, one step after another, the newest wish winning: wishes come faster than pictures, and
 * the element they are drawn on comes and goes with the layout.
 */
export class CellControl {
  readonly #options: CellControlOptions;
  #wanted: Wanted | null = null;
  #element: HTMLDivElement | null = null;
  /** What stands on the element now. */
  #shown: { readonly seriesUid: string; readonly plane: Plane; readonly count: number } | null = null;
  #isDirty = false;
  #isWorking = false;
  #isApplying = false;

  constructor(options: CellControlOptions) {
    this.#options = options;
  }

  get wanted(): Wanted | null {
    return this.#wanted;
  }

  /** True while a command, and not a person's hand, moves the picture. */
  get isApplying(): boolean {
    return this.#isApplying;
  }

  attach(element: HTMLDivElement | null): void {
    if (element === this.#element) return;
    const engine = this.#options.engine();
    if (this.#element) engine?.detach(this.#options.index);
    // The element went with its picture; how it was looked at is wanted again on the next.
    this.#element = element;
    this.#shown = null;
    if (element) engine?.attach(this.#options.index, element);
    this.#work();
  }

  /** The engine has come, after the element. */
  engineCame(): void {
    if (this.#element) this.#options.engine()?.attach(this.#options.index, this.#element);
    this.#work();
  }

  /** A cine that plays stops; one that is wanted to play begins when its picture stands. */
  want(wanted: Wanted | null): void {
    this.#options.engine()?.stopCine(this.#options.index);
    this.#wanted = wanted;
    if (wanted === null) this.#options.set(EMPTY_CELL);
    this.#work();
  }

  /** What stands here is seen differently now: to be shown so again after a change of layout. A newer wish is not undone by it. */
  remember(view: CellView): void {
    if (this.#wanted && !this.#isDirty) this.#wanted = { ...this.#wanted, view };
  }

  /** Tries again after a failure. */
  retry(): void {
    this.#shown = null;
    this.#work();
  }

  #work(): void {
    this.#isDirty = true;
    if (this.#isWorking) return;
    this.#isWorking = true;
    void this.#bring().finally(() => {
      this.#isWorking = false;
      if (this.#isDirty) this.#work();
    });
  }

  async #bring(): Promise<void> {
    // What is asked for while this works is seen by the next round, also what comes in the very turn in which it would end.
    while (this.#isDirty) {
      this.#isDirty = false;
      const engine = this.#options.engine();
      const element = this.#element;
      const wanted = this.#wanted;
      if (engine && element && wanted) await this.#show(engine, wanted, element);
      else if (engine && element && this.#shown) {
        engine.clear(this.#options.index);
        this.#shown = null;
      }
      await Promise.resolve();
    }
  }

  async #show(engine: CellEngine, wanted: Wanted, element: HTMLDivElement): Promise<void> {
    const { index, set } = this.#options;
    const { summary, plane, view } = wanted;
    this.#isApplying = true;
    try {
      const isNew = this.#shown?.seriesUid !== summary.seriesUid || this.#shown.plane !== plane;
      if (isNew) set({ status: 'loading', error: null, loaded: 0 });
      const series = await this.#options.seriesOf(summary);
      if (this.#element !== element) return;
      // Pictures that came in since are not on the element yet.
      if (isNew || this.#shown?.count !== series.frames.length) {
        const at = view?.sopUid === undefined ? -1 : indexOfFrame(series, view.sopUid, view.frame ?? 1);
        await engine.show(index, series, plane, at >= 0 ? at : Math.floor((series.frames.length - 1) / (series.frameTimesMs === null ? 2 : Number.POSITIVE_INFINITY)));
        if (this.#element !== element) return;
        this.#shown = { seriesUid: summary.seriesUid, plane, count: series.frames.length };
      }
      if (view) await engine.apply(index, view);
      const seen = this.read(engine, series, view);
      set({ status: 'shown', error: null, series, ...seen });
      if (this.#isDirty || !seen.view) return;
      this.remember(seen.view);
      if (seen.view.cine.isPlaying) engine.playCine(index, seen.view.cine.framesPerSecond);
    } catch (error) {
      if (this.#element === element) set({ status: 'failed', error: toAppError(error) });
    } finally {
      this.#isApplying = false;
    }
  }

  /** What the engine shows here, as the state has it. */
  read(engine: CellEngine, series: Series, view: Partial<CellView> | null): Pick<CellState, 'view' | 'index' | 'count'> {
    const { index } = this.#options;
    const seen = engine.read(index);
    const cine = view?.cine ?? { isPlaying: false, framesPerSecond: this.#options.rateOf(series) };
    return { view: seen ? { ...seen, cine } : null, ...engine.place(index) };
  }
}
