/** What the first line of a record hangs on. */
export const FIRST_HASH = '0'.repeat(64);
/** A line begins alike and with the hash, so that what was hashed can be cut out of it to the letter. */
const LINE = /^\{"hash":"([0-9a-f]{64})","entry":(\{.*\})\}$/;

/** [CTL46] What is hashed (SHA-256, as UTF-8) for an entry: the hash of the line before it in hex, a line feed, the entry's own text. */
export const chainedText = (previousHash: string, text: string): string => `${previousHash}\n${text}`;

/** A line of the record without its line end. */
export const writeChainedLine = (hash: string, text: string): string => `{"hash":"${hash}","entry":${text}}`;

export interface ChainedLine {
  /** As the line says it, lower-case hex; nobody has checked it here. */
  readonly hash: string;
  /** The entry to the letter. */
  readonly text: string;
  readonly sequence: number;
  readonly entry: object;
}

/** Null for what is no line of a record. */
export function readChainedLine(line: string): ChainedLine | null {
  const [, hash, text] = LINE.exec(line) ?? [];
  if (hash === undefined || text === undefined) return null;
  try {
    const entry: unknown = JSON.parse(text);
    return typeof entry === 'object' && entry !== null && 'sequence' in entry && typeof entry.sequence === 'number' ? { hash, text, sequence: entry.sequence, entry } : null;
  } catch {
    return null;
  }
}
