import { beforeEach, describe, expect, it, vi } from 'vitest';
import { consultIdSchema, type PeerId, peerIdSchema, sourceIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import type { RoomState } from '#shared/protocol/room';
import type { Generation, Request } from '../../../../renderer/services/media/generation.ts';
import { RemoteSources } from '../../../../renderer/services/media/remoteSources.ts';
import type { StreamSample } from '../../../../renderer/services/media/statsReader.ts';
import { settle } from '../../../helpers/fakeSignaling.ts';

vi.stubGlobal('MediaStream', class {});

const sourceId = sourceIdSchema.parse('camera');
const self = peerIdSchema.parse('self');
const other = peerIdSchema.parse('other');

/** What the reader needs of a room with one camera. */
const roomState = {
  consultId: consultIdSchema.parse('consult-1'), revision: 1, mediaEpoch: 1,
  peers: [{ peerId: other as PeerId, sources: [{ sourceId, profile: 'face', producerId: 'producer', isMuted: false, capture: { width: 640, height: 360, fps: 10 }, scaleDownBy: [1], limit: 'none' }] }],
} as unknown as RoomState;

function open() {
  const clock = new ManualClock();
  let isAnswering = true;
  const asked: string[] = [];
  const request: Request = (async (name: string) => {
    asked.push(name);
    if (!isAnswering) return new Promise(() => undefined);
    return name === 'media.consume' ? { consumers: [{ consumerId: 'consumer', producerId: 'producer', peerId: other, sourceId, kind: 'video', rtpParameters: {} }], refused: [] } : {};
  }) as unknown as Request; // answers the two requests there are
  const generation = { epoch: 1, isClosed: false, device: { recvRtpCapabilities: {} }, receive: { consume: async () => ({ id: 'consumer', kind: 'video', closed: false, track: { id: 'track' }, close: () => undefined }) } } as unknown as Generation;
  const remote = new RemoteSources({ request, clock, onChanged: () => undefined, onTrack: () => undefined, onError: (error) => { throw error; } });
  let frames = 0;
  return {
    remote, generation, asked,
    stall: () => (isAnswering = false),
    show: (isVisible: boolean) => remote.reportTile('tile', { sourceId, heightPx: 360, isVisible }),
    /** A second passes, with new frames or none. */
    second: async (hasFrames: boolean) => {
      if (hasFrames) frames += 10;
      clock.advance(1000);
      remote.handleSamples(new Map([['track:track', { framesDecoded: frames, height: 360, fps: 10 } as StreamSample]]));
      await settle();
    },
  };
}

describe('a picture that stands still', () => {
  let room: ReturnType<typeof open>;
  beforeEach(async () => {
    room = open();
    room.show(true);
    room.remote.handleGeneration(room.generation);
    room.remote.handleRoomState(roomState, self);
    await settle();
    for (let n = 0; n < 3; n += 1) await room.second(true);
  });

  it('[PIC1] is called frozen when frames stop, and not while they come', async () => {
    expect(room.remote.arrival(sourceId).frozenSinceMs).toBeNull();
    for (let n = 0; n < 3; n += 1) await room.second(false);
    expect(room.remote.arrival(sourceId).frozenSinceMs).not.toBeNull();
  });

  it('[PIC1] is not called frozen while nobody looks at it', async () => {
    room.show(false);
    for (let n = 0; n < 5; n += 1) await room.second(false);
    expect(room.remote.arrival(sourceId).frozenSinceMs).toBeNull();
  });

  it('[PIC1] looked at again while the server does not answer: the old picture is called frozen, counted from then', async () => {
    room.show(false);
    for (let n = 0; n < 5; n += 1) await room.second(false);
    room.stall();
    room.show(true);
    await settle();
    expect(room.remote.arrival(sourceId).frozenSinceMs).toBeNull();
    for (let n = 0; n < 3; n += 1) await room.second(false);
    expect(room.remote.arrival(sourceId).frozenSinceMs).not.toBeNull();
  });
});
