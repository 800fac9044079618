import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsultId, PeerId } from '#shared/domain/ids';
import { Coalescer } from '#shared/domain/imaging/coalescer';
import { applyDelta, type CellView, type ImagingPointer, type Presentation } from '#shared/domain/imaging/presentation';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { EventPayload } from '#shared/protocol/events';
import type { PresenterState } from '#shared/protocol/sharedImaging';
import type { RequestPort } from '../ports.ts';
import type { ImagingModel } from './imagingModel.ts';
import type { KeptModel } from './keptModel.ts';

export interface SharingState extends PresenterState {
  readonly consultId: ConsultId | null;
  /** Looking along at this moment; false while `isAway` or nobody presents. */
  readonly isFollowing: boolean;
  /** Broke away from somebody who presents. */
  readonly isAway: boolean;
  readonly isSelf: boolean;
  /** The presenter's, while following. */
  readonly pointer: ImagingPointer | null;
  readonly error: AppError | null;
}

export interface SharingOptions {
  readonly signaling: RequestPort;
  readonly clock: Clock;
  readonly imaging: ImagingModel;
  /** Where marks are kept, and come from. */
  readonly kept: Pick<KeptModel, 'goLive' | 'mergeMarks'>;
  readonly selfPeerId: () => PeerId | null;
}

export type SharingModel = ReturnType<typeof createSharingModel>;

const NOBODY: SharingState = { consultId: null, presenterPeerId: null, asking: [], isPresenterHere: false, isFollowing: false, isAway: false, isSelf: false, pointer: null, error: null };
/** While a cine plays each screen counts by its own clock; how often the presenter's phase is told, ms. */
const PHASE_EVERY_MS = 1000;

/**
 * Reading images together: the presenter's view goes out, a follower's is set to it, and nobody's is sent back. Marks of everybody go to
 * everybody, whoever presents.
 */
export function createSharingModel({ signaling, clock, imaging, kept, selfPeerId }: SharingOptions) {
  const store: StoreApi<SharingState> = createStore<SharingState>(() => NOBODY);
  let stay: DisposableStack | null = null;
  let coalescer: Coalescer | null = null;
  let presentation: Presentation | null = null;
  let sequence = 0;
  let isJoining = false;
  /** The viewer was closed, and the server may not know it: its word was lost with the connection. */
  let owesLeave = false;
  let lastPhases: ({ readonly view: CellView; readonly atMs: number } | null)[] = [];
  const get = store.getState;

  // Who presents is known in the room also to those who do not look.
  signaling.on('imaging.presenter', (presenter) => setPresenter(presenter));
  signaling.on('room.state', () => {
    if (owesLeave) leave();
  });

  function setPresenter(presenter: PresenterState): void {
    const before = get();
    const isSelf = presenter.presenterPeerId !== null && presenter.presenterPeerId === selfPeerId();
    const isOther = presenter.presenterPeerId !== null && !isSelf;
    // Another presenter is followed anew; a break from the last one is over.
    const isAway = isOther && before.isAway && before.presenterPeerId === presenter.presenterPeerId;
    store.setState({ ...presenter, isSelf, isAway, isFollowing: isOther && !isAway && stay !== null, ...(isOther ? {} : { pointer: null }) });
    if (isSelf && coalescer === null && stay !== null) startPresenting();
    if (!isSelf) stopPresenting();
    if (get().isFollowing && presentation !== null && before.presenterPeerId !== presenter.presenterPeerId) follow();
  }

  // ---- presenting ----

  function startPresenting(): void {
    coalescer = new Coalescer({
      clock,
      send: async (change) => {
        await signaling.request('imaging.present', { change });
      },
    });
    offer();
  }

  function stopPresenting(): void {
    coalescer?.close();
    coalescer = null;
  }

  function offer(): void {
    const { cells, phase } = imaging.store.getState();
    if (coalescer === null || phase !== 'ready' || cells.some(({ status }) => status === 'loading')) return;
    const now = imaging.presentation();
    coalescer.offer({ ...now, cells: now.cells.map(steadyPhase) });
  }

  /** A playing cell's picture is told now and then only. */
  function steadyPhase(view: CellView | null, index: number): CellView | null {
    const last = lastPhases[index];
    const isSame = view?.cine.isPlaying === true && last?.view.cine.isPlaying === true && last.view.seriesUid === view.seriesUid;
    if (view && isSame && last && clock.monotonicMs() - last.atMs < PHASE_EVERY_MS) return { ...view, sopUid: last.view.sopUid, frame: last.view.frame, planeMm: last.view.planeMm };
    lastPhases[index] = view ? { view, atMs: clock.monotonicMs() } : null;
    return view;
  }

  // ---- following ----

  function handlePresented(event: EventPayload<'imaging.presented'>): void {
    if (event.sequence !== sequence + 1 && event.change.type === 'delta') return drop(join(), 'the next change finds the gap again');
    sequence = event.sequence;
    presentation = event.change.type === 'whole' ? event.change.presentation : presentation === null ? null : applyDelta(presentation, event.change.delta);
    if (presentation === null) return drop(join(), 'the next change finds the gap again');
    if (get().isFollowing) follow();
  }

  function follow(): void {
    if (presentation === null) return;
    store.setState({ pointer: presentation.pointer });
    imaging.show(presentation);
  }

  // ---- coming and going ----

  async function join(): Promise<void> {
    if (isJoining || stay === null) return;
    isJoining = true;
    const mine = stay;
    try {
      const answer = await signaling.request('imaging.join', {});
      if (mine !== stay) return;
      ({ sequence, presentation } = answer);
      if (answer.marks !== null) kept.mergeMarks(answer.marks);
      kept.goLive(async (update) => {
        await signaling.request('imaging.mark', { update });
      });
      stopPresenting(); // begins anew with the whole: what the server has may be old
      setPresenter(answer.presenter);
      if (get().isFollowing) follow();
      store.setState({ error: null });
    } catch (error) {
      if (mine === stay) store.setState({ error: toAppError(error) });
    } finally {
      isJoining = false;
    }
  }

  /** The viewer is open in this consult, its studies read. */
  function open(consultId: ConsultId): void {
    if (stay !== null && get().consultId === consultId) return;
    if (get().consultId !== consultId) forget();
    const own = new DisposableStack();
    stay = own;
    owesLeave = false;
    store.setState({ consultId });
    lastPhases = [];
    own.add(signaling.on('imaging.presented', handlePresented));
    own.add(signaling.on('imaging.marked', ({ update }) => kept.mergeMarks(update)));
    let wasLost = false;
    own.add(signaling.onStatus(({ step }) => {
      if (step !== 'connected') wasLost = true;
    }));
    // After a lost connection the room's state is the first word of being seated again.
    own.add(signaling.on('room.state', () => {
      if (!wasLost) return;
      wasLost = false;
      drop(join(), 'said in the state');
    }));
    own.add(() => kept.goLive(null));
    own.add(imaging.store.subscribe(offer));
    // What was not in the case when it was presented may be now.
    own.add(imaging.store.subscribe(({ studies, phase }, before) => {
      if (studies !== before.studies && phase === 'ready' && get().isFollowing) follow();
    }));
    drop(join(), 'said in the state');
  }

  /** Lays down what is presented too. Said again when the place in the room is back: there it would go on. */
  function leave(): void {
    signaling.request('imaging.leave', {}).then(
      () => {
        owesLeave = false;
      },
      () => undefined,
    );
  }

  /** The viewer is closed. */
  function close(): void {
    if (stay === null) return;
    stay.dispose();
    stay = null;
    stopPresenting();
    presentation = null;
    owesLeave = true;
    leave();
    store.setState({ isFollowing: false, isAway: false, pointer: null });
  }

  /** The consult is over for this person. */
  function forget(): void {
    close();
    owesLeave = false; // leaving the room ends it too
    store.setState(NOBODY);
  }

  async function act(request: Promise<unknown>): Promise<void> {
    try {
      await request;
      store.setState({ error: null });
    } catch (error) {
      store.setState({ error: toAppError(error) });
    }
  }

  return {
    store, open, close, forget,
    present: () => void act(signaling.request('imaging.ask', { isAsking: true })),
    unask: () => void act(signaling.request('imaging.ask', { isAsking: false })),
    giveTo: (peerId: PeerId) => void act(signaling.request('imaging.give', { peerId })),
    stop: () => void act(signaling.request('imaging.release', {})),
    takeBack: () => void act(signaling.request('imaging.takeBack', {})),
    /** [IMG26] Looks by oneself. */
    breakAway() {
      if (get().isFollowing) store.setState({ isFollowing: false, isAway: true, pointer: null });
    },
    /** [IMG26] */
    comeBack() {
      if (!get().isAway) return;
      store.setState({ isFollowing: true, isAway: false });
      follow();
    },
  };
}
