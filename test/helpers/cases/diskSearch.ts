import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * A name nobody has, that is found wherever it is written: every stretch of four characters occurs in it once and nowhere else. Packing
 * by repetition (Snappy, in LevelDB's tables and Chromium's values) can only refer back to what it has seen: the first time a stretch
 * is written it is written out. @param seed gives each its own characters
 */
export function unmistakableName(seed: number, length = 12): string {
  let state = seed * 2_654_435_761 + 1;
  const draw = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  // Of the rare end of the Unified Ideographs (U+9000–U+9FA5).
  return Array.from({ length }, () => String.fromCharCode(0x9000 + Math.floor(draw() * 0xfa5))).join('');
}

/** In how many characters in a row a name is recognised. */
const STRETCH = 4;

interface Found {
  /** The file, from the searched folder. */
  readonly file: string;
  readonly name: string;
  readonly encoding: 'utf8' | 'utf16le' | 'utf16be';
}

/** Where in the files of a folder, as they lie on the disk, any stretch of any of the names stands, in UTF-8 or UTF-16. */
export function searchDisk(folder: string, names: readonly string[]): Found[] {
  const stretches = names.flatMap((name) =>
    Array.from({ length: name.length - STRETCH + 1 }, (_, at) => name.slice(at, at + STRETCH)).flatMap((text) => [
      { name, encoding: 'utf8' as const, bytes: Buffer.from(text, 'utf8') },
      { name, encoding: 'utf16le' as const, bytes: Buffer.from(text, 'utf16le') },
      { name, encoding: 'utf16be' as const, bytes: Buffer.from(text, 'utf16le').swap16() },
    ]),
  );
  const found = new Map<string, Found>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    for (const { name, encoding, bytes: wanted } of stretches) {
      if (!content.includes(wanted)) continue;
      const one = { file: relative(folder, path), name, encoding };
      found.set(JSON.stringify(one), one);
    }
  }
  return [...found.values()];
}
