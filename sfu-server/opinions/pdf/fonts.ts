import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import fontkit from '@pdf-lib/fontkit';
import type { PDFDocument, PDFFont } from 'pdf-lib';
import subsetFont from 'subset-font';

/** Both weights of a document. */
export interface Fonts {
  readonly regular: Typeface;
  readonly bold: Typeface;
}

const require = createRequire(import.meta.url);
const FILES = {
  regular: require.resolve('@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf'),
  bold: require.resolve('@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf'),
} as const;
/** Always in a subset: with these a character that the typeface does not have is written as its code. */
const CODE_CHARACTERS = ' 〔〕U+0123456789ABCDEF';

/**
 * Embeds Noto Sans SC with the characters of `texts` only. HarfBuzz makes the subset and not pdf-lib's own, which loses glyphs of
 * typefaces as large as a Chinese one. Glyphs that only a substitution leads to are left out: pdf-lib knows no width for them.
 */
export async function embedFonts(pdf: PDFDocument, texts: Iterable<string>): Promise<Fonts> {
  pdf.registerFontkit(fontkit);
  const characters = [...new Set([...texts, CODE_CHARACTERS].join(''))].sort().join('');
  const embed = async (weight: keyof typeof FILES) => {
    const file = await readFile(FILES[weight]);
    const subset = await subsetFont(file, characters, { targetFormat: 'truetype', noLayoutClosure: true });
    return new Typeface(await pdf.embedFont(subset, { subset: false, features: { liga: false, kern: false } }));
  };
  return { regular: await embed('regular'), bold: await embed('bold') };
}

/** A typeface of one weight, and what it can print. */
export class Typeface {
  readonly font: PDFFont;
  readonly #characters: ReadonlySet<number>;
  /** Widths at size 1 of what was measured. */
  readonly #widths = new Map<string, number>();

  constructor(font: PDFFont) {
    this.font = font;
    this.#characters = new Set(font.getCharacterSet());
  }

  /** The text with every character that has no glyph written as its code, and tabs as spaces. */
  printable(text: string): string {
    return Array.from(text, (character) => {
      const code = character.codePointAt(0) ?? 0;
      if (character === '\n' || this.#characters.has(code)) return character;
      return character === '\t' ? '    ' : `〔U+${code.toString(16).toUpperCase().padStart(4, '0')}〕`;
    }).join('');
  }

  /** Points. */
  width(text: string, size: number): number {
    let width = this.#widths.get(text);
    if (width === undefined) {
      width = this.font.widthOfTextAtSize(text, 1);
      this.#widths.set(text, width);
    }
    return width * size;
  }
}
