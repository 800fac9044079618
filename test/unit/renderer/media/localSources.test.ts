import { describe, expect, it } from 'vitest';
import { sourceIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { Generation, Request } from '../../../../renderer/services/media/generation.ts';
import { LocalSource } from '../../../../renderer/services/media/localSource.ts';
import { LocalSources } from '../../../../renderer/services/media/localSources.ts';
import { settle } from '../../../helpers/fakeSignaling.ts';

/** A transport that takes every source but those whose label is on the list. */
function open(refusedLabels: readonly string[]) {
  const clock = new ManualClock();
  const failed: string[] = [];
  const muted: unknown[] = [];
  const request = (async (name: string, params: unknown) => {
    if (name === 'media.setMuted') muted.push(params);
    return params;
  }) as unknown as Request; // mute is answered by what was asked
  const local = new LocalSources({ request, clock, onChanged: () => undefined, onFailed: (sourceId, error) => failed.push(`${sourceId} ${error.code}`), onMutedByHost: () => undefined });
  const send = {
    connectionState: 'connected',
    produce: async ({ track, appData }: { track: { label: string }; appData: Record<string, unknown> }) => {
      if (refusedLabels.includes(track.label)) throw new AppError('capacity.tooManySources', 'refused');
      appData['ackMuted'] = false;
      return { rtpParameters: {}, close: () => undefined };
    },
  };
  const generation = { epoch: 1, isClosed: false, device: {}, send } as unknown as Generation; // sound needs no more of it
  const add = (id: string) => {
    const track = { label: id, enabled: true, readyState: 'live', contentHint: '', stop: () => undefined } as unknown as MediaStreamTrack;
    const source = new LocalSource({ sourceId: sourceIdSchema.parse(id), profile: 'mic', track, label: id, isMuted: false, onChanged: () => undefined });
    local.add(source);
    return source.sourceId;
  };
  return { local, generation, clock, failed, muted, add };
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
});
