import { createStore, type StoreApi } from 'zustand/vanilla';
import type { z } from 'zod';
import type { SessionId } from '#shared/domain/ids';
import type { sessionInfoSchema } from '#shared/protocol/admin';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestPort } from './ports.ts';

export type SessionInfo = z.infer<typeof sessionInfoSchema>;

export interface AccountState {
  readonly sessions: readonly SessionInfo[] | null;
  readonly error: AppError | null;
  /** The address notices are sent to; `step` is of fetching and keeping it. */
  readonly contact: { readonly email: string | null; readonly step: 'loading' | 'ready' | 'working' | 'done' | 'failed'; readonly error: AppError | null };
  readonly password: { readonly step: 'idle' | 'working' | 'done' } | { readonly step: 'failed'; readonly error: AppError };
}

/** The signed-in party's own sessions, password and address for notices. */
export interface AccountModel {
  readonly store: StoreApi<AccountState>;
  refresh(): void;
  revoke(sessionId: SessionId): void;
  changePassword(current: string, next: string): void;
  /** Of people; a cart has no address. */
  loadContact(): void;
  /** Null: no letters to me. */
  setContact(email: string | null): void;
}

export function createAccountModel(signaling: RequestPort): AccountModel {
  const store = createStore<AccountState>(() => ({ sessions: null, error: null, contact: { email: null, step: 'loading', error: null }, password: { step: 'idle' } }));
  function refresh(): void {
    signaling.request('session.list', {}).then(
      ({ sessions }) => store.setState({ sessions, error: null }),
      (error: unknown) => store.setState({ error: toAppError(error) }),
    );
  }
  return {
    store,
    refresh() {
      store.setState({ password: { step: 'idle' } });
      refresh();
    },
    revoke(sessionId) {
      signaling.request('session.revoke', { sessionId }).then(refresh, (error: unknown) => store.setState({ error: toAppError(error) }));
    },
    loadContact() {
      store.setState({ contact: { email: null, step: 'loading', error: null } });
      signaling.request('account.contact', {}).then(
        ({ email }) => store.setState({ contact: { email, step: 'ready', error: null } }),
        (error: unknown) => store.setState({ contact: { email: null, step: 'loading', error: toAppError(error) } }),
      );
    },
    setContact(email) {
      const { contact } = store.getState();
      store.setState({ contact: { ...contact, step: 'working', error: null } });
      signaling.request('account.setContact', { email }).then(
        () => store.setState({ contact: { email, step: 'done', error: null } }),
        (error: unknown) => store.setState({ contact: { ...contact, step: 'failed', error: toAppError(error) } }),
      );
    },
    changePassword(current, next) {
      store.setState({ password: { step: 'working' } });
      signaling.request('session.changePassword', { current, next }).then(
        () => {
          store.setState({ password: { step: 'done' } });
          refresh();
        },
        (error: unknown) => store.setState({ password: { step: 'failed', error: toAppError(error) } }),
      );
    },
  };
}
