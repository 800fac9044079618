import type { z } from 'zod';
import type { Clock } from '#shared/lib/clock';
import { AppError, wireErrorSchema } from '#shared/protocol/errors';
import { PROTOCOL_VERSION } from '#shared/protocol/version';

const DEFAULT_TIMEOUT_MS = 10_000;

/** The part of `fetch` that is used; injected so that tests answer without a network. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpClientOptions {
  readonly clock: Clock;
  /** Where the server is, without a trailing slash; asked anew for every request because a person can change it. */
  readonly serverUrl: () => string;
  readonly fetch?: FetchLike;
}

export interface HttpOptions {
  readonly timeoutMs?: number;
  /** The session's token, for routes that ask for one. */
  readonly token?: string;
  /** More of them, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the request from outside: it rejects with `network.closed`. */
  readonly signal?: AbortSignal;
  /** Statuses besides those of success whose body is the answer and no error. */
  readonly alsoTaken?: readonly number[];
}

/**
 * GET and POST with JSON in and out. Rejects with AppError: the server's own code, `server.timeout` after `timeoutMs`, `network.offline`
 * when nothing could be reached, `internal.bug` for an answer that fits no schema.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #fetch: FetchLike;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
  }

  post<S extends z.ZodType>(path: string, body: unknown, schema: S, options: HttpOptions = {}): Promise<z.infer<S>> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) }, { 'content-type': 'application/json' }, schema, options);
  }

  get<S extends z.ZodType>(path: string, schema: S, options: HttpOptions = {}): Promise<z.infer<S>> {
    return this.#ask(path, { method: 'GET' }, {}, schema, options);
  }

  /** A file, whole. */
  download(path: string, options: HttpOptions = {}): Promise<Blob> {
    return this.#send(path, { method: 'GET' }, {}, (response) => response.blob(), options);
  }

  /** A body as it is; what the answer holds is not read. */
  upload(path: string, body: Blob, contentType: string, options: HttpOptions = {}): Promise<void> {
    return this.#send(path, { method: 'POST', body }, { 'content-type': contentType }, async () => undefined, options);
  }

  /** A body as it is, and what is answered to it. */
  exchange<S extends z.ZodType>(path: string, body: Blob, contentType: string, schema: S, options: HttpOptions = {}): Promise<z.infer<S>> {
    return this.#ask(path, { method: 'POST', body }, { 'content-type': contentType }, schema, options);
  }

  #ask<S extends z.ZodType>(path: string, init: RequestInit, headers: Readonly<Record<string, string>>, schema: S, options: HttpOptions): Promise<z.infer<S>> {
    return this.#send(path, init, headers, async (response) => {
      const parsed = schema.safeParse(await response.json().catch(() => null));
      if (!parsed.success) throw new AppError('internal.bug', `${path}: the answer does not fit its schema`);
      return parsed.data;
    }, options);
  }

  /** `read` takes what a good answer holds; the time allowed covers it too. */
  async #send<T>(path: string, init: RequestInit, headers: Readonly<Record<string, string>>, read: (response: Response) => Promise<T>, { timeoutMs = DEFAULT_TIMEOUT_MS, token, headers: more, signal, alsoTaken = [] }: HttpOptions): Promise<T> {
    const abort = new AbortController();
    const end = () => abort.abort();
    if (signal?.aborted === true) end();
    signal?.addEventListener('abort', end);
    let isTimedOut = false;
    const cancelTimeout = this.#options.clock.after(timeoutMs, () => {
      isTimedOut = true;
      abort.abort();
    });
    try {
      const response = await this.#fetch(`${this.#options.serverUrl()}${path}`, {
        ...init,
        headers: { ...headers, ...more, 'x-huizhen-protocol': PROTOCOL_VERSION, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        signal: abort.signal,
        cache: 'no-store',
        credentials: 'omit',
      });
      if (!response.ok && !alsoTaken.includes(response.status)) {
        const wire = wireErrorSchema.safeParse(await response.json().catch(() => null));
        if (wire.success) throw AppError.fromWire(wire.data);
        // A proxy in between, or a server that is going down, answers with a page of its own.
        throw new AppError(response.status >= 500 ? 'network.offline' : 'internal.bug', `${path}: status ${response.status} without a code`);
      }
      return await read(response);
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (signal?.aborted === true) throw new AppError('network.closed', `${path}: ended from outside`, { cause: error });
      if (isTimedOut) throw new AppError('server.timeout', `${path}: no answer within ${timeoutMs} ms`, { cause: error });
      throw new AppError('network.offline', `${path}: the server cannot be reached`, { cause: error });
    } finally {
      signal?.removeEventListener('abort', end);
      cancelTimeout();
    }
  }
}
