import { extended, type MarkDraft, type MarkId, type MarkPoint, MAX_BATCH_POINTS } from '#shared/annotation/mark';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestName, RequestParams, RequestResult } from '#shared/protocol/requests';

/** Batches of points go no more often, ms: 30 a second. */
const BATCH_EVERY_MS = 33;
const RETRY_MS = 500;

export type AnnotationRequest = <N extends RequestName>(name: N, params: RequestParams<N>) => Promise<RequestResult<N>>;

/** A stroke of this page, as it is wanted and as the server has it. */
interface Stroke {
  readonly draft: MarkDraft;
  points: readonly MarkPoint[];
  isOpen: boolean;
  /** Rises with each change here. */
  version: number;
  sentVersion: number;
  /** What the server has; null: it has not heard of it. */
  there: readonly MarkPoint[] | null;
}

export interface StrokeSenderOptions {
  readonly request: AnnotationRequest;
  readonly clock: Clock;
  /** A stroke is there, whole, or is refused and gone. */
  readonly onSettled: (error: AppError | null) => void;
}

/**
 * [ANN3] Brings strokes to the server while they are drawn. What is wanted and what the server acknowledged are compared after every change,
 * and the difference is sent; a lost answer or connection costs a repetition and no point.
 */
export class StrokeSender {
  readonly #options: StrokeSenderOptions;
  readonly #strokes = new Map<MarkId, Stroke>();
  readonly #busy = new Set<MarkId>();
  readonly #waits = new Map<MarkId, Undo>();
  #isClosed = false;

  constructor(options: StrokeSenderOptions) {
    this.#options = options;
  }

  /** Strokes that the server does not have whole, as they are here. */
  get unsent(): readonly MarkDraft[] {
    return [...this.#strokes.values()].map(({ draft, points, isOpen }) => ({ ...draft, points: [...points], isOpen }));
  }

  begin(draft: MarkDraft): void {
    this.#strokes.set(draft.markId, { draft, points: draft.points, isOpen: draft.isOpen, version: 1, sentVersion: 0, there: null });
    this.#pump(draft.markId);
  }

  /** What comes after the first `from` points. */
  extend(markId: MarkId, from: number, points: readonly MarkPoint[], isOpen: boolean): void {
    const stroke = this.#strokes.get(markId);
    if (stroke === undefined || !stroke.isOpen) return;
    stroke.points = extended(stroke.draft.tool, stroke.points, from, points);
    stroke.isOpen = isOpen;
    stroke.version += 1;
    this.#pump(markId);
  }

  /** Taken back before the server had it whole. */
  drop(markId: MarkId): void {
    this.#strokes.delete(markId);
  }

  /** After each joining. */
  handleJoined(): void {
    for (const markId of this.#strokes.keys()) this.#pump(markId);
  }

  close(): void {
    this.#isClosed = true;
    for (const undo of this.#waits.values()) undo();
    this.#waits.clear();
    this.#strokes.clear();
  }

  #pump(markId: MarkId): void {
    if (this.#busy.has(markId) || this.#waits.has(markId) || this.#isClosed) return;
    const stroke = this.#strokes.get(markId);
    if (stroke === undefined || stroke.version === stroke.sentVersion) return;
    this.#busy.add(markId);
    this.#send(stroke).then(
      () => {
        this.#busy.delete(markId);
        if (this.#strokes.get(markId) !== stroke) return;
        if (!stroke.isOpen && stroke.version === stroke.sentVersion) {
          this.#strokes.delete(markId);
          this.#options.onSettled(null);
        } else this.#pumpLater(markId, BATCH_EVERY_MS);
      },
      (thrown: unknown) => {
        this.#busy.delete(markId);
        const error = toAppError(thrown);
        if (this.#strokes.get(markId) !== stroke) return;
        // Not in the room is between two joinings.
        if (error.category === 'network' || error.code === 'room.notJoined' || error.code === 'input.rateLimited') return this.#pumpLater(markId, RETRY_MS);
        this.#strokes.delete(markId);
        this.#options.onSettled(error);
      },
    );
  }

  #pumpLater(markId: MarkId, ms: number): void {
    this.#waits.set(markId, this.#options.clock.after(ms, () => {
      this.#waits.delete(markId);
      this.#pump(markId);
    }));
  }

  /** One request: the beginning, or the next batch. */
  async #send(stroke: Stroke): Promise<void> {
    const { draft, version, points, isOpen, there } = stroke;
    const { markId } = draft;
    if (there === null) {
      const first = points.slice(0, MAX_BATCH_POINTS);
      const isWhole = first.length === points.length;
      const { mark } = await this.#options.request('annotation.draw', { draft: { ...draft, points: first, isOpen: isOpen || !isWhole } });
      // It may be there from before a lost answer, with other points than these.
      stroke.there = mark.points;
      if (isWhole && mark.isOpen === isOpen && isSame(mark.points, points)) stroke.sentVersion = version;
      return;
    }
    const from = draft.tool === 'pen' || draft.tool === 'polygon' ? Math.min(there.length, points.length) : Math.min(1, points.length);
    const batch = points.slice(from, from + MAX_BATCH_POINTS);
    const isLast = from + batch.length === points.length;
    await this.#options.request('annotation.extend', { markId, from, points: batch, isOpen: isOpen || !isLast });
    stroke.there = extended(draft.tool, there, from, batch);
    if (isLast) stroke.sentVersion = version;
  }
}

const isSame = (one: readonly MarkPoint[], other: readonly MarkPoint[]): boolean => one.length === other.length && one.every((point, index) => point.every((value, axis) => value === other[index]?.[axis]));
