import { isIP } from 'node:net';
import { motionLimitsSchema } from '#shared/control/limits';
import { isSoundPose } from '#shared/control/pose';
import { controlDeviceSchema } from '#shared/control/status';
import { z } from 'zod';

/** A device name on the wire: at most 20 bytes. */
const wireName = z.string().regex(/^[\x21-\x7e]{1,20}$/);
const port = z.number().int().min(0).max(65_535);
const millimetres = z.number().min(-10_000).max(10_000);
const basePose = z.object({ xMm: millimetres, yMm: millimetres, zMm: millimetres, qw: z.number(), qx: z.number(), qy: z.number(), qz: z.number() }).refine(isSoundPose, { message: 'the quaternion is no rotation' });

/** `device.json` of an OpenIGTLink device. */
export const openIgtLinkChoiceSchema = z.object({
  schemaVersion: z.literal(1),
  type: z.literal('openIgtLink'),
  id: controlDeviceSchema.shape.id,
  model: controlDeviceSchema.shape.model,
  /** Who calls: we, or the device. Nothing on this line is encrypted: a cable or a network of the device's own. */
  place: z.discriminatedUnion('type', [
    z.object({ type: z.literal('connect'), host: z.string().min(1).max(253), port: port.min(1) }),
    z.object({ type: z.literal('listen'), address: z.string().refine((text) => isIP(text) > 0, { message: 'an IP address of this machine' }).default('127.0.0.1'), port }),
  ]),
  /** Our orders: where the probe's tip is to be. */
  order: z.object({ type: z.enum(['TRANSFORM', 'POSITION']).default('TRANSFORM'), deviceName: wireName.default('ProbeTarget'), perSecond: z.number().min(10).max(50).default(50) }).prefault({}),
  /** The device name of the TRANSFORM, POSITION or QTRANS messages that say where the probe's tip is. */
  poseName: wireName.default('ProbeTip'),
  /** The SENSOR messages with the force along the probe's axis, and which of their values; null: the device measures none, and nothing moves. */
  force: z.object({ deviceName: wireName, index: z.number().int().min(0).max(254).default(0), isPressNegative: z.boolean().default(false), contactN: z.number().min(0.05).max(10).default(0.3) }).nullable(),
  /** Where our base frame (z straight into the patient) is in the device's frame: what it says and hears is in its own. */
  base: basePose.default({ xMm: 0, yMm: 0, zMm: 0, qw: 1, qx: 0, qy: 0, qz: 0 }),
  limits: motionLimitsSchema,
});
export type OpenIgtLinkChoice = z.infer<typeof openIgtLinkChoiceSchema>;
