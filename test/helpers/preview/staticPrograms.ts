import { createStore } from 'zustand/vanilla';
import type { ConsultSummary } from '#shared/domain/consult';
import { cartIdSchema, consultIdSchema, deviceIdSchema, hospitalSystemIdSchema, organisationIdSchema, personIdSchema, sessionIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { permissionsOf } from '#shared/domain/roles';
import { DEFAULT_MACHINE_SETTINGS } from '#shared/host/contract';
import type { CaseDevice } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { HospitalSystem } from '#shared/protocol/systems';
import { NO_CONTROL } from '../../../renderer/state/control/controlDesk.ts';
import { composeImaging } from '../../../renderer/composeImaging.ts';
import type { Program } from '../../../renderer/composition.ts';
import type { AccountState } from '../../../renderer/state/accountModel.ts';
import type { AdminState } from '../../../renderer/state/adminModel.ts';
import type { SystemsState } from '../../../renderer/state/systemsModel.ts';
import type { DeviceState } from '../../../renderer/state/deviceModel.ts';
import { createNavigationModel, type Screen } from '../../../renderer/state/navigationModel.ts';
import type { SessionState } from '../../../renderer/state/sessionModel.ts';
import { createSettingsModel, type Language, type ThemeName } from '../../../renderer/state/settingsModel.ts';
import { arrangeWorklist, type WorklistState } from '../../../renderer/state/worklistModel.ts';
import { HttpClient } from '../../../renderer/services/http.ts';
import { systemClock } from '../../../renderer/services/systemClock.ts';
import { createStaticCases, type CasesScene } from '../cases/staticCases.ts';
import { CASE_ID } from '../cases/syntheticCase.ts';
import { importAt, PAINTED_PATIENT, requestOfArchive } from './staticImports.ts';
import { createStaticOpinions, OPINION_ID, type OpinionScene } from './staticOpinions.ts';
import { createStaticRequests, openIdOf, readerOf, type RequestsScene } from '../requests/staticRequests.ts';
import { createStaticSchedule, REQUEST_ID } from '../schedule/staticSchedule.ts';
import { createStaticConsultModel, PARTIES, type StaticScene, type StreamSource } from '../staticConsultModel.ts';

export type PreviewScreen =
  | 'signIn' | 'signInError' | 'signInLocked' | 'signInCart' | 'restoring' | 'worklist' | 'worklistEmpty' | 'worklistLoading' | 'worklistFailed' | 'worklistOffline' | 'deviceCheck' | 'deviceCheckDone' | 'adminPeople' | 'adminCarts' | 'adminCode' | 'adminDevices' | 'adminSystems' | 'adminSystemsEmpty' | 'adminSystemsLoading' | 'adminSystemsFailed' | 'adminToken' | 'settings' | 'calendar' | 'calendarOwn' | 'roster' | 'rosterOwn' | 'rehearsal' | 'plan' | 'planMove' | 'planEmergency' | `room.${StaticScene}` | 'indicators' | `opinion.${OpinionScene}` | `cases.${CasesScene}` | `requests.${RequestsScene}`;

export interface PreviewOptions {
  readonly screen: PreviewScreen;
  readonly language: Language;
  readonly theme: ThemeName;
  readonly streams: StreamSource;
  readonly picture: (hash: string) => Promise<Blob>;
}

const nothing = () => undefined;
const OFFLINE_SCENES: readonly CasesScene[] = ['offline', 'fileOffline', 'nothingHere', 'locked', 'wrong'];

function consults(nowMs: number): ConsultSummary[] {
  const row = (id: string, part: Partial<ConsultSummary>): ConsultSummary => ({
    id: consultIdSchema.parse(id), kind: 'consultation', state: 'scheduled', startsAtMs: nowMs + 3600_000, durationMinutes: 45, patientMasked: '陈*', patientAge: 63, patientSex: 'female',
    question: '重症肺炎合并心功能不全，机械通气第 6 天，请评估撤机时机与液体管理方案', organisationId: organisationIdSchema.parse('county'), organisationName: PARTIES.cart.organisationName,
    host: PARTIES.requester, panel: [PARTIES.requester, PARTIES.expert, PARTIES.cart], presentCount: 0, isMember: true, ...part,
  });
  return [
    row('c-0', { state: 'ended', startsAtMs: nowMs - 2 * 3600_000, patientMasked: '王*', patientAge: 48, patientSex: 'male', question: '胰腺占位术前评估', host: PARTIES.surgeon }),
    row('c-1', { state: 'inSession', startsAtMs: nowMs - 12 * 60_000, presentCount: 3, panel: [PARTIES.requester, PARTIES.expert, PARTIES.cart, PARTIES.surgeon, PARTIES.scheduler, PARTIES.observer, PARTIES.administrator] }),
    row('c-2', { kind: 'urgent', startsAtMs: nowMs + 8 * 60_000, patientMasked: '李**', patientAge: 7, patientSex: 'male', question: '腹痛 6 小时，超声疑似肠套叠，请协助判断', presentCount: 1 }),
    row('c-3', { kind: 'mdt', startsAtMs: nowMs + 70 * 60_000, patientMasked: '赵*', patientAge: null, patientSex: 'unknown', question: '肺部多发结节，多学科讨论', host: PARTIES.expert }),
    row('c-4', { state: 'cancelled', startsAtMs: nowMs + 90 * 60_000, patientMasked: '孙*', question: '复查', isMember: false }),
  ];
}

/** A whole program whose models stand still. */
export function staticProgram({ screen, language, theme, streams, picture }: PreviewOptions): Program {
  const wallMs = systemClock.wallMs();
  const casesScene = screen.startsWith('cases.') ? (screen.slice('cases.'.length) as CasesScene) : null; // the script gives only names of scenes
  const scene = screen.startsWith('room.') ? (screen.slice('room.'.length) as StaticScene) : null; // the script gives only names of scenes
  const requestsScene = screen.startsWith('requests.') ? (screen.slice('requests.'.length) as RequestsScene) : null; // the script gives only names of scenes
  const self: Party = requestsScene !== null ? readerOf(requestsScene) : scene === 'cart' || (theme === 'cart' && scene === null) ? PARTIES.cart : screen.startsWith('admin') ? PARTIES.administrator : screen === 'calendar' || screen === 'indicators' || screen === 'roster' || screen.startsWith('plan') ? PARTIES.scheduler : scene === 'observer' ? PARTIES.observer : PARTIES.expert;
  const isSignedOut = screen.startsWith('signIn');

  const session: SessionState = {
    phase: screen === 'restoring' ? 'restoring' : isSignedOut ? 'signedOut' : 'signedIn',
    self: isSignedOut ? null : self,
    permissions: isSignedOut ? [] : permissionsOf(self.role),
    serverVersion: '0.1.0',
    error: screen === 'signInError' ? new AppError('auth.badCredentials', 'test') : screen === 'signInLocked' ? new AppError('auth.lockedOut', 'test', { retryAfterMs: 540_000 }) : null,
    setUp: 'none',
    isServerAway: false,
    lockedUntilMs: screen === 'signInLocked' ? systemClock.monotonicMs() + 540_000 : null,
    link: { isOnline: screen !== 'worklistOffline' && requestsScene !== 'offline' && screen !== 'restoring' && !(casesScene !== null && OFFLINE_SCENES.includes(casesScene)), sinceMs: null },
  };
  const rows = consults(wallMs);
  const tomorrow = rows.slice(3, 4).map((row) => ({ ...row, startsAtMs: wallMs + 24 * 3600_000 }));
  const worklist: WorklistState = {
    phase: screen === 'worklistLoading' ? 'loading' : screen === 'worklistFailed' ? 'failed' : 'ready',
    ...(screen === 'worklistEmpty' ? arrangeWorklist(tomorrow, wallMs) : screen === 'worklistLoading' || screen === 'worklistFailed' ? { consults: [], next: null } : { consults: rows, next: null }),
    filter: 'all',
    asOfMs: screen === 'worklistLoading' || screen === 'worklistFailed' ? null : wallMs - 20_000,
    error: screen === 'worklistFailed' ? new AppError('server.timeout', 'test') : null,
  };
  const devices: DeviceState = {
    permission: 'granted',
    cameras: [{ deviceId: 'cam-1', label: 'Integrated camera' }, { deviceId: 'cam-2', label: 'PTZ 4K USB' }, { deviceId: 'cam-3', label: 'HDMI Capture' }],
    microphones: [{ deviceId: 'mic-1', label: 'Headset' }, { deviceId: 'mic-2', label: 'Digital stethoscope' }],
    speakers: [{ deviceId: 'out-1', label: 'Headset' }],
    chosen: { face: 'cam-1', field: 'cam-2', mic: 'mic-1', speaker: 'out-1' },
    preview: screen === 'deviceCheckDone' ? previewOf(streams, theme) : null,
    micLevel: 0.3,
    error: null,
    network: screen === 'deviceCheckDone' ? { step: 'done', result: { roundTripMs: 24, jitterMs: 3.2, lossPercent: 0.4, upBps: 18_300_000, downBps: 62_000_000, transport: 'udp' }, advice: 'fair' } : { step: 'running', phase: 'down', progress: 0.45 },
  };
  const person = (id: string, party: Party, part: object = {}) => ({ id: personIdSchema.parse(id.replace('.', '-')), signInName: id, name: party.name, title: party.title, role: party.role, organisationId: party.organisationId, organisationName: party.organisationName, lockedUntilMs: null, isActive: true, email: null, ...part });
  const cart = (id: string, state: 'new' | 'awaitingEnrolment' | 'enrolled' | 'revoked') => ({ id: cartIdSchema.parse(id), name: PARTIES.cart.name, organisationId: PARTIES.cart.organisationId, organisationName: PARTIES.cart.organisationName, state, lastSeenAtMs: state === 'enrolled' ? wallMs - 60_000 : null });
  const device = (id: string, party: Party, wipe: CaseDevice['wipe'], cachedCases: number): CaseDevice => ({ deviceId: deviceIdSchema.parse(id), party, client: 'electron 0.1.0 Win32', cachedCases, lastSeenAtMs: wallMs - 50 * 60_000, wipe });
  const admin: AdminState = {
    people: [person('lin.jingyuan', PARTIES.expert), person('zhou.min', PARTIES.requester, { lockedUntilMs: wallMs + 600_000 }), person('he.wei', PARTIES.surgeon, { isActive: false }), person('tang.xue', PARTIES.scheduler)],
    carts: [cart('c-1', 'enrolled'), cart('c-2', 'awaitingEnrolment'), cart('c-3', 'new'), cart('c-4', 'revoked')],
    organisations: [{ id: organisationIdSchema.parse('county'), parentId: null, tier: 'county', name: PARTIES.cart.organisationName }],
    caseDevices: [
      device('d-1', PARTIES.cart, { state: 'none' }, 12),
      device('d-1', PARTIES.requester, { state: 'none' }, 12),
      device('d-2', PARTIES.expert, { state: 'asked', askedAtMs: wallMs - 7 * 60_000, leasesEndAtMs: wallMs + 66 * 3600_000 }, 5),
      device('d-3', PARTIES.surgeon, { state: 'done', askedAtMs: wallMs - 30 * 3600_000, doneAtMs: wallMs - 29 * 3600_000 }, 0),
    ],
    audit: [],
    auditOutcome: null,
    hasMoreAudit: false,
    enrolment: screen === 'adminCode' ? { cart: cart('c-2', 'awaitingEnrolment'), code: '40719358', expiresAtMs: wallMs + 900_000 } : null,
    isWorking: false,
    error: null,
  };
  const DAY_MS = 86_400_000;
  const system = (id: string, name: string, part: Partial<HospitalSystem> = {}): HospitalSystem => ({ id: hospitalSystemIdSchema.parse(id), name, organisationId: organisationIdSchema.parse('county'), organisationName: PARTIES.cart.organisationName, scopes: ['read', 'serviceRequest.create'], createdAtMs: wallMs - 90 * DAY_MS, expiresAtMs: wallMs + 275 * DAY_MS, revokedAtMs: null, lastUsedAtMs: wallMs - 120_000, ...part });
  const hasNone = screen === 'adminSystemsLoading' || screen === 'adminSystemsFailed';
  const systems: SystemsState = {
    systems: hasNone ? null : screen === 'adminSystemsEmpty' ? [] : [
      system('y-1', '县医院 HIS'), system('y-2', '电子病历系统（EMR）', { scopes: ['read'], expiresAtMs: wallMs + 12 * DAY_MS }), system('y-3', 'Regional platform', { expiresAtMs: wallMs - DAY_MS, lastUsedAtMs: null }), system('y-4', '旧 HIS', { revokedAtMs: wallMs - 3 * DAY_MS }),
    ],
    organisations: admin.organisations,
    made: screen === 'adminToken' ? { name: '县医院 HIS', token: 'q1Zk8vYw3xT5uB7nM2pL4sD6fG9hJ0kR1cV8bN3mXzA', expiresAtMs: wallMs + 365 * DAY_MS } : null,
    isWorking: screen === 'adminSystemsLoading',
    error: screen === 'adminSystemsFailed' ? new AppError('network.closed', 'preview') : null,
  };
  const account: AccountState = {
    sessions: [
      { id: sessionIdSchema.parse('x-1'), createdAtMs: wallMs - 3600_000, lastSeenAtMs: wallMs, expiresAtMs: wallMs + 3600_000, client: 'browser Linux x86_64', isThisOne: true },
      { id: sessionIdSchema.parse('x-2'), createdAtMs: wallMs - 30 * 3600_000, lastSeenAtMs: wallMs - 26 * 3600_000, expiresAtMs: wallMs + 3600_000, client: 'electron 0.1.0 Win32', isThisOne: false },
    ],
    error: null,
    contact: { email: 'lin.shuyuan@yunling.example', step: 'ready', error: null },
    password: { step: 'idle' },
  };
  const opinionScene = screen.startsWith('opinion.') ? (screen.slice('opinion.'.length) as OpinionScene) : null; // the script gives only names of scenes
  const screens: Readonly<Record<string, Screen>> = { indicators: { name: 'indicators' }, ...(opinionScene === null ? {} : { [screen]: { name: 'opinion', opinionId: OPINION_ID, isOfRequest: false } }), deviceCheck: { name: 'deviceCheck', consultId: consultIdSchema.parse('c-1') }, deviceCheckDone: { name: 'deviceCheck', consultId: consultIdSchema.parse('c-1') }, settings: { name: 'settings' }, adminPeople: { name: 'admin' }, adminCarts: { name: 'admin' }, adminCode: { name: 'admin' }, adminDevices: { name: 'admin' }, adminSystems: { name: 'admin' }, adminSystemsEmpty: { name: 'admin' }, adminSystemsLoading: { name: 'admin' }, adminSystemsFailed: { name: 'admin' }, adminToken: { name: 'admin' }, calendar: { name: 'calendar' }, calendarOwn: { name: 'calendar' }, roster: { name: 'roster' }, rosterOwn: { name: 'roster' }, rehearsal: { name: 'rehearsal', requestId: REQUEST_ID } };
  const casesScreen: Screen | null = casesScene === null ? null : casesScene.startsWith('file') ? { name: 'case', caseId: CASE_ID } : { name: 'cases' };
  const requestsScreen: Screen | null = requestsScene === null ? null : { name: 'requests', requestId: openIdOf(requestsScene) };
  const stored = { ...DEFAULT_MACHINE_SETTINGS, language, theme };
  const settings = createSettingsModel({ read: async () => stored, write: async (change) => ({ ...stored, ...change }) });
  settings.store.setState({ isLoaded: true, settings: stored, language, theme });
  const consult = createStaticConsultModel(scene ?? 'three', { streams, wallMs, monotonicMs: systemClock.monotonicMs() });

  const deviceModel = { store: createStore(() => devices), refresh: nothing, choose: nothing, startPreview: nothing, stopPreview: nothing, startMicTest: nothing, stopMicTest: nothing, playTestTone: nothing, runNetworkCheck: nothing, labelFor: () => null, close: nothing };

  const cases = createStaticCases(casesScene ?? (requestsScene === null && opinionScene === null ? 'list' : 'file'), { wallMs, self, picture });
  // The real reader of images; the preview's server paints them.
  const imaging = composeImaging({ page: window, http: new HttpClient({ clock: systemClock, serverUrl: () => location.origin }), clock: systemClock, token: async () => null, serverUrl: () => location.origin, self: () => session.self, signaling: { request: requestOfArchive, on: () => nothing, onStatus: () => nothing, status: { step: 'connected' } }, selfPeerId: () => consult.store.getState().selfPeerId, file: cases.ofImages, isAway: () => false, onChanged: nothing, copies: { studies: async () => [], series: async () => null, sets: async () => null, thumbnail: async () => null, frame: async () => null }, patientOf: async () => PAINTED_PATIENT });
  if (casesScene?.startsWith('fileImport') === true) imaging.importing.store.setState(importAt(casesScene, CASE_ID));

  return {
    clock: systemClock,
    imaging,
    bridge: { kind: 'browser', info: null, abilities: { hasVault: false, hasMachineSettings: false, hasSystemEvents: false, hasLogFile: false, isKiosk: false }, request: () => Promise.reject(new AppError('host.unavailable', 'preview')), on: () => nothing, frames: null, close: nothing },
    settings,
    session: { store: createStore(() => session), restore: nothing, signIn: nothing, lookForSetUp: nothing, completeSetUp: nothing, enrolCart: nothing, signInCart: nothing, signOut: nothing, clearError: nothing, retryNow: nothing, has: (permission) => session.permissions.includes(permission), close: nothing },
    worklist: { store: createStore(() => worklist), start: nothing, stop: nothing, refresh: nothing, setFilter: nothing },
    navigation: createNavigationModel(scene ? { name: 'consult', consultId: consultIdSchema.parse('consult-1') } : (requestsScreen ?? casesScreen ?? screens[screen] ?? { name: 'worklist' })),
    consult: { ...consult, prepare: async () => undefined, resumeAudio: nothing, control: () => null, publishTrack: () => nothing, tell: nothing, close: nothing },
    control: { store: createStore(() => NO_CONTROL), stop: nothing, showsStop: () => nothing, takeBackStop: nothing, isKeyed: () => false },
    recordHandover: { store: createStore(() => (casesScene === 'fileReadOnly' ? { waiting: 2, error: new AppError('record.notFound', 'preview') } : { waiting: 0, error: null })), close: nothing },
    devices: deviceModel,
    schedule: createStaticSchedule({ clock: systemClock, devices: deviceModel, has: (permission) => session.permissions.includes(permission) }),
    requests: createStaticRequests(requestsScene ?? 'mine', { clock: systemClock, caseId: CASE_ID }),
    cases,
    account: { store: createStore(() => account), refresh: nothing, revoke: nothing, changePassword: nothing, loadContact: nothing, setContact: nothing },
    systems: { store: createStore(() => systems), refresh: nothing, create: async () => true, putAwayToken: nothing, revoke: nothing, clearError: nothing },
    admin: {
      store: createStore(() => admin), refreshPeople: nothing, refreshCarts: nothing, refreshCaseDevices: nothing, wipeDevice: nothing, refreshOrganisations: nothing, createOrganisation: async () => true, renameOrganisation: async () => true, refreshAudit: nothing, moreAudit: nothing, createPerson: async () => true, setPersonActive: nothing, unlockPerson: nothing, resetPassword: async () => true, setContact: async () => true, createCart: async () => true,
      createEnrolmentCode: nothing, putAwayEnrolment: nothing, revokeCart: nothing, clearError: nothing,
    },
    ...createStaticOpinions(opinionScene ?? 'draft', wallMs, self),
    asksForServer: false,
    serverUrl: () => 'https://huizhen.hospital.example',
    log: nothing,
  };
}

function previewOf(streams: StreamSource, theme: ThemeName): DeviceState['preview'] {
  const profile = theme === 'cart' ? 'field' : 'face';
  const stream = streams(profile, 'preview');
  return stream ? { profile, stream } : null;
}
