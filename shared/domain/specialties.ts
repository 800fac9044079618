import { z } from 'zod';
import type { Bilingual } from './people.ts';

/**
 * Clinical departments by their codes in the national list of 诊疗科目 (Ministry of Health, 1994, and its later additions). A code
 * with a point is a part of the department before the point.
 */
export const SPECIALTIES = {
  '02': { zh: '全科医疗科', en: 'General Practice' },
  '03': { zh: '内科', en: 'Internal Medicine' },
  '03.01': { zh: '呼吸内科', en: 'Respiratory Medicine' },
  '03.02': { zh: '消化内科', en: 'Gastroenterology' },
  '03.03': { zh: '神经内科', en: 'Neurology' },
  '03.04': { zh: '心血管内科', en: 'Cardiology' },
  '03.05': { zh: '血液内科', en: 'Haematology' },
  '03.06': { zh: '肾病学', en: 'Nephrology' },
  '03.07': { zh: '内分泌', en: 'Endocrinology' },
  '03.08': { zh: '免疫学', en: 'Immunology' },
  '03.09': { zh: '变态反应', en: 'Allergology' },
  '03.10': { zh: '老年病', en: 'Geriatrics' },
  '04': { zh: '外科', en: 'Surgery' },
  '04.01': { zh: '普通外科', en: 'General Surgery' },
  '04.02': { zh: '神经外科', en: 'Neurosurgery' },
  '04.03': { zh: '骨科', en: 'Orthopaedics' },
  '04.04': { zh: '泌尿外科', en: 'Urology' },
  '04.05': { zh: '胸外科', en: 'Thoracic Surgery' },
  '04.06': { zh: '心脏大血管外科', en: 'Cardiovascular Surgery' },
  '04.07': { zh: '烧伤科', en: 'Burns' },
  '04.08': { zh: '整形外科', en: 'Plastic Surgery' },
  '05': { zh: '妇产科', en: 'Obstetrics and Gynaecology' },
  '05.01': { zh: '妇科', en: 'Gynaecology' },
  '05.02': { zh: '产科', en: 'Obstetrics' },
  '05.05': { zh: '生殖健康与不孕症', en: 'Reproductive Medicine' },
  '07': { zh: '儿科', en: 'Paediatrics' },
  '07.01': { zh: '新生儿', en: 'Neonatology' },
  '07.02': { zh: '小儿传染病', en: 'Paediatric Infectious Diseases' },
  '07.03': { zh: '小儿消化', en: 'Paediatric Gastroenterology' },
  '07.04': { zh: '小儿呼吸', en: 'Paediatric Respiratory Medicine' },
  '07.05': { zh: '小儿心脏病', en: 'Paediatric Cardiology' },
  '07.06': { zh: '小儿肾病', en: 'Paediatric Nephrology' },
  '07.07': { zh: '小儿血液病', en: 'Paediatric Haematology' },
  '07.08': { zh: '小儿神经病学', en: 'Paediatric Neurology' },
  '07.09': { zh: '小儿内分泌', en: 'Paediatric Endocrinology' },
  '08': { zh: '小儿外科', en: 'Paediatric Surgery' },
  '10': { zh: '眼科', en: 'Ophthalmology' },
  '11': { zh: '耳鼻咽喉科', en: 'Otorhinolaryngology' },
  '12': { zh: '口腔科', en: 'Stomatology' },
  '13': { zh: '皮肤科', en: 'Dermatology' },
  '15': { zh: '精神科', en: 'Psychiatry' },
  '16': { zh: '传染科', en: 'Infectious Diseases' },
  '17': { zh: '结核病科', en: 'Tuberculosis' },
  '19': { zh: '肿瘤科', en: 'Oncology' },
  '20': { zh: '急诊医学科', en: 'Emergency Medicine' },
  '21': { zh: '康复医学科', en: 'Rehabilitation Medicine' },
  '22': { zh: '运动医学科', en: 'Sports Medicine' },
  '23': { zh: '职业病科', en: 'Occupational Diseases' },
  '24': { zh: '临终关怀科', en: 'Palliative Care' },
  '26': { zh: '麻醉科', en: 'Anaesthesiology' },
  '27': { zh: '疼痛科', en: 'Pain Medicine' },
  '28': { zh: '重症医学科', en: 'Intensive Care Medicine' },
  '30': { zh: '医学检验科', en: 'Laboratory Medicine' },
  '31': { zh: '病理科', en: 'Pathology' },
  '32': { zh: '医学影像科', en: 'Medical Imaging' },
  '32.01': { zh: 'X 线诊断', en: 'X-ray Diagnosis' },
  '32.02': { zh: 'CT 诊断', en: 'CT Diagnosis' },
  '32.03': { zh: '磁共振成像诊断', en: 'MRI Diagnosis' },
  '32.04': { zh: '核医学', en: 'Nuclear Medicine' },
  '32.05': { zh: '超声诊断', en: 'Diagnostic Ultrasound' },
  '32.06': { zh: '心电诊断', en: 'Electrocardiography' },
  '32.07': { zh: '脑电及脑血流图诊断', en: 'Electroencephalography' },
  '32.09': { zh: '介入放射学', en: 'Interventional Radiology' },
  '32.10': { zh: '放射治疗', en: 'Radiotherapy' },
  '50': { zh: '中医科', en: 'Traditional Chinese Medicine' },
  '51': { zh: '民族医学科', en: 'Ethnic Medicine' },
  '52': { zh: '中西医结合科', en: 'Integrated Chinese and Western Medicine' },
} as const satisfies Record<string, Bilingual>;

export type SpecialtyCode = keyof typeof SPECIALTIES;
export const SPECIALTY_CODES = Object.keys(SPECIALTIES) as [SpecialtyCode, ...SpecialtyCode[]]; // the table's own keys, and it is not empty
export const specialtySchema = z.enum(SPECIALTY_CODES);

/** True when who practises `has` can answer for `wanted`: the same, or a part of it. */
export function coversSpecialty(has: SpecialtyCode, wanted: SpecialtyCode): boolean {
  return has === wanted || has.startsWith(`${wanted}.`);
}

/** The codes that answer for `wanted`. */
export function specialtiesCovering(wanted: SpecialtyCode): readonly SpecialtyCode[] {
  return SPECIALTY_CODES.filter((code) => coversSpecialty(code, wanted));
}

/** Medical titles from the lowest up: 住院医师、主治医师、副主任医师、主任医师. */
export const titleGradeSchema = z.enum(['resident', 'attending', 'associateChief', 'chief']);
export type TitleGrade = z.infer<typeof titleGradeSchema>;

/** The grades that are `least` or above. */
export function gradesFrom(least: TitleGrade): readonly TitleGrade[] {
  return titleGradeSchema.options.slice(titleGradeSchema.options.indexOf(least));
}
