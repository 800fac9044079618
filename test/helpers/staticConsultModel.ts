import { createStore } from 'zustand/vanilla';
import { consultIdSchema, peerIdSchema, personIdSchema, cartIdSchema, organisationIdSchema, sourceIdSchema } from '#shared/domain/ids';
import type { Bilingual, Party } from '#shared/domain/people';
import type { Role } from '#shared/domain/roles';
import type { VideoProfileName } from '#shared/domain/sourceProfiles';
import { AppError } from '#shared/protocol/errors';
import type { ConsultModel, ConsultState, OwnSourceView, ParticipantView, RoomNotice, SourceStatsView, TileView } from '../../renderer/state/consultModel.ts';

/** Synthetic people only. */
const HOSPITALS = {
  province: { zh: '省立医院', en: 'Provincial Hospital' },
  city: { zh: '临江市人民医院', en: 'Linjiang City Hospital' },
  county: { zh: '青石县人民医院', en: 'Qingshi County Hospital' },
} as const satisfies Record<string, Bilingual>;

function party(id: string, name: Bilingual, title: Bilingual | null, role: Role, hospital: keyof typeof HOSPITALS): Party {
  return {
    kind: role === 'cart' ? 'cart' : 'person',
    id: role === 'cart' ? cartIdSchema.parse(id) : personIdSchema.parse(id),
    name,
    title,
    role,
    organisationId: organisationIdSchema.parse(hospital),
    organisationName: HOSPITALS[hospital],
  };
}

export const PARTIES = {
  expert: party('p-lin', { zh: '林静远', en: 'Lin Jingyuan' }, { zh: '主任医师', en: 'Chief Physician' }, 'expert', 'province'),
  requester: party('p-zhou', { zh: '周敏', en: 'Zhou Min' }, { zh: '主治医师', en: 'Attending Physician' }, 'requester', 'county'),
  cart: party('c-icu-2', { zh: '重症二号推车', en: 'ICU Cart 2' }, null, 'cart', 'county'),
  surgeon: party('p-he', { zh: '何伟', en: 'He Wei' }, { zh: '副主任医师', en: 'Associate Chief Physician' }, 'expert', 'city'),
  scheduler: party('p-tang', { zh: '唐雪', en: 'Tang Xue' }, { zh: '会诊中心', en: 'Consultation Centre' }, 'scheduler', 'province'),
  observer: party('p-xu', { zh: '徐一鸣', en: 'Xu Yiming' }, { zh: '住院医师', en: 'Resident' }, 'observer', 'city'),
  administrator: party('p-admin', { zh: '高明', en: 'Gao Ming' }, { zh: '信息科', en: 'IT Department' }, 'administrator', 'province'),
} as const;

/** Gives the stream of a picture; in Node there is none, in the preview a painted canvas. */
export type StreamSource = (profile: VideoProfileName, label: string) => MediaStream | null;

const peer = (id: string) => peerIdSchema.parse(id);
const source = (id: string) => sourceIdSchema.parse(id);

function tile(peerName: string, profile: VideoProfileName, label: string, streams: StreamSource, part: Partial<TileView> = {}): TileView {
  const size = profile === 'face' ? { width: 1280, height: 720, fps: 30 } : profile === 'ultrasound' ? { width: 1920, height: 1080, fps: 30 } : { width: 3840, height: 2160, fps: 30 };
  return {
    sourceId: source(`s-${peerName}-${profile}${part.label === undefined ? '' : '-b'}`),
    peerId: peer(`peer-${peerName}`),
    profile,
    label,
    isOwn: false,
    stream: streams(profile, `${peerName} ${profile}`),
    capture: size,
    received: size,
    choice: 'auto',
    limit: 'none',
    isMuted: false,
    isDeviceLost: false,
    frozenSinceMs: null,
    ...part,
  };
}

function participant(name: string, who: Party, tiles: readonly TileView[], part: Partial<ParticipantView> = {}): ParticipantView {
  return {
    peerId: peer(`peer-${name}`),
    party: who,
    isSelf: false,
    isHost: false,
    isConnected: true,
    isHandRaised: false,
    mic: 'live',
    micSourceId: source(`s-${name}-mic`),
    hasClinicalAudio: false,
    audioLevel: 0,
    quality: 'good',
    tiles,
    ...part,
  };
}

const own = (profile: OwnSourceView['profile'], label: string, state: OwnSourceView['state'] = 'live'): OwnSourceView => ({ sourceId: source(`s-self-${profile}`), profile, label, state, error: null, modeId: null });

const stat = (who: string, name: string, profile: SourceStatsView['profile'], direction: SourceStatsView['direction'], part: Partial<SourceStatsView> = {}): SourceStatsView => ({
  sourceId: source(`s-${name}-${profile}`), peerId: peer(`peer-${name}`), who, profile, direction, codec: 'VP9', width: 3840, height: 2160, fps: 30, bitrateBps: 18_400_000, lossPercent: 0.1, jitterMs: 3, roundTripMs: 24, layer: '2/2', limit: 'none', ...part,
});

export type StaticScene =
  | 'three' | 'cart' | 'waiting' | 'joining' | 'serverFull' | 'muted' | 'reconnecting' | 'failedLink' | 'deviceLost' | 'limited' | 'observer' | 'alone' | 'host' | 'frozen' | 'grid' | 'sides' | 'stats' | 'micConnecting' | 'micNone' | 'micBlocked' | 'speaking' | 'notices'
  | 'closedLeft' | 'closedRemoved' | 'closedEnded' | 'closedFailed' | 'closedTakenOver';

export interface SceneOptions {
  readonly streams?: StreamSource;
  /** Unix epoch ms and monotonic ms of «now». */
  readonly wallMs?: number;
  readonly monotonicMs?: number;
}

/** A believable state of the room. Pure: the same scene gives the same state. */
export function staticConsultState(scene: StaticScene, options: SceneOptions = {}): ConsultState {
  const streams = options.streams ?? (() => null);
  const wallMs = options.wallMs ?? 1_800_000_000_000;
  const monotonicMs = options.monotonicMs ?? 100_000;

  const cartTiles = [
    tile('cart', 'field', 'PTZ 4K', streams),
    tile('cart', 'ultrasound', 'HDMI Capture', streams),
    tile('cart', 'face', 'Room camera', streams),
  ];
  const cart = participant('cart', PARTIES.cart, cartTiles, { hasClinicalAudio: true, audioLevel: 0.2 });
  const self = participant('self', PARTIES.expert, [tile('self', 'face', 'Integrated camera', streams, { isOwn: true })], { isSelf: true, isHost: true });
  const requester = participant('zhou', PARTIES.requester, [tile('zhou', 'face', 'Webcam', streams)], { mic: 'muted' });

  const base: ConsultState = {
    phase: 'inRoom',
    consultId: consultIdSchema.parse('consult-1'),
    title: '陈* · 女 63 岁 · 重症肺炎合并心功能不全，请评估撤机时机',
    isServerFull: false, closedReason: null,
    error: null,
    startedAtMs: wallMs - 754_000,
    link: { step: 'connected', attempt: 0, sinceMs: null, roundTripMs: 24, srtpCipher: 'AES_CM_128_HMAC_SHA1_80', transport: 'udp' },
    selfPeerId: peer('peer-self'),
    isHost: true,
    isLocked: false,
    hasWaitingRoom: true,
    participants: [cart, requester, self],
    waiting: [],
    mic: 'live',
    micLevel: 0.25,
    isSpeakingWhileMuted: false,
    ownSources: [own('face', 'Integrated camera'), own('mic', 'Headset')],
    layout: 'stage',
    pinnedSourceId: null,
    stageSourceId: source('s-cart-field'),
    chat: [
      { id: 'm-1', consultId: consultIdSchema.parse('consult-1'), author: PARTIES.requester, text: '最新血气：pH 7.38，PaO₂ 82 mmHg，PaCO₂ 41 mmHg。', atMs: wallMs - 300_000 },
      { id: 'm-2', consultId: consultIdSchema.parse('consult-1'), author: PARTIES.expert, text: '收到，先看一下左下肺的超声。', atMs: wallMs - 240_000 },
    ],
    unsentChat: [],
    chatDraft: '',
    unreadCount: 0,
    notices: [],
    stats: [],
  };

  const cartSelf = { ...cart, isSelf: true, isHost: false, tiles: cartTiles.map((one) => ({ ...one, isOwn: true })) };
  const expertRemote = participant('lin', PARTIES.expert, [tile('lin', 'face', 'Webcam', streams)], { isHost: true, audioLevel: 0.2 });
  const notice = (part: RoomNotice): RoomNotice => part;

  switch (scene) {
    case 'three':
      return base;
    case 'cart':
      return {
        ...base,
        isHost: false,
        selfPeerId: peer('peer-cart'),
        participants: [expertRemote, { ...requester, mic: 'live' }, cartSelf],
        ownSources: [own('field', 'PTZ 4K'), own('ultrasound', 'HDMI Capture'), own('face', 'Room camera'), own('mic', 'Table microphone')],
        stageSourceId: source('s-lin-face'),
      };
    case 'waiting':
      return { ...base, phase: 'waiting', participants: [], title: '' };
    case 'serverFull':
      return { ...base, phase: 'joining', isServerFull: true };
    case 'joining':
      return { ...base, phase: 'joining', participants: [], title: '' };
    case 'muted':
      return { ...base, mic: 'muted', micLevel: 0 };
    case 'speaking':
      return { ...base, mic: 'muted', isSpeakingWhileMuted: true };
    case 'micConnecting':
      return { ...base, mic: 'connecting' };
    case 'micNone':
      return { ...base, mic: 'noDevice', ownSources: [own('face', 'Integrated camera')] };
    case 'micBlocked':
      return { ...base, mic: 'blocked', ownSources: [] };
    case 'reconnecting':
      return {
        ...base,
        mic: 'muted',
        link: { ...base.link, step: 'rejoin', attempt: 3, sinceMs: monotonicMs - 7000 },
        participants: [cart, { ...requester, isConnected: false, quality: 'lost' }, { ...self, quality: 'lost' }],
        unsentChat: [{ id: 'm-9', text: '建议先复查床旁超声。', state: 'sending' }],
      };
    case 'failedLink':
      return { ...base, link: { ...base.link, step: 'failed', attempt: 9, sinceMs: monotonicMs - 64_000 } };
    case 'frozen':
      return { ...base, participants: [{ ...cart, quality: 'poor', tiles: cartTiles.map((one) => ({ ...one, frozenSinceMs: monotonicMs - 6000 })) }, requester, self] };
    case 'deviceLost':
      return {
        ...base,
        participants: [{ ...cart, tiles: cartTiles.map((one) => (one.profile === 'ultrasound' ? { ...one, isDeviceLost: true, stream: null } : one)) }, requester, { ...self, tiles: self.tiles.map((one) => ({ ...one, isDeviceLost: true, stream: null })) }],
        ownSources: [own('face', 'Integrated camera', 'deviceLost'), own('mic', 'Headset')],
        notices: [
          notice({ id: 'n-1', kind: 'deviceLost', party: PARTIES.cart, label: 'HDMI Capture', isOwn: false, sourceId: source('s-cart-ultrasound') }),
          notice({ id: 'n-2', kind: 'deviceLost', party: PARTIES.expert, label: 'Integrated camera', isOwn: true, sourceId: source('s-self-face') }),
        ],
      };
    case 'limited':
      return {
        ...base,
        participants: [
          { ...cart, quality: 'fair', tiles: cartTiles.map((one) => (one.profile === 'field' ? { ...one, received: { width: 1280, height: 720, fps: 24 }, limit: 'senderNetwork' as const } : one.profile === 'face' ? { ...one, limit: 'senderPaused' as const, received: { width: 0, height: 0, fps: 0 }, stream: null } : one)) },
          requester,
          self,
        ],
      };
    case 'observer':
      return {
        ...base,
        isHost: false,
        mic: 'noDevice',
        ownSources: [],
        participants: [cart, { ...expertRemote }, requester, participant('self', PARTIES.observer, [], { isSelf: true, mic: 'none', micSourceId: null })],
      };
    case 'alone':
      return { ...base, participants: [self], stageSourceId: null };
    case 'host':
      return {
        ...base,
        isLocked: true,
        waiting: [{ peerId: peer('peer-wait-1'), party: PARTIES.surgeon, sinceMs: wallMs - 95_000 }],
        participants: [cart, { ...requester, isHandRaised: true, quality: 'fair' }, participant('tang', PARTIES.scheduler, [], { mic: 'none', micSourceId: null }), self],
        notices: [notice({ id: 'n-3', kind: 'handRaised', party: PARTIES.requester })],
        unreadCount: 2,
      };
    case 'notices':
      return {
        ...base,
        isHost: false,
        mic: 'muted',
        notices: [
          notice({ id: 'n-4', kind: 'joined', party: PARTIES.surgeon }),
          notice({ id: 'n-5', kind: 'unmuteAsked' }),
          notice({ id: 'n-6', kind: 'error', error: new AppError('device.busy', 'test') }),
        ],
      };
    case 'grid':
      return { ...base, layout: 'grid', participants: [cart, requester, participant('he', PARTIES.surgeon, [tile('he', 'face', 'Webcam', streams)]), participant('tang', PARTIES.scheduler, [], { mic: 'none', micSourceId: null }), self] };
    case 'sides':
      return { ...base, layout: 'sideBySide', pinnedSourceId: source('s-cart-field') };
    case 'stats':
      return {
        ...base,
        stats: [
          stat('重症二号推车', 'cart', 'field', 'receive'),
          stat('重症二号推车', 'cart', 'ultrasound', 'receive', { width: 480, height: 270, bitrateBps: 480_000, layer: '0/2' }),
          stat('重症二号推车', 'cart', 'mic', 'receive', { codec: 'opus', width: 0, height: 0, fps: 0, bitrateBps: 46_000, layer: '–' }),
          stat('周敏', 'zhou', 'face', 'receive', { width: 320, height: 180, bitrateBps: 190_000, layer: '0/2', lossPercent: 1.4, limit: 'senderNetwork' }),
          stat('林静远', 'self', 'face', 'send', { width: 1280, height: 720, bitrateBps: 1_740_000, layer: '–' }),
        ],
      };
    case 'closedLeft':
      return { ...base, phase: 'closed', closedReason: 'left' };
    case 'closedRemoved':
      return { ...base, phase: 'closed', closedReason: 'removed' };
    case 'closedEnded':
      return { ...base, phase: 'closed', closedReason: 'ended' };
    case 'closedTakenOver':
      return { ...base, phase: 'closed', closedReason: 'takenOver' };
    case 'closedFailed':
      return { ...base, phase: 'closed', closedReason: 'failed', error: new AppError('capacity.full', 'test') };
  }
}

export interface StaticConsultModel extends ConsultModel {
  /** What was asked of the model, in order: `setMuted(true)`. */
  readonly calls: readonly string[];
}

/** A model that stands still: it remembers what was asked and does only what changes the view (mute, layout, pin, notices). */
export function createStaticConsultModel(scene: StaticScene, options: SceneOptions = {}): StaticConsultModel {
  const store = createStore<ConsultState>(() => staticConsultState(scene, options));
  const calls: string[] = [];
  const note = (name: string, ...args: readonly unknown[]) => {
    calls.push(`${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
  };
  return {
    store,
    calls,
    join: (id) => note('join', id),
    leave() {
      note('leave');
      store.setState({ phase: 'closed', closedReason: 'left' });
    },
    endForAll() {
      note('endForAll');
      store.setState({ phase: 'closed', closedReason: 'ended' });
    },
    setMuted(isMuted) {
      note('setMuted', isMuted);
      store.setState({ mic: isMuted ? 'muted' : 'live' });
    },
    pushToTalk(isHeld) {
      note('pushToTalk', isHeld);
      store.setState({ mic: isHeld ? 'live' : 'muted' });
    },
    publish: (profile, deviceId) => note('publish', profile, deviceId ?? null),
    unpublish: (id) => note('unpublish', id),
    replaceDevice: (id, deviceId) => note('replaceDevice', id, deviceId),
    shareScreen: () => note('shareScreen'),
    reportTile: (key, reported) => note('reportTile', key, reported),
    setChoice: (id, choice) => note('setChoice', id, choice),
    pin(id) {
      note('pin', id);
      store.setState((state) => ({ pinnedSourceId: id, stageSourceId: id ?? state.stageSourceId }));
    },
    setLayout(layout) {
      note('setLayout', layout);
      store.setState({ layout });
    },
    setSpeaker: (deviceId) => note('setSpeaker', deviceId),
    raiseHand: (isRaised) => note('raiseHand', isRaised),
    sendChat(text) {
      note('sendChat', text);
      store.setState((state) => ({ unsentChat: [...state.unsentChat, { id: `u-${state.unsentChat.length}`, text, state: 'sending' as const }] }));
    },
    setChatDraft: (chatDraft) => store.setState({ chatDraft }),
    retryChat: (id) => note('retryChat', id),
    markChatRead() {
      store.setState({ unreadCount: 0 });
    },
    dismissNotice(id) {
      note('dismissNotice', id);
      store.setState((state) => ({ notices: state.notices.filter((one) => one.id !== id) }));
    },
    setStatsOpen: (isOpen) => note('setStatsOpen', isOpen),
    admit: (id) => note('admit', id),
    turnAway: (id) => note('turnAway', id),
    mutePeer: (id) => note('mutePeer', id),
    askToUnmute: (id) => note('askToUnmute', id),
    removePeer: (id) => note('removePeer', id),
    setLocked(isLocked) {
      note('setLocked', isLocked);
      store.setState({ isLocked });
    },
    handOver: (id) => note('handOver', id),
  };
}
