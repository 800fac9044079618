import { ManualClock } from '#shared/lib/clock';
import { parseRecordEntry } from '#shared/protocol/controlRecord/entries';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { guessedStartMs, placeInVideo } from '../../../../renderer/features/control/replay/videoPlace.ts';
import { createReplayModel } from '../../../../renderer/state/control/replay/replayModel.ts';
import { createTimeline, momentAt } from '../../../../renderer/state/control/replay/timeline.ts';
import { sha256, syntheticEntries, syntheticRecord } from '../../../helpers/control/recordFile.ts';

const timelineOf = (entries: readonly object[]) => createTimeline(entries.map(parseRecordEntry).filter((entry) => entry !== null));
const at = (atMs: number, monotonicMs: number, type: string, details: object = {}) => ({ sequence: 1, at: new Date(Date.UTC(2026, 0, 1) + atMs).toISOString(), monotonicMs, type, ...details });

async function openModel(text: string, lastHash: string | null = null) {
  const clock = new ManualClock();
  const model = createReplayModel({ read: async () => new Blob([text]), lastHash, sha256Hex: sha256, clock });
  onTestFinished(() => model.close());
  await vi.waitFor(() => expect(model.store.getState().phase).not.toBe('reading'));
  return { clock, model, atMs: () => model.store.getState().moment?.atMs };
}

describe('a record along one line of time', () => {
  const timeline = timelineOf(syntheticEntries('en'));

  it('[CTL114] shows what held: who steered, within which limits, which settings, where the probe was', () => {
    expect(timeline).toMatchObject({ durationMs: 151_000, device: { model: 'Huizhen S1' }, leases: [{ fromMs: 9000, toMs: 97_000, name: 'Lin Jingyuan' }, { fromMs: 97_000, toMs: 150_000, name: 'Gao Ming' }] });
    expect(timeline.motion).toEqual([{ fromMs: 17_100, toMs: 41_000 }, { fromMs: 52_100, toMs: 78_000 }, { fromMs: 103_100, toMs: 131_000 }]);
    expect(momentAt(timeline, 8999)).toMatchObject({ lease: null, measured: null, phase: 'rest', settings: { gainDb: 50 } });
    expect(momentAt(timeline, 20_050)).toMatchObject({ lease: { name: 'Lin Jingyuan', mode: 'full' }, limits: { maxForceN: 8 }, phase: 'engaged', targetForceN: 5, motionAtMs: 20_000 });
    expect(momentAt(timeline, 80_000)).toMatchObject({ isStopLatched: true, stoppedBy: 'bedside', lease: { name: 'Lin Jingyuan' } });
    expect(momentAt(timeline, 91_000)).toMatchObject({ isStopLatched: false, stoppedBy: null });
    expect(momentAt(timeline, 132_000)).toMatchObject({ fault: 'the force sensor was not heard for 250 ms', lease: { name: 'Gao Ming', mode: 'orientation' } });
    expect(momentAt(timeline, 149_000)).toMatchObject({ fault: null, settings: { gainDb: 62 } });
  });

  it('[CTL114] says nothing of force and delay where nothing is on record, and keeps the last position as such', () => {
    const moving = momentAt(timeline, 41_100);
    expect(moving).toMatchObject({ phase: 'stopping', forceN: expect.any(Number), roundTripMs: expect.any(Number) });
    const resting = momentAt(timeline, 45_000);
    expect(resting).toMatchObject({ phase: 'rest', forceN: null, roundTripMs: null, motionAtMs: 41_000, measured: moving.measured });
  });

  it('[CTL114] goes by the monotonic clock within a start of the host, by the civil one between two, and never back', () => {
    const set = timelineOf([at(0, 1000, 'reset'), at(-3_600_000, 6000, 'reset'), at(10_000, 5, 'closed'), at(9000, 7, 'opened', {}), at(9500, 507, 'reset'), at(60_000, 1507, 'reset')]);
    expect(set.moments.map((moment) => moment.atMs)).toEqual([0, 5000, 10_000, 10_000, 10_000, 10_500]);
  });

  it('[CTL114] is checked before it is shown, and says where it is broken', async () => {
    const text = await syntheticRecord('en');
    const good = await openModel(text);
    expect(good.model.store.getState().verdict).toMatchObject({ broken: null, isOtherEnd: false });
    const { lastHash } = good.model.store.getState().verdict ?? { lastHash: '' };
    expect((await openModel(text, lastHash)).model.store.getState().verdict).toMatchObject({ isOtherEnd: false });
    expect((await openModel(text, 'f'.repeat(64))).model.store.getState().verdict).toMatchObject({ broken: null, isOtherEnd: true });
    expect((await openModel(text.replace('"by":"bedside"', '"by":"nobody"'))).model.store.getState()).toMatchObject({ verdict: { broken: { why: 'hash' } }, timeline: { durationMs: 151_000 } });
    expect((await openModel('nothing')).model.store.getState()).toMatchObject({ phase: 'ready', verdict: { broken: { line: 1, why: 'header' } }, timeline: null });
  });

  it('[CTL114] plays at its speed to the end, begins anew from there, and goes from event to event', async () => {
    const { clock, model, atMs } = await openModel(await syntheticRecord('en'));
    model.play();
    clock.advance(2000);
    expect(atMs()).toBe(2000);
    model.setSpeed(4);
    clock.advance(1000);
    expect(atMs()).toBe(6000);
    model.pause();
    clock.advance(1000);
    expect(atMs()).toBe(6000);
    model.step(1);
    expect(atMs()).toBe(9000);
    model.step(-1);
    expect(atMs()).toBe(4000);
    model.seek(150_900);
    model.play();
    clock.advance(1000);
    expect(model.store.getState()).toMatchObject({ isPlaying: false, moment: { atMs: 151_000 } });
    model.play();
    expect(atMs()).toBe(0);
    model.seek(-5);
    expect(atMs()).toBe(0);
  });

  it('[CTL115] a video has its place, guessed from when its file was last written', () => {
    const film = { startMs: 10_000, durationMs: 20_000 };
    expect([9999, 10_000, 30_000, 30_001].map((ms) => placeInVideo(film, ms))).toEqual([{ type: 'outside', isBefore: true }, { type: 'inside', seconds: 0 }, { type: 'inside', seconds: 20 }, { type: 'outside', isBefore: false }]);
    expect(guessedStartMs(timeline.startedAtMs + 50_000, 30_000, timeline)).toBe(20_000);
    expect(guessedStartMs(timeline.startedAtMs + 10_000, 30_000, timeline)).toBe(-20_000);
    expect(guessedStartMs(timeline.startedAtMs + 86_400_000, 30_000, timeline)).toBe(0);
  });
});
