import { AppError } from '#shared/protocol/errors';
import type { ImageHead } from '../../../workers/imageHead.ts';
import type { ImportAnswer, ImportRequest } from '../../../workers/importMessages.ts';

/** The part of `Worker` that is used. */
export interface ImportWorkerLike {
  postMessage(message: { readonly id: number; readonly request: ImportRequest }): void;
  addEventListener(type: 'message', listener: (event: { readonly data: ImportAnswer }) => void): void;
  terminate(): void;
}

/** The worker that looks into files; the bundler finds it by this very form of words. */
export function openImportWorker(): ImportWorkerLike {
  return new Worker(new URL('../../../workers/importWorker.ts', import.meta.url), { type: 'module' });
}

/** Files handed over at a time: enough to keep the worker busy, few enough that a step back is quick. */
const AT_ONCE = 64;

/** Looks into files a person chose, in a worker that lives as long as there is something to look into. */
export class FileReaderDesk {
  readonly #open: () => ImportWorkerLike;
  readonly #waiting = new Map<number, { readonly resolve: (answer: ImportAnswer) => void; readonly reject: (error: AppError) => void }>();
  #worker: ImportWorkerLike | null = null;
  #lastId = 0;

  constructor(open: () => ImportWorkerLike) {
    this.#open = open;
  }

  /** What each file is, in order; null: the disk did not give it. @throws AppError `network.closed` when `close` was called meanwhile */
  async heads(files: readonly Blob[], onRead: (count: number) => void): Promise<(ImageHead | null)[]> {
    const heads: (ImageHead | null)[] = [];
    for (let at = 0; at < files.length; at += AT_ONCE) {
      const answer = await this.#ask({ type: 'read', files: files.slice(at, at + AT_ONCE) });
      if (answer.type === 'read') heads.push(...answer.heads);
      onRead(heads.length);
    }
    return heads;
  }

  /** SHA-256, lower-case hex; null: the disk did not give the file. */
  async hash(file: Blob): Promise<string | null> {
    const answer = await this.#ask({ type: 'hash', file });
    return answer.type === 'hash' ? answer.hash : null;
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(new AppError('network.closed', 'the import was closed'));
    this.#waiting.clear();
  }

  #ask(request: ImportRequest): Promise<ImportAnswer> {
    const worker = this.#worker ?? this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, request });
    });
  }

  #start(): ImportWorkerLike {
    const worker = this.#open();
    worker.addEventListener('message', ({ data }) => {
      this.#waiting.get(data.id)?.resolve(data);
      this.#waiting.delete(data.id);
    });
    this.#worker = worker;
    return worker;
  }
}
