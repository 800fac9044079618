import {
  HOST_EVENTS,
  HOST_REQUESTS,
  type HostEventMap,
  type HostEventName,
  type HostInfo,
  type HostMessage,
  type HostParams,
  type HostRequestName,
  type HostResult,
  hostMessageSchema,
} from '#shared/host/contract';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import type { ControlHost } from './control/controlHost.ts';
import type { KioskLock } from './kiosk.ts';
import type { HostLog } from './logFile.ts';
import type { PowerPort } from './power.ts';
import type { SettingsStore } from './settings.ts';
import type { Vault } from './vault.ts';

const MAX_UNDER_WAY = 64;
/** [CTL92] What ends motion is never one too many, whatever else the page has asked for and not been told. */
const NEVER_TOO_MANY: ReadonlySet<string> = new Set<HostRequestName>(['control.stop', 'control.takeOver']);

export interface HostParts {
  readonly kind: HostInfo['kind'];
  readonly version: string;
  readonly isKiosk: boolean;
  readonly settings: SettingsStore;
  readonly vault: Vault;
  readonly power: PowerPort;
  readonly kiosk: KioskLock;
  /** The right code was given: let the person out. Called at most once a right code. */
  readonly onKioskLeft: () => void;
  readonly log: HostLog;
  readonly collectDiagnostics: () => Promise<string>;
  readonly control: ControlHost;
}

type Handlers = { readonly [N in HostRequestName]: (params: HostParams<N>) => Promise<HostResult<N>> };

/**
 * The desktop host, whatever carries its messages: every request is parsed, handled and its result parsed again, by the one table
 * `HOST_REQUESTS`. Carriers (Electron's IPC, the loopback socket) decide who may speak; the host decides what is understood.
 */
export class Host {
  readonly #events = new Emitter<HostEventMap>();
  readonly #log: HostLog;
  readonly #handlers: Handlers;
  /** The way of frames, beside the one of requests. */
  readonly control: Pick<ControlHost, 'handleFrame' | 'onState' | 'onPicture'>;
  #underWay = 0;

  constructor(parts: HostParts) {
    this.#log = parts.log;
    this.#handlers = createHandlers(parts);
    this.control = parts.control;
    parts.control.onStatus((status) => this.emit('control.status', status));
    parts.control.onHandover(() => this.emit('control.handover', {}));
  }

  /** Subscribes a carrier to what the host tells on its own. */
  get events(): Pick<Emitter<HostEventMap>, 'on' | 'listenerCount'> {
    return this.#events;
  }

  /** Tells every carrier. @throws when the payload does not fit the contract: that is a mistake in the caller. */
  emit<N extends HostEventName>(name: N, payload: HostEventMap[N]): void {
    HOST_EVENTS[name].parse(payload);
    this.#events.emit(name, payload);
  }

  /**
   * @throws AppError `input.unknownRequest`, `input.malformed` (nothing was done), `input.rateLimited`, what the request itself
   * refuses, or `internal.bug` for anything unforeseen: its details go to the log only, they may hold paths.
   */
  async handle(name: string, params: unknown): Promise<unknown> {
    if (!isRequestName(name)) throw new AppError('input.unknownRequest', 'the host knows no such request');
    if (this.#underWay >= MAX_UNDER_WAY && !NEVER_TOO_MANY.has(name)) throw new AppError('input.rateLimited', `${MAX_UNDER_WAY} host requests are under way`, { retryAfterMs: 1000 });
    this.#underWay += 1;
    try {
      return await this.#run(name, params);
    } catch (error) {
      if (error instanceof AppError && error.code !== 'internal.bug') throw error;
      this.#log.write('error', 'host', `${name} failed`, { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      throw new AppError('internal.bug', `${name} failed; the host's log says why`, { cause: error });
    } finally {
      this.#underWay -= 1;
    }
  }

  /** A whole message in, the answer to it out; never rejects. What is not a request is answered with `input.malformed`. */
  async handleMessage(raw: unknown): Promise<Extract<HostMessage, { type: 'result' | 'error' }>> {
    const message = hostMessageSchema.safeParse(raw);
    if (!message.success || message.data.type !== 'request') return { type: 'error', id: idOf(raw), code: 'input.malformed', message: 'not a host request' };
    const { id, name, params } = message.data;
    try {
      return { type: 'result', id, result: await this.handle(name, params) };
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError('internal.bug', 'unforeseen');
      return { type: 'error', id, code: known.code, message: known.message.slice(0, 500) };
    }
  }

  async #run<N extends HostRequestName>(name: N, params: unknown): Promise<unknown> {
    const parsed = HOST_REQUESTS[name].params.safeParse(params ?? {});
    if (!parsed.success) {
      // Paths only: the values may be secrets.
      throw new AppError('input.malformed', `${name}: ${parsed.error.issues.map((issue) => `${issue.path.join('.') || 'params'} ${issue.code}`).join(', ').slice(0, 300)}`);
    }
    const handler: Handlers[N] = this.#handlers[name];
    const result: unknown = await handler(parsed.data as HostParams<N>); // parsed one line up by the schema of the same name
    return HOST_REQUESTS[name].result.parse(result);
  }
}

function createHandlers(parts: HostParts): Handlers {
  const { settings, vault, power, kiosk, log } = parts;
  return {
    'host.info': async () => {
      const availability = await vault.availability();
      const isProtected = availability.type === 'operatingSystem';
      return {
        kind: parts.kind,
        version: parts.version,
        platform: `${process.platform}-${process.arch}`,
        isKiosk: parts.isKiosk,
        vault: isProtected ? 'operatingSystem' : 'unprotected',
        vaultReason: isProtected ? null : availability.reason.slice(0, 300),
      };
    },
    'settings.get': () => settings.get(),
    'settings.set': (patch) => settings.update(patch),
    'vault.store': async ({ name, secret }) => {
      await vault.store(name, secret);
      return {};
    },
    'vault.read': async ({ name }) => ({ secret: await vault.read(name) }),
    'vault.remove': async ({ name }) => {
      await vault.remove(name);
      return {};
    },
    'power.setConsultActive': async ({ isActive }) => {
      power.setConsultActive(isActive);
      return {};
    },
    'log.write': async ({ level, message, at }) => {
      log.write(level, `page ${at}`, message);
      return {};
    },
    'diagnostics.collect': async () => ({ text: await parts.collectDiagnostics() }),
    'kiosk.exit': async ({ code }) => {
      if (!parts.isKiosk) throw new AppError('device.unsupported', 'this window is not a kiosk');
      const answer = await kiosk.tryCode(code);
      log.write(answer.isAccepted ? 'info' : 'warn', 'kiosk', answer.isAccepted ? 'left by code' : 'an exit code was refused');
      if (answer.isAccepted) parts.onKioskLeft();
      return answer;
    },
    ...parts.control.handlers,
  };
}

/** Own keys only: `constructor` and `__proto__` are not requests. */
function isRequestName(name: string): name is HostRequestName {
  return Object.hasOwn(HOST_REQUESTS, name);
}

/** The id to answer to, as far as it can be read; 0 otherwise. */
function idOf(raw: unknown): number {
  if (typeof raw !== 'object' || raw === null || !('id' in raw)) return 0;
  return typeof raw.id === 'number' && Number.isSafeInteger(raw.id) && raw.id >= 0 ? raw.id : 0;
}
