import { Buffer } from 'node:buffer';
import * as Y from 'yjs';
import type { PeerId } from '#shared/domain/ids';
import { type Mark, markSchema } from '#shared/domain/imaging/marks';
import { applyDelta, type Presentation } from '#shared/domain/imaging/presentation';
import { askFor, giveTo, NOBODY_PRESENTS, type PresenterToken, unask, without } from '#shared/domain/imaging/presenterToken';
import { AppError } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import type { PresenterState } from '#shared/protocol/sharedImaging';
import { ObserverView } from './observerView.ts';
import type { Peer } from './peer.ts';

const isObserver = ({ party }: Peer): boolean => party.role === 'observer';

/** Marks of one consult together, in bytes: several thousand. */
const MAX_MARKS_BYTES = 4_000_000;

/**
 * Reading images together in one room: who presents, what they show (for those who come later), and the marks, merged by Yjs. Of the
 * pictures the server sees nothing here.
 */
export class SharedImaging {
  readonly #peers: () => readonly Peer[];
  /** Who looks along; the others hear only who presents. */
  readonly #looking = new Set<PeerId>();
  readonly #authors = new Set<string>();
  #token: PresenterToken = NOBODY_PRESENTS;
  #presentation: Presentation | null = null;
  #sequence = 0;
  #marks = new Y.Doc();
  readonly #observers: ObserverView;

  /** @param mapUid of what observers read instead */
  constructor(peers: () => readonly Peer[], mapUid: (uid: string) => string) {
    this.#peers = peers;
    this.#observers = new ObserverView(mapUid);
  }

  get presenter(): PresenterState {
    return { presenterPeerId: this.#token.presenter, asking: [...this.#token.asking], isPresenterHere: this.#isHere(this.#token.presenter) };
  }

  join(peer: Peer): RequestResult<'imaging.join'> {
    this.#looking.add(peer.id);
    if (isObserver(peer)) return { presenter: this.presenter, sequence: this.#sequence, presentation: this.#presentation === null ? null : this.#observers.presentation(this.#presentation), marks: this.#observers.marks };
    return { presenter: this.presenter, sequence: this.#sequence, presentation: this.#presentation, marks: Buffer.from(Y.encodeStateAsUpdate(this.#marks)).toString('base64') };
  }

  leave(peer: Peer): void {
    this.#looking.delete(peer.id);
  }

  ask(peer: Peer, isAsking: boolean): void {
    this.#setToken(isAsking ? askFor(this.#token, peer.id, this.#isHere(this.#token.presenter)) : unask(this.#token, peer.id));
  }

  /** @throws AppError `imaging.notPresenter`, `room.peerNotFound` */
  give(from: Peer, to: PeerId): void {
    this.#needPresenter(from);
    if (!this.#isHere(to)) throw new AppError('room.peerNotFound', 'no such participant in this room');
    this.#setToken(giveTo(this.#token, to));
  }

  release(peer: Peer): void {
    this.#needPresenter(peer);
    this.#setToken(without(this.#token, peer.id));
  }

  /** [IMG21] By the host, for themselves. */
  takeBack(host: Peer): void {
    this.#setToken(giveTo(this.#token, host.id));
  }

  /** [IMG24] @throws AppError `imaging.notPresenter`; `input.malformed` when the change does not fit what is shown */
  present(peer: Peer, { change }: RequestParams<'imaging.present'>): number {
    this.#needPresenter(peer);
    const next = change.type === 'whole' ? change.presentation : this.#presentation === null ? null : applyDelta(this.#presentation, change.delta);
    if (next === null) throw new AppError('input.malformed', 'the change does not fit what is shown: send the whole');
    this.#presentation = next;
    this.#sequence += 1;
    const forObservers = this.#observers.change(change);
    for (const other of this.#lookers(peer)) other.connection?.send('imaging.presented', { sequence: this.#sequence, change: isObserver(other) ? forObservers : change });
    return this.#sequence;
  }

  /** [IMG27] @throws AppError `input.malformed`, `input.tooLarge`, `record.notAuthor` */
  mark(peer: Peer, update: string): void {
    this.#authors.add(peer.party.id);
    const bytes = Buffer.from(update, 'base64');
    const next = new Y.Doc();
    Y.applyUpdate(next, Y.encodeStateAsUpdate(this.#marks));
    try {
      Y.applyUpdate(next, bytes);
    } catch (error) {
      throw new AppError('input.malformed', 'no update of marks', { cause: error });
    }
    this.#checkMarks(peer, next);
    if (Y.encodeStateAsUpdate(next).byteLength > MAX_MARKS_BYTES) throw new AppError('input.tooLarge', 'too many marks in one consult');
    this.#marks = next;
    const forObservers = this.#observers.follow(next.getMap('marks').toJSON());
    for (const other of this.#lookers(peer)) {
      const given = isObserver(other) ? forObservers : update;
      if (given !== null) other.connection?.send('imaging.marked', { update: given });
    }
  }

  /** Somebody's connection was lost, or is back. */
  handlePresence(): void {
    this.#tell();
  }

  /** [IMG22] Somebody is gone for good. */
  handleLeft(peerId: PeerId): void {
    this.#looking.delete(peerId);
    this.#setToken(without(this.#token, peerId));
  }

  /** Every mark is one, its author was in this room and stays the author, and a locked one is changed by its author only. */
  #checkMarks(peer: Peer, next: Y.Doc): void {
    const before = this.#marks.getMap('marks').toJSON();
    const after = next.getMap('marks').toJSON();
    for (const peerHere of this.#peers()) this.#authors.add(peerHere.party.id);
    for (const id of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (JSON.stringify(before[id]) === JSON.stringify(after[id])) continue;
      const old = before[id] === undefined ? null : (before[id] as Mark); // checked when it came
      if (old?.isLocked === true && old.authorId !== peer.party.id) throw new AppError('record.notAuthor', 'a locked mark is changed by its author only');
      if (after[id] === undefined) continue;
      const mark = markSchema.safeParse(after[id]);
      if (!mark.success || mark.data.id !== id) throw new AppError('input.malformed', 'no mark');
      if (old === null ? !this.#authors.has(mark.data.authorId) : old.authorId !== mark.data.authorId) throw new AppError('record.notAuthor', 'a mark keeps its author');
    }
  }

  #lookers(besides: Peer): Peer[] {
    return this.#peers().filter((peer) => peer !== besides && this.#looking.has(peer.id));
  }

  #isHere(peerId: PeerId | null): boolean {
    return this.#peers().some((peer) => peer.id === peerId && peer.connection !== null);
  }

  #needPresenter(peer: Peer): void {
    if (this.#token.presenter !== peer.id) throw new AppError('imaging.notPresenter', 'somebody else presents');
  }

  #setToken(token: PresenterToken): void {
    if (token === this.#token) return;
    // What the last presenter showed stays for who comes; the next one begins with the whole.
    this.#token = token;
    this.#tell();
  }

  #tell(): void {
    for (const peer of this.#peers()) peer.connection?.send('imaging.presenter', this.presenter);
  }
}
