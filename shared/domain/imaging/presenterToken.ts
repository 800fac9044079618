import type { PeerId } from '../ids.ts';

/** Who presents, and who asked to, in the order of asking. */
export interface PresenterToken {
  readonly presenter: PeerId | null;
  readonly asking: readonly PeerId[];
}

export const NOBODY_PRESENTS: PresenterToken = { presenter: null, asking: [] };

/** [IMG20] Free, or its holder away: the asker has it at once. Otherwise the holder is asked, once each. */
export function askFor(token: PresenterToken, peerId: PeerId, isPresenterHere: boolean): PresenterToken {
  if (token.presenter === peerId) return token;
  if (token.presenter === null || !isPresenterHere) return { presenter: peerId, asking: token.asking.filter((other) => other !== peerId) };
  return token.asking.includes(peerId) ? token : { ...token, asking: [...token.asking, peerId] };
}

/** [IMG21] The holder gives it, or the host takes it for somebody; it leaves no second holder. Who had asked, asks no more. */
export function giveTo(token: PresenterToken, peerId: PeerId): PresenterToken {
  return { presenter: peerId, asking: token.asking.filter((other) => other !== peerId) };
}

/** [IMG22] Somebody lays it down, or leaves: the first who asked has it; nobody asked: it is free and the picture stays. */
export function without(token: PresenterToken, peerId: PeerId): PresenterToken {
  const asking = token.asking.filter((other) => other !== peerId);
  if (token.presenter !== peerId) return asking.length === token.asking.length ? token : { ...token, asking };
  const [first, ...rest] = asking;
  return { presenter: first ?? null, asking: rest };
}

/** Takes back one's wish. */
export function unask(token: PresenterToken, peerId: PeerId): PresenterToken {
  return { ...token, asking: token.asking.filter((other) => other !== peerId) };
}
