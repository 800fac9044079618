/** The one page this shell shows: `app://huizhen/`, served from its own package. */
export const APP_SCHEME = 'app';
export const APP_HOST = 'huizhen';
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;

/**
 * `text` as an address of our own page, or null. Exact in scheme and host, without account or port. (`URL.origin` is of no use:
 * it is `null` for schemes the WHATWG standard does not know.)
 */
export function parseAppUrl(text: string): URL | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isOurs = url.protocol === `${APP_SCHEME}:` && url.hostname === APP_HOST && url.port === '' && url.username === '' && url.password === '';
  return isOurs ? url : null;
}

/** The frame a request comes from, as far as Electron's WebFrameMain tells. */
export interface FrameFacts {
  /** Chromium's idea of the origin; not the address, which a page may set with `history.pushState`. */
  readonly origin: string;
  readonly parent: unknown;
}

/** Whether a frame may speak for the application: our origin, top of its window. A frame that has gone (null) may not. */
export function isTrustedFrame(frame: FrameFacts | null): boolean {
  return frame !== null && frame.parent === null && frame.origin === APP_ORIGIN;
}
