import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RtpCapabilities } from 'mediasoup-client/types';
import { type EncodingMode, SOURCE_PROFILES, type VideoProfileName, videoProfile } from '#shared/domain/sourceProfiles';
import { type AskAbility, baseScale, chooseMode, encodingsFor, modeKey, totalBitrateBps } from '../../../../renderer/services/media/encodingChoice.ts';

const UHD = { width: 3840, height: 2160, fps: 30 };
const NAMES = (Object.keys(SOURCE_PROFILES) as (keyof typeof SOURCE_PROFILES)[]).filter((name): name is VideoProfileName => SOURCE_PROFILES[name].kind === 'video');
const ALL_MODES = NAMES.flatMap((name) => videoProfile(name).modes);

/** A browser and router that have these codecs in common. */
const sendable = (...mimeTypes: string[]): RtpCapabilities => ({ codecs: mimeTypes.map((mimeType, index) => ({ kind: 'video', mimeType, clockRate: 90_000, preferredPayloadType: 96 + index })) }) as RtpCapabilities; // what chooseMode looks at
const EVERY = sendable('video/VP9', 'video/H264', 'video/AV1', 'video/VP8');
const yes: AskAbility = async () => ({ isSupported: true, isPowerEfficient: true });
const software: AskAbility = async () => ({ isSupported: true, isPowerEfficient: false });
const no: AskAbility = async () => ({ isSupported: false, isPowerEfficient: false });

describe('chooseMode', () => {
  it('takes the best that the browser can do', async () => {
    expect((await chooseMode('field', UHD, EVERY, new Set(), yes))?.id).toBe('vp9-2160p60');
    expect((await chooseMode('field', UHD, EVERY, new Set(), software))?.id).toBe('vp9-2160');
    expect((await chooseMode('screen', UHD, EVERY, new Set(), software))?.id).toBe('vp9-2160');
  });

  it('leaves out what this machine was seen failing at, of this profile only', async () => {
    const [, vp9] = videoProfile('field').modes;
    if (!vp9) throw new Error('the profile has two modes');
    expect((await chooseMode('field', UHD, EVERY, new Set([modeKey('field', vp9)]), software))?.id).toBe('h264-1080');
    expect((await chooseMode('screen', UHD, EVERY, new Set([modeKey('field', vp9)]), software))?.id).toBe('vp9-2160');
  });

  it('takes no codec that the router has not', async () => {
    expect((await chooseMode('face', UHD, sendable('video/VP8'), new Set(), yes))?.mimeType).toBe('video/VP8');
    expect((await chooseMode('face', UHD, sendable('video/h264'), new Set(), yes))?.mimeType).toBe('video/H264');
    expect(await chooseMode('face', UHD, sendable('video/H265'), new Set(), yes)).toBeNull();
    expect(await chooseMode('face', UHD, {}, new Set(), yes)).toBeNull();
  });

  it('sends something rather than nothing when the browser denies all', async () => {
    expect((await chooseMode('field', UHD, EVERY, new Set(), no))?.id).toBe('vp8-1080');
  });

  it('gives only modes of the profile and of a common codec, and never a hardware mode without hardware but as the last resort', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...NAMES), fc.subarray(['video/VP9', 'video/H264', 'video/AV1', 'video/VP8']), fc.subarray(ALL_MODES.map(({ id }) => id)), async (name, codecs, unbearable) => {
        const { modes } = videoProfile(name);
        const mode = await chooseMode(name, UHD, sendable(...codecs), new Set(unbearable.map((id) => `${name}/${id}`)), software);
        const common = modes.filter(({ mimeType }) => codecs.includes(mimeType));
        expect(mode === null).toBe(common.length === 0);
        if (!mode) return;
        expect(common).toContain(mode);
        if (mode !== common.at(-1)) expect([mode.requires, unbearable.includes(mode.id)]).toEqual(['supported', false]);
      }),
    );
  });
});

describe('encodingsFor', () => {
  const modes = fc.constantFrom(...ALL_MODES);
  const sizes = fc.record({ width: fc.integer({ min: 160, max: 7680 }), height: fc.integer({ min: 90, max: 4320 }) });
  const largest = (mode: EncodingMode, size: { width: number; height: number }) => Math.min(...encodingsFor(mode, size).map(({ scaleResolutionDownBy }) => scaleResolutionDownBy ?? 1));

  it('fits every layer into the mode’s size, and does not enlarge', () => {
    fc.assert(
      fc.property(modes, sizes, (mode, size) => {
        const scale = largest(mode, size);
        expect(scale).toBeGreaterThanOrEqual(1);
        expect(size.width / scale).toBeLessThanOrEqual(mode.maxWidth + 1e-6);
        expect(size.height / scale).toBeLessThanOrEqual(mode.maxHeight + 1e-6);
        expect(scale).toBeCloseTo(baseScale(mode, size));
      }),
    );
  });

  it('names a ceiling for every stream; all together they are the mode’s', () => {
    fc.assert(
      fc.property(modes, sizes, (mode, size) => {
        const encodings = encodingsFor(mode, size);
        expect(encodings.reduce((sum, { maxBitrate }) => sum + maxBitrate, 0)).toBe(totalBitrateBps(mode));
        expect(encodings).toHaveLength(mode.kind === 'svc' ? 1 : mode.layers.length);
        for (const encoding of encodings) expect([encoding.scalabilityMode, encoding.maxFramerate]).toEqual([mode.scalabilityMode, mode.maxFps]);
      }),
    );
  });

  it('a 4K picture in a 4K mode is sent as it is; in a 1080 mode at half, with layers below', () => {
    const mode = (id: string) => {
      const found = videoProfile('field').modes.find((candidate) => candidate.id === id);
      if (!found) throw new Error(`no mode ${id}`);
      return found;
    };
    expect(encodingsFor(mode('vp9-2160'), UHD)).toEqual([{ scalabilityMode: 'L3T3_KEY', maxBitrate: 31_200_000, maxFramerate: 30 }]);
    expect(encodingsFor(mode('h264-1080'), UHD).map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).toEqual([8, 4, 2]);
  });
});
