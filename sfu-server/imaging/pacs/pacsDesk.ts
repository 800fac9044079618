import type { CaseId } from '#shared/domain/ids';
import { type CasePatient, type ImagePatientSaid, matchPatient, saysSamePatient } from '#shared/domain/imaging/patientMatch';
import { drop } from '#shared/lib/drop';
import { dicomUidSchema, MAX_PATIENTS, type PacsLink, type PacsStudy } from '#shared/protocol/imaging';
import { AppError, type ErrorCode, toAppError } from '#shared/protocol/errors';
import type { RequestParams } from '#shared/protocol/requests';
import type { Identity } from '../../auth/sessions.ts';
import type { CaseFiles } from '../../cases/caseFiles.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { Imaging } from '../../storage/imaging.ts';
import type { ImagingLinks, LoadingLink } from '../../storage/imagingLinks.ts';
import type { ObjectStore } from '../../storage/objects.ts';
import type { Inspection } from '../dicom/inspect.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import { patientSaidIn } from '../dicom/patient.ts';
import type { ImageStore } from '../imageStore.ts';
import type { PacsClient } from './pacsClient.ts';

export interface PacsDeskOptions {
  /** Null: none is set. */
  readonly client: PacsClient | null;
  readonly links: ImagingLinks;
  readonly imaging: Imaging;
  readonly store: ImageStore;
  readonly objects: ObjectStore;
  readonly caseFiles: CaseFiles;
  readonly audit: AuditWriter;
  /** A study that was being loaded is loaded, or failed. */
  readonly onChanged: (caseId: CaseId) => void;
  readonly onFailure: (error: AppError) => void;
}

const MOST = 100;
const FIELDS = ['00081030', '00080061', '00201208', '00100020', '00100010', '00100030', '00080050'];
const INSTANCES_OF_SERIES = '00201209';

/**
 * Studies of the hospital's image archive. A study that is linked with a case is loaded into the store, so that it is read by the
 * case's rules, checked as every other file is, and there when the archive is not.
 */
export class PacsDesk {
  readonly #options: PacsDeskOptions;
  readonly #loading = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(options: PacsDeskOptions) {
    this.#options = options;
  }

  /** @throws AppError `input.malformed` when nothing is asked for, `imaging.noPacs`, `imaging.pacsFailed` */
  async search(identity: Identity, { caseId, patientId, patientName, accession, fromDate, toDate, modality }: RequestParams<'pacs.search'>): Promise<PacsStudy[]> {
    const client = await this.#open(identity, caseId, 'pacs.search');
    if ([patientId, patientName, accession].every((wish) => wish.replace(/[*?\s]/g, '') === '')) throw new AppError('input.malformed', 'a search names a patient or an accession number');
    const query: Record<string, string> = { limit: String(MOST) };
    if (patientId !== '') query['PatientID'] = patientId;
    if (patientName !== '') query['PatientName'] = patientName;
    if (accession !== '') query['AccessionNumber'] = accession;
    if (fromDate !== '' || toDate !== '') query['StudyDate'] = `${fromDate}-${toDate}`;
    if (modality !== '') query['ModalitiesInStudy'] = modality;
    return this.#described(caseId, await client.search('/studies', query, FIELDS));
  }

  /** The newest studies of an Orthanc. @throws AppError `imaging.noPacs` also when the archive is another */
  async arrivals(identity: Identity, caseId: CaseId): Promise<PacsStudy[]> {
    const client = await this.#open(identity, caseId, 'pacs.arrivals');
    const uids = await client.newestStudies(20);
    if (uids === null) throw new AppError('imaging.noPacs', 'the archive does not say what came');
    const found = await Promise.all(uids.map((uid) => client.search('/studies', { StudyInstanceUID: uid }, FIELDS)));
    return this.#described(caseId, found.flat());
  }

  /**
   * [IMG45] @throws AppError `imaging.otherCase`, `record.notFound` when the archive has no such study; `imaging.otherPatient` when it is
   * not the case's patient's as far as can be told, and nobody confirmed it
   */
  async link(identity: Identity, { caseId, studyUid, confirmed: now }: RequestParams<'pacs.link'>): Promise<PacsLink> {
    const client = await this.#open(identity, caseId, now.length === 0 ? 'pacs.link' : 'pacs.linkConfirmed', studyUid);
    const [study] = await client.search('/studies', { StudyInstanceUID: studyUid }, FIELDS);
    if (study === undefined) throw new AppError('record.notFound', 'the archive has no such study');
    const standing = await this.#options.imaging.caseOf(studyUid);
    if (standing !== null && standing !== caseId) throw new AppError('imaging.otherCase', 'the study belongs to another case');
    const confirmed = await this.#options.links.confirmedOf(caseId, studyUid, now);
    const patient = await this.#options.caseFiles.patientOf(caseId);
    if (!isOfPatient(patientSaidIn(study), patient, confirmed)) throw new AppError('imaging.otherPatient', 'the study may be another patient’s, and nobody confirmed it');
    const wanted = { caseId, studyUid, identity, confirmed, total: numberOf(study, '00201208') ?? 0 };
    const link = await this.#options.links.begin(wanted);
    this.#begin(client, wanted);
    return link;
  }

  /** What was asked for, and whether there is an archive to ask at all. */
  async links(identity: Identity, caseId: CaseId): Promise<{ readonly isSet: boolean; readonly links: PacsLink[] }> {
    await this.#options.caseFiles.open(identity, caseId);
    return { isSet: this.#options.client !== null, links: await this.#options.links.of(caseId) };
  }

  /** @throws AppError `record.notFound` when the case has nothing of that study */
  async sendBack(identity: Identity, caseId: CaseId, studyUid: string): Promise<{ readonly sent: number; readonly refused: number }> {
    const client = await this.#open(identity, caseId, 'pacs.sendBack', studyUid);
    const { imaging, objects } = this.#options;
    const own = await imaging.held(caseId, studyUid);
    if (own.length === 0) throw new AppError('record.notFound', 'the case has no such study');
    const there = await client.instances(studyUid);
    const missing = own.filter(({ sopUid }) => !there.has(sopUid));
    if (missing.length === 0) return { sent: 0, refused: 0 };
    const files = async function* () {
      for (const { hash, sizeBytes } of missing) yield objects.read(hash, 0, sizeBytes - 1) as AsyncIterable<Uint8Array>; // a file's stream gives bytes
    };
    const refused = await client.store(files());
    return { sent: missing.length - refused, refused };
  }

  /** Goes on with what a server that ended was loading. */
  async resume(): Promise<void> {
    const { client, links } = this.#options;
    if (client === null) return;
    for (const wanted of await links.loading()) this.#begin(client, wanted);
  }

  /** Waits for what is being loaded to end, which the client's end does. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#options.client?.close();
    await Promise.allSettled(this.#loading.values());
  }

  async #open(identity: Identity, caseId: CaseId, action: string, studyUid: string | null = null): Promise<PacsClient> {
    const { client, caseFiles, audit } = this.#options;
    await caseFiles.openToWrite(identity, caseId);
    if (client === null) throw new AppError('imaging.noPacs', 'no image archive is set');
    await audit.append({ ...auditActor(identity.party), action, subject: studyUid === null ? caseId : `${caseId} ${studyUid}`, outcome: 'done', code: null });
    return client;
  }

  #begin(client: PacsClient, wanted: LoadingLink): void {
    const { studyUid } = wanted;
    if (this.#loading.has(studyUid)) return;
    const loading = this.#load(client, wanted).finally(() => this.#loading.delete(studyUid));
    this.#loading.set(studyUid, loading);
    drop(loading, 'told by `load` itself', (error) => this.#options.onFailure(toAppError(error)));
  }

  async #load(client: PacsClient, { identity, caseId, studyUid, confirmed, total: said }: LoadingLink): Promise<void> {
    const { links, store, caseFiles, onChanged } = this.#options;
    let [loaded, given, total] = [0, 0, said];
    let refusal: AppError | null = null;
    const others: { readonly patient: ImagePatientSaid; files: number }[] = [];
    const tell = (state: PacsLink['state'], code: ErrorCode | null) => links.reached({ studyUid, state, code, loaded, total: Math.max(total, given), others });
    try {
      const patient = await caseFiles.patientOf(caseId);
      const refuse = ({ metadata }: Inspection): AppError | null => {
        const named = patientSaidIn(metadata);
        if (isOfPatient(named, patient, confirmed)) return null;
        const known = others.find((one) => saysSamePatient(one.patient, named));
        if (known !== undefined) known.files += 1;
        else if (others.length < MAX_PATIENTS) others.push({ patient: named, files: 1 });
        return new AppError('imaging.otherPatient', 'the file names another patient than the case, and nobody confirmed it');
      };
      const series = await client.search(`/studies/${studyUid}/series`, {}, [INSTANCES_OF_SERIES]);
      total = Math.max(total, series.reduce((sum, one) => sum + (numberOf(one, INSTANCES_OF_SERIES) ?? 0), 0));
      for (const one of series) {
        const seriesUid = dicomUidSchema.parse(textOf(one, '0020000E'));
        const before = loaded;
        const onStored = async (stored: number) => {
          loaded = before + stored;
          await tell('loading', null);
        };
        const results = await store.store(identity, caseId, studyUid, client.series(studyUid, seriesUid), { onStored, refuse });
        given += results.length;
        for (const result of results) if (result.type === 'refused') refusal ??= result.error;
      }
      // An archive that gives nothing, or less than it says it has, has not given the study: nobody is to read it as whole.
      if (given < total || given === 0) refusal ??= new AppError('imaging.archiveShort', `${given} of ${total}`);
      await tell('loaded', others.length > 0 ? 'imaging.otherPatient' : (refusal?.code ?? null));
    } catch (error) {
      const known = toAppError(error);
      // A server that stops leaves it as it is, and goes on at its next start.
      if (this.#isClosed) return;
      await tell('failed', known.code);
      if (known.category === 'bug') throw known;
    } finally {
      onChanged(caseId);
    }
  }

  async #described(caseId: CaseId, found: readonly JsonDataSet[]): Promise<PacsStudy[]> {
    const described: PacsStudy[] = [];
    for (const study of found.slice(0, MOST)) {
      const uid = dicomUidSchema.safeParse(textOf(study, '0020000D'));
      if (!uid.success) continue;
      const standing = await this.#options.imaging.caseOf(uid.data);
      described.push({
        studyUid: uid.data,
        patient: patientSaidIn(study), accession: textOf(study, '00080050'), date: textOf(study, '00080020'), description: textOf(study, '00081030'),
        modalities: (study['00080061']?.Value ?? []).filter((modality) => typeof modality === 'string').map((modality) => modality.slice(0, 16)).slice(0, 20),
        instances: numberOf(study, '00201208'),
        linked: standing === null ? 'no' : standing === caseId ? 'here' : 'elsewhere',
      });
    }
    return described;
  }
}

/** The case's own patient, or somebody whom a person confirmed to be that. */
function isOfPatient(said: ImagePatientSaid, patient: CasePatient | null, confirmed: readonly ImagePatientSaid[]): boolean {
  return matchPatient(said, patient).overall === 'same' || confirmed.some((one) => saysSamePatient(one, said));
}

function textOf(dataSet: JsonDataSet, tag: string): string {
  const value = dataSet[tag]?.Value?.[0];
  return typeof value === 'string' ? value.slice(0, 200) : '';
}

function numberOf(dataSet: JsonDataSet, tag: string): number | null {
  const number = Number(dataSet[tag]?.Value?.[0] ?? Number.NaN);
  return Number.isInteger(number) && number >= 0 ? number : null;
}
