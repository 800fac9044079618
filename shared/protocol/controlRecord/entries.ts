import { z } from 'zod';
import { controlDeviceSchema, controlModeSchema } from '../../control/status.ts';
import { ultrasoundSettingsSchema } from '../../control/settings.ts';

const place = z.object({ xMm: z.number(), yMm: z.number(), zMm: z.number() });
/** What a reader shows of the limits; they may grow. */
const limitsSchema = z.looseObject({ workspaceMin: place, workspaceMax: place, maxTiltDeg: z.number(), maxForceN: z.number() });
export type RecordedLimits = z.infer<typeof limitsSchema>;

/** Position in mm, then w, x, y, z; a number that was none is null. */
const poseSchema = z.array(z.number().nullable()).length(7);
const who = z.string().max(200);

/** Every entry has these: its number, the machine's civil clock (ISO 8601), and its monotonic clock (ms since an arbitrary moment of that start of the host). */
const common = { sequence: z.number().int(), at: z.iso.datetime(), monotonicMs: z.number() };

/**
 * [CTL46] [CTL110] What stands in a record, by `type`; the field tables are in `spec/control.md`. A reader of today takes what it knows of
 * an entry of tomorrow, and shows a type that it does not know by its name.
 */
const knownEntrySchema = z.discriminatedUnion('type', [
  z.object({ ...common, type: z.literal('opened'), device: controlDeviceSchema, siteLimits: limitsSchema }),
  z.object({ ...common, type: z.literal('closed') }),
  z.object({ ...common, type: z.literal('partBegan'), consultId: z.string().max(64), part: z.number().int(), device: controlDeviceSchema, limits: limitsSchema, settings: ultrasoundSettingsSchema, isStopLatched: z.boolean(), stoppedBy: who.nullable() }),
  z.object({ ...common, type: z.literal('partEnded'), consultId: z.string().max(64), part: z.number().int(), reason: z.enum(['lease', 'left', 'restart']) }),
  z.object({ ...common, type: z.literal('granted'), holder: who, name: who.nullable(), epoch: z.number(), mode: controlModeSchema, limits: limitsSchema }),
  z.object({ ...common, type: z.literal('declined'), by: who, name: who.nullable() }),
  z.object({ ...common, type: z.literal('ended'), holder: who, epoch: z.number(), reason: z.string().max(40) }),
  z.object({ ...common, type: z.literal('engaged'), epoch: z.number() }),
  z.object({ ...common, type: z.literal('rejected'), reason: z.string().max(40), count: z.number() }),
  z.object({ ...common, type: z.literal('emergency'), by: who, stopId: z.number().nullable() }),
  z.object({ ...common, type: z.literal('reset') }),
  z.object({ ...common, type: z.literal('stopped'), reason: z.string().max(40) }),
  z.object({ ...common, type: z.literal('fault'), fault: z.string().max(400).nullable() }),
  z.object({ ...common, type: z.literal('settings'), wanted: ultrasoundSettingsSchema, applied: ultrasoundSettingsSchema, refusal: z.string().max(40).nullable() }),
  z.object({ ...common, type: z.literal('motion'), epoch: z.number(), phase: z.enum(['engaged', 'stopping']), measured: poseSchema, target: poseSchema, forceN: z.number().nullable(), targetForceN: z.number().nullable(), roundTripMs: z.number().nullable() }),
  z.object({ ...common, type: z.literal('lost'), entries: z.number() }),
]);
export type KnownRecordEntry = z.infer<typeof knownEntrySchema>;

const otherEntrySchema = z.object({ ...common, type: z.string().max(40).transform((name) => `other:${name}` as const) });
/** `other:NAME`: an entry of a type that this version does not know, or does not understand. */
export type RecordEntry = KnownRecordEntry | z.infer<typeof otherEntrySchema>;

/** Null for what has no number and no clocks: then its place in time is unknown. */
export function parseRecordEntry(entry: object): RecordEntry | null {
  const known = knownEntrySchema.safeParse(entry);
  return known.success ? known.data : (otherEntrySchema.safeParse(entry).data ?? null);
}
