import { freemem, release, totalmem } from 'node:os';
import type { MachineSettings } from '#shared/host/contract';
import type { Clock } from '#shared/lib/clock';
import { scrubText } from './logFile.ts';

const MAX_CHARS = 400_000;
const MAX_LOG_CHARS = 300_000;

export interface DiagnosticsParts {
  readonly clock: Clock;
  readonly kind: string;
  readonly version: string;
  readonly settings: () => Promise<MachineSettings>;
  readonly vaultState: () => Promise<string>;
  readonly logTail: (maxChars: number) => Promise<string>;
  /** Versions of what it runs on (Electron, Chromium, Node). */
  readonly versions: Readonly<Record<string, string | undefined>>;
}

/**
 * A text to hand to support: versions, platform, memory, settings, the last log lines. No account, no computer name, no device
 * labels (people name their headphones after themselves). A part that fails says so and the rest is still given.
 */
export async function collectDiagnostics(parts: DiagnosticsParts): Promise<string> {
  const memory = process.memoryUsage();
  const mib = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`;
  const head = [
    `huizhen ${parts.version} (${parts.kind})`,
    `time ${new Date(parts.clock.wallMs()).toISOString()}, process up ${Math.round(process.uptime())} s`,
    `platform ${process.platform} ${process.arch} ${release()}`,
    ...['electron', 'chrome', 'node', 'v8'].flatMap((name) => (parts.versions[name] === undefined ? [] : [`${name} ${parts.versions[name]}`])),
    `memory: process ${mib(memory.rss)}, heap ${mib(memory.heapUsed)}; machine ${mib(freemem())} free of ${mib(totalmem())}`,
    `vault: ${await orReason(parts.vaultState())}`,
    `settings: ${await orReason(parts.settings().then(describeSettings))}`,
    '',
    '--- log ---',
  ].map(scrubText);
  const log = await orReason(parts.logTail(MAX_LOG_CHARS));
  return `${head.join('\n')}\n${log}`.slice(0, MAX_CHARS);
}

function describeSettings(settings: MachineSettings): string {
  const server = settings.serverUrl === null ? null : new URL(settings.serverUrl).origin;
  const { language, theme } = settings;
  return JSON.stringify({ server, language, theme, isCart: settings.cartId !== null, rememberedDevices: Object.keys(settings.devices) });
}

function orReason(part: Promise<string>): Promise<string> {
  return part.catch((error: unknown) => `unavailable (${scrubText(error instanceof Error ? error.message : String(error))})`);
}
