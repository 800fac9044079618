import { CASE_ITEM_KINDS, type CaseItemBody, type CaseItemContent } from '#shared/domain/caseFile';
import { type CaseItemId, caseItemIdSchema } from '#shared/domain/ids';
import { assertNever } from '#shared/lib/assert';
import type { FhirLeft } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { FirstItem } from '../../storage/caseStart.ts';
import { isStorable } from '../canonical.ts';
import { noteOfPlainText } from '../noteText.ts';
import { EXAMINATION_TYPE, HISTORY_TYPE, ITEM_ID } from './codes.ts';
import { contentOf, readConsent, readDocument, readImaging, readOpinion, readPatient, readRequest, readSections, said, type TakeAttachment } from './readItems.ts';
import { isVital, observedAtMs, readLab, readVitals } from './readObservations.ts';
import { bundleSchema, type FhirOf, type FhirResource, resourceSchema } from './schemas.ts';

/** What a bundle comes to: the items of a case, and what was left out, and why. */
export interface ImportedBundle {
  readonly items: readonly FirstItem[];
  readonly left: readonly FhirLeft[];
}

const MAX_LEFT = 1000;
const ERRONEOUS: readonly (string | undefined)[] = ['entered-in-error', 'cancelled'];

/**
 * Reads a Bundle of any origin. Our own exports come back as they went out; of others what can be understood is taken in.
 * @param take gives the content of an attachment; asked only for those of resources that are understood
 * @param newItemId a new id, for what has none of ours
 * @throws AppError `input.malformed` when it is no Bundle or holds no patient
 */
export function importBundle(value: unknown, take: TakeAttachment, newItemId: () => CaseItemId, nowMs: number): ImportedBundle {
  const bundle = bundleSchema.safeParse(value);
  if (!bundle.success) throw new AppError('input.malformed', 'not a Bundle of a size that is taken in');
  const reader = new BundleReader(take, newItemId, nowMs);
  for (const { fullUrl, resource } of bundle.data.entry) if (resource !== undefined) reader.sort(resource, fullUrl);
  return reader.finish();
}

class BundleReader {
  readonly #take: TakeAttachment;
  readonly #newItemId: () => CaseItemId;
  readonly #nowMs: number;
  readonly #items = new Map<CaseItemId, FirstItem>();
  readonly #left: FhirLeft[] = [];
  readonly #vitals: { readonly url: string | undefined; readonly observation: FhirOf<'Observation'> }[] = [];
  #history: CaseItemBody<'history'> | null = null;

  constructor(take: TakeAttachment, newItemId: () => CaseItemId, nowMs: number) {
    this.#take = take;
    this.#newItemId = newItemId;
    this.#nowMs = nowMs;
  }

  sort(raw: { readonly resourceType: string }, url: string | undefined): void {
    const known = resourceSchema.options.some((option) => option.shape.resourceType.value === raw.resourceType);
    if (!known) return this.#leave(raw.resourceType, 'unknownKind');
    const parsed = resourceSchema.safeParse(raw);
    if (!parsed.success) return this.#leave(raw.resourceType, 'doesNotFit', parsed.error.issues[0]?.path.join('.') || null);
    const resource: FhirResource = parsed.data;
    if (ERRONEOUS.includes(resource.status)) return this.#leave(resource.resourceType, 'enteredInError');
    if (!isStorable(resource)) return this.#leave(resource.resourceType, 'unstorable');
    this.#read(resource, url);
  }

  finish(): ImportedBundle {
    this.#readVitals();
    if (this.#history !== null) this.#add('History', contentOf('history', this.#history), null);
    if (![...this.#items.values()].some(({ content }) => content.kind === 'patient')) throw new AppError('input.malformed', 'the Bundle holds no patient');
    return { items: [...this.#items.values()], left: this.#left.slice(0, MAX_LEFT) };
  }

  #read(resource: FhirResource, url: string | undefined): void {
    const { resourceType } = resource;
    const nowMs = this.#nowMs;
    switch (resource.resourceType) {
      case 'Patient':
        return this.#add(resourceType, contentOf('patient', readPatient(resource)), null);
      case 'ServiceRequest':
        return this.#add(resourceType, contentOf('request', readRequest(resource)), null);
      case 'Composition':
        return this.#readComposition(resource);
      case 'Observation':
        if (isVital(resource)) this.#vitals.push({ url, observation: resource });
        else this.#add(resourceType, contentOf('lab', readLab(resource, nowMs)), ownId(resource.identifier));
        return;
      case 'DocumentReference': {
        const body = readDocument(resource, this.#take, nowMs);
        return body === null ? this.#leave(resourceType, 'noAttachment') : this.#add(resourceType, contentOf('document', body), ownId(resource.identifier));
      }
      case 'ImagingStudy': {
        const body = readImaging(resource, nowMs);
        return body === null ? this.#leave(resourceType, 'noStudy') : this.#add(resourceType, contentOf('imaging', body), ownId(resource.identifier));
      }
      case 'ClinicalImpression':
        return this.#add(resourceType, contentOf('opinion', readOpinion(resource)), ownId(resource.identifier));
      case 'Consent': {
        const body = readConsent(resource, this.#take, nowMs);
        return body === null ? this.#leave(resourceType, 'noSignature') : this.#add(resourceType, contentOf('consent', body), ownId(resource.identifier));
      }
      case 'Communication':
        return this.#add(resourceType, contentOf('note', { title: said(resource.topic).slice(0, 200) }), ownId(resource.identifier), resource.payload.map(({ contentString }) => contentString ?? '').join('\n'));
      case 'Condition':
        return this.#tell('pastHistory', resource.code, resource.note);
      case 'AllergyIntolerance':
        return this.#tell('allergies', resource.code, resource.note);
      case 'MedicationStatement':
        return this.#tell('medication', resource.medicationCodeableConcept, resource.note);
      default:
        return assertNever(resource);
    }
  }

  #readComposition(resource: FhirOf<'Composition'>): void {
    const { history, examination, others } = readSections(resource);
    const types = resource.type?.coding.map(({ code }) => code) ?? [];
    const isWritten = (body: object) => Object.values(body).some((text) => text !== '');
    if (isWritten(history) || types.includes(HISTORY_TYPE)) for (const [field, text] of Object.entries(history)) this.#tellText(field as keyof typeof history, text); // its own keys
    if (isWritten(examination) || types.includes(EXAMINATION_TYPE)) this.#add('Composition', contentOf('examination', examination), null);
    for (const text of others) this.#add('Composition', contentOf('note', { title: (resource.title ?? '').slice(0, 200) }), null, text);
  }

  /** A condition, an allergy or a medicine is a line of the history. */
  #tell(field: keyof CaseItemBody<'history'>, concept: FhirOf<'Condition'>['code'], notes: readonly { readonly text: string }[]): void {
    this.#tellText(field, [said(concept), ...notes.map(({ text }) => text)].filter((text) => text !== '').join('，'));
  }

  #tellText(field: keyof CaseItemBody<'history'>, text: string): void {
    const history = this.#history ?? { presentIllness: '', pastHistory: '', medication: '', allergies: '' };
    this.#history = { ...history, [field]: [history[field], text].filter((one) => one !== '').join('\n') };
  }

  /** Rounds by their panel; what belongs to none by the time at which it was measured. */
  #readVitals(): void {
    // By whichever name the panel has for them: the whole address, or type and id.
    const byUrl = new Map(this.#vitals.flatMap(({ url, observation }) => [[url ?? '', observation] as const, [`Observation/${observation.id ?? ''}`, observation] as const]));
    const taken = new Set<FhirOf<'Observation'>>();
    for (const { observation } of this.#vitals) {
      const isOwn = ownId(observation.identifier) !== null;
      if (observation.hasMember.length === 0 && !isOwn) continue;
      const members = observation.hasMember.flatMap(({ reference }) => byUrl.get(reference ?? '') ?? []);
      for (const one of [observation, ...members]) taken.add(one);
      this.#add('Observation', contentOf('vitals', readVitals([observation, ...members], observedAtMs(observation, this.#nowMs))), ownId(observation.identifier));
    }
    const rounds = new Map<number, FhirOf<'Observation'>[]>();
    for (const { observation } of this.#vitals) {
      if (taken.has(observation)) continue;
      const atMs = observedAtMs(observation, this.#nowMs);
      rounds.set(atMs, [...(rounds.get(atMs) ?? []), observation]);
    }
    for (const [atMs, round] of rounds) this.#add('Observation', contentOf('vitals', readVitals(round, atMs)), null);
  }

  #add(resourceType: string, content: CaseItemContent | null, wishedId: CaseItemId | null, text: string | null = null): void {
    if (content === null) return this.#leave(resourceType, 'outOfRange');
    const isSingle = CASE_ITEM_KINDS[content.kind].count === 'one';
    const id = isSingle ? caseItemIdSchema.parse(content.kind) : wishedId === null || this.#items.has(wishedId) ? this.#newItemId() : wishedId;
    if (this.#items.has(id)) return this.#leave(resourceType, 'onlyOne');
    const textState = text === null || text === '' ? null : noteOfPlainText(text);
    this.#items.set(id, { id, content, textState });
  }

  #leave(resourceType: string, reason: FhirLeft['reason'], detail: string | null = null): void {
    this.#left.push({ resourceType: resourceType.slice(0, 60), reason, detail: detail?.slice(0, 200) ?? null });
  }
}

/** The id the item had in a case of ours; those of kinds of which there is one do not count. */
function ownId(identifiers: readonly { readonly system?: string | undefined; readonly value?: string | undefined }[]): CaseItemId | null {
  const parsed = caseItemIdSchema.safeParse(identifiers.find(({ system }) => system === ITEM_ID)?.value);
  return parsed.success && !Object.hasOwn(CASE_ITEM_KINDS, parsed.data) ? parsed.data : null;
}
