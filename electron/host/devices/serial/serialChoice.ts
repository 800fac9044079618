import { motionLimitsSchema } from '#shared/control/limits';
import { controlDeviceSchema } from '#shared/control/status';
import { z } from 'zod';

/** `device.json` of a device on a serial line. */
export const serialChoiceSchema = z.object({
  schemaVersion: z.literal(1),
  type: z.literal('serial'),
  id: controlDeviceSchema.shape.id,
  model: controlDeviceSchema.shape.model,
  path: z.string().regex(/^\/dev\/[A-Za-z0-9._:/-]{1,200}$/).refine((path) => !path.includes('..'), { message: 'a device of this machine' }),
  baud: z.union([z.literal(57_600), z.literal(115_200), z.literal(230_400), z.literal(460_800), z.literal(921_600)]).default(115_200),
  ordersPerSecond: z.number().min(20).max(100).default(50),
  /** Whether the force in its frames is measured. Without, nothing moves. */
  measuresForce: z.boolean(),
  limits: motionLimitsSchema,
});
export type SerialChoice = z.infer<typeof serialChoiceSchema>;
