import { type SourceId, sourceIdSchema } from '#shared/domain/ids';
import { isVideoProfile, type SourceProfileName } from '#shared/domain/sourceProfiles';
import { required } from '#shared/lib/assert';
import type { ConsumerOffer, MediaOffer, RtpParameters } from '#shared/protocol/media';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import type { RoomState } from '#shared/protocol/room';
import type { SignalingPeer } from './signalingPeer.ts';

const FEEDBACK = [{ type: 'transport-cc' }, { type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'ccm', parameter: 'fir' }];
const MID = { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 };

/** What a browser would say it sends for a source: Opus, or VP9 with three spatial layers and retransmission. */
export function rtpParametersFor(profile: SourceProfileName, mid: number): RtpParameters {
  const ssrc = 100_000 + 10 * mid;
  const common = { mid: String(mid), headerExtensions: [MID], rtcp: { cname: 'fake', reducedSize: true } };
  if (!isVideoProfile(profile)) {
    return { ...common, codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2, parameters: { useinbandfec: 1 }, rtcpFeedback: [] }], encodings: [{ ssrc }] };
  }
  return {
    ...common,
    codecs: [
      { mimeType: 'video/VP9', payloadType: 98, clockRate: 90_000, parameters: { 'profile-id': 0 }, rtcpFeedback: FEEDBACK },
      { mimeType: 'video/rtx', payloadType: 99, clockRate: 90_000, parameters: { apt: 98 }, rtcpFeedback: [] },
    ],
    encodings: [{ ssrc, rtx: { ssrc: ssrc + 1 }, scalabilityMode: 'L3T3_KEY' }],
  };
}

/** Well formed; nobody ever does the handshake behind it. */
export const DTLS_PARAMETERS: RequestParams<'media.connectTransport'>['dtlsParameters'] = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, (_, index) => (index + 16).toString(16).toUpperCase()).join(':') }],
};

let made = 0;

/** The media half of a client without media: publishes and takes sources by parameters that the real worker accepts. */
export class FakeRtpPeer {
  readonly signaling: SignalingPeer;
  #offer: MediaOffer;
  #mids = 0;
  readonly consumers: ConsumerOffer[] = [];

  constructor(signaling: SignalingPeer, offer: MediaOffer | null) {
    this.signaling = signaling;
    this.#offer = required(offer, 'a media offer');
  }

  get offer(): MediaOffer {
    return this.#offer;
  }

  produceParams(profile: SourceProfileName, sourceId: string = this.newSourceId(), isMuted = false): RequestParams<'media.produce'> {
    this.#mids += 1;
    const isVideo = isVideoProfile(profile);
    return {
      epoch: this.#offer.epoch,
      sourceId: sourceIdSchema.parse(sourceId),
      profile,
      label: `${profile} of a test`,
      isMuted,
      capture: isVideo ? { width: 1280, height: 720, fps: 30 } : null,
      scaleDownBy: isVideo ? [4, 2, 1] : [],
      rtpParameters: rtpParametersFor(profile, this.#mids),
    };
  }

  newSourceId(): SourceId {
    made += 1;
    return sourceIdSchema.parse(`source-${made}`);
  }

  async publish(profile: SourceProfileName, sourceId?: string): Promise<{ sourceId: SourceId; producerId: string }> {
    const params = this.produceParams(profile, sourceId);
    const { producerId } = await this.signaling.request('media.produce', params);
    return { sourceId: params.sourceId, producerId };
  }

  consumeParams(state: RoomState): RequestParams<'media.consume'> {
    const sources = state.peers
      .filter((peer) => peer.peerId !== this.signaling.peerId)
      .flatMap((peer) => peer.sources.filter((source) => source.producerId !== null).map((source) => ({ peerId: peer.peerId, sourceId: source.sourceId, layers: isVideoProfile(source.profile) ? { spatial: 1, temporal: 2 } : null })));
    return { epoch: this.#offer.epoch, rtpCapabilities: this.#offer.routerRtpCapabilities, sources };
  }

  /** Takes every source of the others, as a client does: consumers are made paused, then resumed. */
  async consumeAll(state: RoomState): Promise<RequestResult<'media.consume'>> {
    const result = await this.signaling.request('media.consume', this.consumeParams(state));
    this.consumers.push(...result.consumers);
    if (result.consumers.length > 0) await this.signaling.request('media.setConsumers', { changes: result.consumers.map(({ consumerId }) => ({ consumerId, isPaused: false })) });
    return result;
  }

  async connect(): Promise<void> {
    for (const transport of [this.#offer.send, this.#offer.receive]) await this.signaling.request('media.connectTransport', { transportId: transport.id, dtlsParameters: DTLS_PARAMETERS });
  }

  /** New transports; producers and consumers of the earlier ones are gone. */
  async rebuild(): Promise<MediaOffer> {
    this.#offer = (await this.signaling.request('media.rebuild', {})).media;
    this.consumers.length = 0;
    return this.#offer;
  }
}
