import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '#shared/protocol/errors';
import { Dicer } from '@fastify/busboy';

/** How a body of several parts (RFC 2387) is separated. @throws AppError `input.malformed` when the type does not say it */
export function boundaryOf(contentType: string): string {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType);
  const given = boundary?.[1] ?? boundary?.[2];
  if (given === undefined) throw new AppError('input.malformed', 'content-type: the parts have no boundary');
  return given;
}

/**
 * The parts of a body, each to be read before the next is asked for.
 * @throws AppError `input.malformed` when the body ends before its last part does
 */
export async function* readParts(body: Readable, boundary: string): AsyncGenerator<AsyncIterable<Uint8Array>, void> {
  const dicer = new Dicer({ boundary });
  const waiting: Readable[] = [];
  let ended: { readonly error: unknown } | null = null;
  let wake: () => void = () => undefined;
  const end = (error: unknown) => {
    ended ??= { error };
    if (error instanceof Error) for (const part of waiting) part.destroy(error);
    wake();
  };
  dicer.on('part', (part) => {
    part.on('error', end);
    waiting.push(part);
    wake();
  });
  dicer.on('finish', () => end(null));
  dicer.on('error', end);
  body.on('error', (error) => dicer.destroy(error));
  body.on('close', () => {
    if (!body.readableEnded) dicer.destroy(new Error('the body broke off'));
  });
  body.pipe(dicer);
  try {
    for (;;) {
      const part = waiting.shift();
      if (part !== undefined) {
        yield wholeOf(part);
        continue;
      }
      if (ended !== null) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    body.unpipe(dicer);
    body.resume();
  }
  const { error } = ended as { readonly error: unknown }; // the loop ends with it only
  if (error !== null) throw new AppError('input.malformed', 'the body does not hold whole parts', { cause: error });
}

/** The bytes of a body or of a part of one. @throws AppError `input.malformed` when it breaks off */
export async function* wholeOf(content: Readable): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const bytes of content.iterator({ destroyOnReturn: false })) yield bytes;
  } catch (error) {
    throw new AppError('input.malformed', 'the body breaks off', { cause: error });
  }
}

/** A body of several parts. */
export function writeParts(parts: AsyncIterable<{ readonly type: string; readonly content: Uint8Array | AsyncIterable<Uint8Array> }>): { readonly boundary: string; readonly body: Readable } {
  const boundary = `huizhen-${randomBytes(12).toString('hex')}`;
  const chunks = async function* () {
    for await (const { type, content } of parts) {
      yield Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\n\r\n`);
      if (content instanceof Uint8Array) yield content;
      else yield* content;
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(`--${boundary}--\r\n`);
  };
  return { boundary, body: Readable.from(chunks(), { objectMode: false }) };
}
