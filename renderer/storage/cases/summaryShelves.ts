import { type CaseSummary, caseSummarySchema } from '#shared/domain/caseFile';
import { type ReceivedSummary, receivedSummarySchema } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { Sealed, ShelfRow } from './caseDatabase.ts';
import { type Cipher, nothingIfUnreadable } from './cipher.ts';
import type { Keyring } from './keyring.ts';

/** Summaries on one shelf: few enough to be resealed for one of them, many enough that ten thousand cases are forty values to open. */
const ON_ONE = 256;

interface Shelf {
  readonly readable: ReadonlyMap<string, CaseSummary>;
  /** What a newer version wrote: it harms no other, and stays for the program that reads it [OFF8]. */
  readonly newer: readonly ReceivedSummary[];
}

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

  async function sealShelf(number: number, summaries: readonly ReceivedSummary[]): Promise<ShelfRow> {
    const key = keyring.deviceKey;
    const sealed = await cipher.sealJson(key, shelfPlace(number), summaries);
    openedWith(key).shelves.set(number, { sealed, shelf: shelfOf(summaries) });
    return { number, sealed };
  }

  async function openShelf({ number, sealed }: ShelfRow): Promise<Shelf> {
    const key = keyring.deviceKey;
    const { shelves } = openedWith(key);
    const before = shelves.get(number);
    if (before && isSame(before.sealed, sealed)) return before.shelf;
    const found = await cipher.openJson(key, shelfPlace(number), sealed);
    const shelf = shelfOf(Array.isArray(found) ? found : []);
    shelves.set(number, { sealed, shelf });
    return shelf;
  }

  return {
    sealOne: (summary: ReceivedSummary): Promise<Sealed> => cipher.sealJson(keyring.deviceKey, ownPlace(summary.id), summary),

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

    sealAll(summaries: readonly ReceivedSummary[]): Promise<ShelfRow[]> {
      return Promise.all(Array.from({ length: Math.ceil(summaries.length / ON_ONE) }, (_, number) => sealShelf(number, summaries.slice(number * ON_ONE, (number + 1) * ON_ONE))));
    },

    /** Every summary that can be opened, by case; those of a damaged shelf are missing. */
    async openAll(rows: readonly ShelfRow[]): Promise<ReadonlyMap<string, CaseSummary>> {
      const shelves = await Promise.all(rows.map((row) => openShelf(row).catch(nothingIfUnreadable)));
      return new Map(shelves.flatMap((shelf) => (shelf === null ? [] : [...shelf.readable])));
    },

    /** The shelves on which some of these cases are, sealed anew without them. What does not open tells nobody anything and stays. */
    async without(rows: readonly ShelfRow[], caseIds: ReadonlySet<string>): Promise<{ readonly before: ShelfRow; readonly after: ShelfRow }[]> {
      const changed = await Promise.all(
        rows.map(async (before) => {
          const shelf = await openShelf(before).catch(nothingIfUnreadable);
          if (!shelf) return null;
          const all = [...shelf.readable.values(), ...shelf.newer];
          const stay = all.filter(({ id }) => !caseIds.has(id));
          return stay.length === all.length ? null : { before, after: await sealShelf(before.number, stay) };
        }),
      );
      return changed.filter((one) => one !== null);
    },
  };
}

function shelfOf(found: readonly unknown[]): Shelf {
  const readable = new Map<string, CaseSummary>();
  const newer: ReceivedSummary[] = [];
  for (const one of found) {
    const parsed = caseSummarySchema.safeParse(one);
    if (parsed.success) readable.set(parsed.data.id, parsed.data);
    else newer.push(receivedSummarySchema.parse(one)); // nothing else was put on a shelf
  }
  return { readable, newer };
}

/** To the last byte: what is damaged has to be seen as such. */
export function isSame(a: Sealed, b: Sealed): boolean {
  if (a.byteLength !== b.byteLength) return false;
  for (let index = 0; index < a.byteLength; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
