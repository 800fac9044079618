import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import type { SecretVault } from '../tokenStore.ts';
import { CaseDatabase } from './caseDatabase.ts';

/** The case files' database in the memory of this page, for machines that may keep nothing [KEY6]. Closing the page ends it. */
export function openMemoryDatabase(name: string): CaseDatabase {
  return new CaseDatabase(name, { indexedDB: new IDBFactory(), IDBKeyRange });
}

/** A vault that forgets with the page: its secret seals only what is in the same memory. */
export function createMemoryVault(): SecretVault {
  let held: string | null = null;
  return {
    read: async () => held,
    store: async (secret) => {
      held = secret;
    },
    remove: async () => {
      held = null;
    },
  };
}
