import type { PeerId, SourceId } from '#shared/domain/ids';
import { isVideoProfile, type VideoProfileName } from '#shared/domain/sourceProfiles';
import type { RoomState } from '#shared/protocol/room';
import type { Arrival } from '../services/media/remoteSources.ts';
import type { QualityChoice } from '#shared/domain/layerChoice';
import type { ConnectionQuality, MicState, ParticipantView, TileView } from './consultModel.ts';

/** What the derivation asks of the media services about one source. */
export interface SourceFacts {
  readonly arrival: Arrival;
  readonly choice: QualityChoice;
  readonly audioLevel: number;
}

const NOTHING_RECEIVED = { width: 0, height: 0, fps: 0 } as const;

/**
 * What the microphone's button says. [MUT1] `muted` follows the person's wish alone. [MUT2] `live` only when packets can leave
 * and the server passes them on; anything between is `connecting`.
 */
export function micState(facts: { readonly hasSource: boolean; readonly isWishedMuted: boolean; readonly isDeviceLost: boolean; readonly isDenied: boolean; readonly isHeard: boolean }): MicState {
  if (facts.isDenied) return 'blocked';
  if (!facts.hasSource || facts.isDeviceLost) return facts.isWishedMuted && facts.hasSource ? 'muted' : 'noDevice';
  if (facts.isWishedMuted) return 'muted';
  return facts.isHeard ? 'live' : 'connecting';
}

/** The participants as the screens draw them: the person's own first, then in order of arrival. */
export function participantsOf(state: RoomState, selfPeerId: PeerId, ownStreams: ReadonlyMap<SourceId, MediaStream>, factsOf: (sourceId: SourceId) => SourceFacts, selfQuality: ConnectionQuality): ParticipantView[] {
  const views = state.peers.map((peer): ParticipantView => {
    const isSelf = peer.peerId === selfPeerId;
    const mic = peer.sources.find((source) => source.profile === 'mic');
    const tiles = peer.sources.flatMap((source): TileView[] => {
      if (!isVideoProfile(source.profile)) return [];
      const profile: VideoProfileName = source.profile;
      const { arrival, choice } = factsOf(source.sourceId);
      const received = arrival.sample ? { width: arrival.sample.width, height: arrival.sample.height, fps: Math.round(arrival.sample.fps) } : NOTHING_RECEIVED;
      return [
        {
          sourceId: source.sourceId,
          peerId: peer.peerId,
          profile,
          label: source.label,
          isOwn: isSelf,
          stream: isSelf ? (ownStreams.get(source.sourceId) ?? null) : arrival.stream,
          capture: source.capture,
          received: isSelf && source.capture ? source.capture : received,
          choice,
          limit: isSelf ? 'none' : arrival.limit,
          isMuted: source.isMuted,
          isDeviceLost: source.isDeviceLost,
          frozenSinceMs: isSelf ? null : arrival.frozenSinceMs,
        },
      ];
    });
    return {
      peerId: peer.peerId,
      party: peer.party,
      isSelf,
      isHost: state.hostPeerId === peer.peerId,
      isConnected: peer.isConnected,
      isHandRaised: peer.isHandRaised,
      mic: mic ? (mic.isMuted ? 'muted' : 'live') : 'none',
      micSourceId: mic?.sourceId ?? null,
      hasClinicalAudio: peer.sources.some((source) => source.profile === 'clinicalAudio' && !source.isMuted),
      audioLevel: mic && !isSelf ? factsOf(mic.sourceId).audioLevel : 0,
      quality: isSelf ? selfQuality : qualityOf(peer.isConnected, peer.sources.map((source) => factsOf(source.sourceId).arrival)),
      tiles,
    };
  });
  return views.sort((a, b) => Number(b.isSelf) - Number(a.isSelf));
}

function qualityOf(isConnected: boolean, arrivals: readonly Arrival[]): ConnectionQuality {
  if (!isConnected || arrivals.some((arrival) => arrival.frozenSinceMs !== null)) return 'lost';
  const samples = arrivals.flatMap((arrival) => (arrival.sample ? [arrival.sample] : []));
  if (samples.length === 0) return 'unknown';
  const loss = Math.max(...samples.map((sample) => sample.lossPercent));
  const concealed = Math.max(...samples.map((sample) => sample.concealedShare));
  if (loss > 8 || concealed > 0.1) return 'poor';
  return loss > 2 || concealed > 0.03 ? 'fair' : 'good';
}

const STAGE_ORDER: readonly VideoProfileName[] = ['field', 'ultrasound', 'screen', 'face'];

/**
 * What the stage shows. [STG1] A pinned picture, as long as it is there. [STG2] Otherwise what it showed before, so that nothing
 * moves by itself, [STG3] except that a face gives way when a picture of the patient or a screen comes. [STG4] Own pictures only
 * when there is no other.
 */
export function stageSource(participants: readonly ParticipantView[], pinned: SourceId | null, before: SourceId | null): SourceId | null {
  const tiles = participants.flatMap((participant) => participant.tiles);
  const find = (sourceId: SourceId | null) => tiles.find((tile) => tile.sourceId === sourceId);
  if (find(pinned)) return pinned;
  const ranked = [...tiles].sort((a, b) => Number(a.isOwn) - Number(b.isOwn) || STAGE_ORDER.indexOf(a.profile) - STAGE_ORDER.indexOf(b.profile));
  const [best] = ranked;
  const present = find(before);
  if (!present || !best) return best?.sourceId ?? null;
  const givesWay = (present.profile === 'face' && best.profile !== 'face' && !best.isOwn) || (present.isOwn && !best.isOwn);
  return givesWay ? best.sourceId : present.sourceId;
}
