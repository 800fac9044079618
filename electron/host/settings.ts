import { join } from 'node:path';
import { DEFAULT_MACHINE_SETTINGS, type HostParams, type MachineSettings, machineSettingsSchema } from '#shared/host/contract';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { JsonFile, type SetAsideReport } from './jsonFile.ts';

export type SettingsPatch = HostParams<'settings.set'>;

export interface SettingsOptions {
  /** The host's folder on this machine; created when first written. */
  readonly folder: string;
  readonly clock: Clock;
  /** A file that could not be understood was put aside; tell a person. */
  readonly onSetAside: (report: SetAsideReport) => void;
}

/** What this machine remembers for all who use it: `settings.json` in the host's folder. */
export class SettingsStore {
  readonly #file: JsonFile<MachineSettings>;
  /** One reader or writer at a time: two changes at once would each write over the other's. */
  readonly #queue = new AsyncQueue();
  #current: MachineSettings | null = null;

  constructor(options: SettingsOptions) {
    this.#file = new JsonFile({
      path: join(options.folder, 'settings.json'),
      schema: machineSettingsSchema,
      schemaVersion: DEFAULT_MACHINE_SETTINGS.schemaVersion,
      clock: options.clock,
      onSetAside: options.onSetAside,
    });
  }

  /** @throws AppError `storage.corrupt` when the file is there and cannot be read: defaults would then hide what was configured. */
  get(): Promise<MachineSettings> {
    return this.#queue.push(() => this.#load());
  }

  /**
   * Replaces the given settings and keeps the others; a given `devices` replaces the whole table. Resolves when on the disk.
   * @throws AppError `input.malformed` for an unusable server address, `storage.full`, `storage.corrupt`.
   */
  async update(patch: SettingsPatch): Promise<MachineSettings> {
    if (typeof patch.serverUrl === 'string') assertServerUrl(patch.serverUrl);
    return this.#queue.push(async () => {
      const before = await this.#load();
      const given = Object.entries(patch).filter(([, value]) => value !== undefined);
      const next = machineSettingsSchema.parse({ ...before, ...Object.fromEntries(given) });
      await this.#file.write(next);
      this.#current = next;
      return next;
    });
  }

  async #load(): Promise<MachineSettings> {
    if (this.#current) return this.#current;
    const content = await this.#file.read();
    this.#current = content.type === 'value' ? content.value : DEFAULT_MACHINE_SETTINGS;
    return this.#current;
  }
}

/** A server is reached by https, or by http on this very machine; anything else could be read on the way. */
function assertServerUrl(text: string): void {
  if (!URL.canParse(text) || !isSafeServer(new URL(text))) throw new AppError('input.malformed', 'serverUrl must be https, or http on this machine, without an account in it');
}

function isSafeServer(url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname));
}
