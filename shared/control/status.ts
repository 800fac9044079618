import { z } from 'zod';
import { sentLimitsSchema } from './limits.ts';
import { CONTROL_MODES } from './modes.ts';
import { settingsRefusalSchema, ultrasoundSettingsSchema } from './settings.ts';

export const controlModeSchema = z.enum(CONTROL_MODES);

/** A participant of the room, as the server names them (`PeerId`); opaque here. */
const participantSchema = z.string().min(1).max(64);
const nameSchema = z.string().max(200);
/** Rises with each grant on a device, from 1. */
export const epochSchema = z.number().int().min(1).max(0xffff_ffff);

/** How the device is reached. */
export const CONTROL_DEVICE_KINDS = ['simulator', 'openIgtLink', 'serial'] as const;

/** What can be steered: one device beside the patient. */
export const controlDeviceSchema = z.object({
  /** Kept over restarts; part of what a key is made of. */
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  model: z.string().max(120),
  kind: z.enum(CONTROL_DEVICE_KINDS),
});
export type ControlDevice = z.infer<typeof controlDeviceSchema>;

/** Four digits that both sides show: who sat between them at the grant would have given each another. */
const checkCodeSchema = z.string().regex(/^\d{4}$/);

/** An uncompressed P-256 point, 65 bytes, base64. */
export const publicKeySchema = z.string().regex(/^[A-Za-z0-9+/]{87}=$/);
/** [CTL90] SHA-256 of such a point, which is shown later; base64. */
export const commitmentSchema = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);

/**
 * Where control stands, as the patient side says it on each change: who steers, who asks, what is allowed, which settings hold. How the
 * probe moves is in the state frames.
 */
export const controlStatusSchema = z.object({
  device: controlDeviceSchema,
  lease: z.object({
    holder: participantSchema, name: nameSchema, epoch: epochSchema, mode: controlModeSchema,
    /** Null: the holder has not shown their key yet, and nothing they send is obeyed. */
    checkCode: checkCodeSchema.nullable(),
  }).nullable(),
  /** In the order of asking. */
  asking: z.array(z.object({ by: participantSchema, name: nameSchema, mode: controlModeSchema })).max(20),
  /** What holds now: the smallest of device, site and operator. */
  limits: sentLimitsSchema,
  settings: z.object({
    applied: ultrasoundSettingsSchema,
    /** Of the settings frame that was read last, within its lease; 0: none. */
    sequence: z.number().int().nonnegative(),
    /** Why that frame was not applied; null: it was. */
    refusal: settingsRefusalSchema.nullable(),
  }),
  isStopLatched: z.boolean(),
  /** The participant who stopped, or `bedside`; null: nobody did. */
  stoppedBy: participantSchema.nullable(),
  /** What the device's controller reports of itself; null: ready. */
  fault: z.string().max(200).nullable(),
});
export type ControlStatus = z.infer<typeof controlStatusSchema>;
