import { z } from 'zod';
import { consultIdSchema, peerIdSchema } from '../domain/ids.ts';
import { bilingualSchema, partySchema } from '../domain/people.ts';
import { sourceStateSchema } from './media.ts';

export const peerStateSchema = z.object({
  peerId: peerIdSchema,
  party: partySchema,
  /** False while the signalling connection is lost and the grace time runs; media may still flow. */
  isConnected: z.boolean(),
  isHandRaised: z.boolean(),
  sources: z.array(sourceStateSchema).max(12),
});
export type PeerState = z.infer<typeof peerStateSchema>;

export const waitingPeerSchema = z.object({ peerId: peerIdSchema, party: partySchema, sinceMs: z.number().int() });

/**
 * The whole visible state of a room, sent anew after each change (rooms hold 2–20 people, so it is small). Being a state and not
 * a change, a lost or late message heals with the next one; `revision` rises with each and an older one is ignored.
 */
export const roomStateSchema = z.object({
  consultId: consultIdSchema,
  /** The server process that made it; another value means everything the server held in memory is new. */
  serverEpoch: z.string().max(40),
  revision: z.number().int().nonnegative(),
  title: z.string().max(500),
  organisationName: bilingualSchema,
  /** The one who leads at this moment; null when nobody present may. */
  hostPeerId: peerIdSchema.nullable(),
  /** Whom the schedule names as host; gets the lead back by coming back. */
  appointedHostPartyId: z.string().max(64),
  isLocked: z.boolean(),
  hasWaitingRoom: z.boolean(),
  startedAtMs: z.number().int(),
  peers: z.array(peerStateSchema).max(100),
  /** Only filled for the host. */
  waiting: z.array(waitingPeerSchema).max(100),
  /** The receiver's own media generation; see `MediaOffer.epoch`. */
  mediaEpoch: z.number().int().nonnegative(),
});
export type RoomState = z.infer<typeof roomStateSchema>;

export const chatMessageSchema = z.object({
  id: z.string().max(64),
  consultId: consultIdSchema,
  author: partySchema,
  text: z.string().min(1).max(4000),
  atMs: z.number().int(),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;
