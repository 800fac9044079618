import { frameBytes, hasChecksum, MAX_FRAME_BYTES, PAYLOAD_BYTES, SERIAL_HEADER_BYTES, SERIAL_MAGIC, SERIAL_VERSION, type SerialFrame, serialTypeOf } from './frame.ts';

/**
 * Frames out of a serial line, from wherever one begins to listen. What turns out to be no frame costs its first byte only: a frame that
 * begins within it is found. Holds one frame.
 */
export class FrameReader {
  readonly #bytes = new Uint8Array(MAX_FRAME_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #onFrame: (frame: SerialFrame) => void;
  #length = 0;
  #lost = 0;

  constructor(onFrame: (frame: SerialFrame) => void) {
    this.#onFrame = onFrame;
  }

  /** Bytes that belonged to no frame. */
  get lostBytes(): number {
    return this.#lost;
  }

  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      this.#bytes[this.#length] = byte;
      this.#length += 1;
      while (this.#length > 0 && !this.#canBeFrame()) this.#drop(1);
    }
  }

  /** False when no frame begins here, or when it has been delivered and its bytes are gone. */
  #canBeFrame(): boolean {
    const view = this.#view;
    const length = this.#length;
    if (view.getUint8(0) !== SERIAL_MAGIC >> 8) return false;
    if (length >= 2 && view.getUint16(0) !== SERIAL_MAGIC) return false;
    if (length >= 3 && view.getUint8(2) !== SERIAL_VERSION) return false;
    if (length < 4) return true;
    const type = serialTypeOf(view.getUint8(3));
    if (type === null) return false;
    if (length < 6) return true;
    if (view.getUint16(4) !== PAYLOAD_BYTES[type]) return false;
    const whole = frameBytes(type);
    if (length < whole) return true;
    if (!hasChecksum(view, whole)) return false;
    this.#length = 0; // before the listener, who may throw
    this.#onFrame({ type, payload: new DataView(this.#bytes.buffer, SERIAL_HEADER_BYTES, PAYLOAD_BYTES[type]) });
    return true;
  }

  #drop(count: number): void {
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#lost += count;
  }
}
