/**
 * A server process of what case files need and nothing else: database, object store, uploads and downloads over HTTP, submissions and
 * reading over the socket; no media workers, no passwords. A token is the name of one of `CaseHall`'s people. It loads, says so,
 * opens the database when told to, and says its address: a process that is killed can be followed by one that has loaded already.
 */

import { Downloads } from '../../../sfu-server/cases/downloads.ts';
import { Uploads } from '../../../sfu-server/cases/uploads.ts';
import type { DatabaseConfig } from '../../../sfu-server/config.ts';
import { createHttpServer, type HttpServerOptions } from '../../../sfu-server/http/createHttpServer.ts';
import { createLog } from '../../../sfu-server/observability/log.ts';
import { createMetrics } from '../../../sfu-server/observability/metrics.ts';
import { Dispatcher, type DispatcherOptions } from '../../../sfu-server/signaling/dispatcher.ts';
import { Gateway } from '../../../sfu-server/signaling/gateway.ts';
import { createCaseHandlers } from '../../../sfu-server/signaling/handlers/cases.ts';
import { openDatabase } from '../../../sfu-server/storage/database.ts';
import { ObjectStore } from '../../../sfu-server/storage/objects.ts';
import { createSystemClock } from '../../../shared/lib/clock.ts';
import { AppError } from '../../../shared/protocol/errors.ts';
import { CaseHall } from '../caseHall.ts';
import { createPartsOn } from '../serverParts.ts';

export interface CaseServerSetting {
  readonly database: DatabaseConfig;
  readonly objectsFolder: string;
  readonly port: number;
}

async function serve({ database: config, objectsFolder, port }: CaseServerSetting): Promise<void> {
  const clock = createSystemClock(globalThis);
  const database = await openDatabase(config, () => undefined);
  const parts = createPartsOn(database, clock);
  const { hall, caseId } = await CaseHall.openOrFind(parts, 'crash');
  const objects = await ObjectStore.open(objectsFolder);
  const { caseFiles, attachments, caseDevices, audit } = parts;
  const authenticate = async (token: string) => {
    if (!hall.has(token)) throw new AppError('auth.sessionEnded', 'nobody of that name');
    return hall.as(token);
  };
  const http = await createHttpServer({
    config: {
      host: '127.0.0.1',
      port,
      allowedOrigins: [],
      trustProxy: false,
      metricsToken: null,
      authRequestsPerMinute: 100_000,
    },
    tls: null,
    signIn: {} as HttpServerOptions['signIn'], // not asked here
    cartSignIn: {} as HttpServerOptions['cartSignIn'], // as above
    firstSetUp: {} as HttpServerOptions['firstSetUp'], // as above
    calendars: {} as HttpServerOptions['calendars'], // as above
    opinions: {} as HttpServerOptions['opinions'], // as above
    facade: {} as HttpServerOptions['facade'], // as above
    invitations: {} as HttpServerOptions['invitations'], // as above
    imaging: {} as HttpServerOptions['imaging'], // as above
    cases: {
      authenticate,
      caseFiles,
      uploads: new Uploads({ attachments, objects, clock }),
      downloads: new Downloads({ authenticate, caseFiles, attachments, clock }),
      objects,
      exchange: {} as HttpServerOptions['cases']['exchange'],
    }, // as above
    clientFolder: null,
    isReady: () => database.isAnswering(),
    metrics: createMetrics(false),
    log: createLog('silent'),
  });
  const handlers = createCaseHandlers({
    caseFiles,
    caseDevices,
    audit,
    clock,
    leaseMs: 3_600_000,
    onWipeAsked: () => undefined,
  });
  const nothing = () => undefined;
  const dispatcher = new Dispatcher({
    clock,
    handlers: handlers as DispatcherOptions['handlers'],
    onRefused: nothing,
    onHandled: nothing,
    onBug: (name, error) => console.error(name, error),
  }); // nothing else is asked here
  new Gateway({
    httpServer: http.server,
    dispatcher,
    clock,
    isOriginAllowed: () => true,
    authenticate,
    isStopping: () => false,
    onCount: nothing,
    onRefusedHandshake: nothing,
    onDropped: nothing,
  });
  process.send?.({ type: 'ready', url: await http.listen(), caseId });
}

process.on('message', (setting: CaseServerSetting) => {
  serve(setting).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ type: 'loaded' });
