/** Colours that people who do not see all colours tell apart (Okabe and Ito), without those too dark for black. */
const COLOURS = ['#56b4e9', '#e69f00', '#2fd6a4', '#f0e442', '#ff8a5c', '#e79ac6', '#9fb4ff'] as const;

/** One author's colour, the same on every screen. */
export function authorColour(authorId: string): string {
  let hash = 0;
  for (const character of authorId) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return COLOURS[hash % COLOURS.length] ?? COLOURS[0];
}
