/** A field of text: up to its first zero, or its end. Bytes that are no UTF-8 become the sign for that. */
export function readText(bytes: DataView, at: number, length: number): string {
  const field = new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Fills a field with ASCII and zeros; what is too long is cut off, what is no ASCII becomes a question mark. */
export function writeText(bytes: DataView, at: number, length: number, text: string): void {
  for (let index = 0; index < length; index += 1) {
    const code = index < text.length ? text.charCodeAt(index) : 0;
    bytes.setUint8(at + index, code > 0x7e ? 0x3f : code);
  }
}
