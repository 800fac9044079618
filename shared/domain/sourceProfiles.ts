import { z } from 'zod';

/** What a source is, not which device it comes from. */
export const sourceProfileSchema = z.enum(['face', 'field', 'ultrasound', 'screen', 'mic', 'clinicalAudio']);
export type SourceProfileName = z.infer<typeof sourceProfileSchema>;

/** One way to encode a video source. Layers are from the smallest to the largest. */
export interface EncodingMode {
  readonly id: string;
  readonly mimeType: 'video/VP9' | 'video/H264' | 'video/AV1' | 'video/VP8';
  /** H.264 profile-level-id or VP9 profile-id, where the codec has several. */
  readonly codecParameters?: Readonly<Record<string, string | number>>;
  /** `svc`: one stream with `scalabilityMode`. `simulcast`: one stream a layer. */
  readonly kind: 'svc' | 'simulcast';
  readonly scalabilityMode: string;
  readonly layers: readonly { readonly scaleDownBy: number; readonly maxBitrateBps: number }[];
  readonly maxWidth: number;
  readonly maxHeight: number;
  readonly maxFps: number;
  /** `powerEfficient`: only where the browser says a hardware encoder does it. */
  readonly requires: 'supported' | 'powerEfficient';
}

export interface VideoProfile {
  readonly kind: 'video';
  /** Asked of the camera, as ideals. */
  readonly capture: { readonly width: number; readonly height: number; readonly fps: number };
  readonly contentHint: 'motion' | 'detail' | 'text';
  readonly degradationPreference: 'maintain-framerate' | 'maintain-resolution' | 'balanced';
  readonly startBitrateBps: number;
  /** What remains of the source when bandwidth is nearly gone, before it is paused. */
  readonly floorBitrateBps: number;
  /** Enough for the picture to serve its purpose: in a shortage nobody gets finer before all have this. */
  readonly comfortBitrateBps: number;
  /** Below this for ten seconds, at the encoder's own fault, the next mode is taken. */
  readonly bearableFps: number;
  /** Best first; the first that the machine can do is used. */
  readonly modes: readonly EncodingMode[];
  /** Order of sacrifice: the lowest is given up first. Also the receiving side's priority (1–255). */
  readonly priority: number;
  readonly maxPerPeer: number;
}

export interface AudioProfile {
  readonly kind: 'audio';
  readonly processing: { readonly echoCancellation: boolean; readonly noiseSuppression: boolean; readonly autoGainControl: boolean };
  readonly channels: 1 | 2;
  readonly maxBitrateBps: number;
  readonly hasFec: boolean;
  readonly hasDtx: boolean;
  readonly priority: number;
  readonly maxPerPeer: number;
}

function svc(id: string, mimeType: 'video/VP9' | 'video/AV1', size: readonly [number, number, number], ceilings: readonly number[], requires: EncodingMode['requires'] = 'supported', scalabilityMode = 'L3T3_KEY'): EncodingMode {
  const [maxWidth, maxHeight, maxFps] = size;
  const layers = ceilings.map((maxBitrateBps, index) => ({ scaleDownBy: 2 ** (ceilings.length - 1 - index), maxBitrateBps }));
  const codecParameters = mimeType === 'video/VP9' ? { 'profile-id': 0 } : {};
  return { id, mimeType, codecParameters, kind: 'svc', scalabilityMode, layers, maxWidth, maxHeight, maxFps, requires };
}

function simulcast(id: string, mimeType: 'video/H264' | 'video/VP8', size: readonly [number, number, number], ceilings: readonly number[], requires: EncodingMode['requires'] = 'supported'): EncodingMode {
  const [maxWidth, maxHeight, maxFps] = size;
  const layers = ceilings.map((maxBitrateBps, index) => ({ scaleDownBy: 2 ** (ceilings.length - 1 - index), maxBitrateBps }));
  return { id, mimeType, kind: 'simulcast', scalabilityMode: 'L1T3', layers, maxWidth, maxHeight, maxFps, requires };
}

const UHD60 = [3840, 2160, 60] as const;
const UHD30 = [3840, 2160, 30] as const;
const FHD60 = [1920, 1080, 60] as const;
const FHD30 = [1920, 1080, 30] as const;
const HD30 = [1280, 720, 30] as const;
const M = 1_000_000;

/**
 * Everything that tells one kind of source from another, as data. Ceilings follow measurements: Chromium's own default of
 * 2.5 Mbit/s a stream leaves a 4K picture illegible, so every layer names its ceiling.
 */
export const SOURCE_PROFILES = {
  face: {
    kind: 'video',
    capture: { width: 1280, height: 720, fps: 30 },
    contentHint: 'motion',
    degradationPreference: 'balanced',
    startBitrateBps: 1 * M,
    floorBitrateBps: 0.1 * M,
    comfortBitrateBps: 0.6 * M,
    bearableFps: 8,
    modes: [
      svc('vp9-720', 'video/VP9', HD30, [0.2 * M, 0.6 * M, 1.8 * M]),
      simulcast('h264-720', 'video/H264', HD30, [0.2 * M, 0.6 * M, 1.8 * M]),
      simulcast('vp8-720', 'video/VP8', HD30, [0.2 * M, 0.6 * M, 1.8 * M]),
    ],
    priority: 20,
    maxPerPeer: 1,
  },
  field: {
    kind: 'video',
    // 60 as an ideal: a camera that has it gives it, and only the modes for it use it.
    capture: { width: 3840, height: 2160, fps: 60 },
    // Not `detail`, which says «screen» to Chromium: its VP9 then encodes no frame at all in three spatial layers.
    contentHint: 'motion',
    degradationPreference: 'maintain-resolution',
    startBitrateBps: 8 * M,
    floorBitrateBps: 0.4 * M,
    comfortBitrateBps: 5 * M,
    bearableFps: 2,
    modes: [
      svc('vp9-2160p60', 'video/VP9', UHD60, [1.2 * M, 5 * M, 25 * M], 'powerEfficient'),
      svc('vp9-2160', 'video/VP9', UHD30, [1.2 * M, 5 * M, 25 * M]),
      simulcast('h264-2160', 'video/H264', UHD30, [1.2 * M, 5 * M, 25 * M], 'powerEfficient'),
      simulcast('h264-1080', 'video/H264', FHD30, [0.5 * M, 1.5 * M, 6 * M]),
      simulcast('vp8-1080', 'video/VP8', FHD30, [0.5 * M, 1.5 * M, 6 * M]),
    ],
    priority: 60,
    maxPerPeer: 3,
  },
  ultrasound: {
    kind: 'video',
    capture: { width: 1920, height: 1080, fps: 60 },
    contentHint: 'motion',
    degradationPreference: 'maintain-framerate',
    startBitrateBps: 3 * M,
    floorBitrateBps: 0.5 * M,
    comfortBitrateBps: 2.5 * M,
    bearableFps: 15,
    modes: [
      svc('vp9-1080p60', 'video/VP9', FHD60, [0.5 * M, 2 * M, 10 * M], 'powerEfficient'),
      svc('vp9-1080', 'video/VP9', FHD30, [0.5 * M, 2 * M, 8 * M]),
      simulcast('h264-1080', 'video/H264', FHD30, [0.5 * M, 2 * M, 8 * M]),
      simulcast('vp8-720', 'video/VP8', HD30, [0.3 * M, 1 * M, 3 * M]),
    ],
    priority: 120,
    maxPerPeer: 2,
  },
  screen: {
    kind: 'video',
    capture: { width: 3840, height: 2160, fps: 30 },
    contentHint: 'text',
    degradationPreference: 'maintain-resolution',
    startBitrateBps: 2 * M,
    floorBitrateBps: 0.3 * M,
    comfortBitrateBps: 1.5 * M,
    bearableFps: 2,
    modes: [
      svc('av1-2160', 'video/AV1', UHD30, [8 * M], 'powerEfficient', 'L1T3'),
      // One spatial layer: as for `field`, Chromium's VP9 has no more of them for a screen.
      svc('vp9-2160', 'video/VP9', [3840, 2160, 15], [8 * M], 'supported', 'L1T3'),
      simulcast('h264-1080', 'video/H264', [1920, 1080, 15], [0.4 * M, 1.2 * M, 4 * M]),
      simulcast('vp8-1080', 'video/VP8', [1920, 1080, 15], [0.4 * M, 1.2 * M, 4 * M]),
    ],
    priority: 90,
    maxPerPeer: 1,
  },
  mic: {
    kind: 'audio',
    processing: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    channels: 1,
    maxBitrateBps: 48_000,
    hasFec: true,
    hasDtx: false,
    priority: 250,
    maxPerPeer: 1,
  },
  clinicalAudio: {
    kind: 'audio',
    processing: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    channels: 2,
    maxBitrateBps: 128_000,
    hasFec: true,
    hasDtx: false,
    priority: 240,
    maxPerPeer: 1,
  },
} as const satisfies Record<SourceProfileName, VideoProfile | AudioProfile>;

export type VideoProfileName = { [K in SourceProfileName]: (typeof SOURCE_PROFILES)[K]['kind'] extends 'video' ? K : never }[SourceProfileName];
export type AudioProfileName = Exclude<SourceProfileName, VideoProfileName>;

/** The profile as its general type, for code that treats all alike. */
export function sourceProfile(name: SourceProfileName): VideoProfile | AudioProfile {
  return SOURCE_PROFILES[name];
}

export function videoProfile(name: VideoProfileName): VideoProfile {
  return SOURCE_PROFILES[name];
}

export function audioProfile(name: AudioProfileName): AudioProfile {
  return SOURCE_PROFILES[name];
}

export function isVideoProfile(name: SourceProfileName): name is VideoProfileName {
  return SOURCE_PROFILES[name].kind === 'video';
}
