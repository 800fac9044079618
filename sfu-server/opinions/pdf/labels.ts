import type { PictureRef } from '#shared/domain/caseFile';
import type { OpinionDocument, OpinionLanguage, SignatureAlgorithm } from '#shared/domain/opinion';
import type { Party } from '#shared/domain/people';

/** The fixed words of the file. The document's own words are printed as they were written. */
interface Labels {
  readonly title: string;
  readonly addendumTitle: string;
  readonly addendumTo: (id: string, version: number) => string;
  readonly patient: string;
  readonly sex: Readonly<Record<OpinionDocument['patient']['sex'], string>>;
  readonly age: (years: number) => string;
  readonly born: string;
  readonly recordNumber: string;
  readonly ward: string;
  readonly bed: string;
  readonly applying: string;
  readonly consultedAt: string;
  readonly panel: string;
  readonly question: string;
  readonly applyingDiagnosis: string;
  readonly summary: string;
  readonly findings: string;
  readonly diagnosis: string;
  readonly recommendations: string;
  readonly disagreements: string;
  readonly none: string;
  readonly keyImages: string;
  readonly image: (position: number) => string;
  /** Which picture a key image was taken of. */
  readonly picture: (of: PictureRef) => string;
  readonly notDrawn: string;
  readonly signatures: string;
  readonly signedAt: string;
  readonly algorithm: Readonly<Record<SignatureAlgorithm, string>>;
  readonly certificate: string;
  readonly advice: string;
  readonly checking: string;
  readonly documentHash: string;
  readonly authority: string;
  readonly number: (id: string, version: number) => string;
  readonly page: (page: number, of: number) => string;
  readonly separator: string;
  readonly colon: string;
}

export const LABELS: Readonly<Record<OpinionLanguage, Labels>> = {
  zh: {
    title: '会诊意见书',
    addendumTitle: '会诊补充意见书',
    addendumTo: (id, version) => `补充于会诊意见书 ${id} 第 ${version} 版`,
    patient: '患者',
    sex: { female: '女', male: '男', other: '其他', unknown: '性别不详' },
    age: (years) => `${years} 岁`,
    born: '出生日期',
    recordNumber: '病案号',
    ward: '病区',
    bed: '床号',
    applying: '申请机构',
    consultedAt: '会诊时间',
    panel: '会诊专家',
    question: '会诊目的',
    applyingDiagnosis: '申请诊断',
    summary: '病情摘要',
    findings: '会诊所见',
    diagnosis: '诊断意见',
    recommendations: '诊疗建议',
    disagreements: '不同意见',
    none: '无',
    keyImages: '关键图像',
    image: (position) => `图 ${position}`,
    picture: ({ studyUid, seriesUid, sopUid, frame }) => `检查 ${studyUid}，序列 ${seriesUid}，图像 ${sopUid}，第 ${frame} 帧`,
    notDrawn: '此处不印出，请凭指纹在病例中查看',
    signatures: '签名',
    signedAt: '签名时间',
    algorithm: { 'ecdsa-p256': 'ECDSA P-256 / SHA-256', sm2: 'SM2 / SM3（GB/T 32918）' },
    certificate: '证书指纹',
    advice: '会诊意见供申请机构参考；诊疗决定与责任由申请机构承担。',
    checking: '核验：扫描首页二维码，或用随系统提供的核验工具离线核验本文件。任何字节的改动都会被发现。',
    documentHash: '规范文本指纹（SHA-256）',
    authority: '签发机构公钥指纹（SHA-256）',
    number: (id, version) => `编号 ${id}　第 ${version} 版`,
    page: (page, of) => `第 ${page} 页，共 ${of} 页`,
    separator: '　',
    colon: '：',
  },
  en: {
    title: 'Consultation Opinion',
    addendumTitle: 'Addendum to a Consultation Opinion',
    addendumTo: (id, version) => `Adds to opinion ${id}, version ${version}`,
    patient: 'Patient',
    sex: { female: 'female', male: 'male', other: 'other', unknown: 'sex unknown' },
    age: (years) => `${years} years`,
    born: 'born',
    recordNumber: 'record no.',
    ward: 'ward',
    bed: 'bed',
    applying: 'Applying hospital',
    consultedAt: 'Consulted on',
    panel: 'Panel',
    question: 'Question',
    applyingDiagnosis: 'Referring diagnosis',
    summary: 'Summary',
    findings: 'Findings',
    diagnosis: 'Diagnosis',
    recommendations: 'Recommendations',
    disagreements: 'Disagreements',
    none: 'None',
    keyImages: 'Key images',
    image: (position) => `Image ${position}`,
    picture: ({ studyUid, seriesUid, sopUid, frame }) => `Study ${studyUid}, series ${seriesUid}, image ${sopUid}, frame ${frame}`,
    notDrawn: 'not printed here; find it in the case by its fingerprint',
    signatures: 'Signatures',
    signedAt: 'Signed',
    algorithm: { 'ecdsa-p256': 'ECDSA P-256 / SHA-256', sm2: 'SM2 / SM3 (GB/T 32918)' },
    certificate: 'Certificate',
    advice: 'The panel advises; decisions on treatment, and the duty for it, remain with the applying hospital.',
    checking: 'To check this file, scan the code on the first page, or use the checking tool that comes with the system, which needs no network. Any altered byte is found.',
    documentHash: 'Canonical text (SHA-256)',
    authority: "Authority's public key (SHA-256)",
    number: (id, version) => `No. ${id}, version ${version}`,
    page: (page, of) => `Page ${page} of ${of}`,
    separator: '   ',
    colon: ': ',
  },
};

/** 姓名（职称·医院）. */
export function partyText({ name, title, organisationName }: Party, language: OpinionLanguage): string {
  const within = [title?.[language], organisationName[language]].filter((part) => part !== undefined).join(language === 'zh' ? '·' : ', ');
  return language === 'zh' ? `${name.zh}（${within}）` : `${name.en} (${within})`;
}

/** `2026-11-21 22:35 GMT+8`; the zone is said because the signers' may differ. */
export function timeText(atMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'shortOffset' });
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')} ${parts.get('hour')}:${parts.get('minute')} ${parts.get('timeZoneName')}`;
}

/** The patient as every page names them. */
export function patientText({ patient }: OpinionDocument, language: OpinionLanguage): string {
  const labels = LABELS[language];
  const named = (label: string, value: string | null) => (value === null || value === '' ? [] : [`${label}${labels.colon}${value}`]);
  return [
    `${labels.patient}${labels.colon}${patient.name}`,
    labels.sex[patient.sex],
    ...(patient.ageYears === null ? [] : [labels.age(patient.ageYears)]),
    ...named(labels.born, patient.birthDate),
    ...named(labels.recordNumber, patient.recordNumber),
    ...named(labels.ward, patient.ward),
    ...named(labels.bed, patient.bed),
  ].join(labels.separator);
}
