import { hasPermission } from '#shared/domain/roles';
import type { ConsultId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import { AppError } from '#shared/protocol/errors';
import type { Consults } from '../storage/consults.ts';
import type { Organisations } from '../storage/organisations.ts';
import type { ControlAction } from './control.ts';
import type { Peer } from './peer.ts';
import type { RoomRegistry, RoomSeed } from './registry.ts';
import type { Room } from './room.ts';
import type { LastShown } from './sharedImaging.ts';

/** How early before its start a consult's door opens, in ms. */
const OPEN_BEFORE_MS = 2 * 3_600_000;

/** How a party may enter: the room, and whether it must wait at the door. */
export interface JoinDecision {
  readonly room: Room;
  readonly mayEnterFreely: boolean;
  /** Was in this consult before, or was let in by a host, and not removed since: a lock is not for them. */
  readonly wasInside: boolean;
}

export interface AdmissionDependencies {
  readonly consults: Consults;
  readonly organisations: Organisations;
  readonly registry: RoomRegistry;
  readonly clock: Clock;
  readonly seed: Pick<RoomSeed, 'serverEpoch' | 'maxPeers' | 'pool' | 'clock' | 'newId' | 'iceServers' | 'mapUid'>;
  readonly auditAdmitted: (consultId: ConsultId, party: Party, by: Party) => void;
  /** Whether the consult may be begun by this party, or gone on with; throws why not (consent, rehearsal, approval). */
  readonly mayBegin: (consultId: ConsultId, party: Party) => Promise<void>;
  readonly onLeft: (peer: Peer) => void;
  readonly onShown: (consultId: ConsultId, shown: LastShown) => void;
  readonly onControl: (consultId: ConsultId, party: Party, action: ControlAction, subject: string) => void;
  readonly onStorageFailure: (error: unknown) => void;
}

/**
 * Who may enter a consult. [ADM1] Its members, and those who administer the consults of their own tree; nobody else. [ADM2] Not
 * before its door opens, not after its end. [ADM3] Where there is a waiting room, all but the appointed host, administrators and
 * those a host admitted before wait in it. [ADM4] One that was applied for begins by the rules of its request (WFL9, WFL26). Errors: `workflow.*`, `consult.notFound`, `consult.notMember`, `consult.notOpen`, `consult.ended`.
 */
export function createAdmission(deps: AdmissionDependencies): (party: Party, consultId: ConsultId) => Promise<JoinDecision> {
  const { consults, organisations, registry, clock } = deps;
  return async (party, consultId) => {
    const consult = await consults.byId(consultId);
    if (!consult) throw new AppError('consult.notFound', 'no such consult');
    const isMember = consult.members.some((member) => member.id === party.id);
    const isAdministrator = hasPermission(party.role, 'consult.administer') && (await organisations.isWithin(consult.organisationId, party.organisationId));
    if (!isMember && !isAdministrator) throw new AppError('consult.notMember', 'not part of this consult');
    if (consult.state === 'ended' || consult.state === 'cancelled') throw new AppError('consult.ended', 'the consult is over');
    if (consult.state === 'scheduled' && clock.wallMs() < consult.startsAtMs - OPEN_BEFORE_MS) throw new AppError('consult.notOpen', 'the consult is not open yet', { retryAfterMs: consult.startsAtMs - OPEN_BEFORE_MS - clock.wallMs() });
    if (consult.state === 'scheduled') await deps.mayBegin(consultId, party);
    const wasInside = await consults.isAdmitted(consultId, party.id);
    const mayEnterFreely = !consult.hasWaitingRoom || isAdministrator || party.id === consult.host.id || wasInside;
    const room = registry.open({
      ...deps.seed,
      consultId,
      title: consult.question,
      organisationName: consult.organisationName,
      appointedHostPartyId: consult.host.id,
      isLocked: consult.isLocked,
      hasWaitingRoom: consult.hasWaitingRoom,
      onSettings: ({ isLocked, hostPersonId }) => {
        if (isLocked !== undefined) drop(consults.setLocked(consultId, isLocked), 'reported', deps.onStorageFailure);
        if (hostPersonId !== undefined) drop(consults.setHost(consultId, hostPersonId), 'reported', deps.onStorageFailure);
      },
      onAdmitted: (admitted, by) => {
        drop(consults.recordAdmission(consultId, admitted.id, clock.wallMs()), 'reported', deps.onStorageFailure);
        deps.auditAdmitted(consultId, admitted, by);
      },
      onLeft: deps.onLeft,
      onControl: (actor, action, subject) => deps.onControl(consultId, actor, action, subject),
      onShown: (shown) => deps.onShown(consultId, shown),
      onRemoved: (removed) => drop(consults.revokeAdmission(consultId, removed.id), 'reported', deps.onStorageFailure),
    });
    return { room, mayEnterFreely, wasInside };
  };
}
