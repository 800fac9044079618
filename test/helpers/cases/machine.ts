import 'fake-indexeddb/auto';
import { ManualClock } from '../../../shared/lib/clock.ts';
import { CaseDatabase } from '../../../renderer/storage/cases/caseDatabase.ts';
import { createCaseStore } from '../../../renderer/storage/cases/caseStore.ts';
import { createCipher } from '../../../renderer/storage/cases/cipher.ts';
import { createJournal, type Journal } from '../../../renderer/storage/cases/journal.ts';
import { Keyring } from '../../../renderer/storage/cases/keyring.ts';
import { createOutbox } from '../../../renderer/storage/cases/outbox.ts';
import { createSeriesStore } from '../../../renderer/storage/cases/seriesStore.ts';
import type { SecretVault } from '../../../renderer/storage/tokenStore.ts';

let made = 0;

/** A vault as the operating system's would be: what it holds outlives the program. */
export class FakeVault implements SecretVault {
  secret: string | null = null;

  async read(): Promise<string | null> {
    return this.secret;
  }

  async store(secret: string): Promise<void> {
    this.secret = secret;
  }

  async remove(): Promise<void> {
    this.secret = null;
  }
}

/** A machine with copies of case files; `restart` is the program ended and started again on the same disk. */
export function createMachine(options: { readonly vault?: SecretVault | null; readonly name?: string; readonly clock?: ManualClock } = {}) {
  made += 1;
  const name = options.name ?? `test-cases-${made}`;
  const vault = options.vault === undefined ? new FakeVault() : options.vault;
  const clock = options.clock ?? new ManualClock(0);
  const plain = createCipher(globalThis.crypto);
  const start = (cipher = plain, guarded = (journal: Journal) => journal) => {
    const database = new CaseDatabase(name);
    const journal = guarded(createJournal(`${name}-journal`, async () => ({ indexedDB, IDBKeyRange }), () => clock.wallMs()));
    journal.guard(database);
    const keyring = new Keyring({ database, journal, cipher, clock, vault });
    const parts = { database, journal, cipher, keyring, clock };
    return { ...parts, vault, store: createCaseStore(parts), outbox: createOutbox(parts), series: createSeriesStore(parts), name };
  };
  return { ...start(), restart: start };
}
