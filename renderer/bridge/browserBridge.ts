import { DEFAULT_MACHINE_SETTINGS, type HostParams, type HostRequestName, type HostResult, type MachineSettings, machineSettingsSchema } from '#shared/host/contract';
import { AppError } from '#shared/protocol/errors';
import { parseResult } from './hostAnswers.ts';
import type { HostBridge } from './hostBridge.ts';
import type { PageStorage } from './pageStorage.ts';
import type { ScreenWake } from './screenWake.ts';

const STORAGE_KEY = 'huizhen.settings';
const MAX_LOG_LINES = 500;

export interface BrowserBridgeOptions {
  readonly storage: PageStorage;
  readonly screenWake: ScreenWake;
  /** `navigator.userAgent`. */
  readonly userAgent: string;
  readonly wallMs: () => number;
}

type Handlers = { readonly [N in HostRequestName]: (params: HostParams<N>) => HostResult<N> };

/** A page without a desktop host: settings of this browser profile only, no vault, no kiosk, the log in memory. */
export function createBrowserBridge(options: BrowserBridgeOptions): HostBridge {
  const { storage, screenWake } = options;
  const logLines: string[] = [];
  /** For where nothing can be stored: then the settings last as long as the page. */
  let unsaved: MachineSettings | null = null;

  const log = (line: string) => {
    logLines.push(`${new Date(options.wallMs()).toISOString()} ${line}`);
    if (logLines.length > MAX_LOG_LINES) logLines.shift();
  };
  const readSettings = (): MachineSettings => {
    if (unsaved) return unsaved;
    const text = storage.read(STORAGE_KEY);
    if (text === null) return DEFAULT_MACHINE_SETTINGS;
    const parsed = machineSettingsSchema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    // Put aside as the desktop host does with its file: nothing a person configured is overwritten.
    if (storage.write(`${STORAGE_KEY}.corrupt-${options.wallMs()}`, text)) storage.remove(STORAGE_KEY);
    log('warn bridge: the stored settings could not be understood and were put aside');
    return DEFAULT_MACHINE_SETTINGS;
  };
  const refuseVault = (): never => {
    throw new AppError('vault.unprotected', 'a browser has no store of the operating system');
  };

  const refuseControl = (): never => {
    throw new AppError('device.notFound', 'a browser has no device to steer');
  };

  const handlers: Handlers = {
    'host.info': () => {
      throw new AppError('host.unavailable', 'there is no desktop host');
    },
    'settings.get': readSettings,
    'settings.set': (patch) => {
      const given = Object.entries(patch).filter(([, value]) => value !== undefined);
      const next = machineSettingsSchema.safeParse({ ...readSettings(), ...Object.fromEntries(given) });
      if (!next.success) throw new AppError('input.malformed', 'settings that do not fit the contract');
      unsaved = storage.write(STORAGE_KEY, JSON.stringify(next.data)) ? null : next.data;
      return next.data;
    },
    'vault.store': refuseVault,
    'vault.read': refuseVault,
    'vault.remove': () => ({}), // nothing is kept, so it is gone
    'power.setConsultActive': ({ isActive }) => {
      screenWake.setActive(isActive);
      return {};
    },
    'log.write': ({ level, at, message }) => {
      log(`${level} ${at}: ${message}`);
      return {};
    },
    'diagnostics.collect': () => {
      const { language, theme } = readSettings();
      return { text: [`huizhen in a browser without desktop host`, options.userAgent, `settings: ${JSON.stringify({ language, theme })}`, '--- log ---', ...logLines].join('\n').slice(0, 400_000) };
    },
    'kiosk.exit': () => {
      throw new AppError('device.unsupported', 'a browser tab is not a kiosk');
    },
    'control.describe': () => ({ status: null, problem: null }),
    'control.ask': refuseControl,
    'control.unask': refuseControl,
    'control.grant': refuseControl,
    'control.reveal': refuseControl,
    'control.decline': refuseControl,
    'control.release': refuseControl,
    'control.takeOver': refuseControl,
    'control.stop': refuseControl,
    'control.resetStop': refuseControl,
    'control.record': refuseControl,
    'control.attend': refuseControl,
    'control.handovers': refuseControl,
    'control.handedOver': refuseControl,
    'control.wantPicture': refuseControl,
    'control.simulatorFault': refuseControl,
  };

  return {
    kind: 'browser',
    info: null,
    abilities: { hasVault: false, hasMachineSettings: false, hasSystemEvents: false, hasLogFile: false, isKiosk: false },
    async request(name, params) {
      return parseResult(name, handlers[name](params));
    },
    on: () => () => undefined,
    frames: null,
    close: () => screenWake.close(),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
