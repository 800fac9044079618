import type { RequestForm } from '#shared/domain/consultation/form';
import type { ConsultRequest } from '#shared/domain/consultation/request';
import { absenceIdSchema, caseIdSchema, cartIdSchema, consultIdSchema, consultRequestIdSchema, dutyIdSchema, organisationIdSchema, personIdSchema, seriesIdSchema, venueIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { civilDateSchema } from '#shared/domain/recurrence';
import type { Permission } from '#shared/domain/roles';
import { type Appointment, DEFAULT_WEEK, type Expert, type Invitation } from '#shared/domain/scheduling';
import type { Clock } from '#shared/lib/clock';
import type { RequestDetail } from '#shared/protocol/consultation';
import type { CalendarEntry } from '#shared/protocol/scheduling';
import type { DeviceModel } from '../../../renderer/state/deviceModel.ts';
import { createScheduleModels, type ScheduleModels } from '../../../renderer/state/schedule/scheduleModels.ts';
import { FakeSignaling } from '../fakeSignaling.ts';
import { PARTIES } from '../staticConsultModel.ts';

const HOUR_MS = 3600_000;
const COUNTY = organisationIdSchema.parse('county');
const CENTRE = organisationIdSchema.parse('province');
export const REQUEST_ID = consultRequestIdSchema.parse('req-1');
export const VENUE_ID = venueIdSchema.parse('venue-1');
const idOf = ({ id }: Party) => personIdSchema.parse(id);

const WANG: Party = { ...PARTIES.expert, id: personIdSchema.parse('person-wang'), name: { zh: '王海', en: 'Wang Hai' } };
const LIN: Party = { ...PARTIES.expert, id: personIdSchema.parse('person-lin'), name: { zh: '林静', en: 'Lin Jing' } };

/** Experts with skills and loads; the first is asked most. */
export const EXPERTS: readonly Expert[] = [
  { person: PARTIES.expert, expertise: { specialties: ['28'], grade: 'chief' }, load: 14 },
  { person: WANG, expertise: { specialties: ['28', '03.01'], grade: 'associateChief' }, load: 5 },
  { person: LIN, expertise: { specialties: ['03.04'], grade: 'chief' }, load: 2 },
];

const invited = (person: Party, answer: Invitation['answer'] = 'accepted'): Invitation => ({ person, answer, reason: answer === 'declined' ? '当天有手术' : null, answeredAtMs: null });

/** A session, changed by `part`. */
export function appointmentOf(id: string, startsAtMs: number, part: Partial<Appointment> = {}): Appointment {
  return {
    consultId: consultIdSchema.parse(id), requestId: null, kind: 'mdt', state: 'scheduled', startsAtMs, durationMinutes: 60, timeZone: 'Asia/Shanghai', title: '重症 MDT 例会', specialty: '28', organisationId: COUNTY, centreId: CENTRE,
    hostPersonId: idOf(PARTIES.expert), panel: [invited(PARTIES.expert), invited(WANG, 'pending')], cartIds: [], venueId: null, sequence: 0, series: null, cancelReason: null, ...part,
  };
}

/** A request with its form; `part` of the request. */
export function requestDetailOf(form: Partial<RequestForm>, part: Partial<ConsultRequest>, nowMs: number): RequestDetail {
  return {
    request: {
      id: REQUEST_ID, version: 4, state: 'accepted', caseId: caseIdSchema.parse('case-1'), organisationId: COUNTY, requesterId: idOf(PARTIES.requester), centreId: CENTRE,
      form: { kind: 'consultation', urgency: 'routine', question: '撤机时机', diagnosis: '重症肺炎', wanted: [{ specialty: '28', leastGrade: 'associateChief', count: 1 }, { specialty: '03.04', leastGrade: 'chief', count: 1 }], preferredTimes: [{ fromMs: nowMs + 20 * HOUR_MS, toMs: nowMs + 24 * HOUR_MS }], needsCart: true, ...form },
      createdAtMs: nowMs, stateSinceMs: nowMs, submittedAtMs: nowMs, approval: { status: 'needed' }, consentException: null, screening: null, materialAsked: null, appointment: null, rehearsals: [], session: null, opinion: null, outcome: null, ratings: { hospital: null, expert: null }, endReason: null, ...part,
    },
    summary: {
      id: REQUEST_ID, version: 4, state: part.state ?? 'accepted', urgency: form.urgency ?? 'routine', kind: 'consultation', caseId: caseIdSchema.parse('case-1'), organisationId: COUNTY, organisationName: PARTIES.requester.organisationName, centreId: CENTRE,
      patientMasked: '陈*', patientAge: 63, patientSex: 'female', question: '撤机时机', wanted: ['28'], createdAtMs: nowMs, stateSinceMs: nowMs, submittedAtMs: nowMs, startsAtMs: null, due: null, isApprovalOwed: false, hasDeclined: false,
    },
    history: [], missing: [], hasConsent: true, open: ['schedule'],
    parties: [PARTIES.requester, PARTIES.expert, PARTIES.cart, WANG],
  };
}

/** The planned session of a request: two experts and a cart. */
export function plannedOf(startsAtMs: number): NonNullable<ConsultRequest['appointment']> {
  return {
    consultId: consultIdSchema.parse('c-1'), startsAtMs, durationMinutes: 45, hostPersonId: idOf(PARTIES.expert), attendeeIds: [idOf(PARTIES.requester)], cartIds: [cartIdSchema.parse(PARTIES.cart.id)], venueId: null, sequence: 0,
    panel: [{ personId: idOf(PARTIES.expert), answer: 'accepted', reason: '' }, { personId: idOf(WANG), answer: 'pending', reason: '' }],
  };
}

/** A socket that answers every question of scheduling with one county's ordinary week. */
export function createScheduleSocket(nowMs: number): FakeSignaling {
  const signaling = new FakeSignaling();
  const dayMs = new Date(nowMs).setHours(0, 0, 0, 0);
  const mondayMs = dayMs - ((new Date(nowMs).getDay() + 6) % 7) * 24 * HOUR_MS;
  const at = (day: number, hour: number) => mondayMs + (day * 24 + hour) * HOUR_MS;
  const sessions = [
    appointmentOf('s-1', at(0, 9), { series: { id: seriesIdSchema.parse('series-1'), date: civilDateSchema.parse('2026-11-16') } }),
    appointmentOf('s-2', at(1, 10), { kind: 'consultation', title: '重症肺炎，撤机时机', requestId: REQUEST_ID, panel: [invited(PARTIES.expert), invited(WANG, 'declined'), invited(PARTIES.requester)], cartIds: [cartIdSchema.parse(PARTIES.cart.id)] }),
    appointmentOf('s-3', at(2, 14), { title: '心脏超声教学', kind: 'teaching', state: 'cancelled', cancelReason: '主讲人出差' }),
    appointmentOf('s-4', at(3, 9.5), { title: '胰腺占位术前评估', kind: 'consultation', panel: [invited(PARTIES.surgeon), invited(PARTIES.expert, 'pending')], hostPersonId: idOf(PARTIES.surgeon), venueId: VENUE_ID, series: { id: seriesIdSchema.parse('series-2'), date: civilDateSchema.parse('2026-11-19') } }),
    appointmentOf('s-5', at(4, 15), { title: '急会诊：肠套叠', kind: 'urgent', durationMinutes: 30 }),
  ];
  const entries: CalendarEntry[] = [...sessions.map((appointment) => ({ startsAtMs: appointment.startsAtMs, durationMinutes: appointment.durationMinutes, appointment })), { startsAtMs: at(2, 10), durationMinutes: 90, appointment: null }];
  signaling.answer('admin.organisations', () => ({ organisations: [{ id: CENTRE, parentId: null, tier: 'province', name: PARTIES.expert.organisationName }, { id: COUNTY, parentId: CENTRE, tier: 'county', name: PARTIES.requester.organisationName }] }));
  signaling.answer('schedule.venues', () => ({ venues: [{ id: VENUE_ID, organisationId: CENTRE, name: { zh: '远程会诊一室', en: 'Telemedicine room 1' }, isRetired: false }, { id: venueIdSchema.parse('venue-2'), organisationId: CENTRE, name: { zh: '示教室', en: 'Teaching room' }, isRetired: true }] }));
  signaling.answer('admin.directory', () => ({ parties: [...Object.values(PARTIES), WANG, LIN] }));
  signaling.answer('schedule.calendar', ({ fromMs, untilMs, of }) => {
    if (of.type === 'tree') return { entries: entries.filter(({ startsAtMs }) => startsAtMs >= fromMs && startsAtMs < untilMs) };
    if (of.resource.id === WANG.id) return { entries: [{ startsAtMs: fromMs + 10 * HOUR_MS, durationMinutes: 90, appointment: null }] };
    return { entries: of.resource.kind === 'cart' ? [{ startsAtMs: fromMs + 14 * HOUR_MS, durationMinutes: 60, appointment: null }] : entries.filter(({ startsAtMs, appointment }) => startsAtMs >= fromMs && startsAtMs < untilMs && appointment?.panel.some(({ person }) => person.id === of.resource.id)) };
  });
  signaling.answer('schedule.profile', ({ personId }) => ({
    person: [...Object.values(PARTIES), WANG, LIN].find(({ id }) => id === personId) ?? PARTIES.expert, expertise: { specialties: ['28'], grade: 'chief' }, week: personId === idOf(LIN) ? { timeZone: 'Asia/Urumqi', hours: DEFAULT_WEEK.hours } : null,
    absences: [{ id: absenceIdSchema.parse('absence-1'), kind: 'operation', fromMs: dayMs + 38 * HOUR_MS, untilMs: dayMs + 41 * HOUR_MS }],
  }));
  signaling.answer('schedule.experts', ({ specialty }) => ({ experts: EXPERTS.filter(({ expertise }) => specialty === null || expertise.specialties.includes(specialty)) }));
  signaling.answer('schedule.duties', ({ fromMs }) => ({
    duties: [
      { id: dutyIdSchema.parse('duty-1'), organisationId: CENTRE, role: 'expert', specialty: '28', person: WANG, fromMs: fromMs + 8 * HOUR_MS, untilMs: fromMs + 32 * HOUR_MS },
      { id: dutyIdSchema.parse('duty-2'), organisationId: CENTRE, role: 'expert', specialty: '03.04', person: LIN, fromMs: fromMs + 56 * HOUR_MS, untilMs: fromMs + 68 * HOUR_MS },
      { id: dutyIdSchema.parse('duty-3'), organisationId: CENTRE, role: 'scheduler', specialty: null, person: PARTIES.scheduler, fromMs: fromMs + 8 * HOUR_MS, untilMs: fromMs + 18 * HOUR_MS },
    ],
  }));
  signaling.answer('schedule.workload', () => ({ people: EXPERTS.map(({ person, load }) => ({ person, sessions: load, minutes: load * 42, declined: load > 10 ? 3 : 0 })) }));
  signaling.answer('schedule.feed', () => ({ createdAtMs: null }));
  signaling.answer('schedule.createFeed', () => ({ path: '/api/calendar/2f6c1d0e9b8a7f65.ics' }));
  signaling.answer('schedule.findTimes', ({ fromMs }) => {
    const base = Math.ceil(fromMs / (24 * HOUR_MS)) * 24 * HOUR_MS;
    return {
      proposals: [
        { startsAtMs: base + HOUR_MS, chosen: [idOf(WANG), idOf(LIN)], reasons: [{ type: 'preferred' }, { type: 'withinHours' }, { type: 'lessLoaded', personId: idOf(WANG), load: 5, average: 9.5 }] },
        { startsAtMs: base + 30 * HOUR_MS, chosen: [idOf(WANG), idOf(LIN)], reasons: [{ type: 'withinHours' }] },
        { startsAtMs: base + 61 * HOUR_MS, chosen: [idOf(PARTIES.expert), idOf(LIN)], reasons: [{ type: 'outsideHours', personIds: [idOf(LIN)] }, { type: 'onDuty', personIds: [idOf(PARTIES.expert)] }] },
      ],
      obstacles: [],
    };
  });
  const planned = plannedOf(nowMs + 26 * HOUR_MS);
  signaling.answer('request.get', () => requestDetailOf({}, {
    state: 'scheduled', appointment: planned,
    rehearsals: [
      { partyId: PARTIES.cart.id, by: { id: PARTIES.cart.id, atMs: nowMs - HOUR_MS }, hasPicture: true, hasSound: true, upBps: 8_400_000, downBps: 21_000_000, roundTripMs: 38, lossRatio: 0.004, hasPassed: true, note: '' },
      { partyId: WANG.id, by: { id: WANG.id, atMs: nowMs - 2 * HOUR_MS }, hasPicture: true, hasSound: false, upBps: 640_000, downBps: 9_000_000, roundTripMs: 212, lossRatio: 0.052, hasPassed: false, note: '宿舍网络' },
    ],
  }, nowMs));
  return signaling;
}

/** The models over that socket. */
export function createStaticSchedule(options: { readonly clock: Clock; readonly devices: DeviceModel; readonly has: (permission: Permission) => boolean }): ScheduleModels {
  return createScheduleModels({ ...options, signaling: createScheduleSocket(options.clock.wallMs()) });
}
