import type { OpinionDocument, OpinionSignature } from '#shared/domain/opinion';
import type { CheckName, Finding, Verdict } from './verifyFile.ts';

type Both = readonly [zh: string, en: string];

const CHECKS: Readonly<Record<CheckName, Both>> = {
  seal: ['封存：文件的每个字节', 'Seal over every byte of the file'],
  content: ['规范文本与签名齐全', 'Canonical form and all signatures present'],
  authority: ['签发机构', 'Authority'],
  signature: ['个人签名与证书', "Person's signature and certificate"],
  images: ['关键图像的指纹', 'Fingerprints of the key images'],
  pages: ['页面与规范文本一致', 'Pages are those of the canonical form'],
};
const OUTCOMES: Readonly<Record<Finding['outcome'], Both>> = { right: ['通过', 'ok'], wrong: ['不通过', 'FAILED'], unknown: ['未核对', 'not compared'] };

/** What the exit code of the tool says. */
export const EXIT = { trusted: 0, altered: 1, usage: 2, notCompared: 3 } as const;

/** 0: intact and of the named authority; 1: altered, damaged, or of another authority; 3: intact, and nobody named the authority. */
export function exitCodeOf({ isIntact, isTrusted }: Verdict): number {
  if (!isIntact) return EXIT.altered;
  return isTrusted === null ? EXIT.notCompared : EXIT.trusted;
}

/** The verdict for a person to read, each line in both languages. */
export function reportOf(verdict: Verdict): string {
  const lines = [headline(verdict), ''];
  if (verdict.document !== null) lines.push(...documentLines(verdict.document), '');
  for (const found of verdict.findings) lines.push(findingLine(found, verdict.document));
  if (verdict.authorityFingerprint !== null) lines.push('', both('签发机构公钥指纹（SHA-256）', "Authority's public key (SHA-256)"), `  ${verdict.authorityFingerprint.match(/.{4}/g)?.join(' ')}`);
  if (verdict.isIntact && verdict.isTrusted === null) lines.push(both('未指定签发机构：请将上述指纹与签发机构公布的指纹比对，或用 --authority 指定。', 'No authority was named: compare the fingerprint above with the one that the authority publishes, or name it with --authority.'));
  return `${lines.map(printable).join('\n')}\n`;
}

function headline({ isIntact, isTrusted, document }: Verdict): string {
  if (document === null) return both('无效：文件无法读取，已损坏，或不是本系统签发的会诊意见书。', 'NOT VALID: the file cannot be read, is damaged, or is no opinion of this system.');
  if (!isIntact) return both('无效：文件被改动，或不是所指定机构签发。', 'NOT VALID: the file was altered, or is not of the named authority.');
  return isTrusted === null ? both('完整：文件未被改动；签发机构尚待比对。', 'INTACT: nothing was altered; the authority is still to be compared.') : both('有效：文件未被改动，由所指定机构签发。', 'VALID: nothing was altered, and it is of the named authority.');
}

function documentLines({ opinionId, version, patient, applying }: OpinionDocument): string[] {
  return [
    `${both('编号', 'No.')}: ${opinionId}  v${version}`,
    `${both('患者', 'Patient')}: ${patient.name}`,
    `${both('申请机构', 'Applying hospital')}: ${applying.organisationName.zh} / ${applying.organisationName.en}`,
  ];
}

function findingLine({ check, outcome, signature }: Finding, document: OpinionDocument | null): string {
  const who = signature === null ? '' : ` — ${signerText(signature, document)}`;
  return `  [${both(...OUTCOMES[outcome])}] ${both(...CHECKS[check])}${who}`;
}

function signerText({ statement }: OpinionSignature, document: OpinionDocument | null): string {
  const party = document?.panel.find(({ id }) => id === statement.personId);
  return `${party === undefined ? statement.personId : `${party.name.zh} / ${party.name.en}`}, ${statement.algorithm}, ${new Date(statement.signedAtMs).toISOString()}`;
}

function both(zh: string, en: string): string {
  return `${zh} / ${en}`;
}

/** What comes from the file must not steer the terminal it is shown on. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Bidi_Control}]/gu, ' ');
}
