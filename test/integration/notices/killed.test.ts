import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consultRequestIdSchema } from '#shared/domain/ids';
import type { DatabaseConfig } from '../../../sfu-server/config.ts';
import { LEASE_MS } from '../../../sfu-server/notices/outbox.ts';
import { type Database, openDatabase } from '../../../sfu-server/storage/database.ts';
import { bundleProgram } from '../../helpers/bundleProgram.ts';
import { openConsultationHall } from '../../helpers/consultation/consultationHall.ts';
import { TestMailServer } from '../../helpers/notices/mailServer.ts';
import { openPost } from '../../helpers/notices/post.ts';
import type { OutboxSetting } from '../../helpers/notices/outboxMain.ts';
import { startPostgres, type TestPostgres } from '../../helpers/postgres.ts';
import { createServerParts, orgId, personId } from '../../helpers/serverParts.ts';

const here = dirname(fileURLToPath(import.meta.url));
const fail = (error: Error) => {
  throw error;
};

describe.each(['PGlite', 'PostgreSQL'])('an outbox that is killed while it sends, on %s', (engine) => {
  let folder: string;
  let postgres: TestPostgres | null;
  let config: DatabaseConfig;
  let mail: TestMailServer;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'huizhen-outbox-'));
    postgres = engine === 'PostgreSQL' ? await startPostgres() : null;
    config = postgres === null ? { type: 'folder', folder: join(folder, 'db') } : { type: 'postgres', url: postgres.createDatabase() };
    mail = await TestMailServer.start();
  });
  afterEach(async () => {
    await mail.close();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  const within = async <T>(work: (database: Database) => Promise<T>): Promise<T> => {
    const database = await openDatabase(config, fail);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  };

  it('[NTC4] is followed by one that sends what it had begun, with the same id, once its lease is over', async () => {
    const parts = await within(async (database) => {
      const made = createServerParts(database);
      const world = await openConsultationHall(database, made);
      await made.people.setEmail(personId('scheduler'), 'scheduler@hospital.example');
      await world.draft('one', 'emergency');
      await world.step('doctor', 'one', { type: 'send', centreId: orgId('city'), consentException: '昏迷' });
      return made;
    });
    mail.mode = 'hold';
    const child = fork(await bundleProgram(join(here, '..', '..', 'helpers', 'notices', 'outboxMain.ts'), 'outbox'), { stdio: 'inherit' });
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    await new Promise((resolve) => child.once('message', resolve));
    child.send({ database: config, smtpPort: mail.port, aheadMs: parts.clock.wallMs() - Date.now() } satisfies OutboxSetting);
    await mail.letters.until(1);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');

    mail.mode = 'take';
    await within(async (database) => {
      const post = openPost(database, parts.clock, { smtpPort: mail.port, hookUrl: null });
      const state = async () => (await post.deliveries.of({ type: 'request', requestId: consultRequestIdSchema.parse('one') })).filter(({ channel, kind }) => channel === 'email' && kind === 'emergencyArrived').map((one) => one.state);
      await post.outbox.round();
      expect([await state(), mail.letters.all.length]).toEqual([['waiting'], 1]);
      parts.clock.advance(LEASE_MS + 60_000); // the killed one's clock ran on a little
      await post.outbox.round();
      await post.outbox.round();
      expect([await state(), mail.letters.all.length]).toEqual([['sent'], 2]);
    });
    const ids = mail.letters.all.map(({ mail: one }) => one.messageId);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^<[0-9a-f-]{36}@huizhen\.example\.org>$/);
  });
});
