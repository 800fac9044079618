/** Rows drawn beyond each edge, so that a quick wheel shows no gap. */
const SPARE = 4;

/** Which of `count` rows of one height are in sight, with some to spare: from (inclusive) to (exclusive). Lengths in px. */
export function visibleRange(count: number, rowHeight: number, scrollTop: number, height: number): { readonly from: number; readonly to: number } {
  // A list that became shorter under a scrolled frame shows its end, not nothing.
  const top = Math.max(0, Math.min(scrollTop, count * rowHeight - height));
  return { from: Math.max(0, Math.floor(top / rowHeight) - SPARE), to: Math.min(count, Math.ceil((top + height) / rowHeight) + SPARE) };
}
