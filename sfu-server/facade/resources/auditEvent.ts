import { IDENTIFIER_SYSTEMS } from '#shared/domain/fhirNames';
import type { AuditEvent, AuditEventAgent } from '@medplum/fhirtypes';
import { some, timeOf } from '../../cases/fhir/parts.ts';
import type { FacadeAuditEntry } from '../../storage/facadeRecords.ts';
import type { FacadeRow } from '../../storage/facadeRows.ts';
import { AUDIT_ACTION } from '../codes.ts';
import { metaOf } from './parts.ts';

const AGENT_TYPES = { person: 'Practitioner', cart: 'Device', system: 'Device', server: 'Device', anonymous: null } as const;

/** One entry of the log: ids only, as it is kept. */
export function auditEvent({ sequence, atMs, actorKind, actorId, action, subject, outcome, code }: FacadeAuditEntry, row: FacadeRow): AuditEvent {
  const type = AGENT_TYPES[actorKind];
  const agent: AuditEventAgent = {
    requestor: true, type: { text: actorKind },
    ...some('who', type === null || actorId === null ? null : { type, identifier: { system: IDENTIFIER_SYSTEMS.party, value: actorId } }),
  };
  return {
    resourceType: 'AuditEvent', id: String(sequence), ...metaOf(row), type: { system: AUDIT_ACTION, code: action }, recorded: timeOf(atMs),
    outcome: outcome === 'done' ? '0' : '4', ...some('outcomeDesc', code), agent: [agent], source: { observer: { display: 'Huizhen' } },
    ...some('entity', subject === null ? null : [{ name: subject }]),
  };
}
