/** What page and worker say to each other; both are of the same build. `name`: the object's keyed hash, its file name. */
export type BlobRequest =
  /** Fetches an attachment and keeps it, from where an earlier try stopped. */
  | { readonly type: 'fetch'; readonly name: string; readonly key: CryptoKey; readonly url: string; readonly token: string; readonly hash: string; readonly sizeBytes: number }
  /** Keeps what was made on this machine; its hash is known to the caller. */
  | { readonly type: 'keep'; readonly name: string; readonly key: CryptoKey; readonly blob: Blob }
  | { readonly type: 'read'; readonly name: string; readonly key: CryptoKey; readonly mediaType: string }
  /** Sends a kept object to the server, from where the server says. */
  | { readonly type: 'send'; readonly name: string; readonly key: CryptoKey; readonly url: string; readonly token: string; readonly mediaType: string }
  | { readonly type: 'hash'; readonly blob: Blob }
  | { readonly type: 'remove'; readonly names: readonly string[] }
  | { readonly type: 'list' }
  | { readonly type: 'cancel'; readonly id: number };

export type BlobAnswer =
  | { readonly type: 'progress'; readonly id: number; readonly doneBytes: number }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly message: string };
