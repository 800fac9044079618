import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock } from '#shared/lib/clock';
import type { CaseId } from '#shared/domain/ids';
import { ReadGrants } from '../../../sfu-server/cases/readGrants.ts';
import { createHttpServer, type HttpServerOptions } from '../../../sfu-server/http/createHttpServer.ts';
import { DeidentifiedCopies } from '../../../sfu-server/imaging/deidentify/deidentifiedCopies.ts';
import { ImageReader } from '../../../sfu-server/imaging/imageReader.ts';
import { ImageStore } from '../../../sfu-server/imaging/imageStore.ts';
import { ImagingWorkers } from '../../../sfu-server/imaging/worker/imagingWorkers.ts';
import { createLog } from '../../../sfu-server/observability/log.ts';
import { createMetrics } from '../../../sfu-server/observability/metrics.ts';
import { createImageObjects } from '../../../sfu-server/storage/imageObjects.ts';
import { createImaging } from '../../../sfu-server/storage/imaging.ts';
import { ObjectStore } from '../../../sfu-server/storage/objects.ts';
import type { Database } from '../../../sfu-server/storage/database.ts';
import { CaseHall } from '../caseHall.ts';
import { createPartsOn } from '../serverParts.ts';
import { DicomwebClient } from './dicomwebClient.ts';
import { imagingProgram } from './imagingProgram.ts';

/** The image store over HTTP on parts of the server; a token is the name of who asks (those of `CaseHall`). */
export class ImagingHall {
  readonly hall: CaseHall;
  readonly caseId: CaseId;
  readonly workers: ImagingWorkers;
  readonly objects: ObjectStore;
  readonly url: string;
  readonly folder: string;
  readonly database: Database;
  #cases = 0;
  readonly #close: () => Promise<void>;

  private constructor(parts: Pick<ImagingHall, 'hall' | 'caseId' | 'workers' | 'objects' | 'url' | 'folder' | 'database'> & { readonly close: () => Promise<void> }) {
    this.hall = parts.hall;
    this.caseId = parts.caseId;
    this.workers = parts.workers;
    this.objects = parts.objects;
    this.url = parts.url;
    this.folder = parts.folder;
    this.database = parts.database;
    this.#close = parts.close;
  }

  /** @param clientFolder pages that are served too */
  static async open(database: Database, workerOptions: { readonly count?: number; readonly jobLimitMs?: number } = {}, clientFolder: string | null = null): Promise<ImagingHall> {
    const clock = createSystemClock(globalThis);
    const hall = await CaseHall.open(createPartsOn(database, clock));
    const caseId = await hall.consult('images', ['expert', 'nurse', 'observer']);
    const folder = mkdtempSync(join(tmpdir(), 'huizhen-imaging-'));
    const objects = await ObjectStore.open(folder);
    const imaging = createImaging(database.db, clock);
    const imageObjects = createImageObjects(database.db, clock);
    const workers = new ImagingWorkers({ program: await imagingProgram(), clock, count: 1, ...workerOptions });
    const { caseFiles } = hall.parts;
    const authenticate = async (token: string) => hall.as(token);
    const notAsked = {} as never;
    const options: HttpServerOptions = {
      config: { host: '127.0.0.1', port: 0, allowedOrigins: [], trustProxy: false, metricsToken: null, authRequestsPerMinute: 100_000 },
      tls: null, signIn: notAsked, cartSignIn: notAsked, firstSetUp: notAsked, calendars: notAsked, opinions: notAsked, facade: notAsked, invitations: notAsked,
      cases: { authenticate, caseFiles, uploads: notAsked, downloads: notAsked, objects, exchange: notAsked },
      imaging: {
        authenticate,
        grants: new ReadGrants({ authenticate, permission: 'images.read', caseFiles, clock }, async ({ party }) => party),
        copies: new DeidentifiedCopies({ imaging, imageObjects, objects, workers, policy: { secret: 'of the tests', dates: 'removed', keepsDevice: true, masks: [] } }),
        reader: new ImageReader({ imaging, objects, workers }),
        store: new ImageStore({ imaging, imageObjects, objects, workers, caseFiles, onChanged: () => undefined }),
      },
      clientFolder, isReady: async () => true, metrics: createMetrics(false), log: createLog('silent'),
    };
    const server = await createHttpServer(options);
    const url = await server.listen();
    return new ImagingHall({
      hall, caseId, workers, objects, url, folder, database,
      close: async () => {
        await server.close();
        await workers.close();
        rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
      },
    });
  }

  as(name: string): DicomwebClient {
    return new DicomwebClient(this.url, this.caseId, name);
  }

  /** A new case beside the others. */
  async newCase(): Promise<CaseId> {
    this.#cases += 1;
    return this.hall.consult(`images-${this.#cases}`, ['expert', 'nurse', 'observer']);
  }

  client(name: string, caseId: CaseId): DicomwebClient {
    return new DicomwebClient(this.url, caseId, name);
  }

  /** A new case, and every image of others forgotten: sample files share UIDs. */
  async afresh(name: string): Promise<DicomwebClient> {
    return this.client(name, await this.freshCase());
  }

  /** As `afresh`, by the case itself. */
  async freshCase(): Promise<CaseId> {
    this.#cases += 1;
    const caseId = await this.hall.consult(`images-${this.#cases}`);
    await this.database.db.deleteFrom('imaging_instances').execute();
    await this.database.db.deleteFrom('imaging_studies').execute();
    return caseId;
  }

  close(): Promise<void> {
    return this.#close();
  }
}
