import { IDENTIFIER_SYSTEMS, SPECIALTY_SYSTEM } from '#shared/domain/fhirNames';
import type { Organisation } from '#shared/domain/people';
import { SPECIALTIES } from '#shared/domain/specialties';
import type { CodeableConcept, Organization, Practitioner, PractitionerRole, Schedule } from '@medplum/fhirtypes';
import { some } from '../../cases/fhir/parts.ts';
import type { FacadePerson } from '../../storage/facadeRecords.ts';
import { ROLE, TIER, TITLE_GRADE } from '../codes.ts';
import { organisationOf, type ResourceContext } from './parts.ts';

const specialtiesOf = ({ specialties }: FacadePerson): CodeableConcept[] | null =>
  specialties.length === 0 ? null : specialties.map((code) => ({ coding: [{ system: SPECIALTY_SYSTEM, code, display: SPECIALTIES[code].en }], text: SPECIALTIES[code].zh }));

/** Somebody by name and title; no contact and no sign-in name. */
export function practitioner({ party, isActive, grade }: FacadePerson): Practitioner {
  const { id, name, title } = party;
  const qualification: CodeableConcept = { ...some('coding', grade === null ? null : [{ system: TITLE_GRADE, code: grade }]), ...some('text', title?.zh) };
  return {
    resourceType: 'Practitioner', id, identifier: [{ system: IDENTIFIER_SYSTEMS.party, value: id }], active: isActive,
    name: [{ use: 'official', text: name.zh }, { use: 'usual', text: name.en }],
    ...some('qualification', Object.keys(qualification).length === 0 ? null : [{ code: qualification }]),
  };
}

/** Everybody works in one place as one thing: the role has its person's id. */
export function practitionerRole(person: FacadePerson): PractitionerRole {
  const { id, role, organisationId, organisationName, name } = person.party;
  return {
    resourceType: 'PractitionerRole', id, active: person.isActive, practitioner: { reference: `Practitioner/${id}`, display: name.zh }, organization: organisationOf(organisationId, organisationName.zh),
    code: [{ coding: [{ system: ROLE, code: role }] }], ...some('specialty', specialtiesOf(person)),
  };
}

export function organization({ id, parentId, tier, name }: Organisation, { tree }: ResourceContext): Organization {
  return {
    resourceType: 'Organization', id, identifier: [{ system: IDENTIFIER_SYSTEMS.organisation, value: id }], active: true, type: [{ coding: [{ system: TIER, code: tier }] }], name: name.zh, alias: [name.en],
    ...some('partOf', parentId !== null && tree.has(parentId) ? organisationOf(parentId) : null),
  };
}

/** An expert's calendar has its person's id. */
export function schedule(person: FacadePerson): Schedule {
  const { id, name } = person.party;
  return { resourceType: 'Schedule', id, active: person.isActive, ...some('specialty', specialtiesOf(person)), actor: [{ reference: `Practitioner/${id}`, display: name.zh }] };
}
