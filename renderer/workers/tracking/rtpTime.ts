/** Ticks of video's RTP clock a second (RFC 3551, section 6). A timestamp is 32 bits without a sign and starts anew after 13 hours. */
export const RTP_HZ = 90_000;
const TURN = 2 ** 32;

/** How much later `a` is than `b`, in ticks: the shorter way around; negative when it is earlier. */
export const rtpDifference = (a: number, b: number): number => (a - b) | 0;

/** A timestamp some ticks later (or earlier), around the turn. */
export const rtpAfter = (timestamp: number, ticks: number): number => (((timestamp + Math.round(ticks)) % TURN) + TURN) % TURN;
