import { createHash } from 'node:crypto';
import type { Attachment as CaseAttachment } from '#shared/domain/caseFile';
import type { CaseId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { ATTACHMENT_ROUTES } from '#shared/protocol/cases';
import type { Attachment, CodeableConcept, Identifier, Narrative, Quantity, Reference } from '@medplum/fhirtypes';
import { ITEM_ID, LOINC, PARTY_ID, SHA256_EXTENSION, UCUM } from './codes.ts';

/** `{ key: value }`, or nothing: FHIR knows neither null nor empty text. */
export function some<K extends string, V>(key: K, value: V | null | undefined): { readonly [P in K]?: V } {
  return value === null || value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V }); // the one key it has
}

/** The text, or null where there is nothing in it. */
export function filled(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text;
}

/** A UUID made of the names, the same every time: what refers to a resource finds it in the next export too. */
export function uuidOf(...names: readonly string[]): string {
  const hex = createHash('sha256').update(names.join('\n'), 'utf8').digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function itemIdentifier(itemId: string): Identifier {
  return { system: ITEM_ID, value: itemId };
}

/** Somebody of ours, by name and id; there is no resource of them in the bundle. */
export function partyReference(party: Party): Reference<never> {
  return { identifier: { system: PARTY_ID, value: party.id }, display: `${party.name.zh}（${party.organisationName.zh}）` };
}

export function loinc(code: string, display: string): CodeableConcept {
  return { coding: [{ system: LOINC, code, display }], text: display };
}

export function quantity(value: number, unit: string): Quantity {
  return { value, unit, system: UCUM, code: unit };
}

/** Plain text as a narrative; `plainText` of the import undoes it. */
export function narrative(text: string): Narrative {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><pre>${escaped}</pre></div>` };
}

/** Where the content is on this server, and its SHA-256. */
export function attachmentOf(caseId: CaseId, { hash, sizeBytes, mediaType, fileName }: CaseAttachment): Attachment {
  return { extension: [{ url: SHA256_EXTENSION, valueString: hash }], contentType: mediaType, url: ATTACHMENT_ROUTES.content(caseId, hash), size: sizeBytes, ...some('title', filled(fileName)) };
}
