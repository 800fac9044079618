/**
 * How a large object lies in the origin-private file system: a header of 20 bytes, «HZB1», 8 random bytes, the plain size as 64-bit
 * big-endian, then chunks. A chunk is AES-256-GCM over at most 1 MiB with its 16-byte tag behind; its vector is the header's random bytes
 * and the chunk's number (32-bit big-endian), and the file's name, the number and whether it is the last are authenticated with
 * it, so that no chunk can be moved, left out or taken from another file.
 */
export const CHUNK_BYTES = 1024 * 1024;
export const HEADER_BYTES = 20;
const TAG_BYTES = 16;
const MAGIC = 0x485a4231;

export interface BlobHeader {
  readonly prefix: Uint8Array<ArrayBuffer>;
  readonly sizeBytes: number;
}

export function writeHeader({ prefix, sizeBytes }: BlobHeader): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, MAGIC);
  header.set(prefix, 4);
  view.setBigUint64(12, BigInt(sizeBytes));
  return header;
}

/** Null when it is not a header of this version. */
export function readHeader(bytes: Uint8Array): BlobHeader | null {
  if (bytes.length < HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== MAGIC) return null;
  return { prefix: Uint8Array.from(bytes.subarray(4, 12)), sizeBytes: Number(view.getBigUint64(12)) };
}

export function chunkCount(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / CHUNK_BYTES));
}

/** Where a chunk begins in the file, and how long it is there. */
export function chunkPlace(sizeBytes: number, index: number): { readonly at: number; readonly length: number; readonly plain: number } {
  const plain = Math.min(CHUNK_BYTES, sizeBytes - index * CHUNK_BYTES);
  return { at: HEADER_BYTES + index * (CHUNK_BYTES + TAG_BYTES), length: plain + TAG_BYTES, plain };
}

export function storedBytes(sizeBytes: number): number {
  return HEADER_BYTES + sizeBytes + chunkCount(sizeBytes) * TAG_BYTES;
}

/** WebCrypto's parameters for a chunk. */
export function chunkParameters(name: string, header: BlobHeader, index: number): AesGcmParams {
  const iv = new Uint8Array(12);
  iv.set(header.prefix);
  new DataView(iv.buffer).setUint32(8, index);
  const isLast = index === chunkCount(header.sizeBytes) - 1;
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(`${name} ${index} ${isLast ? 'last' : 'more'} ${header.sizeBytes}`) };
}
