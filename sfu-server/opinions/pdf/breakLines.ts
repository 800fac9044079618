/** Marks that no line begins with (GB/T 15834-2011 5.1, JIS X 4051 6.1): closing brackets and quotes, stops, and what belongs to the word before. */
const NOT_AT_START = /^[、。，．：；？！）］｝〉》」』】〕〗”’,.:;?!)\]}%‰℃°…—～·・／/-]/u;
/** Marks that no line ends with: opening brackets and quotes. */
const NOT_AT_END = /[（［｛〈《「『【〔〖“‘([{]$/u;
/** A word of letters, digits and what stands within them, or one character of any other kind, or spaces. */
const UNIT = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}\p{M}µ×^_@#&+=<>≤≥±'"$*\\|~]+|[ \u3000]+|./gsu;
const SPACE = /^[ \u3000]+$/u;

/**
 * Breaks one paragraph into lines no wider than `width`, by the rules for Chinese: between any two characters but not within a word
 * or number, never before a closing or after an opening mark. What is wider than a line by itself is broken wherever it must be.
 * @param measure the width of a text, in the unit of `width`
 */
export function breakLines(paragraph: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const end = () => {
    lines.push(line.trimEnd());
    line = '';
    used = 0;
  };
  for (const piece of piecesOf(paragraph)) {
    const size = measure(piece);
    if (used + size > width && line !== '') end();
    if (SPACE.test(piece) && line === '' && lines.length > 0) continue; // the space at which the line was broken
    if (size <= width) {
      line += piece;
      used += size;
      continue;
    }
    for (const character of piece) {
      const characterSize = measure(character);
      if (used + characterSize > width && line !== '') end();
      line += character;
      used += characterSize;
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

/** What stays together on a line. */
function piecesOf(paragraph: string): string[] {
  const pieces: string[] = [];
  for (const unit of paragraph.match(UNIT) ?? []) {
    const last = pieces.at(-1);
    const joins = last !== undefined && !SPACE.test(last) && (NOT_AT_START.test(unit) || (NOT_AT_END.test(last) && !SPACE.test(unit)));
    if (joins) pieces[pieces.length - 1] = last + unit;
    else pieces.push(unit);
  }
  return pieces;
}
