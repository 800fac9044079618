import type { RtpCapabilities } from 'mediasoup-client/types';
import { type EncodingMode, type VideoProfileName, videoProfile } from '#shared/domain/sourceProfiles';

/** The browser's word on one mode. */
export interface EncodingAbility {
  readonly isSupported: boolean;
  readonly isPowerEfficient: boolean;
}

export type AskAbility = (mode: EncodingMode, size: { readonly width: number; readonly height: number; readonly fps: number }) => Promise<EncodingAbility>;

/** Asks the browser by Media Capabilities. A browser that throws on a mode it does not know says no. */
export const askBrowser: AskAbility = async (mode, size) => {
  const codecParameters = Object.entries(mode.codecParameters ?? {}).map(([key, value]) => `;${key}=${value}`);
  const configuration: MediaEncodingConfiguration = {
    type: 'webrtc',
    video: {
      contentType: `${mode.mimeType}${codecParameters.join('')}`,
      width: Math.min(size.width, mode.maxWidth),
      height: Math.min(size.height, mode.maxHeight),
      framerate: Math.max(1, Math.min(size.fps, mode.maxFps)),
      bitrate: totalBitrateBps(mode),
      ...(mode.kind === 'svc' ? { scalabilityMode: mode.scalabilityMode } : {}),
    },
  };
  try {
    const info = await navigator.mediaCapabilities.encodingInfo(configuration);
    return { isSupported: info.supported, isPowerEfficient: info.powerEfficient };
  } catch {
    return { isSupported: false, isPowerEfficient: false };
  }
};

export function totalBitrateBps(mode: EncodingMode): number {
  return mode.layers.reduce((sum, layer) => sum + layer.maxBitrateBps, 0);
}

/**
 * The first mode of the profile that the router takes, the browser can do, and this machine has not been seen failing at
 * (`unbearable`). Falls back to the last mode that the router takes: something is sent rather than nothing. Null when the router
 * and the browser have no codec in common.
 */
export async function chooseMode(profile: VideoProfileName, size: { readonly width: number; readonly height: number; readonly fps: number }, sendable: RtpCapabilities, unbearable: ReadonlySet<string>, ask: AskAbility = askBrowser): Promise<EncodingMode | null> {
  const common = videoProfile(profile).modes.filter((mode) => sendable.codecs?.some((codec) => codec.mimeType.toLowerCase() === mode.mimeType.toLowerCase()));
  for (const mode of common) {
    if (unbearable.has(modeKey(profile, mode))) continue;
    const ability = await ask(mode, size);
    if (ability.isSupported && (mode.requires === 'supported' || ability.isPowerEfficient)) return mode;
  }
  return common[common.length - 1] ?? null;
}

export function modeKey(profile: VideoProfileName, mode: EncodingMode): string {
  return `${profile}/${mode.id}`;
}

/** How much smaller than captured the whole picture is sent, so that it fits the mode's largest size. */
export function baseScale(mode: EncodingMode, size: { readonly width: number; readonly height: number }): number {
  return Math.max(1, size.width / mode.maxWidth, size.height / mode.maxHeight);
}

/** The encodings for `produce`. SVC: one stream with all layers. Simulcast: one stream a layer, smallest first. */
export function encodingsFor(mode: EncodingMode, size: { readonly width: number; readonly height: number }): { readonly scalabilityMode?: string; readonly scaleResolutionDownBy?: number; readonly maxBitrate: number; readonly maxFramerate: number }[] {
  const scale = baseScale(mode, size);
  if (mode.kind === 'svc') {
    return [{ scalabilityMode: mode.scalabilityMode, maxBitrate: totalBitrateBps(mode), maxFramerate: mode.maxFps, ...(scale > 1 ? { scaleResolutionDownBy: scale } : {}) }];
  }
  return mode.layers.map((layer) => ({ scalabilityMode: mode.scalabilityMode, scaleResolutionDownBy: scale * layer.scaleDownBy, maxBitrate: layer.maxBitrateBps, maxFramerate: mode.maxFps }));
}
