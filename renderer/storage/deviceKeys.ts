import Dexie, { type EntityTable } from 'dexie';
import type { Engine } from './bucket.ts';

/** A cart's own key. The private half is a WebCrypto handle that cannot be exported: the database stores it, nobody reads it. */
export interface DeviceKeyRecord {
  readonly cartId: string;
  readonly keyPair: CryptoKeyPair;
  /** Unix epoch ms. */
  readonly createdAtMs: number;
}

/** The machine's enrolment: at most one cart. */
export interface DeviceKeys {
  read(cartId: string): Promise<DeviceKeyRecord | null>;
  /** Replaces whatever was there: a machine is one cart. */
  write(record: DeviceKeyRecord): Promise<void>;
  clear(): Promise<void>;
}

class DeviceKeyDatabase extends Dexie {
  declare readonly keys: EntityTable<DeviceKeyRecord, 'cartId'>;

  constructor(name: string, engine: Engine = {}) {
    super(name, { chromeTransactionDurability: 'strict', ...engine });
    this.version(1).stores({ keys: 'cartId' });
  }
}

/**
 * @param openBucket a storage of its own, which nothing else writes to: with the case files the browser may throw away its databases
 * as damaged [OFF12], and a cart without its key has to be enrolled anew. A key of an earlier version moves there. Null: there is none
 */
export function createDeviceKeys(openBucket: (() => Promise<Engine>) | null, name = 'huizhen-device'): DeviceKeys {
  let opened: Promise<DeviceKeyDatabase> | null = null;
  const database = () =>
    (opened ??= open().catch((error: unknown) => {
      opened = null;
      throw error;
    }));

  async function open(): Promise<DeviceKeyDatabase> {
    const shared = new DeviceKeyDatabase(name);
    if (!openBucket) return shared;
    const own = new DeviceKeyDatabase(name, await openBucket());
    const [earlier] = await shared.keys.toArray();
    if (earlier && (await own.keys.count()) === 0) await own.keys.put(earlier);
    await shared.keys.clear();
    shared.close();
    return own;
  }

  return {
    async read(cartId) {
      return (await (await database()).keys.get(cartId)) ?? null;
    },
    async write(record) {
      const own = await database();
      await own.transaction('rw', own.keys, async () => {
        await own.keys.clear();
        await own.keys.put(record);
      });
    },
    async clear() {
      await (await database()).keys.clear();
    },
  };
}
