import type { RouterRtpCodecCapability } from 'mediasoup/types';

/** What every router offers, in no order of preference: the sender chooses by its source's profile. */
export const ROUTER_CODECS: RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP9', clockRate: 90_000, parameters: { 'profile-id': 0 } },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90_000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
  { kind: 'video', mimeType: 'video/AV1', clockRate: 90_000 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
];

/** The least time between two key frames asked of one source, in ms: a hundred viewers who come at once cost it one or two. */
export const KEY_FRAME_INTERVAL_MS = 1000;
