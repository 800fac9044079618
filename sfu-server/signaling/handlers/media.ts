import type { DtlsParameters, SctpStreamParameters } from 'mediasoup/types';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { RtpCapabilities } from '#shared/protocol/media';
import type { RequestName } from '#shared/protocol/requests';
import { EchoCheck } from '../../media/echo.ts';
import type { IceServers } from '../../media/peerMedia.ts';
import type { WorkerPool } from '../../media/workerPool.ts';
import type { Handlers } from '../handler.ts';

type MediaRequests = Extract<RequestName, `media.${string}` | `network.${string}`>;

export interface MediaHandlerDependencies {
  readonly pool: WorkerPool;
  readonly clock: Clock;
  readonly routerRtpCapabilities: RtpCapabilities;
  readonly iceServers: (party: Party) => IceServers;
}

export function createMediaHandlers(deps: MediaHandlerDependencies): Handlers<MediaRequests> {
  return {
    'media.capabilities': async () => ({ routerRtpCapabilities: deps.routerRtpCapabilities }),
    'media.connectTransport': async ({ peer }, { transportId, dtlsParameters }) => {
      await peer.media.connect(transportId, dtlsParameters as DtlsParameters); // bounded by the schema, checked by mediasoup
      return {};
    },
    'media.restartIce': async ({ peer }, { transportId }) => ({ iceParameters: await peer.media.restartIce(transportId) }),
    'media.rebuild': async ({ room, peer }) => ({ media: await room.rebuildMedia(peer) }),
    'media.produce': async ({ room, peer }, params) => room.produce(peer, params),
    'media.closeSource': async ({ room, peer }, { sourceId }) => {
      room.closeSource(peer, sourceId);
      return {};
    },
    'media.setMuted': async ({ room, peer }, { sourceId, isMuted }) => room.setMuted(peer, sourceId, isMuted),
    'media.updateSource': async ({ room, peer }, params) => {
      room.updateSource(peer, params);
      return {};
    },
    'media.consume': async ({ room, peer }, params) => room.consume(peer, params),
    'media.setConsumers': async ({ peer }, { changes }) => {
      await Promise.all(changes.map(({ consumerId, ...wish }) => peer.media.setConsumer(consumerId, wish)));
      return {};
    },
    'media.requestKeyFrame': async ({ peer }, { consumerId }) => {
      await peer.media.requestKeyFrame(consumerId);
      return {};
    },
    'media.produceData': async ({ room, peer }, params) => room.produceData(peer, params),
    'media.consumeData': async ({ room, peer }, params) => room.consumeData(peer, params),

    'network.ping': async () => ({ serverTimeMs: deps.clock.wallMs() }),
    'network.openEcho': async ({ connection, identity }) => {
      connection.echo ??= new EchoCheck();
      return connection.echo.open(deps.pool, deps.iceServers(identity.party));
    },
    'network.connectEcho': async ({ connection }, { transportId, dtlsParameters }) => {
      if (!connection.echo) throw new AppError('media.transportNotFound', 'open the network check first');
      await connection.echo.connect(transportId, dtlsParameters as DtlsParameters); // as above
      return {};
    },
    'network.echoData': async ({ connection }, { sctpStreamParameters }) => {
      if (!connection.echo) throw new AppError('media.transportNotFound', 'open the network check first');
      return connection.echo.mirror(sctpStreamParameters as SctpStreamParameters); // as above
    },
    'network.closeEcho': async ({ connection }) => {
      connection.echo?.close();
      connection.echo = null;
      return {};
    },
    'network.bulk': async (_context, { upload, downloadBytes }) => ({ receivedBytes: upload.length, download: 'x'.repeat(downloadBytes) }),
  };
}
