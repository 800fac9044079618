import { createStore, type StoreApi } from 'zustand/vanilla';
import type { z } from 'zod';
import type { CartId, DeviceId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Bilingual, Organisation } from '#shared/domain/people';
import type { CaseDevice } from '#shared/protocol/cases';
import type { AuditEntry, cartRecordSchema, personRecordSchema } from '#shared/protocol/admin';
import type { AppError } from '#shared/protocol/errors';
import type { RequestParams } from '#shared/protocol/requests';
import type { RequestPort } from './ports.ts';
import { createWork } from './work.ts';

export type PersonRecord = z.infer<typeof personRecordSchema>;
export type CartRecord = z.infer<typeof cartRecordSchema>;
export type NewPerson = RequestParams<'admin.createPerson'>;
export type NewCart = RequestParams<'admin.createCart'>;
export type NewOrganisation = RequestParams<'admin.createOrganisation'>;
export type AuditOutcome = 'done' | 'refused' | null;

export interface AdminState {
  /** Null until the first answer. */
  readonly people: readonly PersonRecord[] | null;
  readonly carts: readonly CartRecord[] | null;
  /** Machines with copies of case files. */
  readonly caseDevices: readonly CaseDevice[] | null;
  /** The own one first; empty until the first answer. */
  readonly organisations: readonly Organisation[];
  readonly audit: readonly AuditEntry[] | null;
  readonly auditOutcome: AuditOutcome;
  readonly hasMoreAudit: boolean;
  /** Shown once and forgotten when put away. `expiresAtMs`: Unix epoch ms, server's clock. */
  readonly enrolment: { readonly cart: CartRecord; readonly code: string; readonly expiresAtMs: number } | null;
  readonly isWorking: boolean;
  readonly error: AppError | null;
}

/** Organisations, accounts, carts and the audit log. Actions answer through the state; those of a form also resolve, so that it can close. */
export interface AdminModel {
  readonly store: StoreApi<AdminState>;
  refreshPeople(): void;
  refreshCarts(): void;
  refreshOrganisations(): void;
  refreshAudit(outcome: AuditOutcome): void;
  moreAudit(): void;
  createPerson(person: NewPerson): Promise<boolean>;
  setPersonActive(personId: PersonId, isActive: boolean): void;
  unlockPerson(personId: PersonId): void;
  resetPassword(personId: PersonId, password: string): Promise<boolean>;
  /** Null: no letters to them. */
  setContact(personId: PersonId, email: string | null): Promise<boolean>;
  createOrganisation(organisation: NewOrganisation): Promise<boolean>;
  renameOrganisation(organisationId: OrganisationId, name: Bilingual): Promise<boolean>;
  createCart(cart: NewCart): Promise<boolean>;
  createEnrolmentCode(cart: CartRecord): void;
  putAwayEnrolment(): void;
  revokeCart(cartId: CartId): void;
  refreshCaseDevices(): void;
  /** Asks a machine to destroy its copies of case files. */
  wipeDevice(deviceId: DeviceId): void;
  clearError(): void;
}

const AUDIT_PAGE = 50;

export function createAdminModel(signaling: RequestPort): AdminModel {
  const store = createStore<AdminState>(() => ({
    people: null,
    carts: null,
    caseDevices: null,
    organisations: [],
    audit: null,
    auditOutcome: null,
    hasMoreAudit: false,
    enrolment: null,
    isWorking: false,
    error: null,
  }));

  const run = createWork(store);

  async function fetchOrganisations(): Promise<void> {
    store.setState({ organisations: (await signaling.request('admin.organisations', {})).organisations });
  }
  async function fetchPeople(): Promise<void> {
    store.setState({ people: (await signaling.request('admin.people', {})).people });
  }
  async function fetchCarts(): Promise<void> {
    store.setState({ carts: (await signaling.request('admin.carts', {})).carts });
  }
  async function fetchCaseDevices(): Promise<void> {
    store.setState({ caseDevices: (await signaling.request('admin.caseDevices', {})).devices });
  }
  async function fetchAudit(beforeSequence: number | null): Promise<void> {
    const outcome = store.getState().auditOutcome;
    const { entries } = await signaling.request('admin.audit', { beforeSequence, limit: AUDIT_PAGE, outcome });
    if (outcome !== store.getState().auditOutcome) return; // another filter was chosen meanwhile; its own answer comes
    const older = beforeSequence === null ? [] : (store.getState().audit ?? []);
    store.setState({ audit: [...older, ...entries], hasMoreAudit: entries.length === AUDIT_PAGE });
  }

  return {
    store,
    refreshPeople: () => void run(async () => void (await Promise.all([fetchOrganisations(), fetchPeople()]))),
    refreshCarts: () => void run(async () => void (await Promise.all([fetchOrganisations(), fetchCarts()]))),
    refreshAudit(outcome) {
      store.setState({ auditOutcome: outcome, audit: null, hasMoreAudit: false });
      void run(() => fetchAudit(null));
    },
    moreAudit() {
      const last = store.getState().audit?.at(-1);
      if (last) void run(() => fetchAudit(last.sequence));
    },
    createPerson: (person) =>
      run(async () => {
        await signaling.request('admin.createPerson', person);
        await fetchPeople();
      }),
    setPersonActive: (personId, isActive) =>
      void run(async () => {
        await signaling.request('admin.setPersonActive', { personId, isActive });
        await fetchPeople();
      }),
    unlockPerson: (personId) =>
      void run(async () => {
        await signaling.request('admin.unlockPerson', { personId });
        await fetchPeople();
      }),
    resetPassword: (personId, password) =>
      run(async () => {
        await signaling.request('admin.resetPassword', { personId, password });
        await fetchPeople();
      }),
    setContact: (personId, email) =>
      run(async () => {
        await signaling.request('admin.setContact', { personId, email });
        await fetchPeople();
      }),
    refreshOrganisations: () => void run(fetchOrganisations),
    createOrganisation: (organisation) =>
      run(async () => {
        await signaling.request('admin.createOrganisation', organisation);
        await fetchOrganisations();
      }),
    renameOrganisation: (organisationId, name) =>
      run(async () => {
        await signaling.request('admin.renameOrganisation', { organisationId, name });
        await fetchOrganisations();
      }),
    createCart: (cart) =>
      run(async () => {
        await signaling.request('admin.createCart', cart);
        await fetchCarts();
      }),
    createEnrolmentCode: (cart) =>
      void run(async () => {
        const { code, expiresAtMs } = await signaling.request('admin.createEnrolmentCode', { cartId: cart.id });
        store.setState({ enrolment: { cart, code, expiresAtMs } });
        await fetchCarts();
      }),
    putAwayEnrolment: () => store.setState({ enrolment: null }),
    revokeCart: (cartId) =>
      void run(async () => {
        await signaling.request('admin.revokeCart', { cartId });
        await fetchCarts();
      }),
    refreshCaseDevices: () => void run(fetchCaseDevices),
    wipeDevice: (deviceId) =>
      void run(async () => {
        await signaling.request('admin.wipeDevice', { deviceId });
        await fetchCaseDevices();
      }),
    clearError: () => store.setState({ error: null }),
  };
}
