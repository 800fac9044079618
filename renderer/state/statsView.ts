import type { PeerId } from '#shared/domain/ids';
import type { SenderLimit } from '#shared/protocol/media';
import type { LimitReason } from '#shared/domain/layerChoice';
import type { RoomState } from '#shared/protocol/room';
import type { LocalSources } from '../services/media/localSources.ts';
import type { RemoteSources } from '../services/media/remoteSources.ts';
import type { StreamSample } from '../services/media/statsReader.ts';
import type { SourceStatsView } from './consultModel.ts';

const LIMITS: Record<SenderLimit, LimitReason> = { none: 'none', network: 'senderNetwork', processor: 'senderProcessor', device: 'senderDevice' };

/** The statistics panel's rows: own sources as they leave, the others' as they arrive. */
export function statsRows(state: RoomState, selfPeerId: PeerId, local: LocalSources, remote: RemoteSources): SourceStatsView[] {
  return state.peers.flatMap((peer) =>
    peer.sources.flatMap((source): SourceStatsView[] => {
      const isOwn = peer.peerId === selfPeerId;
      const arrival = isOwn ? null : remote.arrival(source.sourceId);
      const sample = arrival ? arrival.sample : local.sample(source.sourceId);
      if (!sample) return [];
      return [
        {
          sourceId: source.sourceId,
          peerId: peer.peerId,
          who: peer.party.name.zh,
          profile: source.profile,
          direction: isOwn ? 'send' : 'receive',
          ...figures(sample),
          layer: arrival?.layer ?? '–',
          limit: arrival ? arrival.limit : LIMITS[local.limit(source.sourceId)],
        },
      ];
    }),
  );
}

function figures(sample: StreamSample): Pick<SourceStatsView, 'codec' | 'width' | 'height' | 'fps' | 'bitrateBps' | 'lossPercent' | 'jitterMs' | 'roundTripMs'> {
  const { codec, width, height, fps, bitrateBps, lossPercent, jitterMs, roundTripMs } = sample;
  return { codec, width, height, fps, bitrateBps, lossPercent, jitterMs, roundTripMs };
}
