import type { PeerId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { applyDelta, type Presentation } from '#shared/domain/imaging/presentation';
import { askFor, giveTo, NOBODY_PRESENTS, type PresenterToken, unask, without } from '#shared/domain/imaging/presenterToken';
import { AppError } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import type { PresenterState } from '#shared/protocol/sharedImaging';
import { ObserverView } from './observerView.ts';
import type { Peer } from './peer.ts';

const isObserver = ({ party }: Peer): boolean => party.role === 'observer';

/** What was shown last, and by whom. */
export interface LastShown {
  readonly presentation: Presentation;
  readonly by: Party;
}

/** Reads the case's marks by id, as they are now. */
type ReadMarks = () => Promise<Readonly<Record<string, unknown>>>;

export interface SharedImagingOptions {
  readonly peers: () => readonly Peer[];
  /** UIDs of the copies that observers read instead. */
  readonly mapUid: (uid: string) => string;
  /** Somebody ends presenting, also by leaving or with the room; what they showed last is to be kept [IMG37]. */
  readonly onShown: (shown: LastShown) => void;
}

/**
 * Reading images together in one room: who presents, and what they show, for those who come later. Marks are the case's and are only
 * passed on. Of the pictures the server sees nothing here.
 */
export class SharedImaging {
  readonly #peers: () => readonly Peer[];
  /** Who looks along; the others hear only who presents. */
  readonly #looking = new Set<PeerId>();
  #token: PresenterToken = NOBODY_PRESENTS;
  #presentation: Presentation | null = null;
  #sequence = 0;
  readonly #observers: ObserverView;
  /** One reading of the case's marks after the other: an older one that came later would take back what a newer one gave. */
  #following: Promise<unknown> = Promise.resolve();
  /** Not kept yet. */
  #unkept: LastShown | null = null;
  readonly #onShown: (shown: LastShown) => void;

  constructor({ peers, mapUid, onShown }: SharedImagingOptions) {
    this.#peers = peers;
    this.#observers = new ObserverView(mapUid);
    this.#onShown = onShown;
  }

  get presenter(): PresenterState {
    return { presenterPeerId: this.#token.presenter, asking: [...this.#token.asking], isPresenterHere: this.#isHere(this.#token.presenter) };
  }

  /** [IMG56] For who gets copies without names: the case's marks in their UIDs. @param read rejects as it does */
  async joinAsObserver(peer: Peer, read: ReadMarks): Promise<RequestResult<'imaging.join'>> {
    this.#looking.add(peer.id);
    // What changed in the case and not in the room is news to the observers who are here too: their next change builds on it.
    await this.#follow(read, peer);
    return { presenter: this.presenter, sequence: this.#sequence, presentation: this.#presentation === null ? null : this.#observers.presentation(this.#presentation), marks: this.#observers.marks };
  }

  join(peer: Peer): RequestResult<'imaging.join'> {
    this.#looking.add(peer.id);
    return { presenter: this.presenter, sequence: this.#sequence, presentation: this.#presentation, marks: null };
  }

  /** Who looks no longer can neither show anything nor wait for it. */
  leave(peer: Peer): void {
    this.#looking.delete(peer.id);
    this.#setToken(without(this.#token, peer.id));
  }

  ask(peer: Peer, isAsking: boolean): void {
    this.#setToken(isAsking ? askFor(this.#token, peer.id, this.#isHere(this.#token.presenter)) : unask(this.#token, peer.id));
  }

  /** @throws AppError `imaging.notPresenter`, `room.peerNotFound` */
  give(from: Peer, to: PeerId): void {
    this.#needPresenter(from);
    if (!this.#isHere(to) || this.#peers().some((peer) => peer.id === to && isObserver(peer))) throw new AppError('room.peerNotFound', 'no such participant in this room');
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
    this.#unkept = { presentation: next, by: peer.party };
    this.#sequence += 1;
    const forObservers = this.#observers.change(change);
    for (const other of this.#lookers(peer)) other.connection?.send('imaging.presented', { sequence: this.#sequence, change: isObserver(other) ? forObservers : change });
    return this.#sequence;
  }

  /** [IMG27] What somebody drew, kept with the case before. Resolves when observers have it too [IMG56]. @param read all of the case's, asked while there are observers */
  async relayMark(from: Peer, update: string, read: ReadMarks): Promise<void> {
    for (const other of this.#lookers(from)) if (!isObserver(other)) other.connection?.send('imaging.marked', { update });
    if (this.#peers().some((peer) => isObserver(peer) && this.#looking.has(peer.id))) await this.#follow(read, from);
  }

  /** Gives observers, besides one, what of the case's marks they have not. */
  #follow(read: ReadMarks, besides: Peer): Promise<void> {
    const done = this.#following.then(async () => {
      const news = this.#observers.follow(await read());
      if (news !== null) for (const other of this.#lookers(besides)) if (isObserver(other)) other.connection?.send('imaging.marked', { update: news });
    });
    this.#following = done.catch(() => undefined); // whoever asked for it is told; the next reads anew
    return done;
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
    if (token.presenter !== this.#token.presenter && this.#unkept !== null) {
      this.#onShown(this.#unkept);
      this.#unkept = null;
    }
    // What the last presenter showed stays for who comes; the next one begins with the whole.
    this.#token = token;
    this.#tell();
  }

  #tell(): void {
    for (const peer of this.#peers()) peer.connection?.send('imaging.presenter', this.presenter);
  }
}
