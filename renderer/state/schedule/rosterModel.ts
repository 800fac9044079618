import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AbsenceId, DutyId, OrganisationId, PersonId } from '#shared/domain/ids';
import type { Absence, Duty, Expert, Expertise, ScheduleProfile, Span, Week } from '#shared/domain/scheduling';
import type { AppError } from '#shared/protocol/errors';
import type { RequestParams, RequestResult } from '#shared/protocol/requests';
import type { RequestPort } from '../ports.ts';
import { createWork } from '../work.ts';
import type { Directory } from './directory.ts';

export type WorkloadRow = RequestResult<'schedule.workload'>['people'][number];

export interface RosterState {
  /** Whose hours are shown; null while they are fetched. */
  readonly profile: ScheduleProfile | null;
  readonly experts: readonly Expert[] | null;
  readonly duties: readonly Duty[] | null;
  readonly workload: readonly WorkloadRow[] | null;
  readonly isWorking: boolean;
  readonly error: AppError | null;
}

/** Working hours, absences, skills, duty rosters, rooms and who was asked how often. */
export interface RosterModel {
  readonly store: StoreApi<RosterState>;
  readonly directory: Directory;
  showPerson(personId: PersonId): void;
  /** [SCH10] Null: the default week counts. */
  setWeek(personId: PersonId, week: Week | null): Promise<boolean>;
  addAbsence(personId: PersonId, absence: Omit<Absence, 'id'>): Promise<boolean>;
  removeAbsence(personId: PersonId, absenceId: AbsenceId): void;
  refreshExperts(): void;
  setExpertise(personId: PersonId, expertise: Expertise): Promise<boolean>;
  showDuties(organisationId: OrganisationId, span: Span): void;
  addDuty(duty: RequestParams<'schedule.addDuty'>): Promise<boolean>;
  removeDuty(dutyId: DutyId): void;
  saveVenue(venue: RequestParams<'schedule.saveVenue'>): Promise<boolean>;
  showWorkload(organisationId: OrganisationId, span: Span): void;
  clear(): void;
  clearError(): void;
}

const EMPTY: RosterState = { profile: null, experts: null, duties: null, workload: null, isWorking: false, error: null };

export function createRosterModel({ signaling, directory }: { readonly signaling: RequestPort; readonly directory: Directory }): RosterModel {
  const store = createStore<RosterState>(() => EMPTY);
  let person: PersonId | null = null;
  let duties: (Span & { readonly organisationId: OrganisationId }) | null = null;
  let workload: (Span & { readonly organisationId: OrganisationId }) | null = null;

  const run = createWork(store);

  async function fetchProfile(personId: PersonId): Promise<void> {
    const profile = await signaling.request('schedule.profile', { personId });
    if (person === personId) store.setState({ profile }); // another was chosen meanwhile: its own answer comes
  }
  async function fetchExperts(): Promise<void> {
    store.setState({ experts: (await signaling.request('schedule.experts', { specialty: null, leastGrade: 'resident' })).experts });
  }
  async function fetchDuties(): Promise<void> {
    const asked = duties;
    if (asked === null) return;
    const { duties: found } = await signaling.request('schedule.duties', asked);
    if (asked === duties) store.setState({ duties: found });
  }

  return {
    store,
    directory,
    showPerson(personId) {
      if (person !== personId) store.setState({ profile: null });
      person = personId;
      void run(() => fetchProfile(personId));
    },
    setWeek: (personId, week) =>
      run(async () => {
        await signaling.request('schedule.setWeek', { personId, week });
        await fetchProfile(personId);
      }),
    addAbsence: (personId, absence) =>
      run(async () => {
        await signaling.request('schedule.addAbsence', { personId, ...absence });
        await fetchProfile(personId);
      }),
    removeAbsence: (personId, absenceId) =>
      void run(async () => {
        await signaling.request('schedule.removeAbsence', { personId, absenceId });
        await fetchProfile(personId);
      }),
    refreshExperts: () => void run(fetchExperts),
    setExpertise: (personId, expertise) =>
      run(async () => {
        await signaling.request('schedule.setExpertise', { personId, expertise });
        await fetchExperts();
      }),
    showDuties(organisationId, span) {
      duties = { organisationId, ...span };
      store.setState({ duties: null });
      void run(fetchDuties);
    },
    addDuty: (duty) =>
      run(async () => {
        await signaling.request('schedule.addDuty', duty);
        await fetchDuties();
      }),
    removeDuty: (dutyId) =>
      void run(async () => {
        await signaling.request('schedule.removeDuty', { dutyId });
        await fetchDuties();
      }),
    saveVenue: (venue) =>
      run(async () => {
        await signaling.request('schedule.saveVenue', venue);
        await directory.load(true);
      }),
    showWorkload(organisationId, span) {
      const asked = { organisationId, ...span };
      workload = asked;
      store.setState({ workload: null });
      void run(async () => {
        const { people } = await signaling.request('schedule.workload', asked);
        if (workload === asked) store.setState({ workload: people });
      });
    },
    clear() {
      person = null;
      duties = null;
      workload = null;
      store.setState(EMPTY);
    },
    clearError: () => store.setState({ error: null }),
  };
}
