import { describe, expect, it } from 'vitest';
import { mayReadRequest } from '../../../../../shared/domain/consultation/access.ts';
import type { CaseFacts } from '../../../../../shared/domain/consultation/form.ts';
import type { ConsultRequest } from '../../../../../shared/domain/consultation/request.ts';
import { dueOf, levelOf } from '../../../../../shared/domain/consultation/serviceLevel.ts';
import type { RequestStep } from '../../../../../shared/domain/consultation/steps.ts';
import { sitesOf, type StepContext, type StepOutcome, takeStep } from '../../../../../shared/domain/consultation/takeStep.ts';
import { required } from '../../../../../shared/lib/assert.ts';
import { contextOf, draftOf, factsOf, FORM, type Name, orgOf, personOf, viewOf } from '../../../../helpers/consultation/world.ts';

const NOW = 1_000_000;
const plan = (change: Partial<Extract<RequestStep, { type: 'schedule' }>['plan']> = {}) => ({
  startsAtMs: NOW + 3_600_000, durationMinutes: 30, hostPersonId: personOf('lin'), panelIds: [personOf('lin'), personOf('qian')], attendeeIds: [personOf('doctor')], cartIds: [], venueId: null, ...change,
});
const ALL_CHECKED = { identity: true, question: true, record: true, imaging: true, consent: true };

const take = (request: ConsultRequest, name: Name, step: RequestStep, change: Partial<StepContext> = {}) => takeStep(request, step, contextOf(name, { nowMs: NOW, ...change }));

function taken(outcome: StepOutcome): ConsultRequest {
  if (!outcome.isTaken) throw new Error(`${outcome.rule}: ${outcome.message}`);
  return outcome.request;
}

/** Walks a request through steps that must all be taken. */
function walk(steps: readonly (readonly [Name, RequestStep])[], request = draftOf(), change: Partial<StepContext> = {}): ConsultRequest {
  return steps.reduce((at, [name, step]) => taken(take(at, name, step, change)), request);
}

const SENT = [['doctor', { type: 'send', centreId: orgOf('city'), consentException: '' }], ['head', { type: 'approve', note: '' }]] as const;
const ACCEPTED = [...SENT, ['desk', { type: 'screen' }], ['desk', { type: 'check', screening: ALL_CHECKED }], ['desk', { type: 'accept' }]] as const;
const SCHEDULED = [...ACCEPTED, ['desk', { type: 'schedule', plan: plan() }]] as const;
const rehearsal = (partyId: string, hasPassed = true) => ({ partyId, hasPicture: true, hasSound: true, upBps: 8e6, downBps: 9e6, roundTripMs: 30, lossRatio: 0, hasPassed, note: '' });
const rehearse = (name: Name, partyId: string, hasPassed = true) => [name, { type: 'rehearse', rehearsal: rehearsal(partyId, hasPassed) }] as const;
const REHEARSED = [...SCHEDULED, rehearse('lin', 'lin'), rehearse('desk', 'qian'), rehearse('doctor', 'doctor')] as const;
const HELD = [...REHEARSED, ['lin', { type: 'start' }], ['lin', { type: 'end' }]] as const;
const EMERGENCY = { facts: factsOf({ form: { ...FORM, urgency: 'emergency' } }) };
const URGENT_DRAFT = draftOf({ form: { ...FORM, urgency: 'emergency' } });

const refusal = (outcome: StepOutcome) => (outcome.isTaken ? 'taken' : { rule: outcome.rule, why: outcome.why, missing: outcome.missing });

describe('the steps of a consultation request', () => {
  it('[WFL1] walks the whole way, and each step raises the version', () => {
    const signers = [personOf('qian'), personOf('lin')];
    const done = walk([
      ...HELD,
      ['lin', { type: 'submitOpinion', version: 2, signerIds: signers }],
      ['qian', { type: 'signOpinion' }],
      ['lin', { type: 'signOpinion' }],
      ['doctor', { type: 'recordOutcome', adoption: 'adopted', text: '按意见行肝叶切除' }],
      ['doctor', { type: 'rate', rating: { overall: 5, timeliness: 5, quality: 5, technique: 4, comment: '' } }],
      ['qian', { type: 'rate', rating: { overall: 4, timeliness: 5, quality: 4, technique: 5, comment: '' } }],
      ['desk', { type: 'archive' }],
    ]);
    expect(done).toMatchObject({ state: 'archived', version: 1 + HELD.length + 7, opinion: { signedIds: ['qian', 'lin'] } });
  });

  it.each<[string, Partial<CaseFacts>, readonly string[]]>([
    ['no consent', { hasConsent: false }, ['consent']],
    ['no sex and no age', { hasPatientSex: false, hasPatientAge: false }, ['patientSex', 'patientAge']],
    ['no question', { form: { ...FORM, question: ' ' } }, ['question']],
    ['no diagnosis, nobody wanted', { form: { ...FORM, diagnosis: '', wanted: [] } }, ['diagnosis', 'wanted']],
    ['nothing to read', { hasFinding: false, hasPresentIllness: false }, ['presentIllness', 'finding']],
  ])('[WFL2] [WFL10] refuses to send with %s, and names it', (_, facts, missing) => {
    const step = { type: 'send', centreId: orgOf('city'), consentException: '家属未到' } as const;
    expect(refusal(take(draftOf(), 'doctor', step, { facts: factsOf(facts) }))).toEqual({ rule: 'WFL10', why: 'incomplete', missing });
  });

  it('[WFL3] lets an emergency go at once with a name, a question and an exception, and begins it without screening or rehearsal', () => {
    const facts = { ...factsOf({ hasConsent: false, hasPatientAge: false, hasPatientSex: false, hasFinding: false, hasPresentIllness: false }), form: { ...FORM, urgency: 'emergency' as const, diagnosis: '', wanted: [] } };
    expect(refusal(take(URGENT_DRAFT, 'doctor', { type: 'send', centreId: orgOf('city'), consentException: '' }, { facts }))).toEqual({ rule: 'WFL10', why: 'incomplete', missing: ['consent'] });
    const sent = taken(take(URGENT_DRAFT, 'doctor', { type: 'send', centreId: orgOf('city'), consentException: '昏迷，无家属' }, { facts }));
    expect(sent).toMatchObject({ state: 'submitted', approval: { status: 'owed' }, consentException: { reason: '昏迷，无家属', by: { id: 'doctor' } } });
    expect(walk([['desk', { type: 'accept' }], ['desk', { type: 'schedule', plan: plan({ startsAtMs: NOW }) }], ['lin', { type: 'start' }]], sent, { facts })).toMatchObject({ state: 'inSession' });
  });

  it('[WFL4] keeps the applicant from approving, and others than the hospital’s own', () => {
    const asked = walk(SENT.slice(0, 1));
    for (const name of ['doctor', 'colleague', 'desk', 'lin'] as const) expect(refusal(take(asked, name, { type: 'approve', note: '' }))).toMatchObject({ rule: 'WFL11', why: 'forbidden' });
    const own = { ...asked, requesterId: personOf('head') };
    expect(refusal(take(own, 'head', { type: 'approve', note: '' }))).toMatchObject({ why: 'forbidden' });
  });

  it('[WFL5] takes the word on an emergency once and afterwards, and archives nothing before it', () => {
    const sent = walk([['doctor', { type: 'send', centreId: orgOf('city'), consentException: '' }]], URGENT_DRAFT, EMERGENCY);
    const approved = taken(take(sent, 'head', { type: 'approve', note: '' }, EMERGENCY));
    expect(approved).toMatchObject({ state: 'submitted', approval: { status: 'given', wasAfterwards: true } });
    expect(refusal(take(approved, 'head', { type: 'refuseApproval', reason: '不需要' }, EMERGENCY))).toMatchObject({ rule: 'WFL12', why: 'state' });
    const completed = { ...sent, state: 'rated' as const, outcome: { by: { id: 'doctor', atMs: 1 }, adoption: 'adopted' as const, text: '已转上级' } };
    expect(refusal(take(completed, 'desk', { type: 'archive' }, EMERGENCY))).toEqual({ rule: 'WFL33', why: 'incomplete', missing: ['approval'] });
    expect(taken(take({ ...completed, approval: approved.approval }, 'desk', { type: 'archive' }, EMERGENCY)).state).toBe('archived');
  });

  it('[WFL6] [WFL21] asks everybody anew for a new time, and has it rehearsed anew', () => {
    const answered = walk([...REHEARSED, ['qian', { type: 'answer', answer: 'accepted', reason: '' }]]);
    expect(answered).toMatchObject({ state: 'rehearsed', appointment: { sequence: 0 } });
    const moved = taken(take(answered, 'desk', { type: 'reschedule', plan: plan({ startsAtMs: NOW + 9e6 }), reason: '专家手术' }));
    expect(moved).toMatchObject({ state: 'scheduled', rehearsals: [], appointment: { consultId: 'consult-1', sequence: 1, panel: [{ answer: 'pending' }, { answer: 'pending' }] } });
  });

  it('[WFL7] [WFL23] asks a substitute, keeps the others’ answers, and does not seat anybody twice', () => {
    const declined = walk([...SCHEDULED, ['lin', { type: 'answer', answer: 'accepted', reason: '' }], ['qian', { type: 'answer', answer: 'declined', reason: '外出' }]]);
    expect(refusal(take(declined, 'desk', { type: 'substitute', personId: personOf('qian'), byPersonId: personOf('lin'), reason: '外出' }))).toMatchObject({ rule: 'WFL23', missing: ['byPersonId'] });
    const stood = taken(take(declined, 'desk', { type: 'substitute', personId: personOf('qian'), byPersonId: personOf('zhao'), reason: '外出' }));
    expect(stood.appointment?.panel).toEqual([{ personId: 'lin', answer: 'accepted', reason: '' }, { personId: 'zhao', answer: 'pending', reason: '' }]);
    expect(mayReadRequest(stood, viewOf('qian'))).toBe(false);
    expect(mayReadRequest(stood, viewOf('zhao'))).toBe(true);
  });

  it('[WFL8] [WFL24] is rehearsed when every site passed at its last try, and not any more when one fails again', () => {
    const almost = walk(REHEARSED.slice(0, -1));
    expect(almost.state).toBe('scheduled');
    const rehearsed = taken(take(almost, 'doctor', rehearse('doctor', 'doctor')[1]));
    expect(rehearsed.state).toBe('rehearsed');
    expect(taken(take(rehearsed, 'doctor', rehearse('doctor', 'doctor', false)[1])).state).toBe('scheduled');
    expect(refusal(take(almost, 'desk', rehearse('desk', 'sun')[1]))).toMatchObject({ rule: 'WFL24', missing: ['partyId'] });
  });

  it('[WFL8] does not wait for the machine of somebody who declined', () => {
    const declined = taken(take(walk(SCHEDULED), 'qian', { type: 'answer', answer: 'declined', reason: '门诊' }));
    const sites = sitesOf(required(declined.appointment, 'the appointment'));
    expect(sites).not.toContain('qian');
    const last = sites.reduce((request, site) => taken(take(request, 'desk', rehearse('desk', site)[1])), declined);
    expect(last.state).toBe('rehearsed');
    expect(refusal(take(declined, 'desk', rehearse('desk', 'qian')[1]))).toMatchObject({ rule: 'WFL24', missing: ['partyId'] });
  });

  it('[WFL8] is rehearsed at once when the last site that had not passed declines, and not any more when it comes after all', () => {
    const almost = walk([...SCHEDULED, rehearse('lin', 'lin'), rehearse('doctor', 'doctor')]);
    expect(almost.state).toBe('scheduled');
    const declined = taken(take(almost, 'qian', { type: 'answer', answer: 'declined', reason: '外出' }));
    expect(declined.state).toBe('rehearsed');
    expect(taken(take(declined, 'qian', { type: 'answer', answer: 'accepted', reason: '' })).state).toBe('scheduled');
  });

  it('[WFL8] [WFL25] keeps the centre’s word to go without when others answer or pass, and not when a try fails', () => {
    const waived = walk([...SCHEDULED, ['desk', { type: 'waiveRehearsal', reason: '昨日已联调' }], ['qian', { type: 'answer', answer: 'declined', reason: '外出' }], ['lin', { type: 'answer', answer: 'accepted', reason: '' }], rehearse('lin', 'lin')]);
    expect(waived.state).toBe('rehearsed');
    expect(taken(take(waived, 'lin', rehearse('lin', 'lin', false)[1])).state).toBe('scheduled');
  });

  it('[WFL22] [WFL8] waits for the centre when the host declines: not rehearsed and not let go without until somebody leads', () => {
    const headless = walk([...REHEARSED, ['lin', { type: 'answer', answer: 'declined', reason: '急诊手术' }]]);
    expect(headless.state).toBe('scheduled');
    expect(taken(take(headless, 'desk', rehearse('desk', 'qian')[1])).state).toBe('scheduled');
    expect(refusal(take(headless, 'desk', { type: 'waiveRehearsal', reason: '昨日已联调' }))).toEqual({ rule: 'WFL25', why: 'incomplete', missing: ['hostPersonId'] });
    expect(taken(take(headless, 'lin', { type: 'answer', answer: 'accepted', reason: '' })).state).toBe('rehearsed');
    const led = walk([['desk', { type: 'substitute', personId: personOf('lin'), byPersonId: personOf('zhao'), reason: '急诊手术' }], rehearse('desk', 'zhao')], headless);
    expect(led).toMatchObject({ state: 'rehearsed', appointment: { hostPersonId: 'zhao' } });
    const waived = walk([...SCHEDULED, ['desk', { type: 'waiveRehearsal', reason: '昨日已联调' }]]);
    expect(taken(take(waived, 'lin', { type: 'answer', answer: 'declined', reason: '急诊手术' })).state).toBe('scheduled');
  });

  it('[WFL22] begins an emergency whose host has declined', () => {
    const urgent = walk([['doctor', { type: 'send', centreId: orgOf('city'), consentException: '' }], ['desk', { type: 'accept' }], ['desk', { type: 'schedule', plan: plan() }], ['lin', { type: 'answer', answer: 'declined', reason: '手术中' }], ['qian', { type: 'start' }]], URGENT_DRAFT, EMERGENCY);
    expect(urgent.state).toBe('inSession');
  });

  it('[WFL9] [WFL26] begins nothing without consent, nor a routine one that was not rehearsed', () => {
    const rehearsed = walk(REHEARSED);
    expect(refusal(take(rehearsed, 'lin', { type: 'start' }, { facts: factsOf({ hasConsent: false }) }))).toEqual({ rule: 'WFL26', why: 'incomplete', missing: ['consent'] });
    expect(refusal(take(walk(SCHEDULED), 'lin', { type: 'start' }))).toMatchObject({ rule: 'WFL26', why: 'state' });
  });

  it('[WFL17] accepts a routine request only with the whole list', () => {
    const half = walk([...SENT, ['desk', { type: 'screen' }], ['desk', { type: 'check', screening: { ...ALL_CHECKED, imaging: false } }]]);
    expect(refusal(take(half, 'desk', { type: 'accept' }))).toEqual({ rule: 'WFL17', why: 'incomplete', missing: ['imaging'] });
  });

  it('[WFL15] [WFL16] goes back for material and begins the screening again when it came', () => {
    const asked = walk([...SENT, ['desk', { type: 'screen' }], ['desk', { type: 'check', screening: ALL_CHECKED }], ['desk', { type: 'returnForMaterial', reason: '请补增强CT' }]]);
    expect(asked).toMatchObject({ state: 'materialAsked', materialAsked: '请补增强CT' });
    expect(taken(take(asked, 'colleague', { type: 'supply', note: '已上传' }))).toMatchObject({ state: 'screening', materialAsked: null, screening: { imaging: false } });
  });

  it('[WFL19] forwards up and down the tree, and nowhere else; the centre that gave it away has it no more', () => {
    const sent = walk(SENT);
    expect(refusal(take(sent, 'desk', { type: 'forward', centreId: orgOf('city2'), reason: '专科' }))).toMatchObject({ rule: 'WFL19', why: 'forbidden' });
    expect(refusal(take(sent, 'desk', { type: 'forward', centreId: orgOf('city'), reason: '专科' }))).toMatchObject({ rule: 'WFL19', why: 'state' });
    const up = taken(take(sent, 'desk', { type: 'forward', centreId: orgOf('province'), reason: '专科' }));
    expect(mayReadRequest(up, viewOf('desk'))).toBe(false);
    const across = taken(take(up, 'chief', { type: 'forward', centreId: orgOf('city2'), reason: '专科' }));
    expect(['desk', 'desk2', 'chief', 'stranger'].map((name) => mayReadRequest(across, viewOf(name as Name)))).toEqual([false, true, true, false]); // names of the world
  });

  it('[WFL40] [WFL10] [WFL19] goes to no centre where nobody takes it', () => {
    const nowhere = { rule: 'WFL10', why: 'incomplete', missing: ['centreId'] };
    expect(refusal(take(draftOf(), 'doctor', { type: 'send', centreId: orgOf('county'), consentException: '' }))).toEqual(nowhere);
    expect(refusal(take(URGENT_DRAFT, 'doctor', { type: 'send', centreId: orgOf('county'), consentException: '' }, EMERGENCY))).toEqual(nowhere);
    expect(refusal(take(walk(SENT), 'desk', { type: 'forward', centreId: orgOf('county'), reason: '专科' }))).toEqual({ ...nowhere, rule: 'WFL19' });
  });

  it('[WFL22] wants a reason for a decline, which ends what came with the invitation', () => {
    const scheduled = walk(SCHEDULED);
    expect(refusal(take(scheduled, 'qian', { type: 'answer', answer: 'declined', reason: ' ' }))).toMatchObject({ rule: 'WFL22', missing: ['reason'] });
    expect(mayReadRequest(taken(take(scheduled, 'qian', { type: 'answer', answer: 'declined', reason: '外出' })), viewOf('qian'))).toBe(false);
  });

  it('[WFL20] plans no session that is over, nor one whose host is not there', () => {
    const accepted = walk(ACCEPTED);
    expect(refusal(take(accepted, 'desk', { type: 'schedule', plan: plan({ startsAtMs: NOW - 3_600_000 }) }))).toMatchObject({ rule: 'WFL20', missing: ['startsAtMs'] });
    expect(refusal(take(accepted, 'desk', { type: 'schedule', plan: plan({ hostPersonId: personOf('sun') }) }))).toMatchObject({ rule: 'WFL20', missing: ['hostPersonId'] });
  });

  it('[WFL28] [WFL29] [WFL30] signs in order; a return takes all signatures away', () => {
    const waiting = walk([...HELD, ['lin', { type: 'submitOpinion', version: 1, signerIds: [personOf('qian'), personOf('lin')] }]]);
    expect(refusal(take(waiting, 'lin', { type: 'signOpinion' }))).toMatchObject({ rule: 'WFL30', why: 'state' });
    const once = taken(take(waiting, 'qian', { type: 'signOpinion' }));
    expect(once).toMatchObject({ state: 'awaitingSignatures', opinion: { signedIds: ['qian'] } });
    expect(taken(take(once, 'lin', { type: 'returnOpinion', reason: '请补分歧' }))).toMatchObject({ state: 'opinionDue', opinion: null });
  });

  it('[WFL34] [WFL35] is cancelled before the session only, and is a no-show only once its time has come', () => {
    expect(taken(take(walk(SCHEDULED), 'doctor', { type: 'cancel', reason: '转院' })).state).toBe('cancelled');
    expect(refusal(take(walk(HELD), 'doctor', { type: 'cancel', reason: '转院' }))).toMatchObject({ rule: 'WFL34', why: 'state' });
    const scheduled = walk(SCHEDULED);
    expect(refusal(take(scheduled, 'desk', { type: 'noShow', reason: '断电' }))).toMatchObject({ rule: 'WFL35', why: 'state' });
    const missed = taken(take(scheduled, 'desk', { type: 'noShow', reason: '断电' }, { nowMs: NOW + 7_200_000 }));
    const again = taken(take(missed, 'desk', { type: 'reschedule', plan: plan({ startsAtMs: NOW + 9e7 }), reason: '来电后' }, { newConsultId: contextOf('desk').newConsultId }));
    expect(again).toMatchObject({ state: 'scheduled', endReason: null, appointment: { sequence: 0 } });
  });

  it('[WFL36] keeps a draft in the hospital', () => {
    const readers = (['doctor', 'colleague', 'head', 'nurse', 'desk', 'chief', 'lin', 'watcher'] as const).filter((name) => mayReadRequest(draftOf({ centreId: orgOf('city') }), viewOf(name)));
    expect(readers).toEqual(['doctor', 'colleague', 'head', 'nurse']);
  });

  it('tells those who have to know, and not the one who did it', () => {
    const invited = take(walk(ACCEPTED), 'desk', { type: 'schedule', plan: plan({ cartIds: [] }) });
    expect(invited.isTaken && invited.notices).toEqual([
      { kind: 'invited', to: { type: 'parties', ids: ['lin', 'qian'] } },
      { kind: 'scheduled', to: { type: 'parties', ids: ['doctor'] } },
    ]);
    const urgent = take(URGENT_DRAFT, 'doctor', { type: 'send', centreId: orgOf('city'), consentException: '' }, EMERGENCY);
    expect(urgent.isTaken && urgent.notices.map(({ kind }) => kind)).toEqual(['emergencyArrived', 'approvalOwed']);
  });

  it('counts the time that is owed, and stops while the hospital has it', () => {
    const sent = walk(SENT);
    const due = dueOf(sent);
    expect(due).toEqual({ what: 'respond', fromMs: NOW, atMs: NOW + 86_400_000 });
    if (due === null) return;
    expect([0.5, 0.8, 1.1].map((part) => levelOf(due, NOW + part * 86_400_000))).toEqual(['inTime', 'soon', 'late']);
    expect(dueOf({ ...sent, state: 'materialAsked' })).toBeNull();
  });
});
