import { z } from 'zod';
import { GUIDANCE_CUES } from '../control/guidance.ts';
import { sentLimitsSchema } from '../control/limits.ts';
import { commitmentSchema, controlDeviceSchema, controlModeSchema, controlStatusSchema, epochSchema, publicKeySchema } from '../control/status.ts';
import { mediaIdSchema, peerIdSchema } from '../domain/ids.ts';

/**
 * What a data channel of a participant carries: an operator's commands, heartbeats and stops; the device's states; stops of somebody who
 * steers nothing; where the marks on one's own pictures lie (`shared/annotation/placesFrame.ts`).
 */
export const dataKindSchema = z.enum(['motion', 'state', 'stop', 'marks']);
export type DataKind = z.infer<typeof dataKindSchema>;

/** The longest frame of remote control, bytes: a state frame with room to grow. */
export const MAX_CONTROL_BYTES = 256;
/** The longest message that a channel takes, bytes: it goes into one packet. */
export const MAX_DATA_BYTES = 1100;

const nothing = z.object({});
/** A frame of `shared/control/frames`, with its seal where it has one; base64. */
const frameSchema = z.string().max(344).regex(/^[A-Za-z0-9+/]+={0,2}$/);
/** [CTL51] Neither ordered nor repeated: a newer message is always on its way. */
const streamSchema = z.object({ streamId: z.number().int().min(0).max(65_534), ordered: z.literal(false), maxRetransmits: z.literal(0) });

/** Who offers a device; null: nobody. */
const offerSchema = z.object({ peerId: peerIdSchema, device: controlDeviceSchema });
export type ControlOffer = z.infer<typeof offerSchema>;

/** The open data channels of a room. */
export const channelsSchema = z.array(z.object({ peerId: peerIdSchema, kind: dataKindSchema, dataProducerId: mediaIdSchema })).max(200);
export type ControlChannels = z.infer<typeof channelsSchema>;

const askSchema = z.object({ mode: controlModeSchema, commitment: commitmentSchema, wanted: sentLimitsSchema.nullable() });
const grantSchema = z.object({ deviceId: controlDeviceSchema.shape.id, epoch: epochSchema, mode: controlModeSchema, publicKey: publicKeySchema, limits: sentLimitsSchema });
const revealSchema = z.object({ epoch: epochSchema, publicKey: publicKeySchema });

/** Parameters and results of the requests of this topic; `requests.ts` gives them permission, scope and burst. */
export const CONTROL_REQUESTS = {
  /** [CTL50] The page beside the patient offers its host's device, or takes the offer back. */
  'control.offer': { params: z.object({ device: controlDeviceSchema.nullable() }), result: nothing },
  'control.status': { params: z.object({ status: controlStatusSchema }), result: nothing },
  /** What there is: after joining, and after a lost connection. */
  'control.look': { params: nothing, result: z.object({ offer: offerSchema.nullable(), status: controlStatusSchema.nullable(), channels: channelsSchema }) },
  'control.ask': { params: askSchema, result: nothing },
  'control.unask': { params: nothing, result: nothing },
  'control.release': { params: z.object({ epoch: epochSchema }), result: nothing },
  /** [CTL53] The host beside the patient has granted; this carries its word and its key. */
  'control.grant': { params: grantSchema.extend({ peerId: peerIdSchema }), result: nothing },
  /** [CTL90] Who was granted shows the key that they promised when they asked. */
  'control.reveal': { params: revealSchema, result: nothing },
  'control.decline': { params: z.object({ peerId: peerIdSchema }), result: nothing },
  /** [CTL73] From who steers to whoever holds the probe. */
  'control.cue': { params: z.object({ cue: z.enum(GUIDANCE_CUES) }), result: nothing },
  /** [CTL54] The second path: stops, heartbeats, settings. */
  'control.frame': { params: z.object({ frame: frameSchema }), result: nothing },
  /** [CTL51] */
  'media.produceData': { params: z.object({ epoch: z.number().int().nonnegative(), kind: dataKindSchema, sctpStreamParameters: streamSchema }), result: z.object({ dataProducerId: mediaIdSchema }) },
  'media.consumeData': {
    params: z.object({ epoch: z.number().int().nonnegative(), peerId: peerIdSchema, kind: dataKindSchema }),
    result: z.object({ dataConsumerId: mediaIdSchema, dataProducerId: mediaIdSchema, sctpStreamParameters: streamSchema }),
  },
} as const;

/** Events of this topic. Asks, withdrawals, keys, releases and frames go to who offers the device; an answer goes to who asked; the rest to all. */
export const CONTROL_EVENTS = {
  'control.offered': z.object({ offer: offerSchema.nullable() }),
  'control.status': z.object({ status: controlStatusSchema }),
  'control.channels': z.object({ channels: channelsSchema }),
  'control.asked': askSchema.extend({ peerId: peerIdSchema, name: z.string().max(200) }),
  'control.unasked': z.object({ peerId: peerIdSchema }),
  'control.granted': grantSchema.extend({ peerId: peerIdSchema }),
  'control.revealed': revealSchema.extend({ peerId: peerIdSchema }),
  'control.declined': z.object({ peerId: peerIdSchema }),
  'control.released': z.object({ peerId: peerIdSchema, epoch: epochSchema }),
  'control.cue': z.object({ cue: z.enum(GUIDANCE_CUES) }),
  'control.frame': z.object({ peerId: peerIdSchema, name: z.string().max(200), frame: frameSchema }),
} as const;
