import type { ConsultSummary } from '#shared/domain/consult';
import type { Bilingual, Organisation } from '#shared/domain/people';
import type { Role } from '#shared/domain/roles';

/** The demo hospital. Every name in it is invented; no patient in it ever lived. */
export interface DemoOrganisation {
  readonly id: string;
  readonly parentId: string | null;
  readonly tier: Organisation['tier'];
  readonly name: Bilingual;
}

export interface DemoPerson {
  /** Also the person's id, after `demo-`. */
  readonly signInName: string;
  readonly role: Exclude<Role, 'cart'>;
  readonly organisationId: string;
  readonly name: Bilingual;
  readonly title: Bilingual;
}

export interface DemoConsult {
  readonly key: 'live' | 'soon' | 'later' | 'tomorrow';
  readonly kind: ConsultSummary['kind'];
  readonly organisationId: string;
  readonly host: string;
  readonly people: readonly string[];
  readonly carts: readonly string[];
  readonly patient: { readonly name: string; readonly age: number; readonly sex: 'female' | 'male' };
  readonly question: string;
  readonly durationMinutes: number;
  readonly hasWaitingRoom: boolean;
}

export const DEMO_ORGANISATIONS: readonly DemoOrganisation[] = [
  { id: 'demo-province', parentId: null, tier: 'province', name: { zh: '云岭省远程医疗中心', en: 'Yunling Provincial Telemedicine Centre' } },
  { id: 'demo-city', parentId: 'demo-province', tier: 'city', name: { zh: '澄江市第一人民医院', en: 'Chengjiang First People\'s Hospital' } },
  { id: 'demo-county', parentId: 'demo-city', tier: 'county', name: { zh: '青禾县人民医院', en: 'Qinghe County People\'s Hospital' } },
];

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  { signInName: 'expert', role: 'expert', organisationId: 'demo-province', name: { zh: '林书远', en: 'Lin Shuyuan' }, title: { zh: '超声医学科主任医师', en: 'Chief Physician, Ultrasound' } },
  { signInName: 'expert2', role: 'expert', organisationId: 'demo-city', name: { zh: '周明澜', en: 'Zhou Minglan' }, title: { zh: '心内科主任医师', en: 'Chief Physician, Cardiology' } },
  { signInName: 'expert3', role: 'expert', organisationId: 'demo-province', name: { zh: '顾清岚', en: 'Gu Qinglan' }, title: { zh: '呼吸与危重症医学科副主任医师', en: 'Associate Chief Physician, Respiratory and Critical Care' } },
  { signInName: 'expert4', role: 'expert', organisationId: 'demo-province', name: { zh: '沈牧之', en: 'Shen Muzhi' }, title: { zh: '普通外科主任医师', en: 'Chief Physician, General Surgery' } },
  { signInName: 'nurse', role: 'bedside', organisationId: 'demo-county', name: { zh: '何晓芸', en: 'He Xiaoyun' }, title: { zh: '主管护师', en: 'Charge Nurse' } },
  { signInName: 'scheduler', role: 'scheduler', organisationId: 'demo-province', name: { zh: '韩立群', en: 'Han Liqun' }, title: { zh: '会诊中心调度员', en: 'Consult Scheduler' } },
  { signInName: 'scheduler2', role: 'scheduler', organisationId: 'demo-city', name: { zh: '姚思齐', en: 'Yao Siqi' }, title: { zh: '市级会诊中心调度员', en: 'City Consult Scheduler' } },
  { signInName: 'requester', role: 'requester', organisationId: 'demo-county', name: { zh: '杜文博', en: 'Du Wenbo' }, title: { zh: '重症医学科主治医师', en: 'Attending Physician, Intensive Care' } },
  { signInName: 'approver', role: 'approver', organisationId: 'demo-county', name: { zh: '孟庆和', en: 'Meng Qinghe' }, title: { zh: '医务科科长', en: 'Head of the Medical Office' } },
  { signInName: 'observer', role: 'observer', organisationId: 'demo-city', name: { zh: '苏一凡', en: 'Su Yifan' }, title: { zh: '规培医师', en: 'Resident' } },
  { signInName: 'auditor', role: 'auditor', organisationId: 'demo-province', name: { zh: '陆静宜', en: 'Lu Jingyi' }, title: { zh: '质控专员', en: 'Quality Officer' } },
  { signInName: 'admin', role: 'administrator', organisationId: 'demo-province', name: { zh: '温志航', en: 'Wen Zhihang' }, title: { zh: '信息科工程师', en: 'IT Engineer' } },
];

export const DEMO_CARTS: readonly { readonly id: string; readonly organisationId: string; readonly name: Bilingual }[] = [
  { id: 'demo-cart-icu', organisationId: 'demo-county', name: { zh: '重症监护室 1 号推车', en: 'ICU Cart 1' } },
  { id: 'demo-cart-ward', organisationId: 'demo-city', name: { zh: '心内科病房 3 号推车', en: 'Cardiology Ward Cart 3' } },
];

export const DEMO_CONSULTS: readonly DemoConsult[] = [
  {
    key: 'live', kind: 'mdt', organisationId: 'demo-county', host: 'requester', people: ['requester', 'expert', 'expert2', 'nurse', 'scheduler', 'observer'], carts: ['demo-cart-icu', 'demo-cart-ward'],
    patient: { name: '陈建国', age: 67, sex: 'male' }, question: '急性呼吸困难，床旁心肺超声评估：心包积液？右心功能？', durationMinutes: 240, hasWaitingRoom: false,
  },
  {
    key: 'soon', kind: 'consultation', organisationId: 'demo-county', host: 'expert', people: ['expert', 'requester', 'nurse'], carts: ['demo-cart-icu'],
    patient: { name: '王秀兰', age: 54, sex: 'female' }, question: '肝区占位，复核超声所见，商定下一步检查。', durationMinutes: 30, hasWaitingRoom: true,
  },
  {
    key: 'later', kind: 'teaching', organisationId: 'demo-city', host: 'expert2', people: ['expert2', 'expert', 'observer', 'requester'], carts: ['demo-cart-ward'],
    patient: { name: '赵立', age: 41, sex: 'male' }, question: '教学查房：床旁超声心动图标准切面。', durationMinutes: 60, hasWaitingRoom: false,
  },
  {
    key: 'tomorrow', kind: 'consultation', organisationId: 'demo-city', host: 'scheduler', people: ['scheduler', 'expert', 'expert2', 'approver'], carts: ['demo-cart-ward'],
    patient: { name: '刘桂芳', age: 72, sex: 'female' }, question: '射血分数下降，评估器械治疗指征。', durationMinutes: 45, hasWaitingRoom: true,
  },
];
