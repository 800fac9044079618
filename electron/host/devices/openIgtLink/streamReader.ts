import { type BodyFault, HEADER_BYTES, type Header, type HeaderFault, type Message, readBody, readHeader } from './message.ts';

export interface StreamReaderOptions {
  /** How long a body of this type may be, bytes; 0: not wanted, and passed over. Longer ones are passed over as well. */
  readonly maxBytes: (type: string) => number;
  /** The content is the listener's until it returns. */
  readonly onMessage: (message: Message) => void;
  /** A body that is none; the next message is read all the same. */
  readonly onFault: (fault: BodyFault, header: Header) => void;
}

/**
 * Messages out of a stream of bytes that comes in any pieces. Holds one body at most, of the length its type may have; what nobody wants
 * goes by unread.
 */
export class StreamReader {
  readonly #options: StreamReaderOptions;
  readonly #head = new Uint8Array(HEADER_BYTES);
  #headBytes = 0;
  #header: Header | null = null;
  /** Null while a body goes by. */
  #body: Uint8Array | null = null;
  #bodyBytes = 0;
  #broken: HeaderFault | null = null;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  /** Null; or why nothing more can be read of this stream, now and ever: it has lost its place. */
  push(chunk: Uint8Array): HeaderFault | null {
    let at = 0;
    while (this.#broken === null && at < chunk.byteLength) at += this.#header === null ? this.#takeHead(chunk, at) : this.#takeBody(this.#header, chunk, at);
    return this.#broken;
  }

  #takeHead(chunk: Uint8Array, at: number): number {
    const count = Math.min(HEADER_BYTES - this.#headBytes, chunk.byteLength - at);
    this.#head.set(chunk.subarray(at, at + count), this.#headBytes);
    this.#headBytes += count;
    if (this.#headBytes < HEADER_BYTES) return count;
    this.#headBytes = 0;
    const header = readHeader(new DataView(this.#head.buffer));
    if (typeof header === 'string') {
      this.#broken = header;
      return count;
    }
    const max = this.#options.maxBytes(header.type);
    this.#body = max > 0 && header.bodyBytes <= max ? new Uint8Array(header.bodyBytes) : null;
    this.#bodyBytes = 0;
    this.#header = header;
    if (header.bodyBytes === 0) this.#finish(header);
    return count;
  }

  #takeBody(header: Header, chunk: Uint8Array, at: number): number {
    const count = Math.min(header.bodyBytes - this.#bodyBytes, chunk.byteLength - at);
    this.#body?.set(chunk.subarray(at, at + count), this.#bodyBytes);
    this.#bodyBytes += count;
    if (this.#bodyBytes === header.bodyBytes) this.#finish(header);
    return count;
  }

  #finish(header: Header): void {
    const body = this.#body;
    this.#header = null;
    this.#body = null;
    if (body === null) return;
    const message = readBody(header, body);
    if (typeof message === 'string') this.#options.onFault(message, header);
    else this.#options.onMessage(message);
  }
}
