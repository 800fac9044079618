import { expect, it } from 'vitest';
import { deliveryIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { Outbox, type OutboxOptions } from '../../../../sfu-server/notices/outbox.ts';

it('[NTC4] a notice that cannot be read holds up none of the others, and the round goes on', async () => {
  const ids = ['broken', 'one', 'two'].map((id) => deliveryIdSchema.parse(id));
  const batches = [ids.slice(0, 2), ids.slice(2)];
  const settled: string[] = [];
  const failures: unknown[] = [];
  const deliveries = {
    claim: async () => (batches.shift() ?? []).map((id) => ({ id, tries: 1 })),
    subjectOf: async ({ id }: { readonly id: string }) => {
      if (id === 'broken') throw new Error('the row does not parse');
      return null; // what it was about is gone
    },
    settle: async ({ id }: { readonly id: string }) => void settled.push(id),
  } as unknown as OutboxOptions['deliveries']; // what a round asks of it
  const outbox = new Outbox({
    deliveries, notices: { keep: async () => [] }, remind: async () => [], channels: new Map([['email', { send: async () => null, close: () => undefined }]]), clock: new ManualClock(),
    onNotices: () => undefined, onGivenUp: () => undefined, onFailure: (error) => failures.push(error),
  });
  await outbox.round();
  expect(settled).toEqual(['one', 'two']);
  expect(failures).toMatchObject([{ message: 'the row does not parse' }]);
});
