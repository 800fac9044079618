import { extended, isWhole, type Mark, MARK_COLOURS, MARK_TOOLS, type MarkDraft, type MarkId, MAX_MARKS, type Placement } from '#shared/annotation/mark';
import type { SourceId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { EventName, EventPayload } from '#shared/protocol/events';
import type { RequestParams } from '#shared/protocol/requests';
import type { Peer } from './peer.ts';

/** Erased marks that can come back, the newest. */
const MAX_ERASED = 200;

export interface RoomMarksOptions {
  readonly peers: () => readonly Peer[];
  readonly isHost: (peer: Peer) => boolean;
  readonly clock: Clock;
}

/**
 * [ANN2] The marks on a room's live pictures: one list, in the order in which they were begun, for everybody the same. Where on the picture of
 * a moment a mark lies is said by the machine whose camera it is; here it stands as it was drawn.
 */
export class RoomMarks {
  readonly #options: RoomMarksOptions;
  readonly #marks = new Map<MarkId, Mark>();
  readonly #erased = new Map<MarkId, Mark>();
  readonly #colours = new Map<Party['id'], number>();
  #lastNumber = 0;

  constructor(options: RoomMarksOptions) {
    this.#options = options;
  }

  get all(): readonly Mark[] {
    return [...this.#marks.values()];
  }

  /** @throws AppError `annotation.full`, `annotation.sourceGone`; `annotation.markGone` for one that was erased meanwhile; `input.notAcceptable` when the draft does not fit its tool */
  draw(peer: Peer, draft: MarkDraft): Mark {
    if (this.#erased.has(draft.markId)) throw new AppError('annotation.markGone', 'this mark was drawn before, and erased');
    const known = this.#marks.get(draft.markId);
    if (known !== undefined) {
      if (known.author.id !== peer.party.id) throw new AppError('input.notAcceptable', 'another’s mark has this id');
      return known;
    }
    this.#checkPoints(draft, draft.points.length);
    if (!draft.isOpen) checkWhole(draft);
    if (this.#ownerOf(draft.sourceId) === undefined) throw new AppError('annotation.sourceGone', 'nobody sends this picture');
    if (this.#marks.size >= MAX_MARKS || this.#lastNumber === 65_535) throw new AppError('annotation.full', `a room has ${MAX_MARKS} marks at most`);
    this.#lastNumber += 1;
    const { id, name } = peer.party;
    return this.#put({
      ...draft, number: this.#lastNumber, author: { id, name }, colour: this.#colourOf(id), placement: 'waiting', isPinned: false, isHidden: false, drawnAtMs: this.#options.clock.wallMs(),
    });
  }

  /** [ANN3] @throws AppError `annotation.markGone`, `auth.forbidden`; `input.notAcceptable` for a gap, for too many points, or for a mark that is finished */
  extend(peer: Peer, { markId, from, points, isOpen }: RequestParams<'annotation.extend'>): void {
    const mark = this.#needOwn(peer, markId);
    const there = mark.points.length;
    if (from > there) throw new AppError('input.notAcceptable', `${there} points are there, and these begin at ${from}`);
    const next = extended(mark.tool, mark.points, from, points);
    if (!mark.isOpen) {
      if (next.length === there && !isOpen) return; // said again after a lost answer
      throw new AppError('input.notAcceptable', 'this mark is finished');
    }
    this.#checkPoints(mark, next.length);
    const changed: Mark = { ...mark, points: next, isOpen };
    if (!isOpen) checkWhole(changed);
    this.#marks.set(markId, changed);
    this.#tell('annotation.extended', { markId, from, points, isOpen });
  }

  /** @throws AppError `annotation.markGone`, `auth.forbidden` */
  change(peer: Peer, { markId, isPinned, isHidden, text }: RequestParams<'annotation.change'>): void {
    const mark = this.#needOwn(peer, markId);
    if (text === null && mark.tool === 'text') throw new AppError('input.notAcceptable', 'a text mark has a text');
    this.#put({ ...mark, isPinned: isPinned ?? mark.isPinned, isHidden: isHidden ?? mark.isHidden, text: text === undefined ? mark.text : text });
  }

  /** [ANN4] What is gone already is passed over. @throws AppError `auth.forbidden` */
  erase(peer: Peer, markIds: readonly MarkId[]): void {
    const erased = markIds.flatMap((markId) => this.#marks.get(markId) ?? []);
    for (const mark of erased) this.#checkOwn(peer, mark);
    for (const mark of erased) {
      this.#marks.delete(mark.markId);
      this.#erased.set(mark.markId, { ...mark, isOpen: false });
    }
    for (const markId of this.#erased.keys()) if (this.#erased.size > MAX_ERASED) this.#erased.delete(markId);
    if (erased.length > 0) this.#tell('annotation.erased', { markIds: erased.map(({ markId }) => markId) });
  }

  /** [ANN4] @throws AppError `annotation.markGone`, `annotation.full`, `auth.forbidden` */
  restore(peer: Peer, markIds: readonly MarkId[]): void {
    const wanted = markIds.filter((markId) => !this.#marks.has(markId)).map((markId) => {
      const mark = this.#erased.get(markId);
      if (mark === undefined) throw new AppError('annotation.markGone', 'no such mark was erased');
      this.#checkOwn(peer, mark);
      return mark;
    });
    if (this.#marks.size + wanted.length > MAX_MARKS) throw new AppError('annotation.full', `a room has ${MAX_MARKS} marks at most`);
    for (const mark of wanted) {
      this.#erased.delete(mark.markId);
      this.#put({ ...mark, placement: 'waiting' });
    }
  }

  /** [ANN6] @throws AppError `annotation.markGone`; `auth.forbidden` for who does not send the picture */
  place(peer: Peer, markId: MarkId, placement: Placement): void {
    const mark = this.#need(markId);
    if (this.#ownerOf(mark.sourceId) !== peer) throw new AppError('auth.forbidden', 'a mark is placed by the machine whose picture it is on');
    if (mark.placement !== placement) this.#put({ ...mark, placement });
  }

  /** [ANN7] */
  point(peer: Peer, at: EventPayload<'annotation.pointed'>['at']): void {
    for (const other of this.#options.peers()) if (other !== peer) other.connection?.send('annotation.pointed', { peerId: peer.id, at });
  }

  /** Somebody is gone for good: they point no more, and a stroke that was under way is as long as it was. Their marks stay, and stay theirs [ANN5]. */
  handleLeft(peer: Peer): void {
    this.point(peer, null);
    for (const mark of this.all) {
      if (!mark.isOpen || mark.author.id !== peer.party.id) continue;
      if (isWhole(mark)) this.#put({ ...mark, isOpen: false });
      else this.erase(peer, [mark.markId]);
    }
  }

  #put(mark: Mark): Mark {
    this.#marks.set(mark.markId, mark);
    this.#tell('annotation.drawn', { mark });
    return mark;
  }

  #checkPoints({ tool }: Pick<Mark, 'tool'>, count: number): void {
    if (count > MARK_TOOLS[tool].most) throw new AppError('input.notAcceptable', `a mark of tool ${tool} has ${MARK_TOOLS[tool].most} points at most`);
  }

  #colourOf(id: Party['id']): number {
    const colour = this.#colours.get(id) ?? this.#colours.size % MARK_COLOURS;
    this.#colours.set(id, colour);
    return colour;
  }

  #ownerOf(sourceId: SourceId): Peer | undefined {
    return this.#options.peers().find((peer) => peer.sources.has(sourceId));
  }

  #need(markId: MarkId): Mark {
    const mark = this.#marks.get(markId);
    if (mark === undefined) throw new AppError('annotation.markGone', 'no such mark');
    return mark;
  }

  #needOwn(peer: Peer, markId: MarkId): Mark {
    const mark = this.#need(markId);
    this.#checkOwn(peer, mark);
    return mark;
  }

  #checkOwn(peer: Peer, mark: Mark): void {
    if (mark.author.id !== peer.party.id && !this.#options.isHost(peer)) throw new AppError('auth.forbidden', 'somebody else’s mark');
  }

  #tell<N extends EventName>(name: N, payload: EventPayload<N>): void {
    for (const peer of this.#options.peers()) peer.connection?.send(name, payload);
  }
}

function checkWhole(mark: Pick<Mark, 'tool' | 'points' | 'text' | 'cue'>): void {
  if (!isWhole(mark)) throw new AppError('input.notAcceptable', `a mark of tool ${mark.tool} needs other points, a text or a direction`);
}
