import type { Party } from '#shared/domain/people';
import type { OutboxEntry } from '../../storage/cases/outbox.ts';

/** What somebody else wrote on this machine and the server does not have: it waits until they sign in here [OFF10]. */
export interface OthersChanges {
  readonly author: Party;
  /** In the order of making; none is held. */
  readonly entries: readonly OutboxEntry[];
}

/** Whose the entries are. `own` with receipts, as they were kept; of the others only what the server does not have. */
export function byAuthor(entries: readonly OutboxEntry[], selfId: string | null): { readonly own: readonly OutboxEntry[]; readonly others: readonly OthersChanges[] } {
  const others = new Map<string, { readonly author: Party; readonly entries: OutboxEntry[] }>();
  for (const entry of entries) {
    if (entry.author.id === selfId || entry.state === 'held') continue;
    const known = others.get(entry.author.id) ?? { author: entry.author, entries: [] };
    others.set(entry.author.id, known);
    known.entries.push(entry);
  }
  return { own: entries.filter(({ author }) => author.id === selfId), others: [...others.values()] };
}
