import { type Attachment, type CaseItemBody, type CaseItemContent, caseItemContentSchema } from '#shared/domain/caseFile';
import {
  AGE_EXTENSION, DOCUMENT_CATEGORY, EXAMINATION_SECTIONS, HISTORY_SECTIONS, PLACE_PART, PRIORITIES, RECORD_NUMBER, RELATIONS, SIGNATURE_EXTENSION,
} from './codes.ts';
import type { FhirAttachment, FhirConcept, FhirOf } from './schemas.ts';

/** Finds the content of an attachment in the object store or puts it there; null: it is not to be had. */
export type TakeAttachment = (attachment: FhirAttachment) => Attachment | null;

/** A concept as a person would say it. */
export function said(concept: FhirConcept | undefined): string {
  return concept?.text ?? concept?.coding.find(({ display }) => display !== undefined)?.display ?? concept?.coding.find(({ code }) => code !== undefined)?.code ?? '';
}

/** The narrative's text without its markup. */
export function plainText(div: string): string {
  const isOwn = /^<div[^>]*><pre>([\s\S]*)<\/pre><\/div>$/.exec(div)?.[1];
  const bare = isOwn ?? div.replace(/<(br|\/p|\/li|\/tr|\/h\d)[^>]*>/gi, '\n').replace(/<[^>]*>/g, '').trim();
  return bare.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&nbsp;', ' ').replaceAll('&amp;', '&');
}

const notes = (list: readonly { readonly text: string }[]) => list.map(({ text }) => text).join('\n');
/** Wherever a code of the table stands, its key. */
function keyOf<K extends string>(table: Readonly<Record<K, string>>, code: string | undefined): K | null {
  const found = Object.entries(table).find(([, value]) => value === code);
  return found === undefined ? null : (found[0] as K); // a key of the table
}

/** The time, or that of the import where none is given. */
export function msOf(time: string | undefined, nowMs: number): number {
  return time === undefined ? nowMs : Math.max(0, Date.parse(time));
}

/** The body, when it fits its kind; null when a text is too long or a number out of range. */
export function contentOf<K extends CaseItemContent['kind']>(kind: K, body: CaseItemBody<K>): CaseItemContent | null {
  const parsed = caseItemContentSchema.safeParse({ kind, body });
  return parsed.success ? (parsed.data as CaseItemContent) : null; // one option for each kind, each with its own body
}

export function readPatient(resource: FhirOf<'Patient'>): CaseItemBody<'patient'> {
  const [name] = resource.name;
  return {
    name: name?.text ?? [name?.family ?? '', ...(name?.given ?? [])].join(''),
    sex: resource.gender ?? 'unknown',
    birthDate: /^\d{4}-\d{2}-\d{2}$/.test(resource.birthDate ?? '') ? (resource.birthDate ?? null) : null,
    ageYears: resource.extension.find(({ url }) => url === AGE_EXTENSION)?.valueInteger ?? null,
    recordNumber: (resource.identifier.find(({ system }) => system === RECORD_NUMBER) ?? resource.identifier[0])?.value ?? null,
    phone: resource.telecom.find(({ system }) => system === 'phone')?.value ?? null,
  };
}

export function readRequest(resource: FhirOf<'ServiceRequest'>): CaseItemBody<'request'> {
  const place = (part: string) => resource.locationCode.find(({ coding }) => coding.some(({ system, code }) => system === PLACE_PART && code === part))?.text ?? '';
  return {
    question: notes(resource.note), diagnosis: resource.reasonCode.map(said).join('；'), urgency: keyOf(PRIORITIES, resource.priority) ?? (resource.priority === 'asap' ? 'urgent' : 'routine'), ward: place('ward'), bed: place('bed'),
    kind: 'consultation', wanted: [], preferredTimes: [], needsCart: false,
  };
}

/** The sections of a composition by our fields; a section that is none of ours is given under its title by `others`. */
export function readSections(resource: FhirOf<'Composition'>): { readonly history: CaseItemBody<'history'>; readonly examination: CaseItemBody<'examination'>; readonly others: readonly string[] } {
  const found = new Map<string, string>();
  const others: string[] = [];
  const fields = new Map<string, string>(Object.entries({ ...HISTORY_SECTIONS, ...EXAMINATION_SECTIONS }).map(([field, { code }]) => [code, field]));
  for (const section of resource.section) {
    if (section.text === undefined) continue;
    const text = plainText(section.text.div);
    const field = section.code?.coding.map(({ code }) => fields.get(code ?? '')).find((one) => one !== undefined);
    if (field === undefined) others.push(`${section.title ?? said(section.code)}\n${text}`);
    else found.set(field, [found.get(field), text].filter((one) => one !== undefined).join('\n'));
  }
  const of = (field: string) => found.get(field) ?? '';
  return {
    history: { presentIllness: of('presentIllness'), pastHistory: of('pastHistory'), medication: of('medication'), allergies: of('allergies') },
    examination: { general: of('general'), findings: of('findings') },
    others,
  };
}

export function readDocument(resource: FhirOf<'DocumentReference'>, take: TakeAttachment, nowMs: number): CaseItemBody<'document'> | null {
  const [content] = resource.content;
  const attachment = content === undefined ? null : take(content.attachment);
  if (content === undefined || attachment === null) return null;
  const category = resource.type?.coding.find(({ system }) => system === DOCUMENT_CATEGORY)?.code;
  const known = (['photograph', 'report', 'letter', 'still', 'dicom', 'other'] as const).find((one) => one === category);
  return { category: known ?? 'other', title: resource.description ?? (known === undefined ? said(resource.type) : ''), takenAtMs: msOf(content.attachment.creation ?? resource.date, nowMs), attachment };
}

export function readImaging(resource: FhirOf<'ImagingStudy'>, nowMs: number): CaseItemBody<'imaging'> | null {
  const uid = resource.identifier.map(({ value }) => /^urn:oid:([0-9.]{1,64})$/.exec(value ?? '')?.[1]).find((one) => one !== undefined);
  if (uid === undefined) return null;
  return { studyUid: uid, modality: resource.modality[0]?.code ?? '', description: resource.description ?? '', studiedAtMs: msOf(resource.started, nowMs), seriesCount: resource.numberOfSeries ?? 0 };
}

export function readOpinion(resource: FhirOf<'ClinicalImpression'>): CaseItemBody<'opinion'> {
  return { findings: resource.summary ?? resource.description ?? '', recommendation: notes(resource.note) };
}

export function readConsent(resource: FhirOf<'Consent'>, take: TakeAttachment, nowMs: number): CaseItemBody<'consent'> | null {
  const picture = resource.extension.find(({ url }) => url === SIGNATURE_EXTENSION)?.valueAttachment;
  const signature = picture === undefined ? null : take(picture);
  if (signature === null) return null;
  const [actor] = resource.provision?.actor ?? [];
  const relation = keyOf(RELATIONS, actor?.role?.coding[0]?.code);
  const signer = actor?.reference?.display;
  return {
    formTitle: resource.sourceAttachment?.title ?? '', formText: Buffer.from(resource.sourceAttachment?.data ?? '', 'base64').toString('utf8'), signerName: signer === undefined || signer === '—' ? '' : signer,
    relation: relation ?? 'other', signedAtMs: msOf(resource.dateTime, nowMs), signature,
  };
}
