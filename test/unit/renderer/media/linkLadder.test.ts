import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { type LadderView, LinkLadder } from '../../../../renderer/services/media/linkLadder.ts';

type Action = 'restartIce' | 'rebuildTransports' | 'rejoin';

const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

/** A ladder whose actions end as the test says: `outcome` decides each, `done` when nothing is said. */
function climbing(outcome: (action: Action, time: number) => 'done' | 'resumed' | 'failed' | 'unanswered' | 'never' = () => 'done') {
  const clock = new ManualClock();
  const tried: string[] = [];
  const views: LadderView[] = [];
  const act = (action: Action) => () => {
    tried.push(`${action} @${clock.monotonicMs()}`);
    const how = outcome(action, tried.length);
    if (how === 'resumed') ladder.handleResumed();
    if (how === 'never') return new Promise<void>(() => undefined);
    if (how === 'failed') return Promise.reject(new AppError('media.transportNotFound', 'refused'));
    return how === 'unanswered' ? Promise.reject(new AppError('server.timeout', 'no answer')) : Promise.resolve();
  };
  const ladder: LinkLadder = new LinkLadder({ clock, random: () => 0.5, actions: { restartIce: act('restartIce'), rebuildTransports: act('rebuildTransports'), rejoin: act('rejoin') }, onChanged: (view) => views.push(view) });
  const pass = async (ms: number) => {
    await settle();
    clock.advance(ms);
    await settle();
  };
  return { clock, ladder, tried, views, pass, steps: () => views.map(({ step, attempt }) => `${step} ${attempt}`) };
}

describe('LinkLadder', () => {
  it('climbs from ICE restart over a rebuild to joining anew, each twice, the last for ever', async () => {
    const { ladder, tried, pass } = climbing();
    ladder.handleMedia(false);
    for (const waitMs of [2500, 2500, 5000, 5000, 8000, 8000, 8000]) await pass(waitMs);
    expect(tried).toEqual(['restartIce @0', 'restartIce @2500', 'rebuildTransports @5000', 'rebuildTransports @10000', 'rejoin @15000', 'rejoin @23000', 'rejoin @31000', 'rejoin @39000']);
  });

  it('[LNK3] only flowing media end it; the time of the trouble is told from its beginning', async () => {
    const { ladder, views, pass, steps } = climbing();
    await pass(100);
    ladder.handleMedia(false);
    await pass(2500);
    expect(ladder.view).toEqual({ step: 'iceRestart', attempt: 1, sinceMs: 100 });
    ladder.handleMedia(true);
    expect(ladder.view).toEqual({ step: 'connected', attempt: 0, sinceMs: null });
    await pass(60_000);
    expect(steps()).toEqual(['iceRestart 0', 'iceRestart 1', 'connected 0']);
    expect(views.every(({ step, sinceMs }) => (step === 'connected') === (sinceMs === null))).toBe(true);
  });

  it('[LNK1] waits while the server is out of reach, and asks nothing of it', async () => {
    const { ladder, tried, pass, clock } = climbing();
    ladder.handleMedia(false);
    await pass(1000);
    ladder.handleServerReachable(false);
    expect(ladder.view.step).toBe('serverLost');
    await pass(600_000);
    expect(tried).toEqual(['restartIce @0']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('[LNK1] leaves media that still flow alone while the server is away', async () => {
    const { ladder, tried, pass } = climbing();
    ladder.handleServerReachable(false);
    ladder.handleMedia(true);
    await pass(60_000);
    expect([ladder.view.step, tried]).toEqual(['serverLost', []]);
  });

  it('[LNK2] meets a server that came back by joining, though media never stopped', async () => {
    const { ladder, tried, pass } = climbing();
    ladder.handleServerReachable(false);
    await pass(3000);
    ladder.handleServerReachable(true);
    expect(ladder.view.step).toBe('rejoin');
    await pass(0);
    expect([tried, ladder.view.step]).toEqual([['rejoin @3000'], 'connected']);
  });

  it('[LNK2] does not count as connected before it has joined, even when media flow meanwhile', async () => {
    const { ladder, pass } = climbing(() => 'never');
    ladder.handleServerReachable(false);
    ladder.handleServerReachable(true);
    ladder.handleMedia(true);
    await pass(0);
    expect(ladder.view.step).toBe('rejoin');
  });

  it('[LNK2] a join that fails is tried again with growing pauses', async () => {
    const { ladder, tried, pass } = climbing((_action, time) => (time < 5 ? 'failed' : 'done'));
    ladder.handleServerReachable(false);
    ladder.handleServerReachable(true);
    for (const waitMs of [150, 300, 600, 1200, 0]) await pass(waitMs);
    expect(tried).toEqual(['rejoin @0', 'rejoin @150', 'rejoin @450', 'rejoin @1050', 'rejoin @2250']);
    expect(ladder.view.step).toBe('connected');
  });

  it('[LNK4] a step refused as obsolete leads to the next at once', async () => {
    const { ladder, tried, pass } = climbing((action) => (action === 'rejoin' ? 'done' : 'failed'));
    ladder.handleMedia(false);
    await pass(0);
    expect(tried).toEqual(['restartIce @0', 'rebuildTransports @0', 'rejoin @0']);
  });

  it('[LNK4] void transports are rebuilt without an ICE restart, and media that come end it', async () => {
    const { ladder, tried, pass } = climbing();
    ladder.handleTransportsVoid();
    await pass(0);
    expect([tried, ladder.view.step]).toEqual([['rebuildTransports @0'], 'transportRebuild']);
    ladder.handleMedia(true);
    expect(ladder.view.step).toBe('connected');
  });

  it('[LNK5] a step that was not answered is tried again before the next', async () => {
    const { ladder, tried, pass } = climbing((action) => (action === 'restartIce' ? 'unanswered' : 'done'));
    ladder.handleMedia(false);
    await pass(0);
    expect(tried).toEqual(['restartIce @0', 'restartIce @0', 'rebuildTransports @0']);
  });

  it('[LNK6] media that stay away after a resume begin at the first step, and not with another join', async () => {
    const { ladder, tried, pass } = climbing((action) => (action === 'rejoin' ? 'resumed' : 'done'));
    ladder.handleMedia(false);
    await pass(0);
    ladder.handleServerReachable(false);
    ladder.handleServerReachable(true);
    await pass(0);
    expect(tried).toEqual(['restartIce @0', 'rejoin @0', 'restartIce @0']);
    ladder.handleMedia(true);
    expect(ladder.view.step).toBe('connected');
  });

  it('[LNK6] a resume over which media flow ends the climb', async () => {
    const { ladder, tried, pass } = climbing(() => 'resumed');
    ladder.handleServerReachable(false);
    ladder.handleServerReachable(true);
    await pass(0);
    expect([tried, ladder.view.step]).toEqual([['rejoin @0'], 'connected']);
  });

  it('void transports do not interrupt a join under way, which brings new ones anyway', async () => {
    const { ladder, tried, pass } = climbing(() => 'never');
    ladder.handleServerReachable(false);
    ladder.handleServerReachable(true);
    ladder.handleTransportsVoid();
    await pass(0);
    expect(tried).toEqual(['rejoin @0']);
  });

  it('an answer that comes after the climb went on changes nothing', async () => {
    const answers: (() => void)[] = [];
    const clock = new ManualClock();
    const ladder = new LinkLadder({
      clock,
      random: () => 0.5,
      actions: { restartIce: () => new Promise((done) => answers.push(done)), rebuildTransports: () => Promise.resolve(), rejoin: () => Promise.resolve() },
      onChanged: () => undefined,
    });
    ladder.handleMedia(false);
    ladder.handleServerReachable(false);
    for (const answer of answers) answer();
    await settle();
    expect([ladder.view.step, clock.pendingTimers]).toEqual(['serverLost', 0]);
  });

  it('closed, it does nothing and keeps no timer', async () => {
    const { ladder, tried, views, pass, clock } = climbing();
    ladder.handleMedia(false);
    await pass(0);
    ladder.close();
    const heard = views.length;
    ladder.handleServerReachable(false);
    ladder.handleServerReachable(true);
    ladder.handleMedia(true);
    ladder.handleTransportsVoid();
    await pass(100_000);
    expect([tried.length, views.length, clock.pendingTimers]).toEqual([1, heard, 0]);
  });

  it('[LNK1] [LNK2] [LNK3] however things come and go: it asks nothing of a server that is away, says connected only when well, and gets there', async () => {
    const events = fc.array(
      fc.oneof(
        fc.record({ type: fc.constantFrom('serverGone' as const, 'serverBack' as const, 'mediaGone' as const, 'mediaBack' as const, 'void' as const) }),
        fc.record({ type: fc.constant('time' as const), ms: fc.nat(12_000) }),
      ),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(events, fc.array(fc.constantFrom('done' as const, 'resumed' as const, 'failed' as const, 'unanswered' as const), { maxLength: 30 }), async (plan, outcomes) => {
        let isServerThere = true;
        let isFlowing = true;
        let broken = '';
        const { ladder, views, pass } = climbing((action, time) => {
          if (!isServerThere) broken = `${action} without a server`;
          return outcomes[time - 1] ?? 'done';
        });
        for (const event of plan) {
          const before = views.length;
          if (event.type === 'serverGone') ladder.handleServerReachable((isServerThere = false));
          if (event.type === 'serverBack') ladder.handleServerReachable((isServerThere = true));
          if (event.type === 'mediaGone') ladder.handleMedia((isFlowing = false));
          if (event.type === 'mediaBack') ladder.handleMedia((isFlowing = true));
          if (event.type === 'void') {
            if (isServerThere && ladder.view.step !== 'rejoin') isFlowing = false;
            ladder.handleTransportsVoid();
          }
          if (event.type === 'time') await pass(event.ms);
          for (const { step } of views.slice(before)) if (step === 'connected') expect([isServerThere, isFlowing]).toEqual([true, true]);
          if (!isServerThere) expect(ladder.view.step).toBe('serverLost');
        }
        ladder.handleServerReachable((isServerThere = true));
        ladder.handleMedia((isFlowing = true));
        for (let round = 0; round < 50; round += 1) await pass(4100);
        expect([broken, ladder.view.step]).toEqual(['', 'connected']);
      }),
      { numRuns: 300, seed: 20_261_121 },
    );
  });
});
