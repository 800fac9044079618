/**
 * The protocol's version. A client and a server talk only when their major numbers agree; a minor step adds optional things only.
 * Sent in the socket's handshake and in the `x-huizhen-protocol` header of HTTP requests.
 */
export const PROTOCOL_VERSION = '1.0';

/** True when a peer that speaks `other` can be talked to. Anything that is not `number.number` is not. */
export function isCompatibleVersion(other: string): boolean {
  const match = /^(\d{1,4})\.(\d{1,4})$/.exec(other);
  return match !== null && match[1] === PROTOCOL_VERSION.split('.')[0];
}
