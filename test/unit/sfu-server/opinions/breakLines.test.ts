import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakLines } from '../../../../sfu-server/opinions/pdf/breakLines.ts';

/** Every Chinese character is 2 wide, every other 1. */
const measure = (text: string) => Array.from(text).reduce((sum, character) => sum + (/[\u3000-\uffef]/.test(character) ? 2 : 1), 0);
const CLOSING = '，。；：？！、）》」”';
const OPENING = '（《「“';

describe('[PDF1] breaking lines', () => {
  it('[PDF1] keeps a closing mark with what it closes and an opening one with what it opens', () => {
    expect(breakLines('一二三四，五六', 8, measure)).toEqual(['一二三', '四，五六']);
    expect(breakLines('一二三（四五）六', 8, measure)).toEqual(['一二三', '（四五）', '六']);
  });

  it('[PDF1] breaks between words and not within one, and drops the space at the break', () => {
    expect(breakLines('sacubitril valsartan 50 mg', 12, measure)).toEqual(['sacubitril', 'valsartan 50', 'mg']);
    expect(breakLines('每日80mg口服', 8, measure)).toEqual(['每日80mg', '口服']);
  });

  it('[PDF1] breaks within a word that no line holds', () => {
    expect(breakLines('abcdefghij', 4, measure)).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('[PDF1] no line begins with a closing mark, ends with an opening one, or is too wide, and nothing is lost', () => {
    const pieces = fc.array(fc.oneof(fc.constantFrom(...'诊疗意见书患者心脏'), fc.constantFrom('80mg', 'LVEF', '3.5', 'a'), fc.constantFrom(...CLOSING), fc.constantFrom(...OPENING)), { maxLength: 120 });
    fc.assert(
      fc.property(pieces, (parts) => {
        // Marks are not piled up: a run of them longer than a line has to break somewhere.
        const text = parts.filter((part, index) => index === 0 || !(CLOSING + OPENING).includes(part) || !(CLOSING + OPENING).includes(parts[index - 1] ?? '')).join('');
        const lines = breakLines(text, 24, measure);
        expect(lines.join('')).toBe(text);
        for (const [index, line] of lines.entries()) {
          expect(measure(line)).toBeLessThanOrEqual(24);
          if (index > 0) expect(CLOSING).not.toContain(line.charAt(0) || ' ');
          if (index < lines.length - 1) expect(OPENING).not.toContain(line.at(-1) ?? ' ');
        }
      }),
      { numRuns: 500 },
    );
  });
});
