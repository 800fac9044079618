import { type ImageHead, readHead } from './imageHead.ts';
import type { ImportAnswer, ImportRequest } from './importMessages.ts';
import { hashOf } from './sealedFile.ts';

/** A medium that was taken out, or a file that somebody removed: it is named, and stops none of the others. */
const orNull = <T>(work: Promise<T>): Promise<T | null> => work.catch(() => null);

async function answer(id: number, request: ImportRequest): Promise<ImportAnswer> {
  if (request.type === 'hash') return { type: 'hash', id, hash: await orNull(hashOf(request.file)) };
  const heads: (ImageHead | null)[] = [];
  for (const file of request.files) heads.push(await orNull(readHead(file)));
  return { type: 'read', id, heads };
}

self.onmessage = ({ data: { id, request } }: MessageEvent<{ id: number; request: ImportRequest }>) => void answer(id, request).then((said) => self.postMessage(said));
