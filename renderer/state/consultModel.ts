import type { StoreApi } from 'zustand/vanilla';
import type { ConsultId, PeerId, SourceId } from '#shared/domain/ids';
import type { LimitReason, QualityChoice } from '#shared/domain/layerChoice';
import type { Party } from '#shared/domain/people';
import type { SourceProfileName, VideoProfileName } from '#shared/domain/sourceProfiles';
import type { AppError } from '#shared/protocol/errors';
import type { ChatMessage } from '#shared/protocol/room';

/** What the microphone does at this moment. `connecting`: the person wants to be heard and is not yet. Never `live` unless packets can leave and the server lets them through; never `muted` while a packet can leave. */
export type MicState = 'muted' | 'live' | 'connecting' | 'noDevice' | 'blocked';

/** The steps of the reconnect ladder, in the words' keys of `i18n/` (`link.<step>`). */
export type LinkStep = 'connected' | 'serverLost' | 'iceRestart' | 'transportRebuild' | 'rejoin' | 'failed';

export type ConnectionQuality = 'good' | 'fair' | 'poor' | 'lost' | 'unknown';

/** One video source as a tile shows it. */
export interface TileView {
  readonly sourceId: SourceId;
  readonly peerId: PeerId;
  readonly profile: VideoProfileName;
  readonly label: string;
  readonly isOwn: boolean;
  /** Null until the first packets can come. */
  readonly stream: MediaStream | null;
  /** Full size at the sender, and what arrives here now (0 × 0 before the first frame). Pixels, frames per second. */
  readonly capture: { readonly width: number; readonly height: number; readonly fps: number } | null;
  readonly received: { readonly width: number; readonly height: number; readonly fps: number };
  readonly choice: QualityChoice;
  /** Why the picture is smaller than the tile deserves. */
  readonly limit: LimitReason;
  readonly isMuted: boolean;
  readonly isDeviceLost: boolean;
  /** Since when (monotonic ms) no new frame was decoded although one is expected; null while it moves. A frozen picture says so. */
  readonly frozenSinceMs: number | null;
}

export interface ParticipantView {
  readonly peerId: PeerId;
  readonly party: Party;
  readonly isSelf: boolean;
  readonly isHost: boolean;
  readonly isConnected: boolean;
  readonly isHandRaised: boolean;
  readonly mic: 'live' | 'muted' | 'none';
  readonly micSourceId: SourceId | null;
  readonly hasClinicalAudio: boolean;
  /** Loudness of what arrives, 0–1. */
  readonly audioLevel: number;
  readonly quality: ConnectionQuality;
  readonly tiles: readonly TileView[];
}

export interface OwnSourceView {
  readonly sourceId: SourceId;
  readonly profile: SourceProfileName;
  readonly label: string;
  readonly state: 'starting' | 'live' | 'deviceLost' | 'failed';
  readonly error: AppError | null;
  /** Encoding mode's id from the profile's table; null before it is known. */
  readonly modeId: string | null;
}

/** A row of the statistics panel. Bitrates in bit/s, times in ms, loss in percent. */
export interface SourceStatsView {
  readonly sourceId: SourceId;
  readonly peerId: PeerId;
  readonly who: string;
  readonly profile: SourceProfileName;
  readonly direction: 'send' | 'receive';
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateBps: number;
  readonly lossPercent: number;
  readonly jitterMs: number;
  readonly roundTripMs: number;
  /** «2/2» spatial/temporal, or «–». */
  readonly layer: string;
  readonly limit: LimitReason;
}

export interface LinkView {
  readonly step: LinkStep;
  readonly attempt: number;
  /** Monotonic ms; null while connected. */
  readonly sinceMs: number | null;
  readonly roundTripMs: number | null;
  readonly srtpCipher: string | null;
  readonly transport: 'udp' | 'tcp' | 'relay' | 'unknown';
}

export type RoomNotice =
  | { readonly id: string; readonly kind: 'joined' | 'left' | 'handRaised' | 'becameHost'; readonly party: Party }
  | { readonly id: string; readonly kind: 'mutedByHost' | 'unmuteAsked' | 'youAreHost' }
  | { readonly id: string; readonly kind: 'deviceLost' | 'deviceRestored'; readonly party: Party; readonly label: string; readonly isOwn: boolean; readonly sourceId: SourceId }
  | { readonly id: string; readonly kind: 'error'; readonly error: AppError };

export type ConsultLayout = 'stage' | 'grid' | 'sideBySide';

export type ConsultPhase = 'idle' | 'joining' | 'waiting' | 'inRoom' | 'closed';
export type ClosedReason = 'left' | 'removed' | 'ended' | 'takenOver' | 'sessionEnded' | 'turnedAway' | 'failed';

export interface ConsultState {
  readonly phase: ConsultPhase;
  readonly consultId: ConsultId | null;
  readonly title: string;
  readonly closedReason: ClosedReason | null;
  readonly error: AppError | null;
  /** While joining: the server has no room at the moment, and is asked again by itself. */
  readonly isServerFull: boolean;
  readonly startedAtMs: number | null;
  readonly link: LinkView;
  readonly selfPeerId: PeerId | null;
  readonly isHost: boolean;
  readonly isLocked: boolean;
  readonly hasWaitingRoom: boolean;
  readonly participants: readonly ParticipantView[];
  readonly waiting: readonly { readonly peerId: PeerId; readonly party: Party; readonly sinceMs: number }[];
  readonly mic: MicState;
  /** Own loudness, 0–1, also while muted (so that a person who speaks into a muted microphone is told). */
  readonly micLevel: number;
  readonly isSpeakingWhileMuted: boolean;
  readonly ownSources: readonly OwnSourceView[];
  readonly layout: ConsultLayout;
  readonly pinnedSourceId: SourceId | null;
  /** What the stage shows: the pinned one, else field/ultrasound/screen before faces; never changed by who speaks. */
  readonly stageSourceId: SourceId | null;
  readonly chat: readonly ChatMessage[];
  /** Messages not yet held by the server. */
  readonly unsentChat: readonly { readonly id: string; readonly text: string; readonly state: 'sending' | 'failed' }[];
  /** What is being written. */
  readonly chatDraft: string;
  readonly unreadCount: number;
  readonly notices: readonly RoomNotice[];
  readonly stats: readonly SourceStatsView[];
}

/** What the consult room's screens can do. Every method answers at once; results show up in the state, errors as notices. */
export interface ConsultModel {
  readonly store: StoreApi<ConsultState>;
  join(consultId: ConsultId): void;
  leave(): void;
  endForAll(): void;

  setMuted(isMuted: boolean): void;
  /** Live while held; back to muted on release, blur or lost focus. */
  pushToTalk(isHeld: boolean): void;

  /** Opens the machine's remembered device for the profile, or `deviceId`. */
  publish(profile: SourceProfileName, deviceId?: string): void;
  unpublish(sourceId: SourceId): void;
  /** Puts another device behind a source without a new tile for the others. */
  replaceDevice(sourceId: SourceId, deviceId: string): void;
  shareScreen(): void;

  /** Told by each tile when its size or visibility changes; `key` names the place (a source can be shown in several), heights in device pixels. */
  reportTile(key: string, tile: { readonly sourceId: SourceId; readonly heightPx: number; readonly isVisible: boolean } | null): void;
  setChoice(sourceId: SourceId, choice: QualityChoice): void;
  pin(sourceId: SourceId | null): void;
  setLayout(layout: ConsultLayout): void;
  setSpeaker(deviceId: string): void;

  raiseHand(isRaised: boolean): void;
  setChatDraft(text: string): void;
  sendChat(text: string): void;
  retryChat(messageId: string): void;
  markChatRead(): void;
  dismissNotice(id: string): void;
  /** Statistics are gathered each second only while somebody looks. */
  setStatsOpen(isOpen: boolean): void;

  admit(peerId: PeerId): void;
  turnAway(peerId: PeerId): void;
  mutePeer(peerId: PeerId): void;
  askToUnmute(peerId: PeerId): void;
  removePeer(peerId: PeerId): void;
  setLocked(isLocked: boolean): void;
  handOver(peerId: PeerId): void;
}
