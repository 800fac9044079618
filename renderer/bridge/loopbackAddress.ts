import { z } from 'zod';
import type { PageStorage } from './pageStorage.ts';

const STORAGE_KEY = 'huizhen.loopback';

/** Where the loopback host listens, and the token that opens it. */
const addressSchema = z.object({
  // This machine by number and nothing else: a crafted link must not send the page to a stranger.
  url: z.string().regex(/^ws:\/\/127\.0\.0\.1:[1-9]\d{0,4}\/$/),
  token: z.string().regex(/^[0-9a-f]{64}$/),
});
export type LoopbackAddress = z.infer<typeof addressSchema>;

/** The parts of the page's address and history that are used. */
export interface PageAddress {
  readonly location: { readonly hash: string; readonly pathname: string; readonly search: string };
  readonly history: { replaceState(data: unknown, unused: string, url: string): void };
}

/**
 * The address the launcher put into the fragment, else the one kept for reloads, else null. The fragment is taken off the address
 * at once, whatever it held: nobody shall copy a token along with a link, and it shall not stay in the history.
 */
export function takeLoopbackAddress(page: PageAddress, sessionStorage: PageStorage): LoopbackAddress | null {
  // Cut by hand: writing URLSearchParams out again would change what else stands there (`#/consult/1` is no list of pairs).
  const parts = page.location.hash.replace(/^#/, '').split('&');
  const readPart = (name: string) => parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
  const [url, token] = [readPart('host'), readPart('token')];
  if (url !== undefined || token !== undefined) {
    const given = addressSchema.safeParse({ url, token });
    const rest = parts.filter((part) => !part.startsWith('host=') && !part.startsWith('token=')).join('&');
    page.history.replaceState(null, '', `${page.location.pathname}${page.location.search}${rest === '' ? '' : `#${rest}`}`);
    if (given.success) {
      keepLoopbackAddress(sessionStorage, given.data);
      return given.data;
    }
  }
  try {
    return addressSchema.parse(JSON.parse(sessionStorage.read(STORAGE_KEY) ?? 'null'));
  } catch {
    return null;
  }
}

/** Kept for this tab only; gone with it. */
export function keepLoopbackAddress(sessionStorage: PageStorage, address: LoopbackAddress): void {
  sessionStorage.write(STORAGE_KEY, JSON.stringify(address));
}

export function forgetLoopbackAddress(sessionStorage: PageStorage): void {
  sessionStorage.remove(STORAGE_KEY);
}
