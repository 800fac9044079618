import type { SourceId } from '#shared/domain/ids';
import { hasPermission, type Role } from '#shared/domain/roles';
import { isVideoProfile, SOURCE_PROFILES, type SourceProfileName, type VideoProfileName } from '#shared/domain/sourceProfiles';
import type { MessageKey } from '../../i18n/zh-CN.ts';
import type { OwnSourceView, ParticipantView, TileView } from '../../state/consultModel.ts';

/** A picture and whose it is. */
export interface TileOfPeer {
  readonly participant: ParticipantView;
  readonly tile: TileView;
}

export function findTile(participants: readonly ParticipantView[], sourceId: SourceId | null): TileOfPeer | null {
  for (const participant of participants) {
    for (const tile of participant.tiles) if (tile.sourceId === sourceId) return { participant, tile };
  }
  return null;
}

/** Others in the order they came, oneself last: a place in the strip changes only when somebody leaves. */
export function stripOrder(participants: readonly ParticipantView[]): readonly ParticipantView[] {
  return [...participants.filter((participant) => !participant.isSelf), ...participants.filter((participant) => participant.isSelf)];
}

/** What stands beside the stage: the chosen one while it exists, else the most important other picture, others' before one's own. */
export function sideTile(participants: readonly ParticipantView[], stageSourceId: SourceId | null, chosen: SourceId | null): TileOfPeer | null {
  const kept = chosen !== null && chosen !== stageSourceId ? findTile(participants, chosen) : null;
  if (kept) return kept;
  const candidates = participants.flatMap((participant) => participant.tiles.filter((tile) => tile.sourceId !== stageSourceId).map((tile) => ({ participant, tile })));
  const rank = ({ tile }: TileOfPeer) => (tile.isOwn ? 0 : 1000) + SOURCE_PROFILES[tile.profile].priority;
  return [...candidates].sort((a, b) => rank(b) - rank(a))[0] ?? null;
}

/** How many columns give `count` cards of 16:9 the largest size in a box. Pixels; a box without size has one column. */
export function gridColumns(count: number, width: number, height: number, gap = 8): number {
  let best = { columns: 1, cardWidth: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const byWidth = (width - gap * (columns - 1)) / columns;
    const byHeight = (((height - gap * (rows - 1)) / rows) * 16) / 9;
    const cardWidth = Math.min(byWidth, byHeight);
    if (cardWidth > best.cardWidth + 0.5) best = { columns, cardWidth };
  }
  return best.columns;
}

/** The height a picture really has inside its box, in device pixels: letterboxes are not worth a larger layer. */
export function shownHeightPx(box: { readonly width: number; readonly height: number }, aspect: number, fit: 'contain' | 'cover', pixelRatio: number): number {
  const byWidth = box.width / aspect;
  const height = fit === 'contain' ? Math.min(box.height, byWidth) : Math.max(box.height, byWidth);
  return Math.round(height * pixelRatio);
}

/** A picture that stopped a moment ago is not called frozen: 30 frames/s over a poor line have gaps of that size. */
const FROZEN_AFTER_MS = 2000;

export function frozenSeconds(tile: Pick<TileView, 'frozenSinceMs'>, nowMonotonicMs: number): number | null {
  if (tile.frozenSinceMs === null) return null;
  const ms = nowMonotonicMs - tile.frozenSinceMs;
  return ms >= FROZEN_AFTER_MS ? Math.floor(ms / 1000) : null;
}

/** A reason is told only when there is one, and once a picture's size is known (a paused one has none to know). */
export function limitOf(tile: Pick<TileView, 'limit' | 'received'>): { readonly long: MessageKey; readonly short: MessageKey; readonly height: number } | null {
  if (tile.limit === 'none') return null;
  if (tile.received.height === 0 && tile.limit !== 'senderPaused') return null;
  return { long: `limit.${tile.limit}`, short: `limitShort.${tile.limit}`, height: tile.received.height };
}

/** Faces fill their tile; what is examined is shown whole. */
export function fitOf(profile: VideoProfileName): 'contain' | 'cover' {
  return profile === 'face' ? 'cover' : 'contain';
}

export type CameraState = 'on' | 'off' | 'starting' | 'lost';

export function isCamera(profile: SourceProfileName): boolean {
  return isVideoProfile(profile) && profile !== 'screen';
}

export function cameraState(sources: readonly OwnSourceView[]): CameraState {
  const cameras = sources.filter((source) => isCamera(source.profile));
  if (cameras.some((source) => source.state === 'live')) return 'on';
  if (cameras.some((source) => source.state === 'starting')) return 'starting';
  if (cameras.some((source) => source.state === 'deviceLost')) return 'lost';
  return 'off';
}

/** What «turn the camera on» means before anybody chose: a cart shows the patient, a person shows themselves. */
export function mainCamera(role: Role): VideoProfileName {
  return role === 'cart' ? 'field' : 'face';
}

export function canPublish(role: Role): boolean {
  return hasPermission(role, 'media.publish');
}

/** Which sources a role is offered, most likely first. */
export function offeredProfiles(role: Role): readonly SourceProfileName[] {
  if (!canPublish(role)) return [];
  return role === 'cart' || role === 'bedside' ? ['field', 'ultrasound', 'face', 'mic', 'clinicalAudio'] : ['face', 'mic', 'field', 'ultrasound', 'clinicalAudio'];
}

interface TileLook {
  readonly participant: ParticipantView;
  readonly tile: TileView;
  readonly isSmall?: boolean;
  readonly isPinned?: boolean;
  readonly place: string;
}

/**
 * Whether two pictures look the same. The model makes its views anew many times a second (levels, statistics); what a tile does
 * not show must not draw it again.
 */
export function isSameTile(before: TileLook, after: TileLook): boolean {
  const [a, b] = [before.tile, after.tile];
  const [p, q] = [before.participant, after.participant];
  return (
    before.isSmall === after.isSmall && before.isPinned === after.isPinned && before.place === after.place && p.peerId === q.peerId && p.mic === q.mic && p.quality === q.quality && p.isConnected === q.isConnected && p.party.id === q.party.id &&
    a.sourceId === b.sourceId && a.peerId === b.peerId && a.stream === b.stream && a.choice === b.choice && a.limit === b.limit && a.isMuted === b.isMuted && a.isDeviceLost === b.isDeviceLost && a.frozenSinceMs === b.frozenSinceMs && a.label === b.label &&
    a.received.width === b.received.width && a.received.height === b.received.height && a.capture?.width === b.capture?.width && a.capture?.height === b.capture?.height
  );
}
