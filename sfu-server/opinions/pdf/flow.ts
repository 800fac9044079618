import { type PDFDocument, type PDFImage, type PDFPage, rgb } from 'pdf-lib';
import { breakLines } from './breakLines.ts';
import type { Fonts, Typeface } from './fonts.ts';

/** A4 in points, and where text stands on it. */
export const PAGE = { width: 595.28, height: 841.89, left: 62, right: 62, top: 92, bottom: 66 } as const;
export const TEXT_WIDTH = PAGE.width - PAGE.left - PAGE.right;
export const INK = { text: rgb(0.1, 0.12, 0.14), faint: rgb(0.42, 0.46, 0.5), line: rgb(0.75, 0.78, 0.8), accent: rgb(0.05, 0.36, 0.38) } as const;

const MAX_IMAGE_HEIGHT = 300;

export interface TextStyle {
  readonly weight: 'regular' | 'bold';
  readonly size: number;
  readonly color: (typeof INK)[keyof typeof INK];
  /** Distance between base lines. */
  readonly leading: number;
  /** Points from the left edge of the text. */
  readonly indent: number;
  /** Points kept free at the right. */
  readonly outdent: number;
}

export const BODY: TextStyle = { weight: 'regular', size: 10.5, color: INK.text, leading: 17.5, indent: 0, outdent: 0 };

/** Text that flows down the pages, a new one where the last is full. */
export class Flow {
  readonly #pdf: PDFDocument;
  readonly #fonts: Fonts;
  readonly pages: PDFPage[] = [];
  /** From the bottom of the page to the line that was written last, points. */
  #y = 0;

  constructor(pdf: PDFDocument, fonts: Fonts) {
    this.#pdf = pdf;
    this.#fonts = fonts;
    this.newPage();
  }

  get page(): PDFPage {
    const page = this.pages.at(-1);
    if (page === undefined) throw new Error('a flow begins with a page');
    return page;
  }

  get y(): number {
    return this.#y;
  }

  newPage(): void {
    this.pages.push(this.#pdf.addPage([PAGE.width, PAGE.height]));
    this.#y = PAGE.height - PAGE.top;
  }

  /** Goes on at the next page unless so many points are free below. */
  reserve(height: number): void {
    if (this.#y - height < PAGE.bottom) this.newPage();
  }

  space(points: number): void {
    this.#y -= points;
  }

  /** A paragraph for each line feed. The first two lines of each stay together, and so do the last two. */
  text(text: string, style: TextStyle): void {
    const face = this.#face(style);
    for (const paragraph of face.printable(text).split('\n')) {
      const lines = breakLines(paragraph, TEXT_WIDTH - style.indent - style.outdent, (part) => face.width(part, style.size));
      for (const [index, line] of lines.entries()) {
        const isFirst = index === 0 && lines.length > 1;
        const isBeforeLast = lines.length > 2 && index === lines.length - 2;
        this.reserve(style.leading * (isFirst || isBeforeLast ? 2 : 1));
        this.#y -= style.leading;
        this.#draw(line, PAGE.left + style.indent, style, face);
      }
    }
  }

  /** A label with a text beside it, whose further lines stand under its first. */
  labelled(label: string, text: string, labelWidth: number, style: TextStyle): void {
    this.reserve(2 * style.leading); // its first line stays on this page, beside the label
    const face = this.#fonts.bold;
    this.page.drawText(face.printable(label), { x: PAGE.left + style.indent, y: this.#y - style.leading, size: style.size, font: face.font, color: INK.faint });
    this.text(text, { ...style, indent: style.indent + labelWidth });
  }

  /** A heading that stays with what follows: two lines of it, or so many points. */
  heading(text: string, following = 2 * BODY.leading): void {
    const style: TextStyle = { ...BODY, weight: 'bold', size: 12, color: INK.accent, leading: 20 };
    this.reserve(14 + style.leading + following);
    this.space(12);
    this.text(text, style);
    this.space(2);
  }

  rule(): void {
    this.#y -= 6;
    this.page.drawLine({ start: { x: PAGE.left, y: this.#y }, end: { x: PAGE.width - PAGE.right, y: this.#y }, thickness: 0.5, color: INK.line });
  }

  /** As large as fits the width and `MAX_IMAGE_HEIGHT`; stays with its caption. */
  image(image: PDFImage): void {
    const { width, height } = image.scaleToFit(TEXT_WIDTH, MAX_IMAGE_HEIGHT);
    this.reserve(Flow.imageHeight(image));
    this.#y -= height + 6;
    this.page.drawImage(image, { x: PAGE.left, y: this.#y, width, height });
  }

  /** What an image takes with its caption, points. */
  static imageHeight(image: PDFImage): number {
    return image.scaleToFit(TEXT_WIDTH, MAX_IMAGE_HEIGHT).height + 3 * BODY.leading;
  }

  #draw(line: string, x: number, { size, color }: TextStyle, face: Typeface): void {
    if (line !== '') this.page.drawText(line, { x, y: this.#y, size, font: face.font, color });
  }

  #face({ weight }: TextStyle): Typeface {
    return this.#fonts[weight];
  }
}
