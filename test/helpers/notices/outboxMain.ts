/** A process with an outbox and nothing else, to be killed while it sends. */

import { createSystemClock } from '../../../shared/lib/clock.ts';
import type { DatabaseConfig } from '../../../sfu-server/config.ts';
import { openDatabase } from '../../../sfu-server/storage/database.ts';
import { openPost } from './post.ts';

export interface OutboxSetting {
  readonly database: DatabaseConfig;
  readonly smtpPort: number;
  /** By how much its civil clock is ahead of the machine's, ms. */
  readonly aheadMs: number;
}

process.on('message', ({ database, smtpPort, aheadMs }: OutboxSetting) => {
  const clock = createSystemClock(globalThis);
  openDatabase(database, () => undefined)
    .then((opened) => openPost(opened, { ...clock, wallMs: () => clock.wallMs() + aheadMs }, { smtpPort, hookUrl: null }).outbox.round())
    .then(() => process.send?.({ type: 'done' }))
    .catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ type: 'loaded' });
