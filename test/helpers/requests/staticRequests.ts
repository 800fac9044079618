import { type ConsultRequest, consultRequestSchema } from '#shared/domain/consultation/request';
import { dueOf } from '#shared/domain/consultation/serviceLevel';
import { REQUEST_STATES, type RequestState } from '#shared/domain/consultation/states';
import { stepsOpenTo } from '#shared/domain/consultation/takeStep';
import type { NoticeKind } from '#shared/domain/consultation/notices';
import type { DeliveryChannel } from '#shared/domain/delivery';
import { type CaseId, consultRequestIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { AppError } from '#shared/protocol/errors';
import type { RequestDetail, RequestSummary } from '#shared/protocol/consultation';
import type { DeliveryRecord } from '#shared/protocol/notices';
import { createDeliveriesModel } from '../../../renderer/state/requests/deliveriesModel.ts';
import { createNoticesModel } from '../../../renderer/state/requests/noticesModel.ts';
import { createRequestListModel } from '../../../renderer/state/requests/requestListModel.ts';
import { createOpenRequestModel } from '../../../renderer/state/requests/requestModel.ts';
import type { RequestModels } from '../../../renderer/composeRequests.ts';
import type { Clock } from '#shared/lib/clock';
import { CASE_ID } from '../cases/syntheticCase.ts';
import { FakeSignaling } from '../fakeSignaling.ts';
import { PARTIES } from '../staticConsultModel.ts';

export type RequestsScene = 'desk' | 'deskOpen' | 'deskPlanned' | 'deskEmpty' | 'deskLoading' | 'deskFailed' | 'mine' | 'draft' | 'material' | 'done' | 'approve' | 'invited' | 'offline';

const APPROVER: Party = { ...PARTIES.requester, name: { zh: '孟庆和', en: 'Meng Qinghe' }, title: { zh: '医务科科长', en: 'Head of the Medical Office' }, role: 'approver' };
const MINUTE = 60_000;

/** Who looks, by the scene. */
export function readerOf(scene: RequestsScene): Party {
  if (scene.startsWith('desk')) return PARTIES.scheduler;
  return scene === 'approve' ? APPROVER : scene === 'invited' ? PARTIES.expert : PARTIES.requester;
}

/** A believable request in a state. */
export function requestIn(state: RequestState, nowMs: number, change: Partial<ConsultRequest> = {}): ConsultRequest {
  const isPlanned = ['scheduled', 'rehearsed', 'inSession', 'opinionDue', 'awaitingSignatures', 'completed', 'noShow'].includes(state);
  const actor = { id: PARTIES.requester.id, atMs: nowMs - 90 * MINUTE };
  return consultRequestSchema.parse({
    id: `request-${state.toLowerCase()}`, version: 4, state, caseId: CASE_ID, organisationId: 'county', requesterId: PARTIES.requester.id, centreId: state === 'draft' ? null : 'province',
    form: { kind: 'consultation', urgency: 'routine', question: '重症肺炎合并心功能不全，机械通气第 6 天，请评估撤机时机与液体管理方案', diagnosis: '重症肺炎；心功能不全', wanted: [{ specialty: '03.04', leastGrade: 'associateChief', count: 1 }], preferredTimes: [{ fromMs: nowMs + 20 * 60 * MINUTE, toMs: nowMs + 22 * 60 * MINUTE }], needsCart: true },
    createdAtMs: nowMs - 120 * MINUTE, stateSinceMs: nowMs - 30 * MINUTE, submittedAtMs: state === 'draft' || state === 'awaitingApproval' ? null : nowMs - 80 * MINUTE,
    approval: state === 'draft' || state === 'awaitingApproval' ? { status: 'needed' } : { status: 'given', by: actor, wasAfterwards: false }, consentException: null,
    screening: state === 'screening' ? { identity: true, question: true, record: false, imaging: false, consent: true } : null, materialAsked: state === 'materialAsked' ? '请补充近 3 天的胸部 CT 和血气分析结果。' : null,
    appointment: isPlanned
      ? {
          consultId: 'consult-1', startsAtMs: nowMs + 20 * 60 * MINUTE, durationMinutes: 45, hostPersonId: PARTIES.expert.id, attendeeIds: [PARTIES.requester.id], cartIds: [PARTIES.cart.id], venueId: null, sequence: 0,
          panel: [{ personId: PARTIES.expert.id, answer: 'pending', reason: '' }, { personId: PARTIES.surgeon.id, answer: 'declined', reason: '当天手术，不能参加' }],
        }
      : null,
    rehearsals: [], session: state === 'completed' ? { startedAtMs: nowMs - 3 * MINUTE, endedAtMs: nowMs } : null, opinion: state === 'completed' || state === 'awaitingSignatures' ? { version: 1, signerIds: [PARTIES.expert.id], signedIds: state === 'completed' ? [PARTIES.expert.id] : [] } : null,
    outcome: null, ratings: { hospital: null, expert: null }, endReason: null, ...change,
  });
}

export function summaryOf(request: ConsultRequest, change: Partial<RequestSummary> = {}): RequestSummary {
  const { form } = request;
  return {
    id: request.id, version: request.version, state: request.state, urgency: form.urgency, kind: form.kind, caseId: request.caseId, organisationId: request.organisationId, organisationName: PARTIES.requester.organisationName, centreId: request.centreId,
    patientMasked: '陈*', patientAge: 63, patientSex: 'female', question: form.question, wanted: form.wanted.map(({ specialty }) => specialty), createdAtMs: request.createdAtMs, stateSinceMs: request.stateSinceMs, submittedAtMs: request.submittedAtMs,
    startsAtMs: request.appointment?.startsAtMs ?? null, due: dueOf(request), isApprovalOwed: request.approval.status === 'owed', hasDeclined: request.appointment?.panel.some(({ answer }) => answer === 'declined') ?? false, ...change,
  };
}

/** What the server would answer to a reader about it. */
export function detailOf(request: ConsultRequest, reader: Party, change: Partial<RequestDetail> = {}): RequestDetail {
  const step = (version: number, name: string, by: Party, from: RequestState, to: RequestState, note = '') => ({ version, step: name, by, atMs: request.createdAtMs + version * MINUTE, from, to, note });
  return {
    request, summary: summaryOf(request),
    history: request.state === 'draft' ? [] : [step(2, 'send', PARTIES.requester, 'draft', 'awaitingApproval'), step(3, 'approve', APPROVER, 'awaitingApproval', 'submitted', '同意'), step(4, 'screen', PARTIES.scheduler, 'submitted', 'screening')],
    missing: request.state === 'draft' ? ['presentIllness', 'consent'] : [], hasConsent: request.state !== 'draft', open: stepsOpenTo(request, { actor: reader, isWithin: () => true }),
    parties: [PARTIES.expert, PARTIES.requester, PARTIES.cart, PARTIES.surgeon, PARTIES.scheduler, APPROVER], ...change,
  };
}

/** As many requests as asked, in all of a desk's states, the most urgent first. */
export function manySummaries(count: number, nowMs: number): RequestSummary[] {
  const states = ['submitted', 'screening', 'accepted', 'materialAsked', 'scheduled', 'opinionDue'] as const;
  const names = ['陈*', '王**', '李*', '赵**', '欧阳*'];
  return Array.from({ length: count }, (_, index) => {
    const urgency = index < 2 ? 'emergency' : index < 6 ? 'urgent' : 'routine';
    const state = urgency === 'emergency' ? 'submitted' : (states[index % states.length] ?? 'submitted');
    const waitedMs = (urgency === 'emergency' ? 7 + index * 5 : urgency === 'urgent' ? 40 * (index - 1) : 90 * index) * MINUTE;
    const base = requestIn(state, nowMs);
    const request = { ...base, id: consultRequestIdSchema.parse(`request-${index}`), form: { ...base.form, urgency }, submittedAtMs: nowMs - waitedMs, stateSinceMs: nowMs - waitedMs } satisfies ConsultRequest;
    return summaryOf(request, { patientMasked: names[index % names.length] ?? '陈*', patientAge: 20 + (index % 70), patientSex: index % 2 === 0 ? 'female' : 'male', isApprovalOwed: urgency === 'emergency' });
  });
}

const OPEN: Readonly<Partial<Record<RequestsScene, RequestState>>> = { deskOpen: 'screening', deskPlanned: 'scheduled', draft: 'draft', material: 'materialAsked', done: 'completed', approve: 'awaitingApproval', invited: 'scheduled', offline: 'scheduled' };

/** The request that is open in a scene; null: only the list. */
export function openIdOf(scene: RequestsScene): ConsultRequest['id'] | null {
  const state = OPEN[scene];
  return state === undefined ? null : requestIn(state, 1_800_000_000_000).id;
}

/** The real models over answers that stand still. */
export function createStaticRequests(scene: RequestsScene, { clock, caseId }: { readonly clock: Clock; readonly caseId: CaseId }): RequestModels {
  const nowMs = clock.wallMs();
  const signaling = new FakeSignaling();
  const reader = readerOf(scene);
  const state = OPEN[scene];
  const one = state === undefined ? null : { ...requestIn(state, nowMs), caseId };
  const rows = scene === 'deskEmpty' ? [] : scene.startsWith('desk') ? manySummaries(60, nowMs) : REQUEST_STATES.filter((each) => each !== 'archived').map((each) => summaryOf(requestIn(each, nowMs)));
  const shown = one === null ? rows : [summaryOf(one), ...rows.filter(({ id }) => id !== one.id)];
  signaling.answer('request.list', ({ states }) => {
    if (scene === 'deskLoading') return new Promise(() => undefined);
    if (scene === 'deskFailed') return Promise.reject(new AppError('server.timeout', 'preview'));
    return { requests: shown.filter((row) => states.includes(row.state)), next: null, counts: REQUEST_STATES.map((each) => ({ state: each, count: shown.filter((row) => row.state === each).length })).filter(({ count }) => count > 0), serverTimeMs: nowMs };
  });
  signaling.answer('request.get', () => (one === null ? detailOf(requestIn('submitted', nowMs), reader) : detailOf(one, reader)));
  signaling.answer('request.centres', () => ({ centres: [{ id: PARTIES.scheduler.organisationId, name: PARTIES.scheduler.organisationName, relation: 'above' }, { id: PARTIES.surgeon.organisationId, name: PARTIES.surgeon.organisationName, relation: 'above' }] }));
  signaling.answer('schedule.substitutes', () => ({ substitutes: [{ person: { ...PARTIES.expert, name: { zh: '赵启明', en: 'Zhao Qiming' } }, isWithinHours: true, load: 2 }, { person: PARTIES.surgeon, isWithinHours: false, load: 5 }] }));
  const notice = (id: string, kind: 'invited' | 'emergencyArrived' | 'opinionSigned', agoMs: number, readAtMs: number | null) => ({ id, kind, about: { type: 'request' as const, requestId: requestIn('scheduled', nowMs).id, state: 'scheduled' as const }, madeAtMs: nowMs - agoMs, readAtMs, organisationName: PARTIES.requester.organisationName, urgency: kind === 'emergencyArrived' ? ('emergency' as const) : ('routine' as const), startsAtMs: nowMs + 20 * 60 * MINUTE });
  signaling.answer('notice.list', () => ({ notices: [notice('n-1', 'emergencyArrived', 2 * MINUTE, null), notice('n-2', 'invited', 30 * MINUTE, null), notice('n-3', 'opinionSigned', 26 * 60 * MINUTE, nowMs)], unread: 2 }));
  signaling.answer('notice.read', () => ({}));
  const told = (kind: NoticeKind, to: Party, channel: DeliveryChannel, part: Partial<DeliveryRecord>): DeliveryRecord => ({ kind, to, channel, state: 'sent', reason: null, addressMasked: channel === 'email' ? 'l***@yunling.example' : null, madeAtMs: nowMs - 20 * MINUTE, doneAtMs: nowMs - 19 * MINUTE, ...part });
  signaling.answer('notice.deliveries', () => ({
    channels: ['client', 'email'],
    deliveries: [
      told('invited', PARTIES.surgeon, 'client', { doneAtMs: null }), told('invited', PARTIES.surgeon, 'email', { state: 'failed', reason: 'refused' }), told('invited', PARTIES.expert, 'client', {}), told('invited', PARTIES.expert, 'email', {}),
      told('scheduled', PARTIES.requester, 'client', {}), told('scheduled', PARTIES.requester, 'email', { state: 'failed', reason: 'noAddress', addressMasked: null }), told('arrived', PARTIES.scheduler, 'email', { state: 'waiting', reason: 'unreachable', doneAtMs: null }),
    ],
  }));
  const list = createRequestListModel({ signaling, clock });
  const open = createOpenRequestModel({ signaling, clock, newId: () => 'new-1' });
  const notices = createNoticesModel({ signaling, clock, desktop: { permission: () => 'default', ask: async () => undefined, show: () => undefined } });
  const deliveries = createDeliveriesModel(signaling);
  list.start(reader.role);
  open.start();
  notices.start();
  return { list, open, notices, deliveries, start: () => undefined, stop: () => undefined };
}
