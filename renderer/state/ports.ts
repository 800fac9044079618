import type { HostInfo, HostParams, HostRequestName, HostResult, MachineSettings } from '#shared/host/contract';
import type { SessionService } from '../services/session/sessionService.ts';
import type { SignalingClient } from '../services/signaling/signalingClient.ts';

/** What the view models need of the socket; tests give a fake. */
export type SignalingPort = Pick<SignalingClient, 'status' | 'onStatus' | 'on' | 'open' | 'close' | 'retryNow' | 'request' | 'watchClosely' | 'doubt'>;

/** Asking only: enough for the models that never open or close the connection. */
export type RequestPort = Pick<SignalingPort, 'request' | 'on' | 'onStatus' | 'status'>;

export type SessionPort = Pick<SessionService, 'readToken' | 'clearToken' | 'signIn' | 'enrolCart' | 'signInCart' | 'forgetCart' | 'isSetUpOpen' | 'completeSetUp'>;

/** The machine's remembered settings, wherever the bridge keeps them. */
export interface SettingsPort {
  read(): Promise<MachineSettings>;
  write(change: Partial<Omit<MachineSettings, 'schemaVersion'>>): Promise<MachineSettings>;
}

/** What the settings screen asks of the desktop host; the bridge has this shape. */
export interface HostPort {
  readonly kind: 'electron' | 'loopback' | 'browser';
  readonly info: HostInfo | null;
  request<N extends HostRequestName>(name: N, params: HostParams<N>): Promise<HostResult<N>>;
}
