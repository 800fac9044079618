import { consultIdSchema, caseIdSchema, opinionIdSchema, organisationIdSchema, personIdSchema } from '../../../shared/domain/ids.ts';
import type { OpinionContent, OpinionDocument, OpinionLanguage, OpinionSignature, SignatureAlgorithm } from '../../../shared/domain/opinion.ts';
import type { Party } from '../../../shared/domain/people.ts';
import { canonicalText, hashOfText, signedBytes } from '../../../sfu-server/opinions/canonical.ts';
import { createSignedPdf } from '../../../sfu-server/opinions/pdf/sealPdf.ts';
import { type KeyImageBytes, LAYOUT } from '../../../sfu-server/opinions/pdf/rendering.ts';
import type { Authority } from '../../../sfu-server/opinions/signing/authority.ts';
import { authorityFingerprint } from '../../../sfu-server/opinions/signing/authority.ts';
import { certifyPerson, createAuthority, createSealKey, derOf, fingerprintOf } from '../../../sfu-server/opinions/signing/certificates.ts';
import { SIGNATURE_PROVIDERS } from '../../../sfu-server/opinions/signing/providers.ts';

export const NOW_MS = 1_800_000_000_000;

/** A physician of the panel. */
export function expert(id: string, zh: string, en: string): Party {
  return {
    kind: 'person', id: personIdSchema.parse(id), name: { zh, en }, title: { zh: '主任医师', en: 'Chief Physician' }, role: 'expert',
    organisationId: organisationIdSchema.parse('org-province'), organisationName: { zh: '江南省人民医院', en: 'Jiangnan Provincial Hospital' },
  };
}

export const LIN = expert('p-lin', '林晓东', 'Lin Xiaodong');
export const ZHAO = expert('p-zhao', '赵𠮷祥', 'Zhao Jixiang');

export const CONTENT: OpinionContent = {
  summary: '患者因“反复胸闷、气促3月，加重1周”入院。既往高血压病史10年，最高180/110 mmHg，规律服用缬沙坦80 mg qd。\n入院后NT-proBNP 4 820 pg/mL，肌钙蛋白I 0.04 ng/mL，血肌酐 112 μmol/L。',
  findings: '心脏彩超：左室舒张末内径62 mm，LVEF 34%，室壁运动弥漫性减弱；二尖瓣中度反流（反流束面积5.6 cm²）；肺动脉收缩压约45 mmHg。',
  diagnosis: '1. 扩张型心肌病，心功能Ⅲ级（NYHA）\n2. 高血压病3级，极高危',
  recommendations: '1. 在血压允许的前提下，将缬沙坦换为沙库巴曲缬沙坦，自50 mg bid起始，每2～4周加量；\n2. 加用达格列净10 mg qd、螺内酯20 mg qd，一周后复查血钾和肌酐；\n3. 建议完善心脏磁共振（含延迟强化）。',
  disagreements: [{ personIds: [personIdSchema.parse('p-zhao')], text: '对植入ICD的时机有不同看法：应在优化药物治疗满3个月后再评估，而不是现在转院。' }],
  keyImages: [],
  signerIds: [personIdSchema.parse('p-lin'), personIdSchema.parse('p-zhao')],
};

/** A document as it is when it is submitted. */
export function opinionDocument(content: Partial<OpinionContent> = {}): OpinionDocument {
  return {
    format: 'huizhen-opinion-1', opinionId: opinionIdSchema.parse('4f8d0f0e-6b0c-4f7e-9a53-0b8e3a9d1c11'), version: 3, addendumTo: null,
    caseId: caseIdSchema.parse('case-1'), consultId: consultIdSchema.parse('consult-1'), requestId: null, consultedAtMs: NOW_MS - 3_600_000,
    applying: { organisationId: organisationIdSchema.parse('org-county'), organisationName: { zh: '临河县人民医院', en: 'Linhe County Hospital' } },
    patient: { name: '陈建国', sex: 'male', birthDate: '1963-04-02', ageYears: 63, recordNumber: 'ZY20261107', ward: '心内科二病区', bed: '12' },
    question: '明确心力衰竭病因，指导下一步治疗；是否需要转上级医院植入ICD？', applyingDiagnosis: '心力衰竭（原因待查）',
    panel: [LIN, ZHAO], content: { ...CONTENT, ...content }, submittedBy: LIN, submittedAtMs: NOW_MS - 600_000,
  };
}

/** An installation's authority and seal. */
export async function testAuthority(name = 'Huizhen test'): Promise<Authority> {
  const authority = await createAuthority(name, NOW_MS - 86_400_000);
  return { authority, seal: await createSealKey(authority, `${name} seal`, NOW_MS - 86_400_000), fingerprint: authorityFingerprint(derOf(authority.certificate)) };
}

/** The signatures of the document's signers, each with a key of the algorithm at its place. */
export async function signAll(document: OpinionDocument, { authority }: Authority, algorithms: readonly SignatureAlgorithm[]): Promise<OpinionSignature[]> {
  const text = canonicalText(document);
  return Promise.all(
    document.content.signerIds.map(async (personId, index) => {
      const algorithm = algorithms[index] ?? 'ecdsa-p256';
      const provider = SIGNATURE_PROVIDERS[algorithm];
      const key = await provider.createKey();
      const person = document.panel.find(({ id }) => id === personId) ?? LIN;
      const certificate = await certifyPerson(authority, person, key.publicKey, NOW_MS - 1000);
      const statement = { algorithm, certificateFingerprint: fingerprintOf(certificate), documentHash: hashOfText(text), personId, position: index + 1, signedAtMs: NOW_MS + index * 60_000 };
      const signature = await provider.sign(key.secret, signedBytes(text, statement));
      return { statement, signature: Buffer.from(signature).toString('base64'), certificate: Buffer.from(certificate).toString('base64') };
    }),
  );
}

/** A whole signed file. */
export async function signedFile(document: OpinionDocument, signatures: readonly OpinionSignature[], authority: Authority, language: OpinionLanguage = 'zh', images: readonly KeyImageBytes[] = [], layout = LAYOUT): Promise<Buffer> {
  const rendering = { layout, language, timeZone: 'Asia/Shanghai', checkAddress: `https://huizhen.example.org/check/opinions/${document.opinionId}/${document.version}/${hashOfText(canonicalText(document))}`, authorityFingerprint: authority.fingerprint, sealedAtMs: NOW_MS + 3_600_000 };
  return Buffer.from(await createSignedPdf({ document, signatures, images, rendering }, authority));
}
