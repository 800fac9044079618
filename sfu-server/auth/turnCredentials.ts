import { createHmac } from 'node:crypto';
import { assertNever } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import type { MediaOffer } from '#shared/protocol/media';
import type { TurnConfig } from '../config.ts';

/**
 * The TURN servers with credentials for one party. With a shared secret they are time-limited as in
 * draft-uberti-behave-turn-rest-00 (coturn's `use-auth-secret`): the username is the expiry in Unix seconds and the id, the
 * credential its HMAC-SHA1.
 */
export function createIceServers(turn: TurnConfig, clock: Clock): (partyId: string) => MediaOffer['iceServers'] {
  return (partyId) => {
    switch (turn.type) {
      case 'none':
        return [];
      case 'fixed':
        return [{ urls: [...turn.urls], username: turn.username, credential: turn.credential }];
      case 'sharedSecret': {
        const username = `${Math.floor(clock.wallMs() / 1000) + turn.lifetimeS}:${partyId}`;
        return [{ urls: [...turn.urls], username, credential: createHmac('sha1', turn.secret).update(username).digest('base64') }];
      }
      default:
        return assertNever(turn);
    }
  };
}
