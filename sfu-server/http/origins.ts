/**
 * Whether a browser page of this origin may talk to us: our own origin (its host is the one it asked for) and those of the
 * configuration. Without an origin it is no browser page, and holds no one's cookies to abuse; we have none anyway.
 */
export function isOriginAllowed(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  return host !== undefined && (origin === `https://${host}` || origin === `http://${host}`);
}
