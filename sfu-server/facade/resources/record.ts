import { IDENTIFIER_SYSTEMS } from '#shared/domain/fhirNames';
import type { CaseId } from '#shared/domain/ids';
import { required } from '#shared/lib/assert';
import type { Consent, Patient } from '@medplum/fhirtypes';
import { resourcesOf } from '../../cases/fhir/exportItems.ts';
import type { StoredItem } from '../../storage/caseRecords.ts';
import type { FacadeRow } from '../../storage/facadeRows.ts';
import { metaOf, patientOf } from './parts.ts';

/** As the case file's export has it; here it is known by its case. */
export function patient(caseId: CaseId, item: StoredItem, row: FacadeRow): Patient {
  const [exported] = resourcesOf(item, { caseId, subject: patientOf(caseId) });
  const found = required(exported as Patient | undefined, 'a patient item becomes a Patient');
  return { ...found, id: caseId, ...metaOf(row), identifier: [...(found.identifier ?? []), { system: IDENTIFIER_SYSTEMS.case, value: caseId }] };
}

/** As the case file's export has it. The signature's picture is named by its hash; the case file holds it. */
export function consent(caseId: CaseId, item: StoredItem, row: FacadeRow): Consent {
  const [exported] = resourcesOf(item, { caseId, subject: patientOf(caseId) });
  const found = required(exported as Consent | undefined, 'a consent item becomes a Consent');
  const extension = (found.extension ?? []).map((one) => {
    if (one.valueAttachment === undefined) return one;
    const { url: _unreachable, ...named } = one.valueAttachment; // that address asks for a person's session
    return { ...one, valueAttachment: named };
  });
  return { ...found, id: row.id, ...metaOf(row), extension };
}
