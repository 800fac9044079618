/** `https:` anywhere; `http:` only on this machine, where nobody listens in. The origin alone, without a trailing slash; null when it is neither. */
export function parseServerUrl(text: string): string | null {
  try {
    const url = new URL(text.trim());
    const isLocal = url.hostname === '127.0.0.1' || url.hostname === 'localhost' || url.hostname === '[::1]';
    return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal) ? url.origin : null;
  } catch {
    return null;
  }
}
