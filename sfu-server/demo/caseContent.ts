import type { CaseItemBody } from '#shared/domain/caseFile';
import type { DemoConsult } from './hospital.ts';

/** One laboratory value over four days, the oldest first. Reference ranges are those of Chinese adult laboratories. */
export interface DemoLab {
  readonly zh: string;
  readonly en: string;
  readonly loinc: string;
  readonly unit: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly values: readonly [number, number, number, number];
}

/** What a demo case holds besides the patient and the question. Everybody and everything in it is invented. */
export interface DemoCase {
  readonly patient: Pick<CaseItemBody<'patient'>, 'birthDate' | 'recordNumber' | 'phone'>;
  readonly request: Pick<CaseItemBody<'request'>, 'diagnosis' | 'urgency' | 'ward' | 'bed'>;
  readonly history: CaseItemBody<'history'>;
  readonly examination: CaseItemBody<'examination'>;
  /** Mean of the measurements on the first day, and by how much each changes in a day. */
  readonly vitals: { readonly [K in Exclude<keyof CaseItemBody<'vitals'>, 'measuredAtMs'>]: readonly [mean: number, perDay: number] };
  readonly labs: readonly DemoLab[];
  readonly imaging: { readonly studyUid: string; readonly modality: string; readonly description: string; readonly seriesCount: number };
  readonly photographs: readonly { readonly title: string; readonly look: 'wound' | 'ultrasound' }[];
  readonly note: { readonly title: string; readonly lines: readonly string[] };
  readonly opinion: CaseItemBody<'opinion'>;
}

const POTASSIUM = { zh: '血钾', en: 'Potassium', loinc: '2823-3', unit: 'mmol/L', low: 3.5, high: 5.3 };
const CREATININE = { zh: '肌酐', en: 'Creatinine', loinc: '14682-9', unit: 'umol/L', low: 57, high: 111 };
const HAEMOGLOBIN = { zh: '血红蛋白', en: 'Haemoglobin', loinc: '718-7', unit: 'g/L', low: 115, high: 175 };
const WHITE_CELLS = { zh: '白细胞计数', en: 'White cell count', loinc: '6690-2', unit: '10*9/L', low: 3.5, high: 9.5 };
const CRP = { zh: 'C反应蛋白', en: 'C-reactive protein', loinc: '1988-5', unit: 'mg/L', low: null, high: 10 };
const BNP = { zh: '氨基末端脑钠肽前体', en: 'NT-proBNP', loinc: '33762-6', unit: 'pg/mL', low: null, high: 300 };
const TROPONIN = { zh: '高敏肌钙蛋白T', en: 'Troponin T, high sensitivity', loinc: '67151-1', unit: 'ng/L', low: null, high: 14 };
const ALT = { zh: '丙氨酸氨基转移酶', en: 'Alanine aminotransferase', loinc: '1742-6', unit: 'U/L', low: 7, high: 50 };
const BILIRUBIN = { zh: '总胆红素', en: 'Total bilirubin', loinc: '14631-6', unit: 'umol/L', low: 3.4, high: 20.5 };
const AFP = { zh: '甲胎蛋白', en: 'Alpha-fetoprotein', loinc: '1834-1', unit: 'ng/mL', low: null, high: 7 };

/** By the key of the consult. */
export const DEMO_CASES: Readonly<Record<DemoConsult['key'], DemoCase>> = {
  live: {
    patient: { birthDate: '1959-03-14', recordNumber: 'QH-2026-04417', phone: '0870-5550142' },
    request: { diagnosis: '急性呼吸困难原因待查；急性心力衰竭？心包积液？', urgency: 'emergency', ward: '重症医学科', bed: '3' },
    history: {
      presentIllness: '三天前受凉后咳嗽、活动后气促，夜间不能平卧。昨晚加重，端坐呼吸，咳白色泡沫痰，无胸痛、咯血。急诊予吸氧、利尿后稍缓解，今晨收入重症医学科。',
      pastHistory: '高血压病史 15 年，最高 180/105 mmHg；2 型糖尿病 8 年。2023 年置入冠状动脉支架 1 枚。否认慢性肺病。',
      medication: '阿司匹林 100 mg 每日一次；阿托伐他汀 20 mg 每晚；缬沙坦 80 mg 每日一次；二甲双胍 0.5 g 每日两次。',
      allergies: '青霉素皮试阳性。',
    },
    examination: { general: '神志清，急性病容，半卧位。颈静脉充盈。', findings: '双下肺可闻及湿性啰音。心界向左扩大，心音低钝，律齐，未闻及明显杂音。肝肋下 2 cm，双下肢轻度凹陷性水肿。' },
    vitals: { heartRatePerMin: [118, -8], respiratoryRatePerMin: [30, -3], systolicMmHg: [162, -9], diastolicMmHg: [96, -5], oxygenSaturationPercent: [89, 2], temperatureC: [37.4, -0.1] },
    labs: [
      { ...BNP, values: [6840, 5920, 4310, 3260] }, { ...TROPONIN, values: [38, 46, 41, 33] }, { ...CREATININE, values: [128, 136, 131, 119] }, { ...POTASSIUM, values: [4.6, 3.4, 3.2, 3.8] },
      { ...WHITE_CELLS, values: [12.4, 11.8, 9.9, 8.7] }, { ...CRP, values: [46, 58, 37, 21] }, { ...HAEMOGLOBIN, values: [121, 118, 119, 120] },
    ],
    imaging: { studyUid: '1.2.826.0.1.3680043.10.1417.1.1', modality: 'CT', description: '胸部 CT 平扫：双肺渗出，双侧少量胸腔积液', seriesCount: 3 },
    photographs: [{ title: '床旁超声：剑突下四腔心切面', look: 'ultrasound' }, { title: '骶尾部皮肤', look: 'wound' }],
    note: { title: '多学科讨论记录', lines: ['重症医学科：氧合较前改善，仍需高流量吸氧，尿量 2100 mL/24 h。', '超声医学科：请重点看右心大小与室间隔运动，测下腔静脉内径及变异度。', '心内科：利尿后血钾下降，建议补钾并复查。'] },
    opinion: { findings: '左室壁运动弥漫性减弱，下腔静脉增宽、变异度减小，心包腔少量积液，未见右室受压。', recommendation: '继续利尿并监测血钾，维持 4.0 mmol/L 以上；48 小时后复查心脏超声。' },
  },
  soon: {
    patient: { birthDate: '1972-07-02', recordNumber: 'QH-2026-03988', phone: '0870-5550177' },
    request: { diagnosis: '肝右叶占位性病变；慢性乙型病毒性肝炎', urgency: 'routine', ward: '消化内科', bed: '17' },
    history: { presentIllness: '一月前体检超声发现肝右叶低回声结节，约 2.6 cm。无腹痛、黄疸，体重无明显下降。', pastHistory: '慢性乙型肝炎 20 余年，近 5 年规律抗病毒。', medication: '恩替卡韦 0.5 mg 每日一次。', allergies: '否认药物及食物过敏。' },
    examination: { general: '一般情况好，无慢性肝病面容。', findings: '皮肤巩膜无黄染，未见蜘蛛痣。腹软，肝脾肋下未及，移动性浊音阴性。' },
    vitals: { heartRatePerMin: [76, 0], respiratoryRatePerMin: [17, 0], systolicMmHg: [124, 1], diastolicMmHg: [78, 0], oxygenSaturationPercent: [98, 0], temperatureC: [36.6, 0] },
    labs: [{ ...ALT, values: [62, 58, 51, 47] }, { ...BILIRUBIN, values: [18.2, 17.6, 17.9, 16.8] }, { ...AFP, values: [86, 91, 97, 104] }, { ...HAEMOGLOBIN, values: [132, 131, 133, 132] }, { ...CREATININE, values: [64, 66, 63, 65] }],
    imaging: { studyUid: '1.2.826.0.1.3680043.10.1417.2.1', modality: 'MR', description: '上腹部磁共振增强：肝 S6 结节，动脉期强化', seriesCount: 9 },
    photographs: [{ title: '腹部超声：肝右叶结节', look: 'ultrasound' }],
    note: { title: '会诊前准备', lines: ['甲胎蛋白四天内持续上升，磁共振原片已上传。', '患者希望了解穿刺与手术两种方案的利弊。'] },
    opinion: { findings: '结节边界尚清，周边可见低回声晕，内部血流较丰富。', recommendation: '建议超声造影；结合磁共振考虑肝细胞癌可能，提请肝胆外科会诊。' },
  },
  later: {
    patient: { birthDate: '1985-01-23', recordNumber: 'CJ-2026-11250', phone: '0877-5550190' },
    request: { diagnosis: '教学查房：心脏超声标准切面', urgency: 'routine', ward: '心内科', bed: '教学 1' },
    history: { presentIllness: '劳力性心悸半年，偶有早搏感，无晕厥。', pastHistory: '既往体健。', medication: '无长期用药。', allergies: '否认。' },
    examination: { general: '发育正常，营养中等。', findings: '心界不大，心率 72 次/分，偶闻早搏，各瓣膜区未闻及杂音。' },
    vitals: { heartRatePerMin: [72, 0], respiratoryRatePerMin: [16, 0], systolicMmHg: [118, 0], diastolicMmHg: [74, 0], oxygenSaturationPercent: [99, 0], temperatureC: [36.5, 0] },
    labs: [{ ...POTASSIUM, values: [4.1, 4.0, 4.2, 4.1] }, { ...TROPONIN, values: [5, 5, 4, 5] }, { ...HAEMOGLOBIN, values: [151, 150, 152, 150] }],
    imaging: { studyUid: '1.2.826.0.1.3680043.10.1417.3.1', modality: 'US', description: '经胸超声心动图', seriesCount: 12 },
    photographs: [{ title: '胸骨旁左室长轴切面', look: 'ultrasound' }],
    note: { title: '教学要点', lines: ['标准切面顺序：胸骨旁长轴、短轴，心尖四腔、两腔、三腔，剑突下。', '注意探头标记点方向。'] },
    opinion: { findings: '各房室内径正常，室壁运动协调。', recommendation: '24 小时动态心电图评估早搏负荷。' },
  },
  tomorrow: {
    patient: { birthDate: '1954-11-08', recordNumber: 'CJ-2026-10873', phone: '0877-5550115' },
    request: { diagnosis: '扩张型心肌病，心功能 III 级；完全性左束支传导阻滞', urgency: 'urgent', ward: '心内科', bed: '8' },
    history: { presentIllness: '活动后气促两年，加重两周，步行百米即需休息，夜间阵发性呼吸困难两次。', pastHistory: '扩张型心肌病 2 年，规范用药 9 个月。', medication: '沙库巴曲缬沙坦 100 mg 每日两次；美托洛尔缓释片 71.25 mg 每日一次；螺内酯 20 mg 每日一次；达格列净 10 mg 每日一次。', allergies: '磺胺类皮疹史。' },
    examination: { general: '慢性病容，可平卧。', findings: '心界向左下扩大，心尖区 2/6 级收缩期杂音，双肺底少许湿啰音，双踝轻度水肿。' },
    vitals: { heartRatePerMin: [88, -3], respiratoryRatePerMin: [22, -1], systolicMmHg: [104, 1], diastolicMmHg: [64, 1], oxygenSaturationPercent: [94, 1], temperatureC: [36.4, 0] },
    labs: [{ ...BNP, values: [3980, 3720, 3150, 2740] }, { ...POTASSIUM, values: [4.9, 5.0, 5.4, 5.1] }, { ...CREATININE, values: [104, 108, 113, 110] }, { ...HAEMOGLOBIN, values: [112, 111, 113, 112] }],
    imaging: { studyUid: '1.2.826.0.1.3680043.10.1417.4.1', modality: 'US', description: '超声心动图：左室射血分数 27%，左室舒张末内径 68 mm', seriesCount: 14 },
    photographs: [{ title: '心尖四腔心切面', look: 'ultrasound' }],
    note: { title: '器械治疗讨论', lines: ['QRS 时限 164 ms，完全性左束支传导阻滞，窦性心律。', '血钾 5.4 mmol/L，螺内酯已减量。'] },
    opinion: { findings: '优化药物治疗 9 个月后射血分数仍低于 35%。', recommendation: '符合心脏再同步化治疗指征，建议与家属充分沟通后择期植入。' },
  },
};
