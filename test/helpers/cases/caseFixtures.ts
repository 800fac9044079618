import { type CaseItem, type CaseItemContent, caseItemSchema, type CaseSummary, caseSummarySchema } from '../../../shared/domain/caseFile.ts';
import { type Party, partySchema } from '../../../shared/domain/people.ts';
import { type CaseChange, caseChangeSchema, type CaseOperation } from '../../../shared/protocol/cases.ts';

/** People and cases of tests; nobody in them ever lived. */
export const NURSE: Party = partySchema.parse({ kind: 'person', id: 'nurse', name: { zh: '何晓芸', en: 'He Xiaoyun' }, title: { zh: '主管护师', en: 'Charge Nurse' }, role: 'bedside', organisationId: 'county', organisationName: { zh: '青禾县人民医院', en: 'Qinghe County Hospital' } });
export const EXPERT: Party = partySchema.parse({ ...NURSE, id: 'expert', name: { zh: '林书远', en: 'Lin Shuyuan' }, role: 'expert' });

export function summaryOf(id: string, change: Partial<CaseSummary> = {}): CaseSummary {
  return {
    ...caseSummarySchema.parse({
      id, revision: 1, organisationId: 'county', organisationName: NURSE.organisationName, patientName: '欧阳测试', patientSex: 'female', patientAge: 61, question: '呼吸困难原因待查',
      consultIds: [], nextConsultAtMs: null, changedAtMs: 1000, canWrite: true, accessUntilMs: null, leaseUntilMs: 1_000_000_000, attachmentBytes: 0,
    }),
    ...change,
  };
}

export function itemOf(id: string, content: CaseItemContent, revision = 1, change: Partial<CaseItem> = {}): CaseItem {
  return { ...(caseItemSchema.parse({ id, revision, content, fieldRevisions: {}, text: null, author: NURSE, createdAtMs: 1000, changedAtMs: 1000, retraction: null }) as CaseItem), ...change }; // the schema pairs kind and body
}

export const HISTORY: CaseItemContent = { kind: 'history', body: { presentIllness: '三天前出现气促', pastHistory: '高血压十年', medication: '氨氯地平', allergies: '青霉素' } };

export function changeOf(id: string, caseId: string, operation: CaseOperation, madeAtMs = 2000): CaseChange {
  return caseChangeSchema.parse({ id, caseId, madeAtMs, operation });
}
