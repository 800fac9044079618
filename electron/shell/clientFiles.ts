import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { CONTENT_SECURITY_POLICY } from './contentSecurityPolicy.ts';
import { parseAppUrl } from './origin.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
};

export interface ClientAnswer {
  readonly status: 200 | 400 | 404 | 405;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
};

function refuse(status: 400 | 404 | 405): ClientAnswer {
  return { status, headers: { ...COMMON_HEADERS, 'content-type': 'text/plain; charset=utf-8' }, body: null };
}

/**
 * Answers a request for `app://huizhen/…` from the folder of the built client. A path without an extension is a place inside the
 * page and gives `index.html`. Only known kinds of file are given, and only from inside the folder, symbolic links resolved.
 */
export async function answerClientRequest(folder: string, request: { readonly method: string; readonly url: string }): Promise<ClientAnswer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const url = parseAppUrl(request.url);
  const path = url && safePath(url.pathname);
  if (!path) return refuse(400);
  const file = extname(path) === '' ? 'index.html' : path;
  const mediaType = MEDIA_TYPES[extname(file)];
  if (mediaType === undefined) return refuse(404);
  try {
    const root = await realpath(folder);
    const real = await realpath(join(root, file));
    if (!real.startsWith(root + sep)) return refuse(404);
    const body = await readFile(real);
    const headers = { ...COMMON_HEADERS, 'content-type': mediaType, 'content-length': String(body.length) };
    return { status: 200, headers, body: request.method === 'HEAD' ? null : body };
  } catch {
    return refuse(404); // missing, a folder, not readable: all the same to a page
  }
}

/** The path below the folder, or null where any part could mean something to a file system. */
function safePath(pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  const parts = decoded.split('/').filter((part) => part !== '');
  const isPlain = parts.every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/.test(part) && !part.includes('..'));
  return isPlain ? `/${parts.join('/')}` : null;
}
