import { createHash } from 'node:crypto';
import { type Attachment, attachmentSchema, type CaseItemKind } from '#shared/domain/caseFile';
import { type CaseId, caseIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { FhirImportResult } from '#shared/protocol/cases';
import type { Bundle } from '@medplum/fhirtypes';
import { newId } from '../../auth/random.ts';
import type { Identity } from '../../auth/sessions.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { Attachments } from '../../storage/attachments.ts';
import type { CaseAccess } from '../../storage/caseAccess.ts';
import type { CaseRecords } from '../../storage/caseRecords.ts';
import type { ObjectStore } from '../../storage/objects.ts';
import type { CaseFiles } from '../caseFiles.ts';
import { attachmentsOf } from '../changeRules.ts';
import { SHA256_EXTENSION } from './codes.ts';
import { exportCase } from './exportCase.ts';
import { type ImportedBundle, importBundle } from './importBundle.ts';
import { attachedSchema, bundleSchema, type FhirAttachment } from './schemas.ts';

export interface CaseExchangeOptions {
  readonly caseFiles: CaseFiles;
  readonly access: CaseAccess;
  readonly records: CaseRecords;
  readonly attachments: Attachments;
  readonly objects: ObjectStore;
  readonly audit: AuditWriter;
  readonly clock: Clock;
}

/** Case files in and out as FHIR R4. */
export class CaseExchange {
  readonly #options: CaseExchangeOptions;

  constructor(options: CaseExchangeOptions) {
    this.#options = options;
  }

  /** @throws AppError `record.notFound` when the reader may not read the case */
  async export(identity: Identity, caseId: CaseId): Promise<Bundle> {
    const { summary, items } = await this.#options.caseFiles.wholeCase(identity, caseId);
    const bundle = exportCase(summary, items, this.#options.clock.wallMs());
    await this.#options.audit.append({ ...auditActor(identity.party), action: 'case.export', subject: caseId, outcome: 'done', code: null });
    return bundle;
  }

  /**
   * Makes a case of the asker's organisation. Attachments come with their bytes in the Bundle, or by the hash of what a case holds
   * that the asker may read.
   * @throws AppError `input.malformed` when it is no Bundle with a patient
   */
  async import({ party }: Identity, value: unknown): Promise<FhirImportResult> {
    const { records, audit, clock, caseFiles } = this.#options;
    const nowMs = clock.wallMs();
    const { items, attachments, left } = await this.take({ party }, value);
    const id = caseIdSchema.parse(newId());
    await records.begin({ id, organisationId: party.organisationId, begunBy: party, items, attachments, nowMs });
    await audit.append({ ...auditActor(party), action: 'case.import', subject: id, outcome: 'done', code: null });
    await caseFiles.announce(id);
    const counts = new Map<CaseItemKind, number>();
    for (const { content } of items) counts.set(content.kind, (counts.get(content.kind) ?? 0) + 1);
    return { caseId: id, imported: [...counts].map(([kind, count]) => ({ kind, count })), left: [...left] };
  }

  /** What a Bundle comes to as items of a case, with their attachments in the object store; no case is made. @throws AppError as `import` */
  async take({ party }: Pick<Identity, 'party'>, value: unknown): Promise<ImportedBundle & { readonly attachments: readonly Attachment[] }> {
    const contents = await this.#gather({ party }, value);
    const find = (attachment: FhirAttachment): Attachment | null => contents.get(keyOf(attachment)) ?? null;
    const { items, left } = importBundle(value, find, () => caseItemIdSchema.parse(newId()), this.#options.clock.wallMs());
    const held = new Map(items.flatMap(({ content }) => attachmentsOf(content)).map((attachment) => [attachment.hash, attachment]));
    return { items, left, attachments: [...held.values()] };
  }

  /** The contents that the Bundle's attachments name, as far as they are to be had; looked for before, because that takes waiting. */
  async #gather({ party }: Pick<Identity, 'party'>, value: unknown): Promise<ReadonlyMap<string, Attachment>> {
    const found = new Map<string, Attachment>();
    for (const attachment of attachmentsIn(value)) {
      const key = keyOf(attachment);
      if (found.has(key)) continue;
      const held = attachment.data === undefined ? await this.#find(party, attachment) : await this.#put(attachment, attachment.data);
      if (held !== null) found.set(key, held);
    }
    return found;
  }

  async #put(attachment: FhirAttachment, data: string): Promise<Attachment | null> {
    const bytes = Buffer.from(data, 'base64');
    if (bytes.byteLength === 0) return null;
    const described = describe(attachment, createHash('sha256').update(bytes).digest('hex'), bytes.byteLength);
    if (described === null) return null;
    await this.#options.objects.requireRoom(bytes.byteLength);
    await this.#options.objects.put(described.hash, bytes);
    return described;
  }

  async #find(party: Identity['party'], attachment: FhirAttachment): Promise<Attachment | null> {
    const hash = attachment.extension.find(({ url }) => url === SHA256_EXTENSION)?.valueString ?? '';
    const described = describe(attachment, hash, attachment.size ?? 0);
    if (described === null) return null;
    const holders = await this.#options.attachments.holdersOf(described.hash, described.sizeBytes);
    const readable = await this.#options.access.among(party, this.#options.clock.wallMs(), holders);
    return readable.length === 0 ? null : described;
  }
}

/** One content under one name. */
function keyOf({ extension, data, size, title, contentType }: FhirAttachment): string {
  return JSON.stringify([extension, data, size, title, contentType]);
}

function describe(attachment: FhirAttachment, hash: string, sizeBytes: number): Attachment | null {
  const mediaType = (attachment.contentType ?? 'application/octet-stream').split(';')[0]?.trim().toLowerCase();
  const parsed = attachmentSchema.safeParse({ hash, sizeBytes, mediaType, fileName: (attachment.title ?? '').slice(0, 200) });
  return parsed.success ? parsed.data : null;
}

/** The attachments of documents and consents; what does not fit is left to the import to name. */
function attachmentsIn(value: unknown): FhirAttachment[] {
  const bundle = bundleSchema.safeParse(value);
  if (!bundle.success) return [];
  return bundle.data.entry.flatMap(({ resource }) => {
    const parsed = attachedSchema.safeParse(resource);
    if (!parsed.success) return [];
    if (parsed.data.resourceType === 'DocumentReference') return parsed.data.content.map(({ attachment }) => attachment);
    return parsed.data.extension.flatMap(({ valueAttachment }) => (valueAttachment === undefined ? [] : [valueAttachment]));
  });
}
