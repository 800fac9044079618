import { AppError, toAppError } from '#shared/protocol/errors';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A response, or the server's own error. */
export async function askServer(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, cache: 'no-store', credentials: 'omit' });
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => null);
  throw serverError(answer, response.status);
}

function serverError(answer: unknown, status: number): AppError {
  if (typeof answer === 'object' && answer !== null && 'code' in answer && 'message' in answer) {
    // The server speaks of its own disk; here the words would be of this machine's.
    if (answer.code === 'storage.full') return new AppError('server.full', String(answer.message));
    return AppError.fromWire({ code: answer.code as AppError['code'], message: String(answer.message) }); // parsed again by the page, which knows all codes
  }
  return new AppError('network.offline', `status ${status} without a code`);
}

const endedAfter = (seen: number, expected: number) => new AppError('network.offline', `the attachment ended after ${seen} of ${expected} bytes`);

/** A body cut into whole chunks of `chunkBytes`; the last may be shorter. */
export async function* chunksOf(response: Response, chunkBytes: number, expectedBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  if (!reader) throw new AppError('network.offline', 'the answer has no body');
  let pending = new Uint8Array(chunkBytes);
  let filled = 0;
  let seen = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    seen += value.length;
    let at = 0;
    while (at < value.length) {
      const take = Math.min(chunkBytes - filled, value.length - at);
      pending.set(value.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < chunkBytes) continue;
      yield pending;
      pending = new Uint8Array(chunkBytes);
      filled = 0;
    }
  }
  if (seen !== expectedBytes) throw endedAfter(seen, expectedBytes);
  if (filled > 0) yield pending.slice(0, filled);
}

/** A short body in one piece: read by the browser itself, which costs less than a stream in the script. */
export async function wholeBody(response: Response, expectedBytes: number): Promise<ArrayBuffer> {
  const body = await response.arrayBuffer();
  if (body.byteLength !== expectedBytes) throw endedAfter(body.byteLength, expectedBytes);
  return body;
}

let nowhere: MessagePort | null = null;

/**
 * Gives a buffer's memory back now; it is empty from then on. What the browser's own cryptography and network hand out lies about until
 * its collector comes, which hundreds of slices later is hundreds of megabytes, and fresh memory for each costs more than sealing it.
 * `transfer(0)` and a clone that is thrown away leave it to the collector too; a message to a port whose other end is closed does not.
 */
export function freeBuffer(buffer: ArrayBuffer): void {
  if (nowhere === null) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nowhere = port1;
  }
  nowhere.postMessage(null, [buffer]);
}

/** What the platform threw, in the table's words. */
export function translate(error: unknown, signal: AbortSignal): AppError {
  if (signal.aborted) return new AppError('network.closed', 'stopped on request');
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'QuotaExceededError') return new AppError('storage.full', 'no room left on this machine', { cause: error });
  // A snapshot that was written to meanwhile cannot be read either.
  if (name === 'NoModificationAllowedError' || name === 'NotReadableError') return new AppError('record.conflict', 'another window is working on the same attachment', { cause: error });
  if (error instanceof TypeError) return new AppError('network.offline', 'the server cannot be reached', { cause: error });
  return toAppError(error);
}
