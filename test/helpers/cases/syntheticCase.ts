import { type CaseItem, type CaseItemContent, type CaseSummary, NOTE_TEXT_FIELD } from '#shared/domain/caseFile';
import { caseChangeIdSchema, caseIdSchema, caseItemIdSchema, consultIdSchema, organisationIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { CaseOperation, CaseReceipt } from '#shared/protocol/cases';
import * as Y from 'yjs';
import { toBase64 } from '../../../renderer/storage/base64.ts';
import type { OutboxEntry } from '../../../renderer/storage/cases/outbox.ts';
import { PARTIES } from '../staticConsultModel.ts';

const HOUR = 3_600_000;
export const CASE_ID = caseIdSchema.parse('case-chen');

/** A hash that names nothing real: the letter's code, over and over. */
export const hashOf = (letter: string) => letter.charCodeAt(0).toString(16).padStart(2, '0').repeat(32);

export function syntheticSummary(nowMs: number, part: Partial<CaseSummary> = {}): CaseSummary {
  return {
    id: CASE_ID, revision: 412, organisationId: organisationIdSchema.parse('county'), organisationName: PARTIES.cart.organisationName, patientName: '陈素兰', patientSex: 'female', patientAge: 63,
    question: '重症肺炎合并心功能不全，机械通气第 6 天，请评估撤机时机与液体管理方案', consultIds: [consultIdSchema.parse('consult-1')], nextConsultAtMs: nowMs + 2 * HOUR, changedAtMs: nowMs - HOUR,
    canWrite: true, accessUntilMs: null, leaseUntilMs: nowMs + 72 * HOUR, attachmentBytes: 152_400_000, ...part,
  };
}

function noteState(paragraphs: readonly string[]): string {
  const document = new Y.Doc();
  const fragment = document.getXmlFragment(NOTE_TEXT_FIELD);
  for (const text of paragraphs) {
    const paragraph = new Y.XmlElement('paragraph');
    paragraph.insert(0, [new Y.XmlText(text)]);
    fragment.push([paragraph]);
  }
  return toBase64(Y.encodeStateAsUpdate(document));
}

const LABS: readonly { readonly code: string; readonly zh: string; readonly en: string; readonly unit: string; readonly low: number | null; readonly high: number | null; readonly values: readonly number[] }[] = [
  { code: '6690-2', zh: '白细胞计数', en: 'Leukocytes', unit: '10⁹/L', low: 3.5, high: 9.5, values: [18.2, 16.4, 14.9, 12.7, 11.3] },
  { code: '1988-5', zh: 'C 反应蛋白', en: 'C-reactive protein', unit: 'mg/L', low: null, high: 10, values: [212, 178, 131, 96, 64] },
  { code: '33959-8', zh: '降钙素原', en: 'Procalcitonin', unit: 'ng/mL', low: null, high: 0.5, values: [8.4, 5.1, 2.6, 1.2] },
  { code: '2823-3', zh: '血钾', en: 'Potassium', unit: 'mmol/L', low: 3.5, high: 5.3, values: [4.1, 3.9, 3.6, 3.3] },
  { code: '2160-0', zh: '肌酐', en: 'Creatinine', unit: 'μmol/L', low: 41, high: 81, values: [96, 88, 79, 74] },
  { code: '30934-4', zh: 'B 型利钠肽', en: 'BNP', unit: 'pg/mL', low: null, high: 100, values: [1240, 980, 760] },
  { code: '718-7', zh: '血红蛋白', en: 'Haemoglobin', unit: 'g/L', low: 115, high: 150, values: [128, 121, 119] },
  { code: '2744-1', zh: '动脉血 pH', en: 'Arterial pH', unit: '', low: 7.35, high: 7.45, values: [7.31, 7.36, 7.38] },
];

/** A patient's whole file as the server holds it: invented, and rich enough to fill every part of the screen. */
export function syntheticItems(nowMs: number): CaseItem[] {
  let revision = 0;
  const item = (id: string, content: CaseItemContent, author: Party, atMs: number, part: Partial<CaseItem> = {}): CaseItem => {
    revision += 1;
    return { id: caseItemIdSchema.parse(id), revision, content, fieldRevisions: {}, text: null, author, createdAtMs: atMs, changedAtMs: atMs, retraction: null, ...part };
  };
  const day = (days: number, hours = 0) => nowMs - days * 24 * HOUR - hours * HOUR;
  const { requester, cart, expert } = PARTIES;
  const rounds = Array.from({ length: 26 }, (_, index) => {
    const wave = Math.sin(index / 3);
    return item(`vitals-${index}`, {
      kind: 'vitals',
      body: { measuredAtMs: day(0, index * 4 + 1), heartRatePerMin: Math.round(92 + wave * 14 + index * 0.8), respiratoryRatePerMin: Math.round(19 + wave * 4 + index * 0.2), systolicMmHg: Math.round(118 + wave * 16), diastolicMmHg: Math.round(70 + wave * 8), oxygenSaturationPercent: Math.min(100, Math.round(97 - index * 0.2 - wave * 2)), temperatureC: index % 2 === 0 ? Math.round((37 + index * 0.06 + wave * 0.4) * 10) / 10 : null },
    }, cart, day(0, index * 4 + 1), index === 7 ? { retraction: { by: requester, atMs: day(0, 20), reason: '测量时探头脱落' } } : {});
  });
  const labs = LABS.flatMap(({ code, zh, en, unit, low, high, values }) => values.map((value, index) => item(`lab-${code}-${index}`, { kind: 'lab', body: { collectedAtMs: day(values.length - 1 - index, 6), name: { zh, en }, code, value, text: null, unit, low, high } }, requester, day(values.length - 1 - index, 5))));
  const document = (id: string, category: 'photograph' | 'report' | 'letter' | 'still' | 'other', title: string, hoursAgo: number, mediaType: string, sizeBytes: number, author: Party = cart) =>
    item(id, { kind: 'document', body: { category, title, takenAtMs: day(0, hoursAgo), attachment: { hash: hashOf(id.at(-1) ?? 'a'), sizeBytes, mediaType, fileName: `${title}.${mediaType === 'application/pdf' ? 'pdf' : 'jpg'}` } } }, author, day(0, hoursAgo));
  return [
    item('patient', { kind: 'patient', body: { name: '陈素兰', sex: 'female', birthDate: '1963-04-12', ageYears: 63, recordNumber: 'QS-2026-0417', phone: null } }, requester, day(6)),
    item('request', { kind: 'request', body: { question: '重症肺炎合并心功能不全，机械通气第 6 天，请评估撤机时机与液体管理方案', diagnosis: '重症社区获得性肺炎；急性心力衰竭；2 型糖尿病', urgency: 'urgent', ward: '重症医学科', bed: '02', kind: 'mdt', wanted: [{ specialty: '28', leastGrade: 'associateChief', count: 1 }], preferredTimes: [], needsCart: true } }, requester, day(5, 22)),
    item('history', {
      kind: 'history',
      body: {
        presentIllness: '8 天前受凉后咳嗽、咳黄痰，伴发热，最高 39.4 °C。6 天前气促加重，面罩吸氧下 SpO₂ 82%，转入重症医学科，气管插管机械通气。先后予哌拉西林他唑巴坦、莫西沙星抗感染，利尿、控制容量。近 48 小时氧合改善，FiO₂ 由 0.7 降至 0.4，PEEP 8 cmH₂O。',
        pastHistory: '高血压 12 年，2 型糖尿病 8 年，口服药控制。否认结核。2019 年阑尾切除术。', medication: '氨氯地平 5 mg 每日一次；二甲双胍 0.5 g 每日三次（住院期间停用，改胰岛素泵入）。', allergies: '青霉素（皮试阳性，2015 年全身皮疹）',
      },
    }, requester, day(5, 21)),
    item('examination', { kind: 'examination', body: { general: '镇静，RASS −2，气管插管接呼吸机辅助通气，PSV 模式，潮气量 420 mL。', findings: '双肺呼吸音粗，左下肺可闻及湿啰音。心率 92 次/分，律齐，未闻及杂音。腹软，双下肢轻度水肿。' } }, requester, day(1, 3)),
    ...rounds, ...labs,
    item('lab-culture', { kind: 'lab', body: { collectedAtMs: day(2, 8), name: { zh: '痰培养', en: 'Sputum culture' }, code: null, value: null, text: '肺炎克雷伯菌（ESBL 阴性）', unit: '', low: null, high: null } }, requester, day(1, 2)),
    document('doc-a', 'photograph', '左下肢压痕', 5, 'image/jpeg', 2_340_000),
    document('doc-b', 'photograph', '中心静脉穿刺处', 9, 'image/jpeg', 3_120_000),
    document('doc-c', 'still', '床旁超声：左下肺 B 线', 3, 'image/png', 1_480_000, expert),
    document('doc-d', 'report', '胸部 CT 报告', 30, 'application/pdf', 412_000, requester),
    document('doc-e', 'letter', '转诊信', 140, 'application/pdf', 188_000, requester),
    document('doc-f', 'photograph', '呼吸机参数', 2, 'image/jpeg', 2_750_000),
    item('imaging-1', { kind: 'imaging', body: { studyUid: '2.25.118820341', modality: 'CT', description: '胸部平扫', studiedAtMs: day(1, 8), seriesCount: 3 } }, requester, day(1, 8)),
    item('imaging-2', { kind: 'imaging', body: { studyUid: '2.25.118820342', modality: 'US', description: '床旁心脏超声', studiedAtMs: day(0, 3), seriesCount: 6 } }, expert, day(0, 3)),
    item('note-1', { kind: 'note', body: { title: '床旁会诊记录' } }, expert, day(0, 4), { text: noteState(['左下肺 B 线较昨日减少，胸腔积液少量，约 8 mm。', '左室收缩功能轻度减低，LVEF 约 45%，下腔静脉内径 19 mm，呼吸变异小于 20%。', '建议：先负平衡 500–800 mL，明晨复查 BNP 后做自主呼吸试验。']), changedAtMs: day(0, 3) }),
    item('note-2', { kind: 'note', body: { title: '护理交接' } }, cart, day(0, 10), { text: noteState(['夜间吸痰 4 次，痰量中等，黄色黏稠。', '翻身每 2 小时一次，骶尾部皮肤完整。']) }),
    item('opinion-1', { kind: 'opinion', body: { findings: '感染指标持续下降，氧合指数由 120 升至 265，循环稳定，未用血管活性药。容量负荷仍偏重。', recommendation: '1. 明晨行 30 分钟自主呼吸试验；2. 试验前目标负平衡 500–800 mL；3. 拔管后序贯高流量氧疗。' } }, expert, day(0, 2)),
    item('consent-1', { kind: 'consent', body: { formTitle: '远程会诊知情同意书', formText: '1. 医师已向我说明远程会诊的目的、方式和参加的医院。\n2. 会诊所需的病历、检验、影像和现场画面会加密传送给受邀专家，仅用于本次诊疗。\n我已阅读并理解以上内容，同意进行远程会诊。', signerName: '陈明', relation: 'child', signedAtMs: day(5, 20), signature: { hash: hashOf('s'), sizeBytes: 9000, mediaType: 'image/png', fileName: 'signature.png' } } }, requester, day(5, 20)),
  ];
}

/** What this machine wrote besides: one change in each place it can be. */
export function syntheticOutbox(nowMs: number): OutboxEntry[] {
  let order = 0;
  const entry = (operation: CaseOperation, state: OutboxEntry['state'], minutesAgo: number, receipt: (changeId: OutboxEntry['change']['id']) => CaseReceipt | null = () => null, part: Partial<OutboxEntry> = {}): OutboxEntry => {
    order += 1;
    const id = caseChangeIdSchema.parse(`change-${order}`);
    const atMs = nowMs - minutesAgo * 60_000;
    return { order, change: { id, caseId: CASE_ID, madeAtMs: atMs, operation }, author: PARTIES.requester, state, attempts: 0, stateAtMs: atMs, receipt: receipt(id), revision: null, needs: [], ...part };
  };
  const itemId = (id: string) => caseItemIdSchema.parse(id);
  const body = { measuredAtMs: nowMs - 6 * 60_000, heartRatePerMin: 96, respiratoryRatePerMin: 22, systolicMmHg: 126, diastolicMmHg: 74, oxygenSaturationPercent: 93, temperatureC: 37.6 };
  return [
    entry({ type: 'setFields', itemId: itemId('examination'), baseRevision: 3, fields: { findings: '双肺呼吸音较昨日清晰，左下肺湿啰音减少。' } }, 'conflict', 50, (changeId) => ({ status: 'conflict', changeId, revision: 410, conflicts: [{ field: 'findings', value: '双肺呼吸音粗，左下肺可闻及湿啰音。心率 92 次/分，律齐，未闻及杂音。腹软，双下肢轻度水肿。', revision: 408, by: PARTIES.requester, atMs: nowMs - 70 * 60_000 }] })),
    entry({ type: 'create', itemId: itemId('doc-refused'), content: { kind: 'document', body: { category: 'photograph', title: '气管插管固定', takenAtMs: nowMs - 40 * 60_000, attachment: { hash: hashOf('a'), sizeBytes: 2_100_000, mediaType: 'image/jpeg', fileName: 'IMG_0042.jpg' } } }, text: null }, 'refused', 40, (changeId) => ({ status: 'refused', changeId, code: 'record.hashMismatch', message: 'the bytes give another hash' })),
    entry({ type: 'setFields', itemId: itemId('opinion-1'), baseRevision: 90, fields: { recommendation: '1. 明晨行 30 分钟自主呼吸试验；2. 试验前目标负平衡 500–800 mL；3. 拔管后序贯高流量氧疗；4. 血钾低于 3.5 mmol/L，先补钾。' } }, 'held', 30, (changeId) => ({ status: 'held', changeId, revision: 412, heldAtMs: nowMs - 29 * 60_000 }), { revision: 412 }),
    entry({ type: 'create', itemId: itemId('vitals-new'), content: { kind: 'vitals', body }, text: null }, 'waiting', 6, () => null, { attempts: 2 }),
    entry({ type: 'create', itemId: itemId('doc-new'), content: { kind: 'document', body: { category: 'photograph', title: '伤口换药后', takenAtMs: nowMs - 4 * 60_000, attachment: { hash: hashOf('b'), sizeBytes: 3_300_000, mediaType: 'image/jpeg', fileName: 'IMG_0043.jpg' } } }, text: null }, 'waiting', 4, () => null, { needs: ['n'] }),
    entry({ type: 'setFields', itemId: itemId('request'), baseRevision: 2, fields: { bed: '05' } }, 'waiting', 2),
  ];
}
