import { Readable } from 'node:stream';
import type { OpinionContent, OpinionDocument, OpinionLanguage, OpinionSignature } from '#shared/domain/opinion';
import { AsyncQueue } from '#shared/lib/asyncQueue';
import type { Clock } from '#shared/lib/clock';
import { OPINION_ROUTES } from '#shared/protocol/opinions';
import { PDFDocument } from 'pdf-lib';
import type { ObjectStore } from '../storage/objects.ts';
import type { OpinionFileRecord, Opinions } from '../storage/opinions.ts';
import { canonicalText, hashOfText } from './canonical.ts';
import { type KeyImageBytes, LAYOUT } from './pdf/rendering.ts';
import { createSignedPdf } from './pdf/sealPdf.ts';
import type { Authority } from './signing/authority.ts';
import { fingerprintOf } from './signing/certificates.ts';

export interface OpinionFilesOptions {
  readonly opinions: Pick<Opinions, 'file' | 'keepFile'>;
  readonly objects: Pick<ObjectStore, 'read' | 'put'>;
  readonly authority: Authority;
  readonly clock: Clock;
  /** IANA; of the times in print. */
  readonly timeZone: string;
  /** The address at which people reach this server, without a slash at its end; asked when a file is made. */
  readonly publicUrl: () => string;
  /** A key image on this server's disk is missing, or not what its hash says: the file lists it by its fingerprint only. */
  readonly onDamaged: (hash: string) => void;
}

/** A larger image is listed by its fingerprint and not drawn; bytes. */
const MAX_DRAWN_BYTES = 8 * 1024 * 1024;
const MAX_DRAWN_TOTAL_BYTES = 32 * 1024 * 1024;
/** Files are made one after another; so many may wait. */
const WAITING = 50;

/** [PDF2] The sealed files of signed opinions: made once for each language, and the same from then on. */
export class OpinionFiles {
  readonly #options: OpinionFilesOptions;
  readonly #queue = new AsyncQueue(WAITING);

  constructor(options: OpinionFilesOptions) {
    this.#options = options;
  }

  /** @throws AppError `storage.full` */
  async open(document: OpinionDocument, signatures: readonly OpinionSignature[], language: OpinionLanguage): Promise<{ readonly stream: Readable; readonly sizeBytes: number; readonly hash: string }> {
    const { opinions, objects } = this.#options;
    const kept = (await opinions.file(document.opinionId, language)) ?? (await this.#queue.push(() => this.#make(document, signatures, language)));
    return { ...kept, stream: objects.read(kept.hash, 0, kept.sizeBytes - 1) };
  }

  async #make(document: OpinionDocument, signatures: readonly OpinionSignature[], language: OpinionLanguage): Promise<OpinionFileRecord> {
    const { opinions, objects, authority, clock, timeZone, publicUrl } = this.#options;
    const madeMeanwhile = await opinions.file(document.opinionId, language);
    if (madeMeanwhile !== null) return madeMeanwhile;
    const { opinionId, version, content } = document;
    const checkAddress = `${publicUrl()}${OPINION_ROUTES.check(opinionId, String(version), hashOfText(canonicalText(document)))}`;
    const rendering = { layout: LAYOUT, language, timeZone, checkAddress, authorityFingerprint: authority.fingerprint, sealedAtMs: clock.wallMs() };
    const pdf = await createSignedPdf({ document, signatures, images: await this.#images(content), rendering }, authority);
    const hash = fingerprintOf(pdf);
    await objects.put(hash, pdf);
    return opinions.keepFile(opinionId, language, { hash, sizeBytes: pdf.byteLength });
  }

  /** Those key images that can be drawn, each once. */
  async #images({ keyImages }: OpinionContent): Promise<KeyImageBytes[]> {
    const drawn: KeyImageBytes[] = [];
    let totalBytes = 0;
    for (const { attachment } of keyImages) {
      const { hash, mediaType, sizeBytes } = attachment;
      if ((mediaType !== 'image/jpeg' && mediaType !== 'image/png') || sizeBytes > MAX_DRAWN_BYTES || totalBytes + sizeBytes > MAX_DRAWN_TOTAL_BYTES || drawn.some((image) => image.hash === hash)) continue;
      const bytes = await this.#content(hash, sizeBytes);
      // [VER2] A file is made once: with other bytes under this hash it would be found wrong for ever.
      if (bytes === null || fingerprintOf(bytes) !== hash) {
        this.#options.onDamaged(hash);
        continue;
      }
      const image: KeyImageBytes = { hash, mediaType, bytes };
      if (!(await isDrawable(image))) continue;
      totalBytes += sizeBytes;
      drawn.push(image);
    }
    return drawn;
  }

  /** Null: it is not there any more. */
  async #content(hash: string, sizeBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      return new Uint8Array(Buffer.concat(await Readable.from(this.#options.objects.read(hash, 0, sizeBytes - 1)).toArray()));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }
}

/** A file that does not exist. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** A damaged image must not keep an opinion from having its file. */
async function isDrawable({ mediaType, bytes }: KeyImageBytes): Promise<boolean> {
  const trial = await PDFDocument.create();
  try {
    await (mediaType === 'image/jpeg' ? trial.embedJpg(bytes) : trial.embedPng(bytes));
    return true;
  } catch {
    return false;
  }
}
