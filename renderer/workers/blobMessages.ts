import type { ErrorCode } from '#shared/protocol/errors';

/** Where an object lies in a pack, a file that holds many small ones: the pack's file name and the first byte. */
export interface PackPlace {
  readonly name: string;
  readonly at: number;
}

/** One object to be fetched into a pack. */
export interface PackedObject {
  readonly name: string;
  readonly url: string;
  readonly hash: string;
  readonly sizeBytes: number;
  readonly at: number;
}

/** What became of a pack: what is not named was not come to. */
export interface PackResult {
  /** Names of those that are in the pack now, and confirmed by the disk. */
  readonly kept: readonly string[];
  /** What concerns one object and no other. */
  readonly damaged: readonly { readonly code: string; readonly message: string }[];
  /** What held up all that is neither kept nor damaged. */
  readonly stopped: { readonly code: string; readonly message: string } | null;
}

/** Said of one attachment, and of no other. */
export const DAMAGED: ReadonlySet<ErrorCode> = new Set(['attachment.cutOff', 'attachment.damaged', 'record.notFound']);

/** What page and worker say to each other; both are of the same build. `name`: the object's keyed hash, its file name unless it is packed. */
export type BlobRequest =
  /** Fetches an attachment and keeps it, from where an earlier try stopped. */
  | { readonly type: 'fetch'; readonly name: string; readonly key: CryptoKey; readonly url: string; readonly token: string; readonly hash: string; readonly sizeBytes: number }
  /** Fetches small attachments, of one chunk each, to their places in a pack; those that an earlier try left there are not fetched again. */
  | { readonly type: 'fetchPack'; readonly pack: string; readonly key: CryptoKey; readonly token: string; readonly objects: readonly PackedObject[] }
  /** Keeps what was made on this machine; its hash is known to the caller. */
  | { readonly type: 'keep'; readonly name: string; readonly key: CryptoKey; readonly blob: Blob }
  | { readonly type: 'read'; readonly name: string; readonly pack: PackPlace | null; readonly key: CryptoKey; readonly sizeBytes: number; readonly mediaType: string; /** Of its bytes; null: all. */ readonly part: { readonly from: number; readonly length: number } | null }
  /** Sends a kept object to the server, from where the server says. */
  | { readonly type: 'send'; readonly name: string; readonly key: CryptoKey; readonly url: string; readonly token: string; readonly sizeBytes: number; readonly mediaType: string }
  | { readonly type: 'hash'; readonly blob: Blob }
  /** Removes files: objects of their own, and packs. What is being fetched into them is stopped. */
  | { readonly type: 'remove'; readonly names: readonly string[] }
  | { readonly type: 'list' }
  | { readonly type: 'cancel'; readonly id: number };

export type BlobAnswer =
  | { readonly type: 'progress'; readonly id: number; readonly doneBytes: number }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly message: string };
