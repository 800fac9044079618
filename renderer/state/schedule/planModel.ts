import { createStore, type StoreApi } from 'zustand/vanilla';
import type { SessionPlan } from '#shared/domain/consultation/steps';
import type { CartId, OrganisationId, PersonId, VenueId } from '#shared/domain/ids';
import { DEFAULT_WEEK, type Expert, type Obstacle, type Proposal, type Resource, type Span, type Taken } from '#shared/domain/scheduling';
import type { SpecialtyCode, TitleGrade } from '#shared/domain/specialties';
import type { Clock } from '#shared/lib/clock';
import type { RequestDetail } from '#shared/protocol/consultation';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestPort } from '../ports.ts';
import { overlaps, resourceKey, spanOf } from './clashes.ts';
import type { Directory } from './directory.ts';
import { addCivilDays, workingSpans } from './hours.ts';

/** One place on the panel. Without `personId`: anybody of the specialty, and the search for times picks. */
export interface PlanSeat {
  readonly specialty: SpecialtyCode | null;
  readonly leastGrade: TitleGrade;
  readonly personId: PersonId | null;
}

/** One day of somebody or something. `open` null: hours are not this planner's to see, or there are none to keep. */
export interface PlanDay {
  readonly taken: readonly Span[];
  readonly absent: readonly Span[];
  readonly open: readonly Span[] | null;
}

export interface PlanState {
  readonly seats: readonly PlanSeat[];
  readonly attendeeIds: readonly PersonId[];
  readonly cartIds: readonly CartId[];
  readonly venueId: VenueId | null;
  readonly durationMinutes: number;
  /** Null: the first of the panel leads. */
  readonly hostPersonId: PersonId | null;
  readonly mayBeOutsideHours: boolean;
  /** Unix epoch ms; `now`: when it is booked. */
  readonly start: number | 'now' | null;
  /** Why it is moved; of a request that has an appointment. */
  readonly reason: string;
  /** By `expertsKey`; absent while they are fetched. */
  readonly experts: Readonly<Partial<Record<string, readonly Expert[]>>>;
  readonly onDutyIds: readonly PersonId[];
  /** Null: not asked, or what was asked for has changed since. */
  readonly found: { readonly proposals: readonly Proposal[]; readonly obstacles: readonly Obstacle[] } | null;
  readonly isFinding: boolean;
  readonly isBooking: boolean;
  /** Midnight of the day that is drawn, this machine's zone. */
  readonly dayMs: number;
  /** By `resourceKey`. */
  readonly days: Readonly<Partial<Record<string, PlanDay>>>;
  /** What a refusal named; stays until the plan changes. */
  readonly refused: readonly Taken[];
  readonly error: AppError | null;
}

export type PlanChange = Partial<Pick<PlanState, 'attendeeIds' | 'cartIds' | 'venueId' | 'durationMinutes' | 'hostPersonId' | 'mayBeOutsideHours' | 'start' | 'reason'>>;

/** Plans the session of one request: who, what, where and when, seen side by side. */
export interface PlanModel {
  readonly store: StoreApi<PlanState>;
  readonly directory: Directory;
  setSeat(index: number, change: Partial<PlanSeat>): void;
  addSeat(): void;
  removeSeat(index: number): void;
  change(change: PlanChange): void;
  showDay(dayMs: number): void;
  findTimes(): void;
  /** Takes a proposed time and who was chosen for open seats. */
  choose(proposal: Proposal): void;
  /** Hands the plan over; what is refused is drawn, and nothing that was chosen is lost. */
  book(onPlan: (plan: SessionPlan, reason: string) => Promise<void>): Promise<boolean>;
  close(): void;
}

const SEARCH_DAYS = 14;
const EMERGENCY_SEARCH_MS = 12 * 3600_000;
const MINUTE_MS = 60_000;
const DEFAULT_MINUTES = 45;

export function expertsKey({ specialty, leastGrade }: Pick<PlanSeat, 'specialty' | 'leastGrade'>): string {
  return `${specialty ?? 'all'}:${leastGrade}`;
}

/** Who can be asked for a seat: those on duty first, then those asked least. */
export function orderExperts(experts: readonly Expert[], onDutyIds: readonly string[]): readonly Expert[] {
  const rank = ({ person }: Expert) => (onDutyIds.includes(person.id) ? 0 : 1);
  return [...experts].sort((a, b) => rank(a) - rank(b) || a.load - b.load || (a.person.id < b.person.id ? -1 : 1));
}

/** Everybody and everything of a plan whose day is drawn. */
export function planResources({ seats, attendeeIds, cartIds, venueId }: Pick<PlanState, 'seats' | 'attendeeIds' | 'cartIds' | 'venueId'>): readonly Resource[] {
  const people = [...new Set([...panelOf(seats), ...attendeeIds])];
  return [...people.map((id): Resource => ({ kind: 'person', id })), ...cartIds.map((id): Resource => ({ kind: 'cart', id })), ...(venueId === null ? [] : [{ kind: 'venue', id: venueId } as const])];
}

export function panelOf(seats: readonly PlanSeat[]): readonly PersonId[] {
  return [...new Set(seats.flatMap(({ personId }) => (personId === null ? [] : [personId])))];
}

export interface Trouble {
  readonly resource: Resource;
  readonly trouble: 'taken' | 'absent' | 'outside';
}

/** What is in the way of a time: taken by another session (the booking would be refused), or absent or outside hours (it would not). */
export function troublesAt(state: Pick<PlanState, 'days' | 'refused' | 'durationMinutes' | 'seats' | 'attendeeIds' | 'cartIds' | 'venueId'>, startsAtMs: number): readonly Trouble[] {
  const span = spanOf({ startsAtMs, durationMinutes: state.durationMinutes });
  return planResources(state).flatMap((resource): readonly Trouble[] => {
    const day = state.days[resourceKey(resource)];
    const isRefused = state.refused.some((taken) => resourceKey(taken) === resourceKey(resource) && overlaps(taken, span));
    if (isRefused || day?.taken.some((taken) => overlaps(taken, span))) return [{ resource, trouble: 'taken' }];
    if (day?.absent.some((away) => overlaps(away, span))) return [{ resource, trouble: 'absent' }];
    const isOpen = !day?.open || day.open.some((open) => open.fromMs <= span.fromMs && span.untilMs <= open.untilMs);
    return isOpen ? [] : [{ resource, trouble: 'outside' }];
  });
}

/** The plan as a step takes it, or the name of what it still lacks. */
export function planOf(state: PlanState, nowMs: number): SessionPlan | { readonly lacks: 'panel' | 'start' | 'host' } {
  const panelIds = panelOf(state.seats);
  if (panelIds.length === 0 || state.seats.some(({ personId }) => personId === null)) return { lacks: 'panel' };
  if (state.start === null) return { lacks: 'start' };
  const hostPersonId = state.hostPersonId ?? panelIds[0];
  if (hostPersonId === undefined || (!panelIds.includes(hostPersonId) && !state.attendeeIds.includes(hostPersonId))) return { lacks: 'host' };
  const startsAtMs = state.start === 'now' ? Math.ceil(nowMs / MINUTE_MS) * MINUTE_MS : state.start;
  return { startsAtMs, durationMinutes: state.durationMinutes, hostPersonId, attendeeIds: state.attendeeIds.filter((id) => !panelIds.includes(id)), cartIds: [...state.cartIds], venueId: state.venueId, panelIds: [...panelIds] };
}

/** What a request asks for, as a plan to begin with. */
export function firstPlan({ request }: RequestDetail, nowMs: number): PlanState {
  const { form, appointment } = request;
  const isEmergency = form.urgency === 'emergency';
  const wanted = form.wanted.flatMap(({ specialty, leastGrade, count }) => Array.from({ length: count }, (): PlanSeat => ({ specialty, leastGrade, personId: null })));
  // Of a time that is moved the panel stays as it is; who declined leaves their seat open.
  const seated = appointment?.panel.map(({ personId, answer }): PlanSeat => ({ specialty: null, leastGrade: 'resident', personId: answer === 'declined' ? null : personId })) ?? [];
  const seats = seated.length > 0 ? seated.map((seat, index) => ({ ...seat, specialty: wanted[index]?.specialty ?? null, leastGrade: wanted[index]?.leastGrade ?? 'resident' })) : wanted;
  const dayMs = new Date(nowMs).setHours(0, 0, 0, 0);
  return {
    seats: seats.length > 0 ? seats : [{ specialty: null, leastGrade: 'resident', personId: null }],
    attendeeIds: appointment?.attendeeIds ?? [request.requesterId], cartIds: appointment?.cartIds ?? [], venueId: appointment?.venueId ?? null, durationMinutes: appointment?.durationMinutes ?? DEFAULT_MINUTES,
    hostPersonId: appointment?.hostPersonId ?? null, mayBeOutsideHours: isEmergency, start: isEmergency && appointment === null ? 'now' : null, reason: '', experts: {}, onDutyIds: [], found: null, isFinding: false, isBooking: false,
    dayMs: appointment === null ? dayMs : new Date(Math.max(appointment.startsAtMs, nowMs)).setHours(0, 0, 0, 0), days: {}, refused: [], error: null,
  };
}

export function createPlanModel(options: { readonly signaling: RequestPort; readonly clock: Clock; readonly directory: Directory; readonly detail: RequestDetail }): PlanModel {
  const { signaling, clock, directory, detail } = options;
  const { request } = detail;
  const ownConsultId = request.appointment?.consultId ?? null;
  const store = createStore<PlanState>(() => firstPlan(detail, clock.wallMs()));
  let isClosed = false;
  let search = 0;
  let dayRun = 0;

  const set = (change: Partial<PlanState>) => {
    if (!isClosed) store.setState(change);
  };
  const fail = (error: unknown) => set({ error: toAppError(error) });

  async function loadExperts(seat: PlanSeat): Promise<void> {
    const key = expertsKey(seat);
    if (store.getState().experts[key]) return;
    const { experts } = await signaling.request('schedule.experts', { specialty: seat.specialty, leastGrade: seat.leastGrade });
    set({ experts: { ...store.getState().experts, [key]: experts } });
  }

  async function loadDuty(centreId: OrganisationId): Promise<void> {
    const nowMs = clock.wallMs();
    const { duties } = await signaling.request('schedule.duties', { organisationId: centreId, fromMs: nowMs, untilMs: nowMs + MINUTE_MS });
    set({ onDutyIds: duties.flatMap(({ role, person }) => (role === 'expert' ? [person.id as PersonId] : [])) }); // no cart is on duty
  }

  /** An emergency's seats are filled, so that booking is one press: with those on duty, and where nobody is with those asked least. */
  function fillSeats(): void {
    const { seats, experts, onDutyIds } = store.getState();
    const used = new Set<string>(panelOf(seats));
    const next = seats.map((seat) => {
      if (seat.personId !== null) return seat;
      const [first] = orderExperts((experts[expertsKey(seat)] ?? []).filter(({ person }) => !used.has(person.id)), onDutyIds);
      if (first === undefined) return seat;
      used.add(first.person.id);
      return { ...seat, personId: first.person.id as PersonId }; // no cart is an expert
    });
    changed({ seats: next });
  }

  async function dayOf(resource: Resource, within: Span): Promise<PlanDay> {
    const { entries } = await signaling.request('schedule.calendar', { ...within, of: { type: 'resource', resource } });
    const taken = entries.filter(({ appointment }) => appointment === null || (appointment.consultId !== ownConsultId && appointment.state !== 'cancelled')).map(spanOf);
    if (resource.kind !== 'person') return { taken, absent: [], open: null };
    try {
      const { week, absences } = await signaling.request('schedule.profile', { personId: resource.id as PersonId }); // its kind says so
      return { taken, absent: absences.filter((away) => overlaps(away, within)), open: workingSpans(week ?? DEFAULT_WEEK, within) };
    } catch (error) {
      // [SCH13] Hours of people of other trees are not for this scheduler: drawn as not known.
      if (toAppError(error).code === 'auth.forbidden') return { taken, absent: [], open: null };
      throw error;
    }
  }

  async function loadDays(): Promise<void> {
    dayRun += 1;
    const mine = dayRun;
    const state = store.getState();
    const within = { fromMs: state.dayMs, untilMs: addCivilDays(state.dayMs, 1) };
    const missing = planResources(state).filter((one) => !state.days[resourceKey(one)]);
    const found = await Promise.all(missing.map(async (one) => [resourceKey(one), await dayOf(one, within)] as const));
    if (mine === dayRun) set({ days: { ...store.getState().days, ...Object.fromEntries(found) } });
  }

  /** What was found or refused belongs to the plan as it was. */
  function changed(change: Partial<PlanState>): void {
    search += 1;
    set({ ...change, found: null, isFinding: false, refused: [], error: null });
    loadDays().catch(fail);
  }

  function showDay(dayMs: number): void {
    if (dayMs === store.getState().dayMs) return;
    set({ dayMs, days: {} });
    loadDays().catch(fail);
  }

  void directory.load();
  (async () => {
    await Promise.all([...store.getState().seats.map(loadExperts), ...(request.centreId === null ? [] : [loadDuty(request.centreId)])]);
    if (request.form.urgency === 'emergency' && !isClosed) fillSeats();
  })().catch(fail);
  loadDays().catch(fail);

  return {
    store,
    directory,
    setSeat(index, change) {
      const seats = store.getState().seats.map((seat, at) => {
        if (at !== index) return seat;
        const next = { ...seat, ...change };
        const isOther = expertsKey(next) !== expertsKey(seat) && change.personId === undefined;
        return isOther ? { ...next, personId: null } : next;
      });
      changed({ seats });
      const seat = seats[index];
      if (seat) loadExperts(seat).catch(fail);
    },
    addSeat() {
      const seat: PlanSeat = { specialty: null, leastGrade: 'resident', personId: null };
      changed({ seats: [...store.getState().seats, seat] });
      loadExperts(seat).catch(fail);
    },
    removeSeat: (index) => changed({ seats: store.getState().seats.filter((_, at) => at !== index) }),
    change(change) {
      // A reason, a host or a time alters nothing of what was searched with.
      if (Object.keys(change).every((key) => key === 'reason' || key === 'hostPersonId')) set(change);
      else if (Object.keys(change).every((key) => key === 'start')) set({ ...change, error: null });
      else changed(change);
      if (typeof change.start === 'number') showDay(new Date(change.start).setHours(0, 0, 0, 0));
    },
    showDay,
    findTimes() {
      search += 1;
      const mine = search;
      const state = store.getState();
      const nowMs = clock.wallMs();
      set({ isFinding: true, error: null });
      const anyOf = state.seats.flatMap(({ personId, specialty, leastGrade }) => (personId === null && specialty !== null ? [{ specialty, leastGrade }] : []));
      const untilMs = request.form.urgency === 'emergency' ? nowMs + EMERGENCY_SEARCH_MS : addCivilDays(nowMs, SEARCH_DAYS);
      signaling
        .request('schedule.findTimes', {
          personIds: [...new Set([...panelOf(state.seats), ...state.attendeeIds])], anyOf, cartIds: [...state.cartIds], venueId: state.venueId, fromMs: nowMs, untilMs, durationMinutes: state.durationMinutes,
          preferred: request.form.preferredTimes.filter(({ fromMs, toMs }) => toMs > fromMs).map(({ fromMs, toMs }) => ({ fromMs, untilMs: toMs })), mayBeOutsideHours: state.mayBeOutsideHours, moving: ownConsultId,
        })
        .then(
          (found) => {
            if (mine === search) set({ found, isFinding: false });
          },
          (error: unknown) => {
            if (mine !== search) return;
            set({ isFinding: false });
            fail(error);
          },
        );
    },
    choose({ startsAtMs, chosen }) {
      let at = 0;
      const seats = store.getState().seats.map((seat) => {
        if (seat.personId !== null || seat.specialty === null) return seat;
        const personId = chosen[at] ?? null;
        at += 1;
        return { ...seat, personId };
      });
      // What was found stays in view: another of the three is one press away.
      set({ seats, start: startsAtMs, refused: [], error: null });
      const dayMs = new Date(startsAtMs).setHours(0, 0, 0, 0);
      if (dayMs !== store.getState().dayMs) showDay(dayMs);
      else loadDays().catch(fail);
    },
    async book(onPlan) {
      const state = store.getState();
      const plan = planOf(state, clock.wallMs());
      if ('lacks' in plan) return false;
      set({ isBooking: true, error: null, refused: [] });
      try {
        await onPlan(plan, state.reason.trim());
        return true;
      } catch (error) {
        const failure = toAppError(error);
        set({ error: failure, refused: failure.taken ?? [], days: {} });
        showDay(new Date(plan.startsAtMs).setHours(0, 0, 0, 0));
        loadDays().catch(fail);
        return false;
      } finally {
        set({ isBooking: false });
      }
    },
    close() {
      isClosed = true;
    },
  };
}
