import { z } from 'zod';
import { type CaseId, deviceIdSchema } from '#shared/domain/ids';
import { type Party, partySchema } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import { drop } from '#shared/lib/drop';
import type { HostBridge } from './bridge/hostBridge.ts';
import type { PageStorage } from './bridge/pageStorage.ts';
import { type CaseRequest, CaseSync, type SeriesKeeper } from './services/cases/caseSync.ts';
import { createFhirExchange } from './services/cases/fhirExchange.ts';
import type { HttpClient } from './services/http.ts';
import { SeriesCopies } from './services/imaging/copies/seriesCopies.ts';
import type { DicomWebOptions } from './services/imaging/dicomWeb.ts';
import { createCaseFilesModel, type StorageView } from './state/cases/caseFilesModel.ts';
import { createCaseModel } from './state/cases/caseModel.ts';
import { createCopiesModel } from './state/imaging/copiesModel.ts';
import { bucketOpener } from './storage/bucket.ts';
import { createBlobs } from './storage/cases/blobs.ts';
import { CaseDatabase } from './storage/cases/caseDatabase.ts';
import { createCaseStore } from './storage/cases/caseStore.ts';
import { createCipher } from './storage/cases/cipher.ts';
import { beginFreshLog } from './storage/cases/freshLog.ts';
import { createJournal, NO_JOURNAL, recoverySchema } from './storage/cases/journal.ts';
import { Keyring } from './storage/cases/keyring.ts';
import { createMemoryBlobs } from './storage/cases/memoryBlobs.ts';
import { openBlobWorker } from './storage/cases/openBlobWorker.ts';
import { createOutbox } from './storage/cases/outbox.ts';
import { createSeriesStore } from './storage/cases/seriesStore.ts';
import type { SecretVault } from './storage/tokenStore.ts';

const DATABASE = 'huizhen-cases';
const JOURNAL_BUCKET = 'huizhen-journal';
const MARKER_KEY = 'huizhen.cases.seenAtMs';
const DEVICE_KEY = 'huizhen.deviceId';
/** A study that comes in says so every few images: its copy is looked at once for all that come within this time, ms. */
const IMAGES_DELAY_MS = 5000;

export interface CasesOptions {
  readonly page: Window & typeof globalThis;
  readonly bridge: HostBridge;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly local: PageStorage;
  readonly vault: SecretVault | null;
  readonly request: CaseRequest;
  readonly serverUrl: () => string;
  readonly token: () => Promise<string | null>;
  readonly self: () => Party | null;
  readonly client: string;
  readonly http: HttpClient;
}

/** The case files of this machine: database, keys, objects, and what the screens draw from. */
export async function composeCases(options: CasesOptions) {
  const { page, bridge, clock, local, newId } = options;
  const cipher = createCipher(page.crypto);
  // A desktop without a store worth the name keeps no copies and reads from memory; a browser has the passphrase instead [KEY2] [KEY6].
  const memoryOnly = bridge.kind === 'electron' && !bridge.abilities.hasVault ? (bridge.info?.vaultReason ?? 'the operating system has no secret store') : null;
  // Fetched only where it is needed.
  const memory = memoryOnly === null ? null : await import('./storage/cases/memoryDatabase.ts');
  const database = memory?.openMemoryDatabase(DATABASE) ?? new CaseDatabase(DATABASE);
  const openBucket = memory ? null : bucketOpener(page, JOURNAL_BUCKET);
  const journal = openBucket ? createJournal(`${DATABASE}-journal`, openBucket, () => clock.wallMs()) : NO_JOURNAL;
  journal.guard(database);
  const keyring = new Keyring({ database, journal, cipher, clock, vault: memory?.createMemoryVault() ?? options.vault });
  const store = createCaseStore({ database, cipher, keyring, clock });
  const outbox = createOutbox({ database, journal, cipher, keyring, clock });
  const seriesStore = createSeriesStore({ database, cipher, keyring });
  const blobs = createBlobs({ database, journal, cipher, keyring, clock, openWorker: memory ? () => createMemoryBlobs({ fetch: (url, init) => page.fetch(url, init), subtle: page.crypto.subtle }) : openBlobWorker });

  const copies = new SeriesCopies({ http: options.http, token: options.token, serverUrl: options.serverUrl, store: seriesStore, blobs });
  // An observer reads copies without names, which are made for looking at and not for keeping [IMG14].
  const keepable = <T>(chosen: readonly T[]) => (options.self()?.role === 'observer' ? [] : chosen);
  const series: SeriesKeeper = { choose: (caseId, chosen) => copies.choose(caseId, keepable(chosen)), keep: (caseId, chosen, how) => copies.keep(caseId, keepable(chosen), how) };

  const deviceId = async () => {
    if (memoryOnly !== null) return null;
    const known = deviceIdSchema.safeParse(local.read(DEVICE_KEY));
    if (known.success) return known.data;
    const made = deviceIdSchema.parse(newId());
    local.write(DEVICE_KEY, made);
    return made;
  };
  const estimate = async (): Promise<StorageView> => {
    if (memoryOnly !== null) return { usedBytes: 0, quotaBytes: null, isPersistent: false };
    const { usage, quota } = await page.navigator.storage.estimate();
    return { usedBytes: usage ?? 0, quotaBytes: quota ?? null, isPersistent: await page.navigator.storage.persisted() };
  };
  if (memoryOnly === null) {
    const free = ({ usedBytes, quotaBytes }: StorageView) => (quotaBytes === null ? null : quotaBytes - usedBytes);
    database.on('ready', () => {
      drop(estimate().then((view) => beginFreshLog(database, free(view))), 'the log goes on as it is; the journal has what is unsent');
    });
  }
  const sync = new CaseSync({
    request: options.request, fetchesAhead: memoryOnly === null, store, outbox, blobs, series, imageBytes: seriesStore.bytesByCase, keyring, clock, deviceId, client: options.client, serverUrl: options.serverUrl, token: options.token, self: options.self,
    freeBytes: async () => {
      const { usedBytes, quotaBytes } = await estimate();
      return quotaBytes === null ? null : quotaBytes - usedBytes;
    },
  });
  const files = createCaseFilesModel({
    keyring, store, outbox, blobs, series: seriesStore, sync, estimate, memoryOnly,
    marker: memoryOnly !== null ? { read: () => null, write: () => undefined, clear: () => undefined } : {
      read: () => {
        const parsed = z.coerce.number().int().positive().safeParse(local.read(MARKER_KEY) ?? undefined);
        return parsed.success ? parsed.data : null;
      },
      write: (atMs) => void local.write(MARKER_KEY, String(atMs)),
      clear: () => local.remove(MARKER_KEY),
    },
    wallMs: () => clock.wallMs(),
    isEmpty: async () => (await database.meta.count()) === 0,
    holder: {
      async read() {
        const row = await database.meta.get('holder');
        if (!(row?.value instanceof Uint8Array)) return null;
        const parsed = partySchema.safeParse(await cipher.openJson(keyring.deviceKey, 'holder', new Uint8Array(row.value)));
        return parsed.success ? parsed.data : null;
      },
      async write(party) {
        const row = { key: 'holder' as const, value: await cipher.sealJson(keyring.deviceKey, 'holder', party) };
        await journal.put({ meta: [row] });
        await database.meta.put(row);
      },
    },
    recovery: {
      read: async () => recoverySchema.safeParse((await database.meta.get('recovery'))?.value).data ?? null,
      dismiss: () => database.meta.delete('recovery'),
    },
    persist: async () => memoryOnly === null && (await page.navigator.storage.persist()),
  });
  const openFile = () => createCaseModel({ isReadOnly: memoryOnly !== null, store, outbox, blobs, sync, clock, newId, self: () => options.self() ?? files.store.getState().holder, isOnline: () => files.store.getState().isOnline });
  // The viewer has its own: a case's images are read with the file beside them, or without.
  const [file, ofImages] = [openFile(), openFile()];
  const exchange = createFhirExchange({ http: options.http, token: options.token });
  /** Who a case is of, from this machine's copy, or fetched when there is none yet. Null: the case does not say. */
  const patientOf = async (caseId: CaseId) => {
    if ((await store.revisionOf(caseId)) === 0) await sync.pull(caseId);
    const { items } = await store.items(caseId);
    const [patient] = items.flatMap(({ content }) => (content.kind === 'patient' ? [content.body] : []));
    return patient === undefined ? null : { name: patient.name, birthDate: patient.birthDate, recordNumber: patient.recordNumber };
  };
  copies.on('damaged', (caseId) => drop(sync.handleImages(caseId), 'told by the sync itself'));
  /** Which series belong to the copies of cases, for the screens of images. */
  const chosen = createCopiesModel({
    chosenOf: file.chosenSeries, add: file.addSeries, retract: file.retractSeries,
    keep: (caseId, some) => sync.keepSeries(caseId, some),
    bytesOf: seriesStore.bytesOf,
    onChanged: (listener) => sync.on('caseChanged', listener),
    onProgress: (listener) => sync.on('progress', ({ caseId, progress }) => listener(caseId, progress?.step === 'images' ? progress.doneBytes / Math.max(1, progress.totalBytes) : null)),
  });
  const waiting = new Set<CaseId>();
  const handleImages = (caseId: CaseId) => {
    if (waiting.has(caseId)) return;
    waiting.add(caseId);
    clock.after(IMAGES_DELAY_MS, () => {
      waiting.delete(caseId);
      copies.handleChanged(caseId);
      drop(sync.handleImages(caseId), 'told by the sync itself');
    });
  };
  const keptImages: DicomWebOptions['copies'] = copies;
  return { files, file, ofImages, exchange, patientOf, copies: keptImages, chosen, keepsCopies: memoryOnly === null, handleImages, handleChanged: (caseId: Parameters<CaseSync['handleChanged']>[0], revision: number) => sync.handleChanged(caseId, revision) };
}

export type Cases = Awaited<ReturnType<typeof composeCases>>;
