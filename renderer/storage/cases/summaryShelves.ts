import { type CaseSummary, caseSummarySchema } from '#shared/domain/caseFile';
import { AppError } from '#shared/protocol/errors';
import type { Sealed, ShelfRow } from './caseDatabase.ts';
import type { Cipher } from './cipher.ts';
import type { Keyring } from './keyring.ts';

/** Summaries on one shelf: few enough to be resealed for one of them, many enough that ten thousand cases are forty values to open. */
const ON_ONE = 256;

type Shelf = ReadonlyMap<string, CaseSummary>;

interface Opened {
  readonly own: Map<string, { readonly sealed: Sealed; readonly summary: CaseSummary }>;
  readonly shelves: Map<number, { readonly sealed: Sealed; readonly shelf: Shelf }>;
}

/**
 * Summaries sealed with the device's key: one by one for cases of which something is on this machine, and many together, on shelves,
 * for those of which only the list tells. A shelf that is damaged so takes only rows along that could not be opened anyway.
 *
 * What was opened is remembered by the key that opened it, and gone with it [KEY5]: a list of ten thousand is drawn again after each
 * change of one. It is unchanged when its sealed bytes are.
 */
export function createSummaryShelves({ cipher, keyring }: { readonly cipher: Cipher; readonly keyring: Keyring }) {
  const ownPlace = (caseId: string) => `summary ${caseId}`;
  const shelfPlace = (number: number) => `shelf ${number}`;
  const openedBy = new WeakMap<CryptoKey, Opened>();

  function openedWith(key: CryptoKey): Opened {
    const opened = openedBy.get(key) ?? { own: new Map(), shelves: new Map() };
    openedBy.set(key, opened);
    return opened;
  }

  async function sealShelf(number: number, summaries: readonly CaseSummary[]): Promise<ShelfRow> {
    const key = keyring.deviceKey;
    const sealed = await cipher.sealJson(key, shelfPlace(number), summaries);
    openedWith(key).shelves.set(number, { sealed, shelf: new Map(summaries.map((summary) => [summary.id, summary])) });
    return { number, sealed };
  }

  async function openShelf({ number, sealed }: ShelfRow): Promise<Shelf> {
    const key = keyring.deviceKey;
    const { shelves } = openedWith(key);
    const before = shelves.get(number);
    if (before && isSame(before.sealed, sealed)) return before.shelf;
    const found = await cipher.openJson(key, shelfPlace(number), sealed);
    const shelf = new Map<string, CaseSummary>();
    for (const one of Array.isArray(found) ? found : []) {
      const parsed = caseSummarySchema.safeParse(one);
      if (parsed.success) shelf.set(parsed.data.id, parsed.data); // one of a newer version harms no other [OFF8]
    }
    shelves.set(number, { sealed, shelf });
    return shelf;
  }

  return {
    sealOne: (summary: CaseSummary): Promise<Sealed> => cipher.sealJson(keyring.deviceKey, ownPlace(summary.id), summary),

    /** @throws AppError `storage.corrupt`, or `case.newerRecord` when it does not fit this version */
    async openOne(caseId: string, sealed: Sealed): Promise<CaseSummary> {
      const key = keyring.deviceKey;
      const { own } = openedWith(key);
      const before = own.get(caseId);
      if (before && isSame(before.sealed, sealed)) return before.summary;
      const parsed = caseSummarySchema.safeParse(await cipher.openJson(key, ownPlace(caseId), sealed));
      if (!parsed.success) throw new AppError('case.newerRecord', 'a kept summary does not fit this version');
      own.set(caseId, { sealed, summary: parsed.data });
      return parsed.data;
    },

    sealAll(summaries: readonly CaseSummary[]): Promise<ShelfRow[]> {
      return Promise.all(Array.from({ length: Math.ceil(summaries.length / ON_ONE) }, (_, number) => sealShelf(number, summaries.slice(number * ON_ONE, (number + 1) * ON_ONE))));
    },

    /** Every summary that can be opened, by case; those of a damaged shelf are missing. */
    async openAll(rows: readonly ShelfRow[]): Promise<ReadonlyMap<string, CaseSummary>> {
      void keyring.deviceKey; // locked is no damage: it throws here
      const shelves = await Promise.all(rows.map((row) => openShelf(row).catch(() => new Map<string, CaseSummary>())));
      return new Map(shelves.flatMap((shelf) => [...shelf]));
    },

    /** The shelves on which some of these cases are, sealed anew without them. What does not open tells nobody anything and stays. */
    async without(rows: readonly ShelfRow[], caseIds: ReadonlySet<string>): Promise<{ readonly before: ShelfRow; readonly after: ShelfRow }[]> {
      const changed = await Promise.all(
        rows.map(async (before) => {
          const shelf = await openShelf(before).catch(() => null);
          if (!shelf || ![...shelf.keys()].some((id) => caseIds.has(id))) return null;
          return { before, after: await sealShelf(before.number, [...shelf.values()].filter(({ id }) => !caseIds.has(id))) };
        }),
      );
      return changed.filter((one) => one !== null);
    },
  };
}

/** To the last byte: what is damaged has to be seen as such. */
export function isSame(a: Sealed, b: Sealed): boolean {
  if (a.byteLength !== b.byteLength) return false;
  for (let index = 0; index < a.byteLength; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
