import type { FhirLeft } from '#shared/protocol/cases';

/** Resources that were left for the same reason, as one line; the most frequent first. */
export function groupLeft(left: readonly FhirLeft[]): (FhirLeft & { readonly count: number })[] {
  const groups = new Map<string, FhirLeft & { readonly count: number }>();
  for (const one of left) {
    const key = JSON.stringify([one.resourceType, one.reason, one.detail]);
    groups.set(key, { ...one, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || a.resourceType.localeCompare(b.resourceType));
}
