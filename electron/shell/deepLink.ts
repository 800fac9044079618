import { type ConsultId, consultIdSchema } from '#shared/domain/ids';

export const DEEP_LINK_SCHEME = 'huizhen';

/**
 * The consult of `huizhen://consult/ID`, or null for anything else: any web page and any mail can offer such a link, so not one
 * character beyond the plain form is taken (no query, fragment, port, account, escapes or further path). A closing slash is, because
 * browsers add it.
 */
export function parseDeepLink(text: string): ConsultId | null {
  const [, id] = /^huizhen:\/\/consult\/([a-z0-9-]{1,64})\/?$/.exec(text) ?? [];
  const parsed = consultIdSchema.safeParse(id);
  return parsed.success ? parsed.data : null;
}

/** The first deep link among a process's arguments: how Windows and Linux hand it over. */
export function findDeepLink(argv: readonly string[]): ConsultId | null {
  for (const argument of argv) {
    const consultId = parseDeepLink(argument);
    if (consultId) return consultId;
  }
  return null;
}
