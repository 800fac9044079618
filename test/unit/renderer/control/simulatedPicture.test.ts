import { describe, expect, it, vi } from 'vitest';
import { createDeviceState } from '#shared/control/frames/stateFrame';
import { SimulatedPicture } from '../../../../renderer/services/control/simulatedPicture.ts';
import type { ScanMessage } from '../../../../renderer/workers/scanMessages.ts';

function open() {
  const told: ScanMessage[] = [];
  const track = { stop: vi.fn() } as unknown as MediaStreamTrack; // only stopped here
  const terminate = vi.fn();
  const drawn = {} as OffscreenCanvas; // handed on, never looked into
  const picture = new SimulatedPicture({
    createWorker: () => ({ postMessage: (message: ScanMessage) => void told.push(structuredClone(message)), terminate }),
    createCanvas: () => ({ width: 0, height: 0, transferControlToOffscreen: () => drawn, captureStream: () => ({ getVideoTracks: () => [track] }) as unknown as MediaStream }), // a stream of one track
  });
  return { picture, told, track, terminate };
}

describe('the simulated scanner in the page', () => {
  it('[CTL63] hands each state with the settings that hold to the worker, as they were then', () => {
    const { picture, told } = open();
    expect(told.map(({ type }) => type)).toEqual(['open']);
    const state = createDeviceState();
    state.measured.xMm = 5;
    state.stampMs = 2500;
    state.isInContact = true;
    picture.handleState(state, { gainDb: 60, depthMm: 140, focusMm: 70, isFrozen: false });
    state.measured.xMm = 6; // states are written over by the next
    expect(told[1]).toMatchObject({ type: 'input', input: { pose: { xMm: 5 }, atS: 2.5, isInContact: true, settings: { gainDb: 60, depthMm: 140, focusMm: 70, isFrozen: false } } });
  });

  it('[CTL63] ends worker and track once, and is silent afterwards', () => {
    const { picture, told, track, terminate } = open();
    picture.close();
    picture.close();
    picture.handleState(createDeviceState(), { gainDb: 50, depthMm: 160, focusMm: 80, isFrozen: false });
    expect(terminate).toHaveBeenCalledTimes(1);
    expect(track.stop).toHaveBeenCalledTimes(1);
    expect(told).toHaveLength(1);
  });
});
