import type { CaseSummary } from '#shared/domain/caseFile';
import type { Bundle, BundleEntry } from '@medplum/fhirtypes';
import type { StoredItem } from '../../storage/caseRecords.ts';
import { CASE_ID, FULL_URL_BASE } from './codes.ts';
import { resourcesOf } from './exportItems.ts';
import { timeOf, uuidOf } from './parts.ts';

/**
 * A case as a FHIR R4 Bundle of type `collection`. Everything refers to its Patient; attachments are named by address and SHA-256.
 * @param nowMs server's civil clock
 * @throws AppError `input.tooLarge` when a note cannot be turned into plain text in time
 */
export function exportCase(summary: Pick<CaseSummary, 'id'>, items: readonly StoredItem[], nowMs: number): Bundle {
  const subject = { reference: `Patient/${uuidOf(summary.id, 'patient', '')}` };
  const entry = items.flatMap((item) => resourcesOf(item, { caseId: summary.id, subject })).map((resource): BundleEntry => ({ fullUrl: `${FULL_URL_BASE}/${resource.resourceType}/${resource.id}`, resource }));
  return { resourceType: 'Bundle', type: 'collection', identifier: { system: CASE_ID, value: summary.id }, timestamp: timeOf(nowMs), entry };
}
