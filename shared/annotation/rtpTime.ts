/** RTP timestamps of video: unsigned 32 bits, 90 kHz; they wrap every 13.3 hours, so only differences mean anything. */
export const RTP_PER_MS = 90;

/** How much later `later` is, ms; negative when it is earlier. Right for differences below 6.6 hours. */
export function rtpDeltaMs(later: number, earlier: number): number {
  return ((later - earlier) | 0) / RTP_PER_MS;
}

/** `rtpTimestamp` moved by so many ms. */
export function rtpPlusMs(rtpTimestamp: number, ms: number): number {
  return (rtpTimestamp + Math.round(ms * RTP_PER_MS)) >>> 0;
}
