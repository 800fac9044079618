import type { StoreApi } from 'zustand/vanilla';
import type { SourceProfileName } from '#shared/domain/sourceProfiles';
import type { AppError } from '#shared/protocol/errors';

export interface DeviceView {
  readonly deviceId: string;
  readonly label: string;
}

export interface NetworkCheckResult {
  readonly roundTripMs: number;
  readonly jitterMs: number;
  readonly lossPercent: number;
  readonly upBps: number;
  readonly downBps: number;
  readonly transport: 'udp' | 'tcp' | 'relay' | 'unknown';
}

export interface DeviceState {
  readonly permission: 'unknown' | 'granted' | 'denied';
  readonly cameras: readonly DeviceView[];
  readonly microphones: readonly DeviceView[];
  readonly speakers: readonly DeviceView[];
  /** The machine's remembered device for each profile, resolved to a present one; absent where none is chosen or present. */
  readonly chosen: Readonly<Partial<Record<SourceProfileName | 'speaker', string>>>;
  readonly preview: { readonly profile: SourceProfileName; readonly stream: MediaStream } | null;
  /** 0–1, of the microphone under test. */
  readonly micLevel: number;
  readonly error: AppError | null;
  readonly network:
    | { readonly step: 'idle' }
    | { readonly step: 'running'; readonly phase: 'connect' | 'roundTrip' | 'down' | 'up'; readonly progress: number }
    | { readonly step: 'done'; readonly result: NetworkCheckResult; readonly advice: 'good' | 'fair' | 'poor' }
    | { readonly step: 'failed'; readonly error: AppError };
}

export interface DeviceModel {
  readonly store: StoreApi<DeviceState>;
  /** Asks for the devices (and, when needed, the browser's permission). */
  refresh(): void;
  choose(profile: SourceProfileName | 'speaker', deviceId: string): void;
  startPreview(profile: SourceProfileName): void;
  stopPreview(): void;
  startMicTest(): void;
  stopMicTest(): void;
  playTestTone(): void;
  runNetworkCheck(): void;
}
