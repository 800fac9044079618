export interface PageEdges {
  readonly topLeft: string;
  readonly topRight: string;
  readonly bottomLeft: string;
  /** The words around the page's number and how many there are. */
  readonly pages: {
    readonly before: string;
    readonly between: string;
    readonly after: string;
  };
}

/** A text as a CSS string: what could end it, or begin another rule or element, is written by its code (CSS Syntax 3, 4.3.7). */
export function cssString(text: string): string {
  return `"${Array.from(text, (char) => (/[\p{L}\p{N} ·.,:;/()\-（）、，。：；–]/u.test(char) ? char : `\\${char.codePointAt(0)?.toString(16) ?? ''} `)).join('')}"`;
}

/** A4 with who it is about, who printed it and the page's number on each page (CSS Paged Media 3, margin boxes; Chromium from 131). */
export function pageRules({ topLeft, topRight, bottomLeft, pages }: PageEdges): string {
  const box = (name: string, content: string) => `@${name} { content: ${content}; font: 8.5pt system-ui, "Noto Sans CJK SC", sans-serif; color: #000; white-space: nowrap; }`;
  const number = [cssString(pages.before), 'counter(page)', cssString(pages.between), 'counter(pages)', cssString(pages.after)].join(' ');
  return `@page { size: A4; margin: 20mm 14mm 18mm; ${box('top-left', cssString(topLeft))} ${box('top-right', cssString(topRight))} ${box('bottom-left', cssString(bottomLeft))} ${box('bottom-right', number)} }`;
}
