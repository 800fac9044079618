import { z } from 'zod';
import { sentLimitsSchema } from '../control/limits.ts';
import { commitmentSchema, controlDeviceSchema, controlModeSchema, controlStatusSchema, epochSchema, publicKeySchema } from '../control/status.ts';

const nothing = z.object({});
/** A participant of the room, as the page names them; what a binary frame can carry. */
const by = z.string().regex(/^[!-~]{1,64}$/);

const sequence = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const consultId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** [CTL112] A part of the record that belongs to a consult. Times are the host's civil clock, Unix epoch ms. */
export const recordPartSchema = z.object({
  /** Chosen once: whoever hands it over twice hands over one. */
  id: z.uuid(),
  consultId,
  /** From 1 within a stay of the page in the consult. */
  part: z.number().int().min(1),
  /** First and last entry. */
  from: sequence,
  to: sequence,
  /** When the first thing happened for which it is handed over. */
  beganAtMs: z.number().int(),
  endedAtMs: z.number().int(),
});
export type RecordPart = z.infer<typeof recordPartSchema>;

/**
 * Remote control of a probe, between the page beside the patient and its host, which owns the device. There are no limits to ask for but
 * the operator's own, which narrow: device and site are not the page's. Without a device every request but `describe` is `device.notFound`.
 */
export const CONTROL_HOST_REQUESTS = {
  /** The device and where control stands; null: this machine has none, and `problem` says why when it should have. */
  'control.describe': { params: nothing, result: z.object({ status: controlStatusSchema.nullable(), problem: z.string().max(300).nullable() }) },
  /** Somebody in the room wants to steer; for a minute. */
  'control.ask': { params: z.object({ by, name: z.string().max(200), mode: controlModeSchema, commitment: commitmentSchema, wanted: sentLimitsSchema.nullable() }), result: nothing },
  'control.unask': { params: z.object({ by }), result: nothing },
  /** A person at the bedside gives it. To be carried to who asked: the key that they show next and this one make the seal. */
  'control.grant': {
    params: z.object({ by, mode: controlModeSchema }),
    result: z.object({ deviceId: controlDeviceSchema.shape.id, epoch: epochSchema, mode: controlModeSchema, publicKey: publicKeySchema, limits: sentLimitsSchema }),
  },
  /** [CTL90] As the holder shows it. @throws AppError `control.keyChanged` for another than they promised: then the lease is over */
  'control.reveal': { params: z.object({ by, epoch: epochSchema, publicKey: publicKeySchema }), result: nothing },
  'control.decline': { params: z.object({ by }), result: nothing },
  /** The holder gives it back. */
  'control.release': { params: z.object({ epoch: epochSchema }), result: nothing },
  /** The bedside takes it. */
  'control.takeOver': { params: nothing, result: nothing },
  /** `stopId`: of one press; its copies come by this way and as frames from `bedside`, until the state says that it is latched. */
  'control.stop': { params: z.object({ stopId: z.number().int().min(0).max(0xffff_ffff) }), result: nothing },
  'control.resetStop': { params: nothing, result: nothing },
  /** Lines of the record from entry `from` on, as they are on the disk, hashes and all; `next`: where to go on, null: that was the end. */
  'control.record': {
    params: z.object({ from: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER), limit: z.number().int().min(1).max(500) }),
    result: z.object({ lines: z.array(z.string().max(4000)).max(500), next: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable() }),
  },
  /** [CTL112] The page beside the patient sits in this consult, or in none any more: what happens from here on is its. */
  'control.attend': { params: z.object({ consultId: consultId.nullable() }), result: nothing },
  /** Parts that no case has yet, the oldest first; the lines are had by `control.record`. */
  'control.handovers': { params: nothing, result: z.object({ parts: z.array(recordPartSchema).max(500) }) },
  /** The page keeps it for the case, durably. It stays in the record. */
  'control.handedOver': { params: z.object({ id: recordPartSchema.shape.id }), result: nothing },
  /** [CTL116] The next picture of the device's scanner is to be sent, one: asked for again when that is drawn. */
  'control.wantPicture': { params: nothing, result: nothing },
  /** A simulator fails on command, for teaching and trying out; `device.unsupported` elsewhere. */
  'control.simulatorFault': { params: z.object({ fault: z.enum(['stall', 'sensor', 'slip', 'heat']).nullable() }), result: nothing },
} as const;

export const CONTROL_HOST_EVENTS = {
  /** On each change. */
  'control.status': controlStatusSchema,
  /** Parts of the record wait to be handed over. */
  'control.handover': nothing,
} as const;
