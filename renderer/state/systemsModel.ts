import { createStore, type StoreApi } from 'zustand/vanilla';
import type { HospitalSystemId } from '#shared/domain/ids';
import type { Organisation } from '#shared/domain/people';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestParams } from '#shared/protocol/requests';
import type { HospitalSystem } from '#shared/protocol/systems';
import type { RequestPort } from './ports.ts';
import { createWork } from './work.ts';

export type NewSystem = RequestParams<'admin.createSystem'>;

export interface SystemsState {
  /** Null until the first answer. */
  readonly systems: readonly HospitalSystem[] | null;
  /** The own one first; empty until the first answer. */
  readonly organisations: readonly Organisation[];
  /** Shown once and forgotten when put away. `expiresAtMs`: Unix epoch ms, server's clock. */
  readonly made: { readonly name: string; readonly token: string; readonly expiresAtMs: number } | null;
  readonly isWorking: boolean;
  readonly error: AppError | null;
}

/** Hospitals' systems that use the FHIR facade. Actions answer through the state; that of the form also resolves, so that it can close. */
export interface SystemsModel {
  readonly store: StoreApi<SystemsState>;
  refresh(): void;
  create(system: NewSystem): Promise<boolean>;
  putAwayToken(): void;
  revoke(systemId: HospitalSystemId): void;
  clearError(): void;
}

export function createSystemsModel(signaling: RequestPort): SystemsModel {
  const store = createStore<SystemsState>(() => ({ systems: null, organisations: [], made: null, isWorking: false, error: null }));
  const run = createWork(store);
  async function fetchSystems(): Promise<void> {
    store.setState({ systems: (await signaling.request('admin.systems', {})).systems });
  }

  return {
    store,
    refresh: () =>
      void run(async () => {
        store.setState({ organisations: (await signaling.request('admin.organisations', {})).organisations });
        await fetchSystems();
      }),
    create: (system) =>
      run(async () => {
        const { token, expiresAtMs } = await signaling.request('admin.createSystem', system);
        // First of all: a list that does not come must not take the only sight of the token with it.
        store.setState({ made: { name: system.name, token, expiresAtMs } });
        await fetchSystems().catch((error: unknown) => store.setState({ error: toAppError(error) }));
      }),
    putAwayToken: () => store.setState({ made: null }),
    revoke: (systemId) =>
      void run(async () => {
        await signaling.request('admin.revokeSystem', { systemId });
        await fetchSystems();
      }),
    clearError: () => store.setState({ error: null }),
  };
}
