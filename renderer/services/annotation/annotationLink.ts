import { extended, type Mark, type MarkDraft, type MarkId, type MarkPoint, type Placement } from '#shared/annotation/mark';
import { MAX_PLACES, type Place, readPlaces, sourceKey, writePlaces } from '#shared/annotation/placesFrame';
import { PlacesHistory } from '#shared/annotation/placesHistory';
import type { PeerId, SourceId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { Emitter } from '#shared/lib/emitter';
import type { ControlChannels, DataKind } from '#shared/protocol/control';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { EventName, EventPayload } from '#shared/protocol/events';
import type { RequestName, RequestParams } from '#shared/protocol/requests';
import { type AnnotationRequest, StrokeSender } from './strokeSender.ts';

const LOOK_AGAIN_MS = 1000;
/** Where somebody points is said no more often, ms. */
const POINT_EVERY_MS = 40;

type Pointed = EventPayload<'annotation.pointed'>['at'];

/** The data channels for places; `services/media` has them. */
export interface PlacesPort {
  setOwn(kind: DataKind | null): void;
  setTaken(channels: ControlChannels): void;
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  on(name: 'message', listener: (message: { readonly bytes: DataView; readonly from: PeerId; readonly kind: DataKind }) => void): Undo;
}

export interface AnnotationLinkOptions {
  readonly request: AnnotationRequest;
  readonly on: <N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void) => Undo;
  readonly data: PlacesPort;
  readonly clock: Clock;
  readonly selfPeerId: () => PeerId | null;
}

interface AnnotationLinkEvents {
  /** What `marks` or `pointers` say is another. */
  changed: undefined;
  /** Where the marks on a source lie came anew. */
  placed: SourceId;
  error: AppError;
}

/**
 * Marks on live pictures for one stay in a room: the room's list, this page's strokes on their way, who points where, and where the marks lie
 * by frame. What the room has is asked again after each joining, so that nothing depends on having heard an event. Draws nothing and tracks
 * nothing.
 */
export class AnnotationLink {
  readonly #options: AnnotationLinkOptions;
  readonly #events = new Emitter<AnnotationLinkEvents>();
  readonly #disposables = new DisposableStack();
  readonly #strokes: StrokeSender;
  readonly #marks = new Map<MarkId, Mark>();
  readonly #pointers = new Map<PeerId, NonNullable<Pointed>>();
  readonly #places = new Map<SourceId, PlacesHistory>();
  #channels: ControlChannels = [];
  #pointing: { wanted: Pointed; cancel: Undo | null } = { wanted: null, cancel: null };
  #cancelLook: Undo | null = null;
  #isClosed = false;

  constructor(options: AnnotationLinkOptions) {
    this.#options = options;
    const { on, data, request, clock } = options;
    this.#strokes = new StrokeSender({ request, clock, onSettled: (error) => this.#handleSettled(error) });
    for (const undo of [
      on('annotation.drawn', ({ mark }) => this.#put(mark)),
      on('annotation.extended', (change) => this.#handleExtended(change)),
      on('annotation.erased', ({ markIds }) => {
        for (const markId of markIds) this.#marks.delete(markId);
        this.#changed();
      }),
      on('annotation.pointed', ({ peerId, at }) => {
        if (at === null) this.#pointers.delete(peerId);
        else this.#pointers.set(peerId, at);
        this.#changed();
      }),
      on('control.channels', ({ channels }) => this.#setChannels(channels)),
      data.on('message', ({ bytes, from }) => this.#handlePlaces(bytes, from)),
    ]) this.#disposables.add(undo);
  }

  on<K extends keyof AnnotationLinkEvents>(name: K, listener: (payload: AnnotationLinkEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  /** In the order in which they were begun. */
  get marks(): readonly Mark[] {
    return [...this.#marks.values()].toSorted((one, other) => one.number - other.number);
  }

  /** Marks of this page that the server does not have whole: shown at once, and as what they are. */
  get unsent(): readonly MarkDraft[] {
    return this.#strokes.unsent;
  }

  get pointers(): ReadonlyMap<PeerId, NonNullable<Pointed>> {
    return this.#pointers;
  }

  /** Where the marks on a picture lie, as far as was heard, or, of an own picture, found. */
  placesOf(sourceId: SourceId): PlacesHistory {
    const places = this.#places.get(sourceId) ?? new PlacesHistory();
    this.#places.set(sourceId, places);
    return places;
  }

  /** After each joining, first or repeated. */
  handleJoined(): void {
    drop(this.#look(), 'looks again until it can');
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#pointing.cancel?.();
    this.#strokes.close();
    this.#disposables.dispose();
    this.#options.data.setOwn(null);
    this.#options.data.setTaken([]);
    this.#events.clear();
  }

  // ---- drawing ----

  begin(draft: MarkDraft): void {
    this.#strokes.begin(draft);
    this.#changed();
  }

  /** What comes after the first `from` points; `isOpen` false: that is all. */
  extend(markId: MarkId, from: number, points: readonly MarkPoint[], isOpen: boolean): void {
    this.#strokes.extend(markId, from, points, isOpen);
    this.#changed();
  }

  async change(change: RequestParams<'annotation.change'>): Promise<void> {
    await this.#options.request('annotation.change', change);
  }

  /** [ANN4] @throws AppError when it did not happen; the marks are there still */
  async erase(markIds: readonly MarkId[]): Promise<void> {
    for (const markId of markIds) this.#strokes.drop(markId);
    this.#changed();
    if (markIds.length > 0) await this.#options.request('annotation.erase', { markIds: [...markIds] });
  }

  /** [ANN4] @throws AppError */
  async restore(markIds: readonly MarkId[]): Promise<void> {
    await this.#options.request('annotation.restore', { markIds: [...markIds] });
  }

  /** [ANN7] Where this person points; null: no longer. */
  point(at: Pointed): void {
    this.#pointing.wanted = at;
    if (this.#pointing.cancel !== null) return;
    this.#tell('annotation.point', { at });
    this.#pointing.cancel = this.#options.clock.after(POINT_EVERY_MS, () => {
      this.#pointing.cancel = null;
      if (this.#pointing.wanted !== at) this.point(this.#pointing.wanted);
    });
  }

  // ---- where one's own pictures' marks lie ----

  /** [ANN6] */
  place(markId: MarkId, placement: Placement): void {
    this.#tell('annotation.place', { markId, placement });
  }

  /** [ANN10] Of one frame of an own picture: to all, and to this page's own screen. */
  sendPlaces(sourceId: SourceId, rtpTimestamp: number, places: readonly Place[]): void {
    const key = sourceKey(sourceId);
    this.#options.data.setOwn('marks');
    for (let from = 0; from < Math.max(1, places.length); from += MAX_PLACES) {
      const frame = { rtpTimestamp, sourceKey: key, places: places.slice(from, from + MAX_PLACES) };
      this.placesOf(sourceId).handle(frame);
      this.#options.data.send(writePlaces(frame));
    }
    this.#events.emit('placed', sourceId);
  }

  // ---- within ----

  async #look(): Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = null;
    try {
      const { marks, channels } = await this.#options.request('annotation.look', {});
      if (this.#isClosed) return;
      this.#marks.clear();
      for (const mark of marks) this.#marks.set(mark.markId, mark);
      this.#pointers.clear();
      this.#setChannels(channels);
      this.#strokes.handleJoined();
      this.#changed();
    } catch (error) {
      if (this.#isClosed) return;
      const failure = toAppError(error);
      if (failure.code === 'room.notJoined') return; // who is not in the room looks when they are
      if (failure.category !== 'network') this.#events.emit('error', failure);
      this.#cancelLook = this.#options.clock.after(LOOK_AGAIN_MS, () => this.handleJoined());
    }
  }

  #setChannels(channels: ControlChannels): void {
    this.#channels = channels.filter(({ kind, peerId }) => kind === 'marks' && peerId !== this.#options.selfPeerId());
    this.#options.data.setTaken(this.#channels);
  }

  #handlePlaces(bytes: DataView, from: PeerId): void {
    const frame = readPlaces(bytes);
    if (frame === null) return;
    // Only marks say which sources there can be; a key that fits none is of one that is gone.
    const sourceId = [...this.#marks.values()].find((mark) => sourceKey(mark.sourceId) === frame.sourceKey)?.sourceId;
    if (sourceId === undefined || !this.#channels.some(({ peerId }) => peerId === from)) return;
    this.placesOf(sourceId).handle(frame);
    this.#events.emit('placed', sourceId);
  }

  #handleExtended({ markId, from, points, isOpen }: EventPayload<'annotation.extended'>): void {
    const mark = this.#marks.get(markId);
    // One that began before this page looked comes with the answer.
    if (mark === undefined || from > mark.points.length) return this.handleJoined();
    this.#put({ ...mark, points: extended(mark.tool, mark.points, from, points), isOpen });
  }

  /** What is there came as an event before the answer, or comes with the next look: an answer may be older than an erasure. */
  #handleSettled(error: AppError | null): void {
    if (error !== null) this.#events.emit('error', error);
    this.#changed();
  }

  #put(mark: Mark): void {
    this.#marks.set(mark.markId, mark);
    this.#changed();
  }

  #tell<N extends RequestName>(name: N, params: RequestParams<N>): void {
    this.#options.request(name, params).catch((error: unknown) => {
      const failure = toAppError(error);
      if (!this.#isClosed && failure.category !== 'network' && failure.code !== 'room.notJoined') this.#events.emit('error', failure);
    });
  }

  #changed(): void {
    this.#events.emit('changed', undefined);
  }
}
