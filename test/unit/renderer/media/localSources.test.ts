import { describe, expect, it } from 'vitest';
import { peerIdSchema, type SourceId, sourceIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { RoomState } from '#shared/protocol/room';
import type { Generation, Request } from '../../../../renderer/services/media/generation.ts';
import { LocalSource } from '../../../../renderer/services/media/localSource.ts';
import { LocalSources } from '../../../../renderer/services/media/localSources.ts';
import { settle } from '../../../helpers/fakeSignaling.ts';

/** A transport that takes every source but those whose label is on the list. */
function open(refusedLabels: readonly string[]) {
  const clock = new ManualClock();
  const failed: string[] = [];
  const muted: unknown[] = [];
  const mutedByHost: SourceId[] = [];
  let held: Promise<void> | null = null;
  const request = (async (name: string, params: unknown) => {
    if (name === 'media.setMuted') {
      muted.push(params);
      await held;
    }
    return params;
  }) as unknown as Request; // mute is answered by what was asked
  const local = new LocalSources({ request, clock, onChanged: () => undefined, onFailed: (sourceId, error) => failed.push(`${sourceId} ${error.code}`), onMutedByHost: (sourceId) => mutedByHost.push(sourceId) });
  const send = {
    connectionState: 'connected',
    produce: async ({ track, appData, onRtpSender }: { track: { label: string }; appData: Record<string, unknown>; onRtpSender: (sender: unknown) => void }) => {
      if (refusedLabels.includes(track.label)) throw new AppError('capacity.tooManySources', 'refused');
      onRtpSender({ track, replaceTrack: async () => undefined });
      appData['ackMuted'] = false;
      return { id: `producer-${track.label}`, rtpParameters: {}, close: () => undefined };
    },
  };
  const generation = { epoch: 1, isClosed: false, device: {}, send } as unknown as Generation; // sound needs no more of it
  const add = (id: string) => {
    const track = { label: id, enabled: true, readyState: 'live', contentHint: '', stop: () => undefined } as unknown as MediaStreamTrack;
    const source = new LocalSource({ sourceId: sourceIdSchema.parse(id), profile: 'mic', track, label: id, isMuted: false, onChanged: () => undefined });
    local.add(source);
    return source.sourceId;
  };
  /** Answers to changes of mute from now on wait until they are released, or fail. */
  const hold = () => {
    let release: () => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    held = new Promise<void>((ok, failed) => {
      release = ok;
      fail = failed;
    });
    return { release, fail };
  };
  const heard = (sourceId: SourceId, isMuted: boolean) => {
    const peerId = peerIdSchema.parse('self');
    local.handleRoomState({ mediaEpoch: 1, peers: [{ peerId, sources: [{ sourceId, producerId: `producer-${sourceId}`, isMuted }] }] } as unknown as RoomState, peerId); // no more of it is read
  };
  return { local, generation, clock, failed, muted, mutedByHost, add, hold, heard };
}

describe('LocalSources', () => {
  it('[PIC3] one source that is refused holds up no other, and is told once', async () => {
    const { local, generation, clock, failed, muted, add } = open(['refused']);
    local.handleGeneration(generation);
    add('refused');
    const good = add('good');
    await settle();
    expect(local.isPublished(good)).toBe(true);
    local.setMuted(good, true);
    await settle();
    expect(muted).toEqual([{ sourceId: good, isMuted: true }]);
    for (let n = 0; n < 5; n += 1) {
      clock.advance(1000);
      await settle();
    }
    expect(failed).toEqual(['refused capacity.tooManySources']);
  });

  it('[MUT4] mute and unmute pressed faster than the server answers are not taken for the host; a host who mutes is noticed', async () => {
    const { local, generation, muted, mutedByHost, add, hold, heard } = open([]);
    local.handleGeneration(generation);
    const mic = add('mic');
    await settle();
    const { release } = hold();
    local.setMuted(mic, true);
    local.setMuted(mic, false);
    heard(mic, true); // the effect of the first press
    release();
    await settle();
    expect(mutedByHost).toEqual([]);
    expect(muted).toEqual([{ sourceId: mic, isMuted: true }, { sourceId: mic, isMuted: false }]);
    heard(mic, false);
    heard(mic, true);
    expect(mutedByHost).toEqual([mic]);
  });

  it('[MUT2] a mute that was never answered, and was taken back: the server is asked again before anything is called live', async () => {
    const { local, generation, muted, mutedByHost, add, hold, heard } = open([]);
    local.handleGeneration(generation);
    const mic = add('mic');
    await settle();
    expect(local.isHeard(mic)).toBe(true);
    const { fail } = hold();
    local.setMuted(mic, true);
    local.setMuted(mic, false);
    const { release } = hold();
    fail(new AppError('room.notJoined', 'the connection was lost'));
    await settle();
    heard(mic, true); // it had arrived all the same
    expect(local.isHeard(mic)).toBe(false);
    release();
    await settle();
    expect(local.isHeard(mic)).toBe(true);
    expect(mutedByHost).toEqual([]);
    expect(muted.at(-1)).toEqual({ sourceId: mic, isMuted: false });
  });
});
