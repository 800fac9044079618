import type { CaseItemKind } from '#shared/domain/caseFile';
import { eventTimeMs, findItems, type ViewedItem } from '../../services/cases/caseView.ts';

export interface TimelineDay {
  /** Local midnight, Unix epoch ms. */
  readonly dayMs: number;
  readonly events: readonly ViewedItem[];
}

/** Events of the wanted kinds that hold every word of the query, by day, the newest first. No kinds: all. */
export function timeline(items: readonly ViewedItem[], kinds: readonly CaseItemKind[], query: string): TimelineDay[] {
  const found = query.trim() === '' ? items : findItems(items, query);
  const events = found.filter(({ content }) => kinds.length === 0 || kinds.includes(content.kind)).sort((a, b) => eventTimeMs(b) - eventTimeMs(a) || (a.id < b.id ? -1 : 1));
  const days = new Map<number, ViewedItem[]>();
  for (const event of events) {
    const dayMs = new Date(eventTimeMs(event)).setHours(0, 0, 0, 0);
    days.set(dayMs, [...(days.get(dayMs) ?? []), event]);
  }
  return [...days].map(([dayMs, ofDay]) => ({ dayMs, events: ofDay }));
}

/** Kinds that occur, in the order in which they are counted, with how many there are of each. */
export function kindsOf(items: readonly ViewedItem[]): { readonly kind: CaseItemKind; readonly count: number }[] {
  const counts = new Map<CaseItemKind, number>();
  for (const { content } of items) counts.set(content.kind, (counts.get(content.kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count }));
}

/** A text in pieces, those that match a word of the query marked. The pieces together are the text. */
export function highlightParts(text: string, query: string): { readonly text: string; readonly isHit: boolean }[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return text === '' ? [] : [{ text, isHit: false }];
  const lower = text.toLowerCase();
  // Lower-casing may change a text's length («İ»): places would no longer fit.
  if (lower.length !== text.length) return [{ text, isHit: false }];
  const marks = new Uint8Array(text.length);
  for (const word of words) {
    for (let at = lower.indexOf(word); at !== -1; at = lower.indexOf(word, at + 1)) marks.fill(1, at, at + word.length);
  }
  const parts: { text: string; isHit: boolean }[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const isHit = marks[at] === 1;
    const last = parts.at(-1);
    if (last && last.isHit === isHit) last.text += text[at] ?? '';
    else parts.push({ text: text[at] ?? '', isHit });
  }
  return parts;
}

/** The part of a long text around the first hit, with dots where it was cut. `length`: about how many characters. */
export function excerpt(text: string, query: string, length: number): string {
  if (text.length <= length) return text;
  const words = query.trim().toLowerCase().split(/\s+/).filter((word) => word !== '');
  const lower = text.toLowerCase();
  const hits = words.map((word) => lower.indexOf(word)).filter((at) => at !== -1);
  const first = hits.length === 0 ? 0 : Math.min(...hits);
  const start = Math.max(0, Math.min(first - Math.floor(length / 4), text.length - length));
  return `${start > 0 ? '…' : ''}${text.slice(start, start + length)}${start + length < text.length ? '…' : ''}`;
}
