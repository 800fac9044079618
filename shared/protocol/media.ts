import { z } from 'zod';
import { mediaIdSchema, peerIdSchema, sourceIdSchema } from '../domain/ids.ts';
import { sourceProfileSchema } from '../domain/sourceProfiles.ts';

/**
 * Media negotiation payloads. What mediasoup defines (RTP, ICE and DTLS parameters) is bounded here and checked in depth by
 * mediasoup itself; its types are given to the values where they enter the media rooms.
 */
const rtpCodec = z.object({
  mimeType: z.string().regex(/^(audio|video)\/[A-Za-z0-9-]{1,20}$/),
  payloadType: z.number().int().min(0).max(127).optional(),
  preferredPayloadType: z.number().int().min(0).max(127).optional(),
  kind: z.enum(['audio', 'video']).optional(),
  clockRate: z.number().int().min(1).max(192_000),
  channels: z.number().int().min(1).max(8).optional(),
  parameters: z.record(z.string().max(40), z.union([z.string().max(200), z.number(), z.boolean(), z.null()])).optional(),
  rtcpFeedback: z.array(z.object({ type: z.string().max(40), parameter: z.string().max(40).optional() })).max(20).optional(),
});

const headerExtension = z.object({
  uri: z.string().max(200),
  id: z.number().int().min(0).max(255).optional(),
  preferredId: z.number().int().min(0).max(255).optional(),
  kind: z.enum(['audio', 'video']).optional(),
  encrypt: z.boolean().optional(),
  preferredEncrypt: z.boolean().optional(),
  direction: z.string().max(12).optional(),
  parameters: z.record(z.string().max(40), z.unknown()).optional(),
});

export const rtpCapabilitiesSchema = z.object({
  codecs: z.array(rtpCodec).max(80).optional(),
  headerExtensions: z.array(headerExtension).max(60).optional(),
});
export type RtpCapabilities = z.infer<typeof rtpCapabilitiesSchema>;

export const rtpParametersSchema = z.object({
  mid: z.string().max(32).optional(),
  msid: z.string().max(200).optional(),
  codecs: z.array(rtpCodec).min(1).max(20),
  headerExtensions: z.array(headerExtension).max(40).optional(),
  encodings: z
    .array(
      z.object({
        ssrc: z.number().int().min(0).max(0xffff_ffff).optional(),
        rid: z.string().max(16).optional(),
        codecPayloadType: z.number().int().min(0).max(127).optional(),
        rtx: z.object({ ssrc: z.number().int().min(0).max(0xffff_ffff) }).optional(),
        dtx: z.boolean().optional(),
        scalabilityMode: z.string().max(20).optional(),
        scaleResolutionDownBy: z.number().min(1).max(64).optional(),
        maxBitrate: z.number().int().min(0).max(200_000_000).optional(),
        maxFramerate: z.number().min(0).max(240).optional(),
        active: z.boolean().optional(),
        adaptivePtime: z.boolean().optional(),
        priority: z.string().max(12).optional(),
        networkPriority: z.string().max(12).optional(),
      }),
    )
    .min(1)
    .max(6)
    .optional(),
  rtcp: z.object({ cname: z.string().max(100).optional(), reducedSize: z.boolean().optional(), mux: z.boolean().optional() }).optional(),
});
export type RtpParameters = z.infer<typeof rtpParametersSchema>;

export const dtlsParametersSchema = z.object({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z.array(z.object({ algorithm: z.string().max(12), value: z.string().max(200) })).min(1).max(8),
});

export const iceParametersSchema = z.object({ usernameFragment: z.string().max(256), password: z.string().max(256), iceLite: z.boolean().optional() });

export const iceServerSchema = z.object({ urls: z.array(z.string().max(300)).max(8), username: z.string().max(200).optional(), credential: z.string().max(200).optional() });

const iceCandidateSchema = z.object({
  foundation: z.string().max(64),
  priority: z.number(),
  ip: z.string().max(64),
  address: z.string().max(64),
  protocol: z.enum(['udp', 'tcp']),
  port: z.number().int().min(1).max(65_535),
  type: z.string().max(12),
  tcpType: z.string().max(12).optional(),
});

/** What a client needs to build its half of a transport. */
export const transportOptionsSchema = z.object({
  id: mediaIdSchema,
  iceParameters: iceParametersSchema,
  iceCandidates: z.array(iceCandidateSchema).max(32),
  dtlsParameters: dtlsParametersSchema,
  sctpParameters: z.object({ port: z.number().int(), OS: z.number().int(), MIS: z.number().int(), maxMessageSize: z.number().int() }).optional(),
});
export type TransportOptions = z.infer<typeof transportOptionsSchema>;

/** One generation of a peer's media: a new one after a worker's death or a rebuild. */
export const mediaOfferSchema = z.object({
  /** Rises with every rebuild of the peer's transports by the server; the client compares it with `RoomState.mediaEpoch`. */
  epoch: z.number().int().nonnegative(),
  routerRtpCapabilities: rtpCapabilitiesSchema,
  send: transportOptionsSchema,
  receive: transportOptionsSchema,
  iceServers: z.array(iceServerSchema).max(8),
});
export type MediaOffer = z.infer<typeof mediaOfferSchema>;

/** Why the sender cannot give the whole picture; measured at the sender. */
export const senderLimitSchema = z.enum(['none', 'network', 'processor', 'device']);
export type SenderLimit = z.infer<typeof senderLimitSchema>;

const pixels = z.number().int().min(0).max(16_384);

/** A published source as everybody in the room sees it. */
export const sourceStateSchema = z.object({
  sourceId: sourceIdSchema,
  profile: sourceProfileSchema,
  /** The device's or window's label, as its owner's machine names it. */
  label: z.string().max(120),
  /** mediasoup's id of the present producer; another one after the sender rebuilt its transports (the sourceId stays), null until then. */
  producerId: mediaIdSchema.nullable(),
  /** By its owner's or the host's wish; says nothing leaves. */
  isMuted: z.boolean(),
  /** The device is gone and its owner was told. */
  isDeviceLost: z.boolean(),
  /** Full size of the captured picture in pixels; null for sound. */
  capture: z.object({ width: pixels, height: pixels, fps: z.number().min(0).max(240) }).nullable(),
  /** How each spatial layer is scaled down, smallest first; `[1]` for one layer; empty for sound. */
  scaleDownBy: z.array(z.number().min(1).max(64)).max(4),
  codec: z.string().max(20),
  limit: senderLimitSchema,
});
export type SourceState = z.infer<typeof sourceStateSchema>;

export const produceParamsSchema = z.object({
  epoch: z.number().int().nonnegative(),
  sourceId: sourceIdSchema,
  profile: sourceProfileSchema,
  label: z.string().max(120),
  isMuted: z.boolean(),
  capture: sourceStateSchema.shape.capture,
  scaleDownBy: sourceStateSchema.shape.scaleDownBy,
  rtpParameters: rtpParametersSchema,
});

export const consumerOfferSchema = z.object({
  consumerId: mediaIdSchema,
  producerId: mediaIdSchema,
  peerId: peerIdSchema,
  sourceId: sourceIdSchema,
  kind: z.enum(['audio', 'video']),
  rtpParameters: rtpParametersSchema,
});
export type ConsumerOffer = z.infer<typeof consumerOfferSchema>;

export const layersSchema = z.object({ spatial: z.number().int().min(0).max(3), temporal: z.number().int().min(0).max(3) });
export type Layers = z.infer<typeof layersSchema>;
