import type { ImageHead } from './imageHead.ts';

/** What page and worker say to each other about files a person chose; both are of the same build. Files travel as handles, not as bytes. */
export type ImportRequest =
  | { readonly type: 'read'; readonly files: readonly Blob[] }
  /** SHA-256 of one file. */
  | { readonly type: 'hash'; readonly file: Blob };

export type ImportAnswer =
  /** In the order of the files; null: the disk did not give it. */
  | { readonly type: 'read'; readonly id: number; readonly heads: readonly (ImageHead | null)[] }
  /** Lower-case hex; null: the disk did not give it. */
  | { readonly type: 'hash'; readonly id: number; readonly hash: string | null };
