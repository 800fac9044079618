import type { CaseId, OrganisationId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Meta, Patient, Reference } from '@medplum/fhirtypes';
import { partyReference, some, timeOf } from '../../cases/fhir/parts.ts';
import type { FacadeRow } from '../../storage/facadeRows.ts';

/** For whom resources are made. */
export interface ResourceContext {
  /** The facade's address, without a slash at its end. */
  readonly base: string;
  readonly organisationId: OrganisationId;
  /** The organisations of its tree. */
  readonly tree: ReadonlySet<OrganisationId>;
}

/** `meta`, where it is known when the resource changed. */
export function metaOf({ updatedMs }: Pick<FacadeRow, 'updatedMs'>): { readonly meta?: Meta } {
  return some('meta', updatedMs === null ? null : { lastUpdated: timeOf(updatedMs) });
}

/** Somebody, by reference where the directory has them (FHR5), and in any case by id and name. A cart is a device, of which there is no resource. */
export function referTo(party: Party, { organisationId, tree }: ResourceContext): Reference<never> {
  if (party.kind === 'cart') return { type: 'Device', ...partyReference(party) };
  const isListed = tree.has(party.organisationId) && (['expert', 'scheduler'].includes(party.role) || (party.organisationId === organisationId && ['requester', 'approver', 'bedside'].includes(party.role)));
  return { ...(isListed ? { reference: `Practitioner/${party.id}` } : {}), type: 'Practitioner', ...partyReference(party) };
}

/** The patient of a case, without a name: references are in lists and logs. */
export function patientOf(caseId: CaseId): Reference<Patient> {
  return { reference: `Patient/${caseId}` };
}

export function organisationOf(id: OrganisationId, name?: string): Reference<never> {
  return { reference: `Organization/${id}`, ...some('display', name) };
}
