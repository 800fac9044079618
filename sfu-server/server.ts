// Longer than most: the one place where the server's parts are put together, in the order in which they need each other.
import type { Urgency } from '#shared/domain/consultation/form';
import type { NoticeKind } from '#shared/domain/consultation/notices';
import type { PersonId } from '#shared/domain/ids';
import type { OutsideChannel } from '#shared/domain/delivery';
import { type CaseId, caseIdSchema, type ConsultId, personIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import { toAppError } from '#shared/protocol/errors';
import type { NoticeAbout } from '#shared/protocol/notices';
import { CartSignIn } from './auth/carts.ts';
import { FirstSetUp, type SetUpCode } from './auth/firstSetUp.ts';
import { startHousekeeping } from './auth/housekeeping.ts';
import { HospitalSystems } from './auth/hospitalSystems.ts';
import { ARGON2_HASHER } from './auth/passwords.ts';
import { newId } from './auth/random.ts';
import { Sessions } from './auth/sessions.ts';
import { LOCK_OUT, SignIn } from './auth/signIn.ts';
import { createIceServers } from './auth/turnCredentials.ts';
import { CaseFiles } from './cases/caseFiles.ts';
import { createAppointmentBook } from './consultation/appointmentBook.ts';
import { Consultations } from './consultation/consultations.ts';
import { RequestOpinions } from './consultation/requestOpinions.ts';
import { CaseExchange } from './cases/fhir/caseExchange.ts';
import { Downloads } from './cases/downloads.ts';
import { ReadGrants } from './cases/readGrants.ts';
import { Readings } from './cases/readings.ts';
import { Uploads } from './cases/uploads.ts';
import type { Config } from './config.ts';
import { type DemoSeedResult, seedDemo } from './demo/seed.ts';
import { seedImages } from './demo/seedImages.ts';
import { seedRequests } from './demo/seedRequests.ts';
import { seedScheduling } from './demo/seedScheduling.ts';
import { Facade } from './facade/facade.ts';
import { Orders } from './facade/orders.ts';
import { createHttpServer } from './http/createHttpServer.ts';
import { FACADE_PATH } from './http/facadeRoutes.ts';
import { isOriginAllowed } from './http/origins.ts';
import { loadTls } from './http/tls.ts';
import { DeidentifiedCopies, deidentifySecret } from './imaging/deidentify/deidentifiedCopies.ts';
import { mapUid } from './imaging/deidentify/profile.ts';
import { ImageReader } from './imaging/imageReader.ts';
import { ImageStore } from './imaging/imageStore.ts';
import { sweepImageObjects } from './imaging/objectSweep.ts';
import { ReportDesk } from './imaging/reports/reportDesk.ts';
import { PacsClient } from './imaging/pacs/pacsClient.ts';
import { PacsDesk } from './imaging/pacs/pacsDesk.ts';
import { ImagingWorkers } from './imaging/worker/imagingWorkers.ts';
import { WorkerPool } from './media/workerPool.ts';
import type { Channel } from './notices/channel.ts';
import { InvitationAnswers } from './notices/invitationAnswers.ts';
import { MailChannel } from './notices/mailChannel.ts';
import { NoticeRecords } from './notices/noticeRecords.ts';
import { Outbox } from './notices/outbox.ts';
import { WebhookChannel } from './notices/webhookChannel.ts';
import type { Log } from './observability/log.ts';
import { measureMedia } from './observability/mediaMetrics.ts';
import { createMetrics } from './observability/metrics.ts';
import { OpinionDesk } from './opinions/opinionDesk.ts';
import { OpinionFiles } from './opinions/opinionFiles.ts';
import { openAuthority } from './opinions/signing/authority.ts';
import { PersonKeys } from './opinions/personKeys.ts';
import { SIGNATURE_PROVIDERS } from './opinions/signing/providers.ts';
import { createIndicators } from './indicators/indicators.ts';
import { createAdmission } from './rooms/admission.ts';
import { PresenceLog } from './rooms/presenceLog.ts';
import { RoomRegistry } from './rooms/registry.ts';
import type { LastShown } from './rooms/sharedImaging.ts';
import type { AppointmentChanged } from './scheduling/booking.ts';
import { createSessionNotices } from './scheduling/sessionNotices.ts';
import { Calendars } from './scheduling/calendars.ts';
import { personSlots } from './scheduling/personSlots.ts';
import { Dispatcher } from './signaling/dispatcher.ts';
import { Gateway } from './signaling/gateway.ts';
import { createAdminHandlers } from './signaling/handlers/admin.ts';
import { createConsultationHandlers } from './signaling/handlers/consultation.ts';
import { createNoticeHandlers } from './signaling/handlers/notices.ts';
import { createCaseHandlers } from './signaling/handlers/cases.ts';
import { createInSessionHandlers } from './signaling/handlers/inSession.ts';
import { createMediaHandlers } from './signaling/handlers/media.ts';
import { createPacsHandlers } from './signaling/handlers/pacs.ts';
import { createOpinionHandlers } from './signaling/handlers/opinions.ts';
import { createReportHandlers } from './signaling/handlers/imagingReports.ts';
import { createRoomHandlers } from './signaling/handlers/room.ts';
import { createAnnotationHandlers } from './signaling/handlers/annotation.ts';
import { createControlHandlers } from './signaling/handlers/control.ts';
import { createSharedImagingHandlers } from './signaling/handlers/sharedImaging.ts';
import { createScheduleProfileHandlers } from './signaling/handlers/scheduleProfiles.ts';
import { createSchedulingHandlers } from './signaling/handlers/scheduling.ts';
import { createSessionHandlers } from './signaling/handlers/session.ts';
import { createSystemHandlers } from './signaling/handlers/systems.ts';
import { createWorklistHandlers } from './signaling/handlers/worklist.ts';
import { RefusalDigest } from './signaling/refusals.ts';
import { listenSetting, startStep } from './startFailures.ts';
import { createAppointments } from './storage/appointments.ts';
import { createAttachments } from './storage/attachments.ts';
import { Audit, auditActor } from './storage/audit.ts';
import { createCalendarFeeds } from './storage/calendarFeeds.ts';
import { createCaseAccess, isInAudience } from './storage/caseAccess.ts';
import { createCaseDevices } from './storage/caseDevices.ts';
import { createCaseRecords } from './storage/caseRecords.ts';
import { caseOfConsult } from './storage/caseStart.ts';
import { createCarts } from './storage/carts.ts';
import { createChat } from './storage/chat.ts';
import { createConsultRequests } from './storage/consultRequests.ts';
import { createNotices } from './storage/notices.ts';
import { createPartyDirectory } from './storage/parties.ts';
import { createConsults } from './storage/consults.ts';
import { openDatabase } from './storage/database.ts';
import { createDeliveries } from './storage/deliveries.ts';
import { createImageObjects } from './storage/imageObjects.ts';
import { createImaging } from './storage/imaging.ts';
import { createImagingLinks } from './storage/imagingLinks.ts';
import { createIndicatorFigures } from './storage/indicatorFigures.ts';
import { createInSession } from './storage/inSession.ts';
import { createFacadeRecords } from './storage/facadeRecords.ts';
import { countRows, findRows } from './storage/facadeRows.ts';
import { createHospitalSystemStore } from './storage/hospitalSystems.ts';
import { createFirstSetUpStore } from './storage/firstSetUp.ts';
import { ObjectStore } from './storage/objects.ts';
import { createInvitationLinks } from './storage/invitationLinks.ts';
import { createInstallation } from './storage/installation.ts';
import { createOpinions } from './storage/opinions.ts';
import { createOrganisations } from './storage/organisations.ts';
import { createPeople } from './storage/people.ts';
import { makeReminders } from './storage/reminders.ts';
import { createScheduleProfiles } from './storage/scheduleProfiles.ts';
import { createSessionStore } from './storage/sessions.ts';
import { createSigningKeys } from './storage/signingKeys.ts';
import { createSignInAttempts } from './storage/signInAttempts.ts';

const HOUSEKEEPING_EVERY_MS = 60_000;
/** Not felt by who signs in, and enough to look up together those who come back at once. */
const TOKEN_GATHER_MS = 5;
/** How long clients are told to expect the server to be gone when it stops in order, in ms. */
const STOPPING_NOTICE_MS = 3000;

export interface ServerOptions {
  readonly config: Config;
  readonly workerBin: string;
  /** The program of the threads that read images, JavaScript. */
  readonly imagingProgram: string;
  readonly version: string;
  /** The folder of the built client; null: none is served. */
  readonly clientFolder: string | null;
  readonly clock: Clock;
  readonly log: Log;
}

export interface HuizhenServer {
  readonly url: string;
  /** Where a person can open it, at least one address. */
  readonly reachableUrls: readonly string[];
  readonly fingerprint: string | null;
  readonly demo: DemoSeedResult | null;
  /** While nobody has an account: what whoever started the server is told, and no log. */
  readonly setUpCode: SetUpCode | null;
  /** For leak tests: what is open at this moment. */
  counts(): { readonly rooms: number; readonly peers: number; readonly connections: number; readonly transports: number; readonly producers: number; readonly consumers: number };
  /** Process ids of the media workers; fault tests end one. */
  workerPids(): readonly number[];
  /** Tells the clients, takes no new ones, closes everything in order. */
  stop(): Promise<void>;
}

/** Builds the server from its parts, in the order in which they need each other, and starts it. */
export async function startServer(options: ServerOptions): Promise<HuizhenServer> {
  const { config, clock, log } = options;
  const serverEpoch = newId();
  const tls = await startStep('HUIZHEN_DATA_DIR', 'the certificate cannot be kept', () => loadTls(config.tls, config.dataFolder, [...config.reachableHosts, config.media.announcedAddress ?? 'localhost'], clock));
  const database = await startStep(config.database.type === 'postgres' ? 'DATABASE_URL' : 'HUIZHEN_DATA_DIR', 'the database does not open', () => openDatabase(config.database, (error) => log.warn({ err: error }, 'a database connection was lost')));
  const { db } = database;
  const metrics = createMetrics(true);
  let isStopping = false;

  // Storage and accounts
  const organisations = createOrganisations(db);
  const people = createPeople(db);
  const carts = createCarts(db);
  const consults = createConsults(db);
  const caseDevices = createCaseDevices(db);
  const attachments = createAttachments(db);
  const objects = await ObjectStore.open(config.objectsFolder);
  const records = createCaseRecords(db, clock);
  const imaging = createImaging(db, clock);
  const imageObjects = createImageObjects(db, clock);
  const imagingWorkers = new ImagingWorkers({ program: options.imagingProgram, clock, count: config.imaging.workers });
  const appointments = createAppointments(db);
  const profiles = createScheduleProfiles(db);
  const feeds = createCalendarFeeds(db);
  const chat = createChat(db);
  const attempts = createSignInAttempts(db);
  const audit = new Audit(db, clock);
  const sessions = new Sessions({ store: createSessionStore(db, (look) => clock.after(TOKEN_GATHER_MS, look)), carts, clock, lifetimeMs: config.sessionLifetimeMs });
  const authority = await startStep('HUIZHEN_AUTHORITY_FILE', "the signatures' authority cannot be kept", () => openAuthority(config.opinions.authorityFile, clock));
  const provider = SIGNATURE_PROVIDERS[config.opinions.signature];
  const passwordKeys = new PersonKeys({ store: createSigningKeys(db), provider, authority, clock });
  const signIn = new SignIn({ people, attempts, sessions, audit, hasher: ARGON2_HASHER, clock, passwordKeys });
  const cartSignIn = new CartSignIn({ carts, sessions, audit, clock });
  const demo = config.demo.isEnabled
    ? await seedDemo({ installation: createInstallation(db), organisations, people, carts, consults, cases: { records, attachments, objects }, hasher: ARGON2_HASHER, clock, password: config.demo.password, cartKeys: config.demo.cartKeys })
    : null;
  const systemStore = createHospitalSystemStore(db);
  const hospitalSystems = new HospitalSystems({ store: systemStore, audit, clock });
  const firstSetUp = new FirstSetUp({ store: createFirstSetUpStore(db), attempts, audit, hasher: ARGON2_HASHER, clock });
  const setUpCode = await firstSetUp.begin();

  // Media and rooms
  const isWorkerMissing = (error: unknown) => error instanceof Error && error.message.startsWith('spawn ');
  const pool = await startStep((error) => (isWorkerMissing(error) ? 'MEDIASOUP_WORKER_BIN' : listenSetting('HUIZHEN_RTC_LISTEN_IP', 'HUIZHEN_RTC_PORT_BASE')(error)), 'the media workers do not start', () =>
    WorkerPool.create({
      workerBin: options.workerBin,
      count: config.media.workers,
      listenIp: config.media.listenIp,
      announcedAddress: config.media.announcedAddress,
      portBase: config.media.portBase === 0 ? null : config.media.portBase,
      clock,
      onWarning: (message, details) => log.warn(details, message),
    }),
  );
  const routerRtpCapabilities = await pool.readRouterCapabilities();
  pool.on('died', () => metrics.workerDeaths.inc());
  const iceServersOf = createIceServers(config.turn, clock);
  const iceServers = (party: Party) => iceServersOf(party.id);
  const registry = new RoomRegistry(() => announceWorklist(null));
  const onStorageFailure = (error: unknown) => log.error({ err: toAppError(error) }, 'a change of a room could not be kept');
  const inSession = createInSession(db);
  const recordChanged = (consultId: ConsultId) => gateway.broadcast('consult.recordChanged', { consultId }, (connection) => connection.seat?.kind === 'peer' && connection.seat.room.consultId === consultId);
  const presence = new PresenceLog({ store: inSession, clock, onFailure: onStorageFailure, onChanged: recordChanged });
  const record = async (party: Party, action: string, subject: string | null) => audit.append({ ...auditActor(party), action, subject, outcome: 'done', code: null });
  const copiesSecret = await deidentifySecret(createInstallation(db));
  /** What rooms showed last, on its way to their cases. */
  const keeping = new Set<Promise<void>>();
  const keepShown = async (consultId: ConsultId, { presentation, by }: LastShown) => {
    const caseId = await caseOfConsult(db, consultId);
    if (caseId !== null) await caseFiles.keepShown(by, caseId, consultId, presentation);
  };
  const admit = createAdmission({
    consults,
    organisations,
    registry,
    clock,
    seed: { serverEpoch, maxPeers: config.maxPeersPerRoom, pool, clock, newId, iceServers, mapUid: (uid) => mapUid(copiesSecret, uid) },
    mayBegin: (consultId, party) => consultations.mayEnter(consultId, party),
    onLeft: (peer) => presence.left(peer),
    onShown: (consultId, shown) => {
      const kept = keepShown(consultId, shown).catch(onStorageFailure).finally(() => keeping.delete(kept));
      keeping.add(kept);
    },
    auditAdmitted: (consultId, party, by) => drop(record(by, 'consult.admitted', `${consultId} ${party.id}`), 'reported', onStorageFailure),
    onControl: (consultId, party, action, subject) => drop(record(party, action, `${consultId} ${subject}`), 'reported', onStorageFailure),
    onStorageFailure,
  });

  // Signalling
  const refusals = new RefusalDigest(clock, ({ party, name, code, subject }, count) => {
    const told = count === 1 ? subject : `×${count}`; // that many more of the same within the minute
    drop(audit.append({ ...auditActor(party), action: name, subject: told, outcome: 'refused', code }), 'reported', onStorageFailure);
  });
  const readings = new Readings(audit);
  const access = createCaseAccess(db, config.cases.accessAfterConsultMs);
  const uploads = new Uploads({ attachments, objects, clock });
  const caseFiles = new CaseFiles({
    access,
    records,
    readings,
    clock,
    leaseMs: config.cases.leaseMs,
    onRefused: (identity, what, caseId) => refusals.add(identity, what, 'record.notFound', caseId),
    onChanged: (caseId, revision, mayRead) => gateway.broadcast('case.changed', { caseId, revision }, ({ identity }) => mayRead(identity.party)),
  });
  const { mail, webhook } = config.notices;
  const outsideChannels: OutsideChannel[] = [...(mail === null ? [] : (['email'] as const)), ...(webhook === null ? [] : (['webhook'] as const))];
  const notices = createNotices(db, newId, outsideChannels);
  const deliveries = createDeliveries(db);
  const invitationLinks = createInvitationLinks(db);
  const requests = createConsultRequests(db);
  const calendars = new Calendars({ appointments, feeds, organisations, clock });
  const publicUrl = () => config.publicUrl ?? reachableUrls[0] ?? url;
  const tellParties = (about: NoticeAbout, urgency: Urgency | null, kind: NoticeKind, partyIds: readonly string[]) => gateway.broadcast('notice.new', { about, kind, urgency: urgency ?? 'routine' }, ({ identity }) => partyIds.includes(identity.party.id));
  const consultations = new Consultations({
    requests,
    parties: createPartyDirectory(db),
    caseFiles,
    notices,
    clock,
    appointments: createAppointmentBook((changed, actorId) => drop(announceAppointment(changed, actorId), 'reported', onStorageFailure)),
    onNotices: (request, kind, partyIds) => {
      tellParties({ type: 'request', requestId: request.id }, request.form.urgency, kind, partyIds);
      outbox.wake();
    },
    onChanged: ({ id, version, state, appointment }, mayRead) => {
      gateway.broadcast('request.changed', { requestId: id, version, state }, ({ identity }) => mayRead(identity.party));
      // Ended by somebody outside: nobody is left in a room that is over.
      const room = state === 'opinionDue' && appointment !== null ? registry.rooms.find(({ consultId }) => consultId === appointment.consultId) : undefined;
      if (room !== undefined) registry.close(room, 'ended');
    },
  });
  const sessionNotices = createSessionNotices({
    notices,
    clock,
    onNotices: (consultId, kind, partyIds) => {
      tellParties({ type: 'session', consultId }, null, kind, partyIds);
      outbox.wake();
    },
  });
  const invitationAnswers = new InvitationAnswers({
    links: invitationLinks,
    deliveries,
    audit,
    clock,
    timeZone: config.opinions.timeZone,
    publicUrl,
    answer: async (trx, party, about, answer) => {
      if (about.type === 'request') return consultations.stepWithin(trx, party, about.requestId, { type: 'answer', answer: answer.answer, reason: answer.answer === 'declined' ? answer.reason : '' });
      const { changed, tell } = await sessionNotices.answer(trx, about.consultId, party.id as PersonId, answer); // only people are sent letters
      return async () => {
        tell();
        await announceAppointment(changed, party.id);
      };
    },
  });
  const outbox = new Outbox({
    deliveries,
    notices,
    clock,
    remind: (nowMs) => makeReminders(db, notices, nowMs, (error) => log.warn({ err: toAppError(error) }, 'a reminder could not be made, and will be tried again')),
    channels: new Map<OutsideChannel, Channel>([
      ...(mail === null ? [] : [['email', new MailChannel({ settings: mail, calendars, answers: invitationAnswers, timeZone: config.opinions.timeZone, publicUrl })] as const]),
      ...(webhook === null ? [] : [['webhook', new WebhookChannel(webhook, clock, publicUrl)] as const]),
    ]),
    onNotices: tellParties,
    onGivenUp: ({ id, channel, kind }, { type }) => log.warn({ delivery: id, channel, notice: kind, result: type }, 'a notice could not be delivered'),
    onFailure: (error) => log.warn({ err: toAppError(error) }, 'the outbox failed, and will try again'),
  });
  const downloads = new Downloads({ authenticate: (token) => sessions.authenticate(token), caseFiles, attachments, clock });
  const imageStore = new ImageStore({ imaging, imageObjects, objects, workers: imagingWorkers, caseFiles, onChanged: (caseId) => drop(announceImages(caseId), 'reported', onStorageFailure) });
  const pacsDesk = new PacsDesk({
    client: config.imaging.pacs === null ? null : new PacsClient(config.imaging.pacs),
    links: createImagingLinks(db, clock),
    imaging,
    store: imageStore,
    objects,
    caseFiles,
    audit,
    onChanged: (caseId) => drop(announceImages(caseId), 'reported', onStorageFailure),
    onFailure: (error) => log.error({ err: error }, 'a study could not be loaded from the image archive'),
  });
  const imageReader = new ImageReader({ imaging, objects, workers: imagingWorkers });
  const imageGrants = new ReadGrants<Party>({ authenticate: (token) => sessions.authenticate(token), permission: 'images.read', caseFiles, clock }, async ({ party }) => party);
  const imageCopies = new DeidentifiedCopies({ imaging, imageObjects, objects, workers: imagingWorkers, policy: { secret: copiesSecret, dates: config.imaging.dates, keepsDevice: true, masks: config.imaging.masks } });
  const opinions = createOpinions(db, clock);
  const opinionDesk = new OpinionDesk({
    opinions,
    caseFiles,
    signIn,
    keys: passwordKeys,
    provider,
    clock,
    workflow: new RequestOpinions(consultations),
    onChanged: async (change) => {
      const audience = await access.audience(change.caseId, clock.wallMs());
      if (audience !== null) gateway.broadcast('opinion.changed', change, ({ identity }) => isInAudience(audience, identity.party));
    },
  });
  const opinionFiles = new OpinionFiles({ opinions, objects, authority, clock, timeZone: config.opinions.timeZone, publicUrl, onDamaged: (hash) => log.error({ hash }, 'a key image on this disk is missing or damaged; the opinion’s file lists it by its fingerprint only') });
  const exchange = new CaseExchange({ caseFiles, access, records, attachments, objects, audit, clock });
  const facadeBase = () => `${publicUrl()}${FACADE_PATH}`;
  const facadeRecords = createFacadeRecords(db);
  const facade = new Facade({
    rows: { find: (...question) => findRows(db, ...question), count: (...question) => countRows(db, ...question) },
    records: facadeRecords,
    appointments,
    opinions,
    files: opinionFiles,
    slots: (personIds, span) => personSlots(db, personIds, span),
    audit,
    clock,
    timeZone: config.opinions.timeZone,
    base: facadeBase,
  });
  const orders = new Orders({ records: facadeRecords, patientOf: (system, id) => facade.patientOf(system, id), exchange, consultations, people, organisations, audit });
  const readIndicators = createIndicators({ figures: createIndicatorFigures(db), clock, timeZone: config.opinions.timeZone });
  const dispatcher = new Dispatcher({
    clock,
    handlers: {
      ...createSessionHandlers({ sessions, signIn, audit, clock, serverVersion: options.version }),
      ...createWorklistHandlers({ db, consults, appointments, organisations, people, carts, caseFiles, audit, clock, sessionNotices, presentCount: (id) => registry.presentCount(id), onChanged: announceAppointment }),
      ...createAdminHandlers({ organisations, people, carts, attempts, sessions, cartSignIn, hasher: ARGON2_HASHER, audit, clock }),
      ...createSystemHandlers({ systems: hospitalSystems, store: systemStore, organisations, audit, clock }),
      ...createCaseHandlers({
        caseFiles,
        caseDevices,
        audit,
        clock,
        leaseMs: config.cases.leaseMs,
        onWipeAsked: (deviceId, partyIds) => gateway.broadcast('case.wipeAsked', { deviceId }, ({ identity }) => partyIds.includes(identity.party.id)),
      }),
      ...createSchedulingHandlers({ db, appointments, profiles, organisations, people, carts, audit, clock, sessionNotices, onChanged: announceAppointment, stepOfRequest: (identity, requestId, step) => consultations.stepAsItIs(identity, requestId, step) }),
      ...createConsultationHandlers({ consultations, organisations }),
      ...createNoticeHandlers({ notices, records: new NoticeRecords(deliveries, requests, appointments, outsideChannels), people, organisations, audit, clock }),
      ...createScheduleProfileHandlers({ profiles, appointments, feeds, organisations, people, audit, clock }),
      ...createOpinionHandlers(opinionDesk),
      ...createPacsHandlers(pacsDesk),
      ...createInSessionHandlers({ consults, organisations, inSession, audit, clock, onChanged: recordChanged }),
      'indicators.read': ({ identity }, params) => readIndicators(identity.party, params),
      ...createMediaHandlers({ pool, clock, routerRtpCapabilities, iceServers }),
      ...createAnnotationHandlers(),
      ...createControlHandlers(),
      ...createReportHandlers(new ReportDesk({ caseFiles, imaging, store: imageStore, clock, timeZone: config.opinions.timeZone })),
      ...createSharedImagingHandlers({ caseFiles, caseOf: (consultId) => caseOfConsult(db, consultId) }),
      ...createRoomHandlers({
        admit: (connection, consultId) => admit(connection.identity.party, consultId),
        onEntered: async (connection, room) => {
          // Before anything is waited for: whoever leaves meanwhile has entered.
          if (connection.seat?.kind === 'peer') presence.entered(room.consultId, connection.seat.peer);
          const { party } = connection.identity;
          const nowMs = clock.wallMs();
          await consultations.started(room.consultId, party);
          // Remembered as inside, so that a lock lets it come back, also after the server was killed.
          await Promise.all([consults.setState(room.consultId, 'inSession', nowMs), consults.recordAdmission(room.consultId, party.id, nowMs), record(party, 'consult.enter', room.consultId)]);
        },
        endConsult: async (connection, room) => {
          await consults.setState(room.consultId, 'ended', clock.wallMs());
          await record(connection.identity.party, 'consult.end', room.consultId);
          await consultations.ended(room.consultId, connection.identity.party);
          registry.close(room, 'ended');
          announceWorklist(null);
        },
        audit: (connection, action, subject) => record(connection.identity.party, action, subject),
        appendChat: (message) => chat.append({ ...message, atMs: clock.wallMs() }),
        chatHistory: (consultId: ConsultId) => chat.history(consultId),
      }),
    },
    onRefused: (connection, name, code) => refusals.add(connection.identity, name, code),
    onHandled: (name, outcome, durationMs) => {
      metrics.requests.inc({ request: name, outcome });
      metrics.requestSeconds.observe({ request: name }, durationMs / 1000);
      if (name === 'consult.join' && outcome === 'ok') metrics.joinSeconds.observe(durationMs / 1000);
    },
    onBug: (name, error) => log.error({ request: name, err: error }, 'a request failed by a fault of ours'),
  });

  const http = await createHttpServer({
    config,
    tls,
    signIn,
    cartSignIn,
    firstSetUp,
    cases: {
      authenticate: (token) => sessions.authenticate(token),
      caseFiles,
      uploads,
      downloads,
      objects,
      exchange,
    },
    imaging: { authenticate: (token) => sessions.authenticate(token), grants: imageGrants, copies: imageCopies, reader: imageReader, store: imageStore },
    calendars,
    invitations: invitationAnswers,
    facade: { systems: hospitalSystems, facade, orders, base: facadeBase, version: options.version, sinceMs: clock.wallMs() },
    opinions: { authenticate: (token) => sessions.authenticate(token), desk: opinionDesk, files: opinionFiles, audit, authorityCertificate: authority.authority.certificate, authorityFingerprint: authority.fingerprint },
    clientFolder: options.clientFolder,
    isReady: async () => !isStopping && pool.workers.length > 0 && (await database.isAnswering()),
    metrics,
    log,
  });
  const gateway = new Gateway({
    httpServer: http.server,
    dispatcher,
    clock,
    isOriginAllowed: (origin, host) => isOriginAllowed(origin, host, config.allowedOrigins),
    authenticate: (token) => sessions.authenticate(token),
    isStopping: () => isStopping,
    onCount: (count) => metrics.connections.set(count),
    onRefusedHandshake: (reason) => metrics.refusedHandshakes.inc({ reason }),
    onDropped: () => metrics.droppedConnections.inc(),
  });
  sessions.events.on('ended', ({ sessionId, reason }) => {
    for (const room of registry.rooms) room.endSession(sessionId);
    gateway.endSession(sessionId, reason);
    readings.forgetSession(sessionId);
    downloads.forget();
    imageGrants.forget();
  });
  measureMedia(metrics, pool, registry);
  const stopHousekeeping = startHousekeeping(clock, HOUSEKEEPING_EVERY_MS, [() => sessions.endExpired(), () => attempts.prune(clock.wallMs() - LOCK_OUT.memoryMs), () => uploads.sweep(), () => invitationLinks.prune(clock.wallMs()), () => presence.beat(), () => sweepImageObjects({ imageObjects, objects, clock }).then(() => undefined)], (error) => log.warn({ err: toAppError(error) }, 'housekeeping failed'));

  /** Tells those concerned (null: everybody) that their list may look different. */
  function announceWorklist(partyIds: readonly string[] | null): void {
    gateway.broadcast('worklist.changed', {}, (connection) => connection.seat === null && (partyIds === null || partyIds.includes(connection.identity.party.id)));
  }

  /** Tells those who may read the case that there are new images. */
  async function announceImages(caseId: CaseId): Promise<void> {
    const audience = await access.audience(caseId, clock.wallMs());
    if (audience !== null) gateway.broadcast('imaging.changed', { caseId }, ({ identity }) => isInAudience(audience, identity.party, 'images.read'));
  }

  /** Tells those invited, and the schedulers of the hospital's and the centre's trees; whose case it is may be another's from now on. */
  async function announceAppointment({ appointment, partyIds }: AppointmentChanged, actorId: string): Promise<void> {
    const above = new Set([...(await organisations.lineage(appointment.organisationId)), ...(await organisations.lineage(appointment.centreId))]);
    const concerns = ({ id, role, organisationId }: Party) => partyIds.includes(id) || (hasPermission(role, 'schedule.arrange') && above.has(organisationId));
    gateway.broadcast('schedule.changed', { consultId: appointment.consultId }, ({ identity }) => concerns(identity.party));
    announceWorklist([...partyIds, actorId]);
    const caseId = await caseOfConsult(db, appointment.consultId);
    if (caseId !== null) await caseFiles.announce(caseId);
  }

  if (demo?.type === 'seeded') {
    await seedScheduling(profiles, createInstallation(db), clock);
    await seedRequests({ consultations, people, cases: { records, attachments, objects }, installation: createInstallation(db), clock });
    const by = await people.party(personIdSchema.parse('demo-requester'));
    if (by !== null && config.demo.hasImages) await seedImages({ imaging, store: imageStore, caseId: caseIdSchema.parse(demo.liveConsultId), by });
  }

  const url = await startStep(listenSetting('HUIZHEN_HOST', 'HUIZHEN_PORT'), 'cannot be listened on', () => http.listen());
  const reachableUrls = config.reachableHosts.map((host) => withHost(url, host));
  drop(pacsDesk.resume(), 'reported', onStorageFailure);
  outbox.start();
  outbox.wake();
  log.info({ open: reachableUrls, workers: pool.workers.length, database: database.engine, tls: tls !== null }, 'the server is ready');

  let stopping: Promise<void> | null = null;
  const stopInOrder = async () => {
    isStopping = true;
    gateway.broadcast('server.stopping', { inMs: STOPPING_NOTICE_MS });
    stopHousekeeping();
    await gateway.drain();
    await gateway.close();
    registry.closeAll();
    await presence.settle();
    await Promise.all(keeping);
    await http.close();
    await outbox.close();
    await pacsDesk.close();
    await imagingWorkers.close();
    pool.close();
    refusals.close();
    await audit.close();
    await database.close();
    log.info('the server has stopped');
  };

  return {
    url,
    reachableUrls,
    fingerprint: tls?.isSelfSigned ? tls.fingerprint : null,
    demo,
    setUpCode,
    counts: () => {
      const peers = registry.rooms.flatMap((room) => room.peers);
      const sum = (key: 'transports' | 'producers' | 'consumers') => peers.reduce((total, peer) => total + peer.media.counts[key], 0);
      return { rooms: registry.rooms.length, peers: peers.length, connections: gateway.connectionCount, transports: sum('transports'), producers: sum('producers'), consumers: sum('consumers') };
    },
    workerPids: () => pool.workers.map(({ worker }) => worker.pid),
    stop: () => {
      stopping ??= stopInOrder();
      return stopping;
    },
  };
}

/** The same address at another host. */
function withHost(url: string, host: string): string {
  const { protocol, port } = new URL(url);
  return `${protocol}//${host.includes(':') ? `[${host}]` : host}${port === '' ? '' : `:${port}`}`;
}
