import { z } from 'zod';
import { sentLimitsSchema } from '../control/limits.ts';
import { commitmentSchema, controlDeviceSchema, controlModeSchema, controlStatusSchema, epochSchema, publicKeySchema } from '../control/status.ts';

const nothing = z.object({});
/** A participant of the room, as the page names them; what a binary frame can carry. */
const by = z.string().regex(/^[!-~]{1,64}$/);

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
  /** A simulator fails on command, for teaching and trying out; `device.unsupported` elsewhere. */
  'control.simulatorFault': { params: z.object({ fault: z.enum(['stall', 'sensor', 'slip', 'heat']).nullable() }), result: nothing },
} as const;

export const CONTROL_HOST_EVENTS = {
  /** On each change. */
  'control.status': controlStatusSchema,
} as const;
