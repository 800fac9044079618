import { expect, it } from 'vitest';
import { createLog } from '../../../../sfu-server/observability/log.ts';

it('many logs of one process listen to its output once', () => {
  createLog('silent');
  const before = process.stdout.listenerCount('error');
  for (let count = 0; count < 20; count += 1) createLog('silent');
  expect(process.stdout.listenerCount('error')).toBe(before);
});
