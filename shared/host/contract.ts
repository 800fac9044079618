import { z } from 'zod';
import { CONTROL_HOST_EVENTS, CONTROL_HOST_REQUESTS } from './control.ts';

/**
 * The contract between the renderer and the desktop host (plain Node under Electron's IPC or the loopback socket): the same
 * schemas on both ways, parsed on arrival at either end.
 */
export const hostInfoSchema = z.object({
  kind: z.enum(['electron', 'loopback']),
  version: z.string().max(40),
  platform: z.string().max(40),
  isKiosk: z.boolean(),
  /** How secrets are kept: by the operating system's store, or not at all (then they are refused, with the reason in `vaultReason`). */
  vault: z.enum(['operatingSystem', 'unprotected']),
  vaultReason: z.string().max(300).nullable(),
});
export type HostInfo = z.infer<typeof hostInfoSchema>;

/** What a machine remembers for all who use it. */
export const machineSettingsSchema = z.object({
  schemaVersion: z.literal(1),
  serverUrl: z.string().max(300).nullable(),
  language: z.enum(['zh-CN', 'en']).nullable(),
  theme: z.enum(['light', 'dark', 'cart']).nullable(),
  /** Source profile → the device's label (ids change with the browser's profile, labels do not). */
  devices: z.record(z.string().max(20), z.string().max(200)),
  cartId: z.string().max(64).nullable(),
});
export type MachineSettings = z.infer<typeof machineSettingsSchema>;

export const DEFAULT_MACHINE_SETTINGS: MachineSettings = { schemaVersion: 1, serverUrl: null, language: null, theme: null, devices: {}, cartId: null };

const nothing = z.object({});
const secretName = z.string().regex(/^[a-z][a-z0-9.-]{0,63}$/);

export const HOST_REQUESTS = {
  'host.info': { params: nothing, result: hostInfoSchema },
  'settings.get': { params: nothing, result: machineSettingsSchema },
  'settings.set': { params: machineSettingsSchema.omit({ schemaVersion: true }).partial(), result: machineSettingsSchema },
  /** Refused with `vault.unprotected` where the operating system has no store worth the name. */
  'vault.store': { params: z.object({ name: secretName, secret: z.string().max(10_000) }), result: nothing },
  'vault.read': { params: z.object({ name: secretName }), result: z.object({ secret: z.string().nullable() }) },
  'vault.remove': { params: z.object({ name: secretName }), result: nothing },
  /** Keeps display and processor awake while true. */
  'power.setConsultActive': { params: z.object({ isActive: z.boolean() }), result: nothing },
  'log.write': { params: z.object({ level: z.enum(['error', 'warn', 'info']), message: z.string().max(2000), at: z.string().max(200) }), result: nothing },
  /** A text to hand to support: versions, platform, memory, settings, the last log lines; nothing personal. */
  'diagnostics.collect': { params: nothing, result: z.object({ text: z.string().max(400_000) }) },
  /** The only way out of a kiosk; wrong codes are delayed more and more. */
  'kiosk.exit': { params: z.object({ code: z.string().max(64) }), result: z.object({ isAccepted: z.boolean(), retryAfterMs: z.number().int() }) },
  ...CONTROL_HOST_REQUESTS,
} as const satisfies Record<string, { params: z.ZodType; result: z.ZodType }>;

export type HostRequestName = keyof typeof HOST_REQUESTS;
export type HostParams<N extends HostRequestName> = z.infer<(typeof HOST_REQUESTS)[N]['params']>;
export type HostResult<N extends HostRequestName> = z.infer<(typeof HOST_REQUESTS)[N]['result']>;

export const HOST_EVENTS = {
  /** `huizhen://consult/ID` was opened. */
  'deepLink.opened': z.object({ consultId: z.string().max(64) }),
  'power.suspending': nothing,
  'power.resumed': nothing,
  /** The person has locked the screen: nobody steers from behind it. */
  'power.locked': nothing,
  ...CONTROL_HOST_EVENTS,
} as const satisfies Record<string, z.ZodType>;

export type HostEventName = keyof typeof HOST_EVENTS;
export type HostEventMap = { [N in HostEventName]: z.infer<(typeof HOST_EVENTS)[N]> };

/** What crosses between renderer and host, either way. `id` pairs an answer with its request. */
export const hostMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('request'), id: z.number().int().nonnegative(), name: z.string().max(60), params: z.unknown() }),
  z.object({ type: z.literal('result'), id: z.number().int().nonnegative(), result: z.unknown() }),
  z.object({ type: z.literal('error'), id: z.number().int().nonnegative(), code: z.string().max(60), message: z.string().max(500) }),
  z.object({ type: z.literal('event'), name: z.string().max(60), payload: z.unknown() }),
]);
export type HostMessage = z.infer<typeof hostMessageSchema>;
