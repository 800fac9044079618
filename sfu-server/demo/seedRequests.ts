import type { CaseItemContent } from '#shared/domain/caseFile';
import type { Urgency } from '#shared/domain/consultation/form';
import type { AskedStep } from '#shared/domain/consultation/steps';
import { caseChangeIdSchema, type CaseId, caseIdSchema, caseItemIdSchema, consultRequestIdSchema, organisationIdSchema, personIdSchema, sessionIdSchema } from '#shared/domain/ids';
import type { SpecialtyCode } from '#shared/domain/specialties';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { Identity } from '../auth/sessions.ts';
import { applyChange } from '../cases/changeRules.ts';
import type { Consultations } from '../consultation/consultations.ts';
import type { Installation } from '../storage/installation.ts';
import type { People } from '../storage/people.ts';
import { type CaseSeedOptions, keepSignature } from './seedCase.ts';

export interface RequestSeedOptions {
  readonly consultations: Pick<Consultations, 'create' | 'stepAsItIs'>;
  readonly people: People;
  readonly cases: CaseSeedOptions;
  readonly installation: Installation;
  readonly clock: Clock;
}

interface DemoRequest {
  readonly key: string;
  readonly patient: { readonly name: string; readonly ageYears: number; readonly sex: 'female' | 'male' };
  readonly question: string;
  readonly diagnosis: string;
  readonly urgency: Urgency;
  readonly wanted: readonly SpecialtyCode[];
  readonly presentIllness: string;
  readonly findings: string;
  /** Who takes which step, in order. */
  readonly steps: readonly (readonly [who: string, step: AskedStep])[];
}

const CENTRE = organisationIdSchema.parse('demo-province');
const SEEDED_KEY = 'demo.requests';
/** The first change of a case; with it, all of them are there. */
const FORM_CHANGE = caseChangeIdSchema.parse('demo-form');
const send: AskedStep = { type: 'send', centreId: CENTRE, consentException: '' };
const approve: AskedStep = { type: 'approve', note: '' };

/** Requests in the states in which a desk finds them. Everybody in them is invented. */
const REQUESTS: readonly DemoRequest[] = [
  {
    key: 'draft', patient: { name: '邓巧云', ageYears: 46, sex: 'female' }, question: '反复上腹痛，胃镜未见异常，请协助明确病因。', diagnosis: '腹痛待查', urgency: 'routine', wanted: ['03.02'],
    presentIllness: '两个月来进食后上腹隐痛，可自行缓解，体重下降 3 kg。', findings: '', steps: [],
  },
  {
    key: 'approval', patient: { name: '方志远', ageYears: 58, sex: 'male' }, question: '右肺上叶结节 14 mm，请评估手术指征与随访方案。', diagnosis: '右肺上叶结节', urgency: 'routine', wanted: ['03.01', '04.05'],
    presentIllness: '体检发现右肺上叶结节，无咳嗽、咯血。吸烟 30 年。', findings: '双肺呼吸音清，未闻及干湿啰音。', steps: [['requester', send]],
  },
  {
    key: 'submitted', patient: { name: '贺春梅', ageYears: 63, sex: 'female' }, question: '心功能 IV 级，利尿剂抵抗，请指导治疗。', diagnosis: '慢性心力衰竭急性加重', urgency: 'urgent', wanted: ['03.04'],
    presentIllness: '一周来气促加重，夜间不能平卧，尿量减少。', findings: '颈静脉怒张，双肺底湿啰音，双下肢中度水肿。', steps: [['requester', send], ['approver', approve]],
  },
  {
    key: 'screening', patient: { name: '蒋文涛', ageYears: 35, sex: 'male' }, question: '不明原因发热三周，请协助诊断。', diagnosis: '发热待查', urgency: 'routine', wanted: ['16'],
    presentIllness: '三周来午后发热，最高 39.1 ℃，伴盗汗。', findings: '左颈部可及 1.5 cm 淋巴结，质韧。', steps: [['requester', send], ['approver', approve], ['scheduler', { type: 'screen' }]],
  },
  {
    key: 'material', patient: { name: '卢素琴', ageYears: 70, sex: 'female' }, question: '胰头占位，请评估可切除性。', diagnosis: '胰头占位', urgency: 'urgent', wanted: ['04.01'],
    presentIllness: '皮肤黄染两周，伴瘙痒，大便色浅。', findings: '皮肤巩膜黄染，右上腹轻压痛。',
    steps: [['requester', send], ['approver', approve], ['scheduler', { type: 'screen' }], ['scheduler', { type: 'returnForMaterial', reason: '请补充增强 CT 及肿瘤标志物。' }]],
  },
];

/** Fills the desk of the demo hospital, once, through the workflow's own rules. */
export async function seedRequests(options: RequestSeedOptions): Promise<void> {
  if ((await options.installation.get(SEEDED_KEY)) !== null) return;
  for (const request of REQUESTS) await seedRequest(options, request);
  await options.installation.set(SEEDED_KEY, 'done');
}

async function seedRequest({ consultations, people, cases, clock }: RequestSeedOptions, demo: DemoRequest): Promise<void> {
  const as = async (name: string): Promise<Identity> => ({ sessionId: sessionIdSchema.parse(`demo-${name}`), party: required(await people.party(personIdSchema.parse(`demo-${name}`)), 'a demo person, seeded before') });
  const requestId = consultRequestIdSchema.parse(`demo-request-${demo.key}`);
  const caseId = caseIdSchema.parse(`demo-request-${demo.key}`);
  const physician = await as('requester');
  // A start that was cut short leaves a request begun; the rest is done by the next one.
  const { version } = await consultations.create(physician, { requestId, caseId, patient: demo.patient, question: demo.question, urgency: demo.urgency });
  if (version > 1) return;
  if (!(await cases.records.isAnswered(caseId, FORM_CHANGE))) await fillCase(cases, caseId, demo, physician, clock.wallMs());
  for (const [who, step] of demo.steps) await consultations.stepAsItIs(await as(who), requestId, step);
}

async function fillCase(cases: CaseSeedOptions, caseId: CaseId, demo: DemoRequest, { party }: Identity, nowMs: number): Promise<void> {
  const signature = await keepSignature(cases, caseId, nowMs);
  const contents: readonly (readonly [string, CaseItemContent])[] = [
    ['history', { kind: 'history', body: { presentIllness: demo.presentIllness, pastHistory: '', medication: '', allergies: '' } }],
    ...(demo.findings === '' ? [] : [['examination', { kind: 'examination', body: { general: '', findings: demo.findings } }] as const]),
    ...(demo.steps.length === 0 ? [] : [['consent-1', { kind: 'consent', body: { formTitle: '远程会诊知情同意书', formText: '本人已了解远程会诊的目的、方式与可能的局限，同意将病历资料提供给会诊专家。', signerName: demo.patient.name, relation: 'patient', signedAtMs: nowMs, signature } }] as const]),
  ];
  const receipts = await cases.records.inCase(caseId, async (work) => {
    const set = { type: 'setFields' as const, itemId: caseItemIdSchema.parse('request'), baseRevision: 2, fields: { diagnosis: demo.diagnosis, wanted: demo.wanted.map((specialty) => ({ specialty, leastGrade: 'associateChief', count: 1 })) } };
    const given = [await applyChange(work, { id: FORM_CHANGE, caseId, madeAtMs: nowMs, operation: set }, { party, nowMs })];
    for (const [itemId, content] of contents) given.push(await applyChange(work, { id: caseChangeIdSchema.parse(`demo-${itemId}`), caseId, madeAtMs: nowMs, operation: { type: 'create', itemId: caseItemIdSchema.parse(itemId), content, text: null } }, { party, nowMs }));
    return given;
  });
  if (receipts.some(({ status }) => status !== 'held')) throw new AppError('internal.bug', 'a change of a demo request’s case was not held');
}
