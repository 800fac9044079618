/** The part of a content that is asked for, both ends included; `none`: the whole; `outside`: it lies beyond the end. */
export type ByteRange = { readonly type: 'none' } | { readonly type: 'part'; readonly start: number; readonly end: number } | { readonly type: 'outside' };

/** Reads a `Range` header (RFC 9110, 14.2). What is not one range of bytes is answered with the whole, as the standard allows. */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return { type: 'none' };
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? { type: 'outside' } : { type: 'part', start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return { type: 'none' };
  return start >= sizeBytes ? { type: 'outside' } : { type: 'part', start, end };
}
