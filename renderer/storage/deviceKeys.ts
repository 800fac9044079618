import Dexie, { type EntityTable } from 'dexie';

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

  constructor(name: string) {
    super(name);
    this.version(1).stores({ keys: 'cartId' });
  }
}

export function createDeviceKeys(name = 'huizhen-device'): DeviceKeys {
  const database = new DeviceKeyDatabase(name);
  return {
    async read(cartId) {
      return (await database.keys.get(cartId)) ?? null;
    },
    async write(record) {
      await database.transaction('rw', database.keys, async () => {
        await database.keys.clear();
        await database.keys.put(record);
      });
    },
    async clear() {
      await database.keys.clear();
    },
  };
}
