import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes';
import { some, timeOf } from '../cases/fhir/parts.ts';
import { FACADE_TYPES, includesOf, TYPES } from './parameters.ts';

/** [FHR3] What there is, of the same table that every search goes by. @param sinceMs when this server began to answer */
export function capabilityStatement(base: string, version: string, sinceMs: number): CapabilityStatement {
  const resource = FACADE_TYPES.map((type): CapabilityStatementRestResource => {
    const { documentation, parameters } = TYPES[type];
    return {
      type, documentation,
      interaction: [{ code: 'read' }, { code: 'search-type' }, ...(type === 'ServiceRequest' ? [{ code: 'create' as const }] : [])],
      versioning: 'no-version', ...(type === 'ServiceRequest' ? { conditionalCreate: true } : {}),
      ...some('searchInclude', includesOf(type).size === 0 ? null : ['*', ...[...includesOf(type).keys()].map((name) => `${type}:${name}`)]),
      searchParam: Object.entries(parameters).map(([name, parameter]) => ({ name, type: parameter.type })),
    };
  });
  return {
    resourceType: 'CapabilityStatement', status: 'active', date: timeOf(sinceMs), kind: 'instance', fhirVersion: '4.0.1', format: ['json'],
    software: { name: 'Huizhen', version }, implementation: { description: 'Huizhen 会诊', url: base },
    rest: [
      {
        mode: 'server', documentation: 'JSON only; what asks for anything else is answered with 406. A search may be sent by GET, or by POST to `[type]/_search` as a form.',
        security: { cors: false, description: 'Every request but this one carries `Authorization: Bearer` with a token that an administrator of the hospital has made for the system.' },
        resource: [...resource, { type: 'Binary', documentation: 'The signed files of consultation opinions; as a resource, or as they are with `Accept: application/pdf`.', interaction: [{ code: 'read' }] }],
      },
    ],
  };
}
