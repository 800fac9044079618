import { join } from 'node:path';
import type { HostInfo } from '#shared/host/contract';
import type { Clock } from '#shared/lib/clock';
import type { AskPerson } from './control/confirmation.ts';
import { ControlHost } from './control/controlHost.ts';
import { collectDiagnostics } from './diagnostics.ts';
import { Host } from './host.ts';
import type { SetAsideReport } from './jsonFile.ts';
import { KioskLock } from './kiosk.ts';
import { LogFile } from './logFile.ts';
import type { PowerPort } from './power.ts';
import { SettingsStore } from './settings.ts';
import { TrustedCertificates } from './trustedCertificates.ts';
import { type SecretProtector, Vault } from './vault.ts';

export interface ComposeOptions {
  /** The host's own folder; created when first written. */
  readonly folder: string;
  readonly clock: Clock;
  readonly kind: HostInfo['kind'];
  readonly version: string;
  readonly isKiosk: boolean;
  readonly protector: SecretProtector;
  readonly power: PowerPort;
  readonly onKioskLeft: () => void;
  /** [CTL99] A way to a person that no page has; null: there is none here. */
  readonly askPerson: AskPerson | null;
}

export interface ComposedHost {
  readonly host: Host;
  readonly log: LogFile;
  readonly settings: SettingsStore;
  readonly kiosk: KioskLock;
  readonly trustedCertificates: TrustedCertificates;
  /** To be opened once the host is there to stay, and closed with it. */
  readonly control: ControlHost;
}

/** The host with its files in one folder: the same parts under Electron's IPC and under the loopback socket. */
export function composeHost(options: ComposeOptions): ComposedHost {
  const { folder, clock, kind, version, isKiosk, power, onKioskLeft, protector, askPerson } = options;
  const log = new LogFile({ folder: join(folder, 'logs'), clock });
  const onSetAside = (report: SetAsideReport) => {
    const text = `a file could not be understood and was put aside as ${report.savedAs}: ${report.reason}`;
    log.write('error', 'host', text);
    process.stderr.write(`huizhen: ${text}\n`);
  };
  const file = { folder, clock, onSetAside };
  const settings = new SettingsStore(file);
  const vault = new Vault({ ...file, protector });
  const kiosk = new KioskLock(file);
  const trustedCertificates = new TrustedCertificates(file);
  const control = new ControlHost({ ...file, log, askPerson });
  const vaultState = async () => {
    const availability = await vault.availability();
    return availability.type === 'operatingSystem' ? 'operating system' : `unprotected: ${availability.reason}`;
  };
  const collect = () =>
    collectDiagnostics({ clock, kind, version, settings: () => settings.get(), vaultState, logTail: (maxChars) => log.tail(maxChars), versions: process.versions });
  const host = new Host({ kind, version, isKiosk, settings, vault, power, kiosk, onKioskLeft, log, collectDiagnostics: collect, control });
  return { host, log, settings, kiosk, trustedCertificates, control };
}
