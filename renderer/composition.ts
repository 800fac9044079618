import { composeCases } from './composeCases.ts';
import { composeControl, composeHandover } from './composeControl.ts';
import { composeImaging } from './composeImaging.ts';
import { composeRequests } from './composeRequests.ts';
import { createBridge } from './bridge/createBridge.ts';
import { createBrowserEnvironment } from './bridge/browserEnvironment.ts';
import type { HostBridge } from './bridge/hostBridge.ts';
import { createPageStorage } from './bridge/pageStorage.ts';
import { consultIdSchema } from '#shared/domain/ids';
import { drop } from '#shared/lib/drop';
import { HttpClient } from './services/http.ts';
import type { CaseRequest } from './services/cases/caseSync.ts';
import { createOpinionFiles } from './services/opinions/opinionFiles.ts';
import { DeviceCatalog } from './services/media/deviceCatalog.ts';
import { SessionService } from './services/session/sessionService.ts';
import { SignalingClient } from './services/signaling/signalingClient.ts';
import { randomId, systemClock } from './services/systemClock.ts';
import { createAccountModel } from './state/accountModel.ts';
import { createAdminModel } from './state/adminModel.ts';
import { createSystemsModel } from './state/systemsModel.ts';
import { createConsultModel } from './state/createConsultModel.ts';
import { createDeviceModel } from './state/createDeviceModel.ts';
import { createIndicatorsModel } from './state/indicatorsModel.ts';
import { createMinutesModel } from './state/minutesModel.ts';
import { createNavigationModel, pathToScreen, screenToPath } from './state/navigationModel.ts';
import { createOpinionListModel } from './state/opinionListModel.ts';
import { createOpinionModel } from './state/opinionModel.ts';
import type { SettingsPort } from './state/ports.ts';
import { createScheduleModels } from './state/schedule/scheduleModels.ts';
import { createSessionModel, type SessionPhase } from './state/sessionModel.ts';
import { createSettingsModel } from './state/settingsModel.ts';
import { shortName } from './i18n/format.ts';
import { createWorklistModel } from './state/worklistModel.ts';
import { bucketOpener } from './storage/bucket.ts';
import { createDeviceKeys } from './storage/deviceKeys.ts';
import { createTokenStore, type SecretVault } from './storage/tokenStore.ts';

/** Names in the desktop's vault. */
const TOKEN_SECRET = 'session.token';
const CASES_SECRET = 'cases.device';
const MIC_MUTED_KEY = 'huizhen.micMuted';
/** Pages of these schemes do not come from the server and have to be told where it is. */
const OWN_SCHEMES = ['app:', 'file:'];

function vaultOf(bridge: HostBridge, name: string): SecretVault | null {
  if (!bridge.abilities.hasVault) return null;
  return {
    read: async () => (await bridge.request('vault.read', { name })).secret,
    store: async (secret) => void (await bridge.request('vault.store', { name, secret })),
    remove: async () => void (await bridge.request('vault.remove', { name })),
  };
}

/** Everything the screens draw from, put together once. Resolves when the settings are known, so that nothing flashes. */
export async function compose(page: Window & typeof globalThis) {
  const clock = systemClock;
  const { bridge } = await createBridge(createBrowserEnvironment(page, clock));
  const local = createPageStorage(() => page.localStorage);

  const settingsPort: SettingsPort = {
    read: () => bridge.request('settings.get', {}),
    write: (change) => bridge.request('settings.set', change),
  };
  const settings = createSettingsModel(settingsPort);
  await settings.load();

  const asksForServer = OWN_SCHEMES.includes(page.location.protocol);
  const serverUrl = () => (asksForServer ? (settings.store.getState().settings.serverUrl ?? '') : page.location.origin);
  const cartId = () => settings.store.getState().settings.cartId;

  const signaling = new SignalingClient({ clock, newId: randomId });
  const tokens = createTokenStore(createPageStorage(() => page.sessionStorage), vaultOf(bridge, TOKEN_SECRET));
  const client = `${bridge.kind} ${bridge.info?.version ?? ''} ${page.navigator.platform}`.replaceAll(/\s+/g, ' ').trim();
  const http = new HttpClient({ clock, serverUrl });
  const service = new SessionService({
    http,
    clock,
    tokens,
    keys: createDeviceKeys(bucketOpener(page, 'huizhen-device')),
    subtle: page.crypto.subtle,
    client,
  });
  const session = createSessionModel({ signaling, service, clock, serverUrl, cartId, setCartId: settings.setCartId });
  const worklist = createWorklistModel({ signaling, clock });
  const navigation = createNavigationModel(pathToScreen(page.location.hash));

  const catalog = new DeviceCatalog();
  const devices = createDeviceModel({ catalog, settings: settingsPort, signaling, clock });
  const memory = {
    deviceFor: devices.labelFor,
    readMicMuted: () => local.read(MIC_MUTED_KEY) === 'true',
    writeMicMuted: (isMuted: boolean) => void local.write(MIC_MUTED_KEY, String(isMuted)),
  };
  const consult = createConsultModel({
    signaling,
    clock,
    newId: randomId,
    catalog,
    memory,
    role: () => session.store.getState().self?.role ?? null,
    onActive: (isActive) => drop(bridge.request('power.setConsultActive', { isActive }), 'a screen that goes dark is no reason to stop a consult'),
  });

  const control = composeControl({ page, bridge, clock, consult, has: session.has, nameOf: (party) => shortName(party, settings.store.getState().language) });

  const schedule = createScheduleModels({ signaling, clock, devices, has: session.has });

  const cases = await composeCases({
    page,
    bridge,
    clock,
    http,
    newId: randomId,
    local,
    vault: vaultOf(bridge, CASES_SECRET),
    request: ((name, params, options) => signaling.request(name, params, options)) as CaseRequest, // both tables hold the same schemas under these names
    serverUrl,
    token: async () => (await tokens.read())?.token ?? null,
    self: () => session.store.getState().self,
    client,
  });
  signaling.on('case.changed', ({ caseId, revision }) => cases.handleChanged(caseId, revision));
  const recordHandover = composeHandover({ bridge, clock, consult, cases, has: session.has });
  // The list says whether it is this machine that is meant.
  signaling.on('case.wipeAsked', () => cases.files.refresh());

  const requests = composeRequests({ page, signaling, clock, newId: randomId });
  const token = async () => (await tokens.read())?.token ?? null;
  const selfId = () => session.store.getState().self?.id ?? null;
  const opinion = createOpinionModel({ signaling, fetchFile: createOpinionFiles({ http, token }), selfId });
  const opinionList = createOpinionListModel(signaling);
  const minutes = createMinutesModel({ signaling, newId: randomId });
  const imaging = composeImaging({
    page, http, clock, token, serverUrl, self: () => session.store.getState().self, signaling, selfPeerId: () => consult.store.getState().selfPeerId, patientOf: cases.patientOf, copies: cases.copies, onChanged: cases.handleImages, file: cases.ofImages,
    isAway: () => {
      const { phase, link } = session.store.getState();
      return phase !== 'signedIn' || !link.isOnline;
    },
  });
  // Who presents is the consult's.
  consult.store.subscribe(({ phase }) => {
    if (phase === 'closed' || phase === 'idle') imaging.sharing.forget();
  });

  // The address follows the screen and the screen the address: back, reload and links all work.
  navigation.store.subscribe(({ screen }) => {
    const path = `#${screenToPath(screen)}`;
    if (page.location.hash !== path) page.location.hash = path;
  });
  page.addEventListener('hashchange', () => {
    navigation.go(pathToScreen(page.location.hash));
    // Asked whether to leave: until then the address is that of the screen.
    const path = `#${screenToPath(navigation.store.getState().screen)}`;
    if (page.location.hash !== path) page.history.replaceState(null, '', path);
  });
  page.addEventListener('beforeunload', (event) => {
    if (opinion.hasUnsaved() || [cases.file, cases.ofImages].some(({ unkept }) => unkept.getState().notes.length > 0)) event.preventDefault();
  });
  bridge.on('deepLink.opened', (link) => {
    const id = consultIdSchema.safeParse(link.consultId);
    if (id.success) navigation.go({ name: 'consult', consultId: id.data });
  });

  // Whatever tells that the network may be back shortens the wait for the next try.
  const retry = () => session.retryNow();
  page.addEventListener('online', retry);
  bridge.on('power.resumed', retry);
  // Browsers hold sound back until the page was touched.
  page.addEventListener('pointerdown', () => consult.resumeAudio());
  page.addEventListener('keydown', () => consult.resumeAudio());

  let signedInAs: string | null = null;
  let lastPhase: SessionPhase = 'restoring';
  session.store.subscribe(({ phase, self, link, error }) => {
    cases.files.setOnline(phase === 'signedIn' && link.isOnline);
    // A cart that cannot sign in for lack of a network may be reading; whoever left or was turned away may not.
    if (phase === 'signedOut' && lastPhase !== phase && error?.category !== 'network') cases.files.stop();
    lastPhase = phase;
    const now = phase === 'signedIn' && self ? self.id : null;
    if (now === signedInAs) return;
    signedInAs = now;
    if (now === null) {
      worklist.stop();
      requests.stop();
      schedule.stop();
      opinion.forget();
      opinionList.close();
      minutes.close();
      imaging.model.close();
      imaging.importing.close();
      imaging.pacs.close();
      return;
    }
    if (self && session.has('case.read')) cases.files.start(self);
    if (session.has('worklist.read')) worklist.start();
    if (self?.kind === 'person' && session.has('request.read')) requests.start(self);
    if (session.has('consult.join')) drop(consult.prepare(), 'joining prepares again when this failed');
  });

  page.addEventListener('error', (event) => log(`${event.message}`, `${event.filename}:${event.lineno}`));
  page.addEventListener('unhandledrejection', (event) => log(String(event.reason), 'promise'));
  function log(message: string, at: string): void {
    drop(bridge.request('log.write', { level: 'error', message: message.slice(0, 2000), at: at.slice(-200) }), 'there is nowhere else to write that a log failed');
  }

  return {
    clock,
    bridge,
    settings,
    session,
    worklist,
    navigation,
    consult,
    control,
    recordHandover,
    devices,
    cases,
    requests,
    schedule,
    account: createAccountModel(signaling),
    admin: createAdminModel(signaling),
    systems: createSystemsModel(signaling),
    opinion,
    opinionList,
    minutes,
    imaging,
    indicators: createIndicatorsModel({ signaling, clock }),
    asksForServer,
    serverUrl,
    log,
  };
}

export type Program = Awaited<ReturnType<typeof compose>>;
