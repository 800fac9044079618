import { consultIdSchema, opinionIdSchema, organisationIdSchema, type PersonId } from '#shared/domain/ids';
import { EMPTY_OPINION, type OpinionContent, type OpinionStatus } from '#shared/domain/opinion';
import type { Party } from '#shared/domain/people';
import { ManualClock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import type { Figures, Indicators } from '#shared/protocol/indicators';
import type { Opinion } from '#shared/protocol/opinions';
import { createIndicatorsModel } from '../../../renderer/state/indicatorsModel.ts';
import { createMinutesModel } from '../../../renderer/state/minutesModel.ts';
import { createOpinionListModel } from '../../../renderer/state/opinionListModel.ts';
import { createOpinionModel } from '../../../renderer/state/opinionModel.ts';
import { CASE_ID } from '../cases/syntheticCase.ts';
import { FakeSignaling } from '../fakeSignaling.ts';
import { PARTIES } from '../staticConsultModel.ts';

export type OpinionScene = 'draft' | 'empty' | 'unsaved' | 'signing' | 'returned' | 'signed' | 'conflict';
export const OPINION_ID = opinionIdSchema.parse('7f3c9a10-5d1e-4c55-9f0e-0c7a51b2d3e4');

const person = (party: Party) => party.id as PersonId; // people of the synthetic hospital
const WRITTEN: OpinionContent = {
  ...EMPTY_OPINION,
  summary: '患者女，63 岁，因「发热、咳嗽 9 天，气促 6 天」入院。入院后诊断重症肺炎、急性心功能不全，机械通气第 6 天，已使用美罗培南联合左氧氟沙星，液体负平衡 1.2 L/日。',
  findings: '床旁超声：左室射血分数 48%，下腔静脉内径 1.9 cm，变异度 18%。胸部 CT：双下肺实变较前吸收，少量胸腔积液。\n自主呼吸试验 30 分钟：呼吸频率 26 次/分，浅快呼吸指数 82。',
  diagnosis: '1. 重症肺炎（恢复期）\n2. 急性左心功能不全，好转',
  recommendations: '1. 明日上午在无创通气序贯支持下撤机，撤机后 48 小时内监测 BNP 与床旁超声。\n2. 继续限制性液体管理，维持每日负平衡 500–800 mL。\n3. 抗感染疗程满 14 天后停药，降钙素原 < 0.25 µg/L 可提前。',
  disagreements: [{ personIds: [person(PARTIES.surgeon)], text: '胸腔积液偏多，建议先行超声引导下穿刺引流再撤机。' }],
  signerIds: [person(PARTIES.expert), person(PARTIES.surgeon)],
};

function opinionOf(scene: OpinionScene, nowMs: number): Opinion {
  const status: OpinionStatus = scene === 'signing' ? 'awaitingSignatures' : scene === 'signed' ? 'signed' : scene === 'returned' ? 'returned' : 'draft';
  const version = scene === 'empty' ? 0 : scene === 'returned' ? 2 : 3;
  const submitted = { by: PARTIES.surgeon, atMs: nowMs - 40 * 60_000 };
  const signature = (party: Party, position: number) => ({ personId: person(party), position, signedAtMs: nowMs - (30 - position * 10) * 60_000, algorithm: 'sm2' as const, certificateFingerprint: 'b1946ac92492d2347c6235b4d2611184c3f5d3e8a1d19f27b8c0e67f0a4d5e21' });
  return {
    id: OPINION_ID, caseId: CASE_ID, consultId: consultIdSchema.parse('consult-1'), requestId: null, addendumTo: null, status, version, panel: [PARTIES.expert, PARTIES.surgeon, PARTIES.requester], changedAtMs: nowMs - 40 * 60_000,
    nextSignerId: scene === 'signing' ? person(PARTIES.expert) : null, content: scene === 'empty' ? EMPTY_OPINION : WRITTEN,
    versions: Array.from({ length: version }, (_, index) => ({ number: index + 1, author: index % 2 === 0 ? PARTIES.expert : PARTIES.surgeon, atMs: nowMs - (version - index) * 3_600_000, submitted: index + 1 === version && status !== 'draft' ? submitted : null, returned: scene === 'returned' && index + 1 === version ? { by: PARTIES.expert, atMs: nowMs - 10 * 60_000, reason: '请补充抗感染疗程的依据' } : null })),
    signatures: scene === 'signed' ? [signature(PARTIES.expert, 1), signature(PARTIES.surgeon, 2)] : [],
    documentHash: status === 'draft' ? null : 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  };
}

function figures(requests: number): Figures {
  const of = (part: number) => Math.round(requests * part);
  return {
    requests, emergencies: of(0.12), accepted: of(0.86), held: of(0.8), completed: of(0.76), declined: of(0.06), cancelled: of(0.05), noShows: of(0.02),
    toAccepted: { count: of(0.86), medianMs: 4.2 * 3_600_000, meanMs: 6.1 * 3_600_000 }, toSession: { count: of(0.8), medianMs: 51 * 3_600_000, meanMs: 60 * 3_600_000 }, answered: { inTime: of(0.83), of: of(0.92) },
    rehearsals: { count: of(1.6), passed: of(1.45), roundTripMs: 38.4, lossRatio: 0.0042, upBps: 8.2e6 }, ratings: { count: of(0.6), overall: 4.6, timeliness: 4.4, quality: 4.7, technique: 4.1 },
  };
}

function indicatorsOf(nowMs: number): Indicators {
  const organisation = (id: string, zh: string, en: string, requests: number) => ({ id: organisationIdSchema.parse(id), name: { zh, en }, figures: figures(requests) });
  return {
    fromMs: nowMs - 365 * 86_400_000, toMs: nowMs, timeZone: 'Asia/Shanghai', madeAtMs: nowMs, total: figures(1284),
    byCentre: [organisation('province', '省人民医院会诊中心', 'Provincial centre', 802), organisation('city', '市第一医院会诊中心', 'City centre', 482)],
    byHospital: Array.from({ length: 15 }, (_, index) => organisation(`h-${index}`, `第${index + 1}县人民医院`, `County hospital ${index + 1}`, 150 - index * 8)),
    bySpecialty: ['03.01', '03.04', '04.02', '05.02', '07.01'].map((code, index) => ({ code, figures: figures(400 - index * 70) })),
    byMonth: Array.from({ length: 12 }, (_, index) => ({ month: `2026-${String(index + 1).padStart(2, '0')}`, figures: figures(80 + ((index * 37) % 60)) })),
    reasons: [{ kind: 'cancel', reason: '患者已转院', count: 31 }, { kind: 'decline', reason: '不属远程会诊范围，建议直接转诊', count: 24 }, { kind: 'noShow', reason: '申请医院停电', count: 3 }],
  };
}

/** The real models over answers that stand still. */
export function createStaticOpinions(scene: OpinionScene, nowMs: number, self: Party) {
  const signaling = new FakeSignaling();
  const opinion = opinionOf(scene, nowMs);
  const consultId = opinion.consultId;
  signaling.answer('opinion.get', () => ({ opinion }));
  signaling.answer('opinion.list', () => ({ opinions: [opinion] }));
  signaling.answer('opinion.version', ({ version }) => ({ version: { number: version, author: PARTIES.expert, atMs: nowMs - 7_200_000, submitted: null, returned: null, content: { ...WRITTEN, recommendations: '撤机。' } } }));
  signaling.answer('opinion.save', () => ({ status: 'conflict', current: { number: 4, author: PARTIES.surgeon, atMs: nowMs, submitted: null, returned: null, content: { ...WRITTEN, diagnosis: '重症肺炎，机械通气依赖', signerIds: [person(PARTIES.surgeon), person(PARTIES.expert)] } } }));
  signaling.answer('consult.agenda', () => ({ agenda: { version: 2, items: [{ id: 'a', title: '病情汇报', minutes: 10, who: '周敏（主治医师·县人民医院）' }, { id: 'b', title: '床旁超声', minutes: 10, who: '' }, { id: 'c', title: '讨论与结论', minutes: 20, who: '林静远' }] } }));
  signaling.answer('consult.presence', () => ({ stays: [{ party: PARTIES.requester, enteredAtMs: nowMs - 1_500_000, leftAtMs: null }, { party: PARTIES.expert, enteredAtMs: nowMs - 1_200_000, leftAtMs: null }, { party: PARTIES.surgeon, enteredAtMs: nowMs - 1_100_000, leftAtMs: nowMs - 300_000 }], serverTimeMs: nowMs }));
  signaling.answer('indicators.read', () => indicatorsOf(nowMs));
  const model = createOpinionModel({ signaling, fetchFile: async () => new Blob(['']), selfId: () => self.id });
  if (scene === 'unsaved' || scene === 'conflict' || scene === 'empty') {
    const stop = model.store.subscribe(({ phase }) => {
      if (phase !== 'open') return;
      stop();
      model.edit(scene === 'empty' ? { summary: '患者女，63 岁。' } : { diagnosis: `${WRITTEN.diagnosis}\n3. 双侧少量胸腔积液` });
      if (scene === 'conflict') drop(model.save(), 'the scene is its outcome');
    });
  }
  const clock = new ManualClock(nowMs);
  return { opinion: model, opinionList: createOpinionListModel(signaling), minutes: createMinutesModel({ signaling, newId: () => `item-${consultId}` }), indicators: createIndicatorsModel({ signaling, clock }) };
}
