import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDice } from '#shared/lib/seededRandom';
import { mayReadRequest, participantsOf } from '../../../../../shared/domain/consultation/access.ts';
import type { ConsultRequest } from '../../../../../shared/domain/consultation/request.ts';
import { STEP_RULES } from '../../../../../shared/domain/consultation/rules.ts';
import type { RequestState } from '../../../../../shared/domain/consultation/states.ts';
import type { RequestStep } from '../../../../../shared/domain/consultation/steps.ts';
import { statesFrom, takeStep } from '../../../../../shared/domain/consultation/takeStep.ts';
import { FINAL_STATES, REQUEST_STATES } from '../../../../../shared/domain/consultation/states.ts';
import { contextOf, draftOf, factsOf, FORM, NAMES, type Name, orgOf, PEOPLE, personOf, viewOf } from '../../../../helpers/consultation/world.ts';

/** The ways on the map of the consultation, written from its description and not from the rules: from → to. Staying is not listed. */
const ROUTINE_WAYS: Readonly<Record<RequestState, readonly RequestState[]>> = {
  draft: ['awaitingApproval', 'submitted', 'cancelled'],
  awaitingApproval: ['submitted', 'draft', 'cancelled'],
  submitted: ['screening', 'declined', 'cancelled'],
  screening: ['materialAsked', 'accepted', 'declined', 'submitted', 'cancelled'],
  materialAsked: ['screening', 'declined', 'cancelled'],
  accepted: ['scheduled', 'cancelled'],
  scheduled: ['rehearsed', 'noShow', 'cancelled'],
  rehearsed: ['scheduled', 'inSession', 'noShow', 'cancelled'],
  inSession: ['opinionDue'],
  opinionDue: ['awaitingSignatures'],
  awaitingSignatures: ['completed', 'opinionDue'],
  completed: ['rated', 'archived'],
  rated: ['archived'],
  noShow: ['scheduled', 'cancelled'],
  archived: [],
  declined: [],
  cancelled: [],
};
const EMERGENCY_WAYS: Partial<Record<RequestState, readonly RequestState[]>> = { submitted: ['accepted'], scheduled: ['inSession'] };

/** A wrong fact ends the run with its name; cheaper than `expect`, which would take most of the time here. */
function holds(fact: boolean, name: string): void {
  if (!fact) throw new Error(`does not hold: ${name}`);
}

// Made once: parsing ids a million times would be what is measured.
const VIEWS = Object.fromEntries(NAMES.map((name) => [name, viewOf(name)])) as Record<Name, ReturnType<typeof viewOf>>; // one for each name
const IDS = Object.fromEntries(NAMES.map((name) => [name, personOf(name)])) as Record<Name, ReturnType<typeof personOf>>; // one for each name
const CENTRES = ['city', 'province', 'city2', 'other', 'county'].map(orgOf);
const EXPERTS = ['lin', 'zhao', 'qian', 'sun'] as const;
const RUNS = 500; // times STEPS: a million
const STEPS = 2000;

/** Freezes all of it, so that a step that changed the request it was given would throw. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

/** Half the draws are blind; the others prefer what the present state allows and a person it is open to, or the walk would never get far. */
function draw(request: ConsultRequest, digit: (radix: number) => number, nowMs: number): { readonly name: Name; readonly step: RequestStep } {
  const blind = { name: NAMES[digit(NAMES.length)] ?? 'doctor', step: stepOf(digit, nowMs) } as const;
  if (digit(2) === 0) return blind;
  for (let tries = 0; tries < 12; tries += 1) {
    const step = stepOf(digit, nowMs);
    if (!statesFrom(request, step.type).includes(request.state)) continue;
    const able = NAMES.filter((name) => STEP_RULES[step.type].who(request, VIEWS[name]));
    const name = able[digit(able.length || 1)];
    if (name !== undefined) return { name, step };
  }
  return blind;
}

function stepOf(digit: (radix: number) => number, nowMs: number): RequestStep {
  const expert = (offset: number) => IDS[EXPERTS[(digit(4) + offset) % 4] ?? 'lin'];
  const plan = () => {
    const host = expert(0);
    const panelIds = [host, expert(1)];
    return { startsAtMs: nowMs + (digit(6) - 1) * 3_600_000, durationMinutes: 30, hostPersonId: digit(5) === 0 ? IDS.desk : host, panelIds, attendeeIds: [IDS.doctor], cartIds: [], venueId: null };
  };
  const steps: readonly (() => RequestStep)[] = [
    () => ({ type: 'send', centreId: CENTRES[digit(5)] ?? orgOf('city'), consentException: digit(2) === 0 ? '昏迷，家属在途中' : '' }),
    () => ({ type: 'approve', note: '' }),
    () => ({ type: 'refuseApproval', reason: '先做增强CT' }),
    () => ({ type: 'screen' }),
    () => ({ type: 'check', screening: { identity: true, question: true, record: true, imaging: true, consent: digit(4) > 0 } }),
    () => ({ type: 'returnForMaterial', reason: '请补影像' }),
    () => ({ type: 'supply', note: '' }),
    () => ({ type: 'accept' }),
    () => ({ type: 'decline', reason: '不属本中心' }),
    () => ({ type: 'forward', centreId: CENTRES[digit(5)] ?? orgOf('city'), reason: '上级会诊' }),
    () => ({ type: 'schedule', plan: plan() }),
    () => ({ type: 'reschedule', plan: plan(), reason: '专家急诊手术' }),
    () => ({ type: 'answer', answer: digit(3) === 0 ? 'declined' : 'accepted', reason: digit(2) === 0 ? '' : '外出' }),
    () => ({ type: 'substitute', personId: expert(0), byPersonId: expert(1), reason: '外出' }),
    () => ({ type: 'rehearse', rehearsal: { partyId: [...EXPERTS, 'doctor'][digit(5)] ?? 'lin', hasPicture: true, hasSound: true, upBps: 1, downBps: 1, roundTripMs: 1, lossRatio: 0, hasPassed: digit(4) > 0, note: '' } }),
    () => ({ type: 'waiveRehearsal', reason: '昨日同一链路已联调' }),
    () => ({ type: 'start' }),
    () => ({ type: digit(2) === 0 ? 'end' : 'closeSession' }),
    () => ({ type: 'submitOpinion', version: 1, signerIds: [expert(0), expert(1)] }),
    () => ({ type: 'returnOpinion', reason: '请补充分歧' }),
    () => ({ type: 'signOpinion' }),
    () => ({ type: 'recordOutcome', adoption: 'adopted', text: '已按意见手术' }),
    () => ({ type: 'rate', rating: { overall: 5, timeliness: 5, quality: 5, technique: 4, comment: '' } }),
    () => ({ type: 'archive' }),
    () => (digit(4) === 0 ? { type: 'cancel', reason: '转院' } : { type: 'signOpinion' }),
    () => (digit(4) === 0 ? { type: 'noShow', reason: '断电' } : { type: 'start' }),
  ];
  return steps[digit(steps.length)]?.() ?? { type: 'screen' };
}

const isEmergency = ({ form }: ConsultRequest) => form.urgency === 'emergency';

/** What holds of every request in every state, in the words of the contract. */
function assertLegal(request: ConsultRequest, hadConsent: boolean): void {
  const { state, appointment, opinion, approval } = request;
  const at = REQUEST_STATES.indexOf(state);
  const isBetween = (from: RequestState, to: RequestState) => at >= REQUEST_STATES.indexOf(from) && at <= REQUEST_STATES.indexOf(to);
  if (isBetween('submitted', 'archived')) {
    holds(request.centreId !== null && request.submittedAtMs !== null, 'what was sent is with a centre since a time');
    holds(isEmergency(request) || (approval.status === 'given' && !approval.wasAfterwards), 'a routine request was approved before');
  }
  if (isBetween('scheduled', 'archived')) holds(appointment !== null, 'what is scheduled has an appointment');
  if (isBetween('inSession', 'archived')) {
    holds(request.session !== null, 'what was held has its times');
    holds(hadConsent || (isEmergency(request) && request.consentException !== null), 'no session without consent or a recorded exception');
  }
  holds(request.consentException === null || isEmergency(request), 'only an emergency has an exception');
  if (isBetween('completed', 'archived')) holds(opinion !== null && opinion.signedIds.join() === opinion.signerIds.join(), 'what is complete is signed by all');
  holds(opinion === null || opinion.signedIds.every((id, index) => id === opinion.signerIds[index]), 'signed in order');
  if (state === 'rated') holds(request.ratings.hospital !== null && request.ratings.expert !== null, 'rated both ways');
  if (state === 'archived') holds(request.outcome !== null && approval.status !== 'owed', 'archived whole');
  if (appointment !== null) holds(new Set(participantsOf(appointment).map(({ id }) => id)).size === participantsOf(appointment).length, 'everybody takes part once');
}

/** [WFL8] When a planned request is rehearsed, in the words of the contract. `isWaived`: the centre said to go without since it was last planned or a try failed. */
function assertRehearsed({ state, appointment, rehearsals }: ConsultRequest, isWaived: boolean): void {
  if (appointment === null || (state !== 'scheduled' && state !== 'rehearsed')) return;
  const declined = appointment.panel.filter(({ answer }) => answer === 'declined').map(({ personId }) => String(personId));
  const coming = [...appointment.panel.map(({ personId }) => String(personId)), ...appointment.attendeeIds.map(String)].filter((id) => !declined.includes(id));
  const passed = coming.filter((id) => rehearsals.findLast(({ partyId }) => partyId === id)?.hasPassed === true);
  const hasHost = !declined.includes(appointment.hostPersonId);
  const isTried = coming.length > 0 && passed.length === coming.length;
  holds((state === 'rehearsed') === (hasHost && (isTried || isWaived)), `a session is rehearsed when it is led and every site passed or the centre goes without: it is ${state}`);
}

/** Who may see a request, written from the contract and not from the code. */
function expectedReaders(request: ConsultRequest): Name[] {
  const isSent = !['draft', 'awaitingApproval'].includes(request.state);
  const centresAbove: Record<string, readonly Name[]> = { county: ['desk', 'chief'], city: ['desk', 'chief'], city2: ['desk2', 'chief'], province: ['chief'], other: ['stranger'] };
  const centre = isSent ? (centresAbove[request.centreId ?? ''] ?? []) : [];
  const isOn = !['cancelled', 'declined'].includes(request.state) && request.appointment !== null;
  const invited = isOn ? (request.appointment?.panel ?? []).filter(({ answer }) => answer !== 'declined').map(({ personId }) => String(personId)) : [];
  const host = isOn && !request.appointment?.panel.some(({ personId }) => personId === request.appointment?.hostPersonId) ? [String(request.appointment?.hostPersonId)] : [];
  return NAMES.filter((name) => ['doctor', 'colleague', 'head', 'nurse'].includes(name) || centre.includes(name) || invited.includes(name) || host.includes(name));
}

describe('a million random steps by random people', () => {
  it('[WFL1] [WFL36] never reach an illegal state, and show a request to nobody it does not concern', { timeout: 240_000 }, () => {
    let taken = 0;
    const reached = new Set<RequestState>();
    fc.assert(
      fc.property(fc.boolean(), fc.nat(2 ** 31 - 1), (isUrgent, seed) => {
        let nowMs = 1_000_000;
        let hasConsent = true;
        let hadConsent = false;
        let isWaived = false;
        const form = { ...FORM, urgency: isUrgent ? ('emergency' as const) : ('routine' as const) };
        let request = deepFreeze(draftOf({ form }));
        const digit = createDice(seed);
        for (let count = 0; count < STEPS; count += 1) {
          nowMs += digit(4) * 900_000;
          if (digit(16) === 0) hasConsent = !hasConsent;
          const { name, step } = draw(request, digit, nowMs);
          const outcome = takeStep(request, step, contextOf(VIEWS[name], { nowMs, facts: factsOf({ hasConsent, form }) }));
          if (!outcome.isTaken) {
            if (!/^WFL\d+$/.test(outcome.rule)) throw new Error(`refused without a rule: ${outcome.message}`);
            continue;
          }
          taken += 1;
          const next = deepFreeze(outcome.request);
          if (next.state !== request.state) {
            const isWay = ROUTINE_WAYS[request.state].includes(next.state) || (isEmergency(request) && (EMERGENCY_WAYS[request.state] ?? []).includes(next.state));
            holds(isWay, `${step.type} leads from ${request.state} to ${next.state}`);
          }
          holds(!FINAL_STATES.includes(request.state), 'nothing leads out of an end');
          holds(next.version === request.version + 1, 'each step raises the version by one');
          holds(name !== 'watcher' && name !== 'nurse', `${name} took ${step.type}`);
          holds(PEOPLE[name][1] !== 'other' || name === 'sun' || request.centreId === 'other', `${name} took ${step.type}`);
          if (step.type === 'send' || step.type === 'forward') holds(next.centreId !== 'county', 'nothing goes to a centre without a desk');
          if (step.type === 'start') hadConsent = hasConsent;
          if (step.type === 'waiveRehearsal') isWaived = true;
          else if (next.state !== 'rehearsed') isWaived = false;
          assertLegal(next, hadConsent);
          assertRehearsed(next, isWaived);
          const readers = NAMES.filter((reader) => mayReadRequest(next, VIEWS[reader])).join();
          holds(readers === expectedReaders(next).join(), `read by ${readers}`);
          reached.add(next.state);
          // Begun anew when it is over, so that the steps are not spent on what is at its end.
          request = FINAL_STATES.includes(next.state) ? deepFreeze(draftOf({ form })) : next;
          if (FINAL_STATES.includes(next.state)) hadConsent = false;
        }
      }),
      { numRuns: RUNS, seed: 20261121, endOnFailure: true },
    );
    // The walk went everywhere; a test that never leaves the draft proves nothing.
    expect(taken).toBeGreaterThan(100_000);
    expect([...reached].sort()).toEqual([...REQUEST_STATES].sort());
  });
});
