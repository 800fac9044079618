// Longer than most: the one place where a consult's signalling, media, devices and chat meet; each of them lives elsewhere.
import type { Device } from 'mediasoup-client';
import { createStore } from 'zustand/vanilla';
import type { ClientInstanceId, ConsultId, PeerId, SourceId } from '#shared/domain/ids';
import { hasPermission, type Role } from '#shared/domain/roles';
import { type SourceProfileName, sourceProfile } from '#shared/domain/sourceProfiles';
import type { Clock } from '#shared/lib/clock';
import { DisposableStack, type Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { EventPayload } from '#shared/protocol/events';
import type { RequestResult } from '#shared/protocol/requests';
import type { ChatMessage, RoomState } from '#shared/protocol/room';
import { AnnotationLink } from '../services/annotation/annotationLink.ts';
import { ControlLink } from '../services/control/controlLink.ts';
import { AudioOutput } from '../services/media/audioOutput.ts';
import type { DeviceCatalog } from '../services/media/deviceCatalog.ts';
import { LevelMeter } from '../services/media/levelMeter.ts';
import { LocalSource } from '../services/media/localSource.ts';
import { createDevice, loadDevice, MediaSession } from '../services/media/mediaSession.ts';
import type { ClosedReason, ConnectionQuality, ConsultModel, ConsultState, LinkView, OwnSourceView, RoomNotice } from './consultModel.ts';
import { micState, participantsOf, stageSource } from './consultView.ts';
import { statsRows } from './statsView.ts';
import type { SignalingPort } from './ports.ts';

/** Which device the machine remembers for a profile; by label, because ids change with the browser's profile. */
export interface DeviceMemory {
  deviceFor(profile: SourceProfileName | 'speaker'): string | null;
  /** Whether a mic starts muted in the next consult: as the person left it last. */
  readMicMuted(): boolean;
  writeMicMuted(isMuted: boolean): void;
}

export interface ConsultModelOptions {
  readonly signaling: SignalingPort;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly catalog: DeviceCatalog;
  readonly memory: DeviceMemory;
  /** The signed-in party's role, once known. */
  readonly role: () => Role | null;
  /** Keeps the machine awake while in a consult. */
  readonly onActive: (isActive: boolean) => void;
}

const RENDER_EVERY_MS = 40;
const METER_EVERY_MS = 120;
const SPEAKING_LEVEL = 0.12;
const SPEAKING_TICKS = 5;
const MAX_NOTICES = 6;
/** How long a full server is asked again before the person is told that it stays full. */
const FULL_PATIENCE_MS = 60_000;

const IDLE_LINK: LinkView = { step: 'connected', attempt: 0, sinceMs: null, roundTripMs: null, srtpCipher: null, transport: 'unknown' };

const IDLE: ConsultState = {
  phase: 'idle', consultId: null, title: '', closedReason: null, error: null, isServerFull: false, startedAtMs: null, link: IDLE_LINK, selfPeerId: null, isHost: false, isLocked: false,
  hasWaitingRoom: false, participants: [], waiting: [], mic: 'noDevice', micLevel: 0, isSpeakingWhileMuted: false, ownSources: [], layout: 'stage', pinnedSourceId: null,
  stageSourceId: null, chat: [], unsentChat: [], chatDraft: '', unreadCount: 0, notices: [], stats: [],
};

/** One stay in a room: everything that ends with it. */
interface Stay {
  readonly media: MediaSession;
  readonly audio: AudioOutput;
  readonly control: ControlLink;
  readonly annotation: AnnotationLink;
  readonly disposables: DisposableStack;
  state: RoomState;
  peerId: PeerId;
  readonly ownStreams: Map<SourceId, MediaStream>;
  readonly ownErrors: Map<SourceId, { readonly profile: SourceProfileName; readonly error: AppError | null }>;
  meter: LevelMeter | null;
  meterTrackId: string;
  loudTicks: number;
}

/**
 * The consult room's view model over signalling, media and devices. [MUT3] The wish to be muted is kept here for the whole
 * program run, is obeyed by the local source in the same turn, and survives every reconnect, rebuild and rejoin; nothing but a
 * person (or the host, towards muted only) changes it.
 */
export function createConsultModel(options: ConsultModelOptions): ConsultModel & { prepare(): Promise<void>; resumeAudio(): void; control(): ControlLink | null; publishTrack(profile: SourceProfileName, track: MediaStreamTrack, label: string): () => void; tell(error: AppError): void; close(): void } {
  const { signaling, clock, newId, catalog, memory } = options;
  const store = createStore<ConsultState>(() => IDLE);
  const clientInstanceId = newId() as ClientInstanceId; // newId makes ids of the protocol's form
  let device: Device | null = null;
  let preparing: Promise<Device> | null = null;
  let stay: Stay | null = null;
  let consultId: ConsultId | null = null;
  let joinRun = 0;
  let cancelRetry: Undo | null = null;
  let isMicMuted = memory.readMicMuted();
  let isMicDenied = false;
  let isTalkHeld = false;
  let isStatsOpen = false;
  let cancelRender: Undo | null = null;
  let speakerId = '';
  const own = new DisposableStack();

  own.add(signaling.onStatus((status) => {
    stay?.media.handleServerReachable(status.step === 'connected');
    if (status.step === 'refused' && consultId) end('sessionEnded', status.error);
    if (status.step === 'closed') store.setState({ chatDraft: '', unsentChat: [] }); // signed out: the next person has not written it
    // Who waited at the door lost the place with the connection, and knocks again.
    if (status.step === 'connected' && consultId && store.getState().phase === 'waiting') enter(consultId);
    render();
  }));
  own.add(signaling.on('room.state', (state) => {
    if (!stay || state.consultId !== consultId) return;
    noticeChanges(stay, state);
    if (state.serverEpoch !== stay.state.serverEpoch || state.revision >= stay.state.revision) stay.state = state;
    stay.media.handleRoomState(state);
    render();
  }));
  own.add(signaling.on('room.admission', ({ decision }) => {
    if (store.getState().phase !== 'waiting' || !consultId) return;
    if (decision === 'admitted') enter(consultId);
    else end('turnedAway', null);
  }));
  own.add(signaling.on('room.closed', ({ reason }: EventPayload<'room.closed'>) => {
    if (consultId) end(reason, null);
  }));
  own.add(signaling.on('session.ended', () => {
    if (consultId) end('sessionEnded', null);
  }));
  own.add(signaling.on('room.muteRequested', ({ sourceId }) => {
    if (stay?.media.local.get(sourceId)) mutedByHost(stay, sourceId);
  }));
  own.add(signaling.on('room.unmuteAsked', () => notice({ id: newId(), kind: 'unmuteAsked' })));
  own.add(signaling.on('media.layers', ({ consumerId, layers }) => stay?.media.handleLayers(consumerId, layers)));
  own.add(signaling.on('chat.message', (message) => {
    if (message.consultId !== consultId) return;
    addChat([message], false);
    const self = stay?.state.peers.find((peer) => peer.peerId === stay?.peerId);
    if (message.author.id !== self?.party.id) store.setState({ unreadCount: store.getState().unreadCount + 1 });
  }));
  own.add(catalog.on('changed', () => {
    if (stay) restoreDevices(stay);
  }));

  // ---- joining and leaving ----

  function prepare(): Promise<Device> {
    preparing ??= (async () => {
      const fresh = device ?? (await createDevice());
      device = fresh;
      if (!fresh.loaded) {
        const { routerRtpCapabilities } = await signaling.request('media.capabilities', {});
        await loadDevice(fresh, routerRtpCapabilities);
      }
      return fresh;
    })().catch((error: unknown) => {
      preparing = null;
      throw error;
    });
    return preparing;
  }

  /** @param fullSinceMs when (monotonic) the server first refused this join as full; null: it has not */
  function enter(id: ConsultId, fullSinceMs: number | null = null): void {
    const run = ++joinRun;
    cancelRetry?.();
    cancelRetry = null;
    const isReturn = store.getState().phase === 'waiting';
    consultId = id;
    store.setState({ ...IDLE, ...writtenIn(id), phase: isReturn ? 'waiting' : 'joining', consultId: id, isServerFull: fullSinceMs !== null });
    (async () => {
      const [ready, answer] = await Promise.all([prepare(), signaling.request('consult.join', { consultId: id, clientInstanceId, resume: null })]);
      if (run !== joinRun) {
        if (consultId === null) giveUpSeat(); // a later join takes the seat over; leaving would take it from under that one
        return;
      }
      if (answer.status === 'waiting') {
        store.setState({ phase: 'waiting', isServerFull: false });
        return;
      }
      await begin(ready, answer);
    })().catch((error: unknown) => {
      if (run !== joinRun) return;
      const failure = toAppError(error);
      if (!stay && failure.code === 'capacity.full' && failure.retryAfterMs !== undefined) {
        const nowMs = clock.monotonicMs();
        const sinceMs = fullSinceMs ?? nowMs;
        if (nowMs + failure.retryAfterMs - sinceMs <= FULL_PATIENCE_MS) {
          store.setState({ phase: 'joining', isServerFull: true });
          cancelRetry = clock.after(failure.retryAfterMs, () => enter(id, sinceMs));
          return;
        }
      }
      end('failed', failure);
      giveUpSeat();
    });
  }

  /** The server does joins and leaves in the order in which they were sent: this ends every join before it, answered or not. */
  function giveUpSeat(): void {
    drop(signaling.request('room.leave', {}), 'the grace time clears the place when this does not arrive');
  }

  async function begin(ready: Device, answer: Extract<RequestResult<'consult.join'>, { status: 'admitted' }>): Promise<void> {
    const disposables = new DisposableStack();
    const media = new MediaSession({ request: (name, params, requestOptions) => signaling.request(name, params, requestOptions), clock, device: ready, rejoin });
    const audio = new AudioOutput({ onBlocked: () => notice({ id: 'audio-blocked', kind: 'error', error: new AppError('device.denied', 'sound waits for a click') }) });
    if (speakerId) audio.setSpeaker(speakerId);
    const control = new ControlLink({
      request: (name, params, requestOptions) => signaling.request(name, params, requestOptions), on: signaling.on.bind(signaling), isReachable: () => signaling.status.step === 'connected',
      data: media.data, clock, role: options.role(), selfPeerId: () => stay?.peerId ?? null,
    });
    const annotation = new AnnotationLink({ request: (name, params) => signaling.request(name, params), on: signaling.on.bind(signaling), data: media.marks, clock, selfPeerId: () => stay?.peerId ?? null });
    const fresh: Stay = { media, audio, control, annotation, disposables, state: answer.state, peerId: answer.peerId, ownStreams: new Map(), ownErrors: new Map(), meter: null, meterTrackId: '', loudTicks: 0 };
    stay = fresh;
    disposables.add(media.on('changed', render));
    disposables.add(media.on('error', (error) => notice({ id: newId(), kind: 'error', error })));
    disposables.add(media.on('sourceFailed', ({ sourceId, error }) => {
      const source = media.local.get(sourceId);
      if (source) fresh.ownErrors.set(sourceId, { profile: source.profile, error });
      notice({ id: `failed-${sourceId}`, kind: 'error', error });
    }));
    disposables.add(media.on('silent', () => signaling.doubt()));
    disposables.add(media.on('mutedByHost', (sourceId) => mutedByHost(fresh, sourceId)));
    disposables.add(media.on('remoteTrack', ({ sourceId, track }) => audio.handleTrack(sourceId, track)));
    disposables.add(control.on('error', (error) => notice({ id: newId(), kind: 'error', error })));
    disposables.add(() => control.close());
    disposables.add(annotation.on('error', (error) => notice({ id: newId(), kind: 'error', error })));
    disposables.add(() => annotation.close());
    disposables.add(() => media.close());
    disposables.add(() => audio.close());
    disposables.add(() => fresh.meter?.close());
    startMeter(fresh);
    options.onActive(true);
    signaling.watchClosely(true);
    store.setState({ phase: 'inRoom', isServerFull: false, title: answer.state.title, startedAtMs: answer.state.startedAtMs });
    await media.handleJoined(answer);
    control.handleJoined();
    annotation.handleJoined();
    media.handleServerReachable(signaling.status.step === 'connected');
    render();
    loadChat(fresh);
    publishUsual();
  }

  /** The ladder's last step: joins anew, going on with the present transports when both sides still hold them. */
  async function rejoin(): Promise<void> {
    const present = stay;
    if (!present || !consultId) return;
    const epoch = present.media.epoch;
    const resume = epoch === null ? null : { peerId: present.peerId, mediaEpoch: epoch, serverEpoch: present.state.serverEpoch };
    let answer: RequestResult<'consult.join'>;
    try {
      answer = await signaling.request('consult.join', { consultId, clientInstanceId, resume }, { timeoutMs: 6000 });
    } catch (error) {
      const failure = toAppError(error);
      if (present === stay && (failure.category === 'permission' || failure.code === 'consult.ended' || failure.code === 'consult.notFound')) end(failure.code === 'consult.ended' ? 'ended' : 'failed', failure);
      throw failure;
    }
    if (present !== stay) return;
    if (answer.status === 'waiting') {
      const id = consultId;
      dropStay();
      store.setState({ ...IDLE, ...writtenIn(id), phase: 'waiting', consultId: id });
      return;
    }
    present.peerId = answer.peerId;
    present.state = answer.state;
    await present.media.handleJoined(answer);
    present.control.handleJoined();
    present.annotation.handleJoined();
    loadChat(present);
    render();
  }

  function end(reason: ClosedReason, error: AppError | null): void {
    joinRun += 1;
    cancelRetry?.();
    cancelRetry = null;
    dropStay();
    store.setState({ ...IDLE, ...(reason === 'left' || reason === 'sessionEnded' ? {} : writtenIn(consultId)), phase: 'closed', consultId, closedReason: reason, error });
    consultId = null;
  }

  /** What a person wrote in this consult and nobody has yet: still there when they come back into it. */
  function writtenIn(id: ConsultId | null): Partial<ConsultState> {
    const { consultId: before, unsentChat, chatDraft } = store.getState();
    return before === id ? { unsentChat, chatDraft } : {};
  }

  function dropStay(): void {
    const old = stay;
    stay = null;
    cancelRender?.();
    cancelRender = null;
    if (!old) return;
    old.disposables.dispose();
    options.onActive(false);
    signaling.watchClosely(false);
  }

  // ---- own sources ----

  function publishUsual(): void {
    const role = options.role();
    if (!stay || !role || !hasPermission(role, 'media.publish')) return;
    publish('mic');
    if (role !== 'cart') {
      publish('face');
      return;
    }
    const remembered = (['field', 'ultrasound', 'face', 'clinicalAudio'] as const).filter((profile) => memory.deviceFor(profile) !== null);
    for (const profile of remembered) publish(profile);
    if (!remembered.some((profile) => profile !== 'clinicalAudio')) publish('field');
  }

  function publish(profile: SourceProfileName, deviceId?: string): void {
    if (profile === 'screen') {
      shareScreen();
      return;
    }
    const present = stay;
    if (!present) return;
    const lostMic = profile === 'mic' ? present.media.local.sources.find((source) => source.profile === 'mic' && source.isDeviceLost) : undefined;
    if (lostMic) {
      drop(rememberedDevice('mic').then((remembered) => replaceDevice(lostMic.sourceId, deviceId ?? remembered)), 'replacing tells its own failures');
      return;
    }
    for (const [id, own] of present.ownErrors) if (own.profile === profile && own.error && !present.media.local.get(id)) present.ownErrors.delete(id);
    if (isFull(present, profile)) return;
    const sourceId = newId() as SourceId; // newId makes ids of the protocol's form
    present.ownErrors.set(sourceId, { profile, error: null });
    render();
    (async () => {
      const track = await catalog.open(profile, deviceId ?? (await rememberedDevice(profile)));
      if (present !== stay || !present.ownErrors.has(sourceId)) {
        track.stop(); // stopped while it was opened
        return;
      }
      if (profile === 'mic') isMicDenied = false;
      addSource(present, sourceId, profile, track);
    })().catch((error: unknown) => {
      if (present !== stay || !present.ownErrors.has(sourceId)) return;
      const failure = toAppError(error);
      if (profile === 'mic' && failure.code === 'device.denied') isMicDenied = true;
      present.ownErrors.set(sourceId, { profile, error: failure });
      // No camera or microphone at all is a state the control bar shows, not a mishap to announce.
      if (failure.code === 'device.notFound') present.ownErrors.delete(sourceId);
      else notice({ id: newId(), kind: 'error', error: failure });
      render();
    });
  }

  /** As many of this profile as the room takes are open or being opened. A second microphone would be out of the mute button's reach. */
  function isFull(present: Stay, profile: SourceProfileName): boolean {
    const opening = [...present.ownErrors].filter(([sourceId, own]) => own.profile === profile && own.error === null && !present.media.local.get(sourceId));
    return present.media.local.sources.filter((source) => source.profile === profile).length + opening.length >= sourceProfile(profile).maxPerPeer;
  }

  async function rememberedDevice(profile: SourceProfileName): Promise<string | null> {
    const label = memory.deviceFor(profile);
    if (label === null) return null;
    const devices = catalog.devices.length > 0 ? catalog.devices : await catalog.refresh();
    return devices.find((candidate) => candidate.label === label)?.deviceId ?? null;
  }

  function addSource(present: Stay, sourceId: SourceId, profile: SourceProfileName, track: MediaStreamTrack, label = track.label): void {
    const source = new LocalSource({ sourceId, profile, track, label, isMuted: profile === 'mic' ? isMicMuted : false, onChanged: render });
    present.ownErrors.delete(sourceId);
    if (source.isVideo) present.ownStreams.set(sourceId, new MediaStream([track]));
    watchTrack(present, source);
    present.media.local.add(source);
    render();
  }

  function watchTrack(present: Stay, source: LocalSource): void {
    const { track } = source;
    track.addEventListener('ended', () => {
      if (present !== stay || source.track !== track || present.media.local.get(source.sourceId) !== source) return;
      if (source.profile === 'screen') {
        unpublish(source.sourceId);
        return;
      }
      source.isDeviceLost = true;
      present.media.local.kick();
      const self = present.state.peers.find((peer) => peer.peerId === present.peerId);
      if (self) notice({ id: `lost-${source.sourceId}`, kind: 'deviceLost', party: self.party, label: source.label, isOwn: true, sourceId: source.sourceId });
      drop(catalog.refresh(), 'the next device change lists them again');
      render();
    });
  }

  /** A device that was unplugged and is back under its name is taken up again. */
  function restoreDevices(present: Stay): void {
    for (const source of present.media.local.sources) {
      if (!source.isDeviceLost || source.profile === 'screen') continue;
      const back = catalog.devices.find((candidate) => candidate.label === source.label && candidate.kind === (source.isVideo ? 'videoinput' : 'audioinput'));
      if (back) replaceDevice(source.sourceId, back.deviceId);
    }
  }

  function replaceDevice(sourceId: SourceId, deviceId: string | null): void {
    const present = stay;
    const source = present?.media.local.get(sourceId);
    if (!present || !source || source.profile === 'screen') return;
    const { profile } = source;
    catalog.open(profile, deviceId).then(
      (track) => {
        if (present !== stay || present.media.local.get(sourceId) !== source) {
          track.stop();
          return;
        }
        const wasLost = source.isDeviceLost;
        source.replaceTrack(track, track.label);
        if (source.isVideo) present.ownStreams.set(sourceId, new MediaStream([track]));
        watchTrack(present, source);
        present.media.local.kick();
        dismissNotice(`lost-${sourceId}`);
        const self = present.state.peers.find((peer) => peer.peerId === present.peerId);
        if (wasLost && self) notice({ id: newId(), kind: 'deviceRestored', party: self.party, label: track.label, isOwn: true, sourceId });
        render();
      },
      (error: unknown) => notice({ id: newId(), kind: 'error', error: toAppError(error) }),
    );
  }

  function unpublish(sourceId: SourceId): void {
    stay?.media.local.remove(sourceId);
    stay?.ownStreams.delete(sourceId);
    stay?.ownErrors.delete(sourceId);
    render();
  }

  function shareScreen(): void {
    const present = stay;
    if (!present) return;
    catalog.openScreen().then(
      (track) => {
        if (present === stay && !isFull(present, 'screen')) addSource(present, newId() as SourceId, 'screen', track); // as above
        else track.stop();
      },
      (error: unknown) => {
        const failure = toAppError(error);
        if (failure.code !== 'device.denied') notice({ id: newId(), kind: 'error', error: failure });
      },
    );
  }

  // ---- mute ----

  function setMuted(isMuted: boolean): void {
    memory.writeMicMuted(isMuted);
    applyMuted(isMuted);
  }

  function applyMuted(isMuted: boolean): void {
    isMicMuted = isMuted;
    for (const source of stay?.media.local.sources ?? []) if (source.profile === 'mic') stay?.media.local.setMuted(source.sourceId, isMuted);
    if (stay) stay.loudTicks = 0;
    renderNow();
  }

  function pushToTalk(isHeld: boolean): void {
    if (isHeld === isTalkHeld) return;
    if (isHeld && !isMicMuted) return; // live already: holding changes nothing, and releasing must not mute
    isTalkHeld = isHeld;
    applyMuted(!isHeld); // not remembered: a page that ends while the key is held must not begin live
  }

  function mutedByHost(present: Stay, sourceId: SourceId): void {
    const source = present.media.local.get(sourceId);
    if (!source || source.isMuted) return;
    isTalkHeld = false;
    if (source.profile === 'mic') setMuted(true);
    else present.media.local.setMuted(sourceId, true);
    notice({ id: newId(), kind: 'mutedByHost' });
  }

  function startMeter(present: Stay): void {
    const tick = () => {
      if (present !== stay) return;
      const mic = present.media.local.sources.find((source) => source.profile === 'mic');
      if (mic && present.meterTrackId !== mic.track.id) {
        present.meter?.close();
        present.meter = new LevelMeter(mic.track);
        present.meterTrackId = mic.track.id;
      }
      const level = present.meter?.read() ?? 0;
      present.loudTicks = isMicMuted && level > SPEAKING_LEVEL ? Math.min(40, present.loudTicks + 1) : Math.max(0, present.loudTicks - 1);
      const before = store.getState();
      const isSpeakingWhileMuted = present.loudTicks >= SPEAKING_TICKS;
      if (Math.abs(before.micLevel - level) > 0.02 || before.isSpeakingWhileMuted !== isSpeakingWhileMuted) store.setState({ micLevel: level, isSpeakingWhileMuted });
      cancel = clock.after(METER_EVERY_MS, tick);
    };
    let cancel = clock.after(METER_EVERY_MS, tick);
    present.disposables.add(() => cancel());
  }

  // ---- chat ----

  /** In the server's order and not by time: its clock may have been set back between two messages. */
  function addChat(messages: readonly ChatMessage[], isHistory: boolean): void {
    const before = store.getState().chat;
    const incoming = new Set(messages.map((message) => message.id));
    const known = new Set(before.map((message) => message.id));
    // What came live while the history was on its way is newer than it.
    const chat = isHistory ? [...messages, ...before.filter(({ id }) => !incoming.has(id))] : [...before, ...messages.filter(({ id }) => !known.has(id))];
    for (const id of incoming) known.add(id);
    store.setState({ chat, unsentChat: store.getState().unsentChat.filter((unsent) => !known.has(unsent.id)) });
  }

  function loadChat(present: Stay): void {
    signaling.request('chat.history', {}).then(
      ({ messages }) => {
        if (present === stay) addChat(messages, true);
      },
      (error: unknown) => notice({ id: 'chat-history', kind: 'error', error: toAppError(error) }),
    );
  }

  function sendUnsent(messageId: string): void {
    const message = store.getState().unsentChat.find((unsent) => unsent.id === messageId);
    if (!message) return;
    const mark = (state: 'sending' | 'failed') => store.setState({ unsentChat: store.getState().unsentChat.map((unsent) => (unsent.id === messageId ? { ...unsent, state } : unsent)) });
    mark('sending');
    signaling.request('chat.send', { messageId, text: message.text }, { timeoutMs: 30_000 }).then(
      ({ message: held }) => addChat([held], false),
      () => mark('failed'),
    );
  }

  // ---- notices and view ----

  function notice(item: RoomNotice): void {
    const others = store.getState().notices.filter((other) => other.id !== item.id);
    store.setState({ notices: [...others, item].slice(-MAX_NOTICES) });
  }

  function dismissNotice(id: string): void {
    store.setState({ notices: store.getState().notices.filter((item) => item.id !== id) });
  }

  function noticeChanges(present: Stay, next: RoomState): void {
    const before = present.state;
    if (before.serverEpoch !== next.serverEpoch) return;
    for (const peer of next.peers) {
      if (peer.peerId === present.peerId) continue;
      const old = before.peers.find((other) => other.peerId === peer.peerId);
      if (!old) notice({ id: newId(), kind: 'joined', party: peer.party });
      if (!old?.isHandRaised && peer.isHandRaised) notice({ id: newId(), kind: 'handRaised', party: peer.party });
      for (const source of peer.sources) {
        const oldSource = old?.sources.find((other) => other.sourceId === source.sourceId);
        if (oldSource && !oldSource.isDeviceLost && source.isDeviceLost) notice({ id: newId(), kind: 'deviceLost', party: peer.party, label: source.label, isOwn: false, sourceId: source.sourceId });
        if (oldSource?.isDeviceLost && !source.isDeviceLost) notice({ id: newId(), kind: 'deviceRestored', party: peer.party, label: source.label, isOwn: false, sourceId: source.sourceId });
      }
    }
    for (const peer of before.peers) {
      const isReplaced = next.peers.some((other) => other.party.id === peer.party.id);
      if (!next.peers.some((other) => other.peerId === peer.peerId) && !isReplaced) notice({ id: newId(), kind: 'left', party: peer.party });
    }
    if (before.hostPeerId !== next.hostPeerId && next.hostPeerId !== null) {
      const host = next.peers.find((peer) => peer.peerId === next.hostPeerId);
      if (next.hostPeerId === present.peerId) notice({ id: newId(), kind: 'youAreHost' });
      else if (host) notice({ id: newId(), kind: 'becameHost', party: host.party });
    }
  }

  function render(): void {
    cancelRender ??= clock.after(RENDER_EVERY_MS, renderNow);
  }

  function renderNow(): void {
    cancelRender?.();
    cancelRender = null;
    const present = stay;
    if (!present) return;
    const before = store.getState();
    const { media, state } = present;
    const { local, remote } = media;
    const step = media.link.step;
    const quality: ConnectionQuality = step !== 'connected' ? 'lost' : roundTripQuality(media.sendSample?.roundTripMs ?? null);
    const participants = participantsOf(state, present.peerId, present.ownStreams, (sourceId) => ({ arrival: remote.arrival(sourceId), choice: remote.choice(sourceId), audioLevel: remote.audioLevel(sourceId) }), quality);
    const mic = local.sources.find((source) => source.profile === 'mic');
    const isHost = state.hostPeerId === present.peerId;
    store.setState({
      selfPeerId: present.peerId,
      isHost,
      isLocked: state.isLocked,
      hasWaitingRoom: state.hasWaitingRoom,
      title: state.title,
      participants,
      waiting: isHost ? state.waiting : [],
      mic: micState({ hasSource: mic !== undefined, isWishedMuted: isMicMuted, isDeviceLost: mic?.isDeviceLost ?? false, isDenied: isMicDenied, isHeard: mic !== undefined && local.isHeard(mic.sourceId) }),
      ownSources: ownSourceViews(present),
      stageSourceId: stageSource(participants, before.pinnedSourceId, before.stageSourceId),
      pinnedSourceId: participants.some((participant) => participant.tiles.some((tile) => tile.sourceId === before.pinnedSourceId)) ? before.pinnedSourceId : null,
      link: {
        step,
        attempt: media.link.attempt,
        sinceMs: media.link.sinceMs,
        roundTripMs: media.sendSample?.roundTripMs ?? media.receiveSample?.roundTripMs ?? null,
        srtpCipher: media.receiveSample?.srtpCipher ?? media.sendSample?.srtpCipher ?? null,
        transport: media.receiveSample?.protocol ?? 'unknown',
      },
      stats: isStatsOpen ? statsRows(state, present.peerId, local, remote) : [],
    });
  }

  function ownSourceViews(present: Stay): OwnSourceView[] {
    const opened = present.media.local.sources.map((source): OwnSourceView => {
      const error = present.ownErrors.get(source.sourceId)?.error ?? null;
      const state = source.isDeviceLost ? 'deviceLost' : present.media.local.isPublished(source.sourceId) ? 'live' : error ? 'failed' : 'starting';
      return { sourceId: source.sourceId, profile: source.profile, label: source.label, state, error, modeId: source.modeId };
    });
    const opening = [...present.ownErrors].filter(([sourceId]) => !present.media.local.get(sourceId)).map(([sourceId, { profile, error }]): OwnSourceView => ({ sourceId, profile, label: '', state: error ? 'failed' : 'starting', error, modeId: null }));
    return [...opened, ...opening];
  }

  function hostRequest(name: 'host.admit' | 'host.turnAway' | 'host.askToUnmute' | 'host.remove' | 'host.handOver', peerId: PeerId): void {
    tell(signaling.request(name, { peerId }));
  }

  function tell(work: Promise<unknown>): void {
    work.catch((error: unknown) => notice({ id: newId(), kind: 'error', error: toAppError(error) }));
  }

  return {
    store,
    prepare: async () => {
      await prepare();
    },
    resumeAudio: () => stay?.audio.resume(),
    /** Publishes a picture that this program makes itself; the undo ends it. One more than the room takes is not published. */
    publishTrack: (profile, track, label) => {
      const present = stay;
      if (!present || isFull(present, profile)) return () => undefined;
      const sourceId = newId() as SourceId; // newId makes ids of the protocol's form
      addSource(present, sourceId, profile, track, label);
      return () => {
        if (present === stay) unpublish(sourceId);
      };
    },
    tell: (error) => notice({ id: newId(), kind: 'error', error }),
    /** Remote control in the present stay; another one in each. */
    control: () => stay?.control ?? null,
    join: (id) => {
      if (consultId) leaveNow();
      enter(id);
    },
    leave: () => leaveNow(),
    endForAll: () => tell(signaling.request('host.end', {})),
    setMuted,
    pushToTalk,
    publish,
    unpublish,
    replaceDevice,
    shareScreen,
    reportTile: (key, tile) => stay?.media.remote.reportTile(key, tile),
    setChoice: (sourceId, choice) => stay?.media.remote.setChoice(sourceId, choice),
    pin: (sourceId) => {
      store.setState({ pinnedSourceId: sourceId });
      renderNow();
    },
    setLayout: (layout) => store.setState({ layout }),
    setSpeaker: (deviceId) => {
      speakerId = deviceId;
      stay?.audio.setSpeaker(deviceId);
    },
    raiseHand: (isRaised) => tell(signaling.request('room.raiseHand', { isRaised })),
    sendChat: (text) => {
      const id = newId();
      store.setState({ unsentChat: [...store.getState().unsentChat, { id, text, state: 'sending' }] });
      sendUnsent(id);
    },
    setChatDraft: (chatDraft) => store.setState({ chatDraft }),
    retryChat: sendUnsent,
    markChatRead: () => store.setState({ unreadCount: 0 }),
    dismissNotice,
    setStatsOpen: (isOpen) => {
      isStatsOpen = isOpen;
      render();
    },
    admit: (peerId) => hostRequest('host.admit', peerId),
    turnAway: (peerId) => hostRequest('host.turnAway', peerId),
    mutePeer: (peerId) => {
      const mic = store.getState().participants.find((participant) => participant.peerId === peerId)?.micSourceId;
      if (mic) tell(signaling.request('host.mute', { peerId, sourceId: mic }));
    },
    askToUnmute: (peerId) => hostRequest('host.askToUnmute', peerId),
    removePeer: (peerId) => hostRequest('host.remove', peerId),
    setLocked: (isLocked) => tell(signaling.request('host.lock', { isLocked })),
    handOver: (peerId) => hostRequest('host.handOver', peerId),
    close: () => {
      end('left', null);
      own.dispose();
    },
  };

  function leaveNow(): void {
    const wasThere = consultId !== null;
    end('left', null);
    if (wasThere) giveUpSeat();
  }
}

function roundTripQuality(roundTripMs: number | null): ConnectionQuality {
  if (roundTripMs === null) return 'unknown';
  return roundTripMs > 400 ? 'poor' : roundTripMs > 200 ? 'fair' : 'good';
}

