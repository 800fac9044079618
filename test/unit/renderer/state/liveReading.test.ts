import { expect, it } from 'vitest';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import { createLiveReading } from '../../../../renderer/state/liveReading.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';

function setUp(delayMs: number | null = 150) {
  const signaling = new FakeSignaling();
  const clock = new ManualClock();
  const asked: { readonly answer: (value: string) => void; readonly refuse: (error: Error) => void }[] = [];
  const shown: string[] = [];
  const reading = createLiveReading<string>({
    signaling,
    delay: delayMs === null ? null : { clock, afterMs: () => delayMs },
    read: () => new Promise((answer, refuse) => asked.push({ answer, refuse })),
    show: (found) => shown.push(found),
    fail: ({ code }) => shown.push(code),
  });
  const start = () => reading.start((changed) => [signaling.on('worklist.changed', changed)]);
  return { signaling, clock, asked, shown, reading, start };
}

it('changes that do not end do not put the reading off', () => {
  const { signaling, clock, asked, start } = setUp();
  start();
  for (let passedMs = 0; passedMs < 1000; passedMs += 100) {
    signaling.say('worklist.changed', {});
    clock.advance(100);
  }
  expect(asked.length).toBe(6); // the first, and one for each two changes
});

it('shows the newest answer only, in whatever order they come', async () => {
  const { signaling, asked, shown, start } = setUp(null);
  start();
  signaling.say('worklist.changed', {});
  asked[1]?.answer('new');
  await settle();
  asked[0]?.answer('old');
  await settle();
  expect(shown).toEqual(['new']);
});

it('reads again when the connection is back, and says a failure', async () => {
  const { signaling, asked, shown, start } = setUp(null);
  start();
  asked[0]?.refuse(new AppError('network.offline', 'away'));
  await settle();
  signaling.setStatus({ step: 'connected' } as Parameters<typeof signaling.setStatus>[0]); // nothing reads more of it
  asked[1]?.answer('back');
  await settle();
  expect(shown).toEqual(['network.offline', 'back']);
});

it('once stopped it listens to nothing, asks nothing, and shows nothing that was on its way', async () => {
  const { signaling, clock, asked, shown, reading, start } = setUp();
  start();
  signaling.say('worklist.changed', {});
  const isNewest = reading.mark();
  reading.stop();
  asked[0]?.answer('late');
  reading.now();
  clock.advance(1000);
  await settle();
  expect([shown, asked.length, signaling.listenerCount, isNewest()]).toEqual([[], 1, 0, false]);
});
