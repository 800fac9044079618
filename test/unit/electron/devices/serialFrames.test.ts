import { createPose, type Pose } from '#shared/control/pose';
import { createSettings } from '#shared/control/settings';
import { createDice } from '#shared/lib/seededRandom';
import { describe, expect, it } from 'vitest';
import { frameBytes, readMeasured, readOrder, readSettings, writeMeasured, writeOrder, writeSettings } from '../../../../electron/host/devices/serial/frame.ts';
import { FrameReader } from '../../../../electron/host/devices/serial/frameReader.ts';

const POSE: Pose = { xMm: 1.5, yMm: -2, zMm: 0.25, qw: 0.5, qx: 0.5, qy: -0.5, qz: 0.5 };
const hex = (text: string): Uint8Array => Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** What a reader makes of bytes: type and payload of each frame. */
function readAll(...chunks: Uint8Array[]) {
  const frames: { type: string; payload: DataView }[] = [];
  const reader = new FrameReader(({ type, payload }) => frames.push({ type, payload: new DataView(payload.buffer.slice(payload.byteOffset, payload.byteOffset + payload.byteLength)) }));
  for (const chunk of chunks) reader.push(chunk);
  return { frames, reader };
}

describe('frames on a serial line', () => {
  it('[CTL86] an order is byte by byte what is written down', () => {
    const bytes = writeOrder({ isMoving: true, isStopped: false, pose: POSE, forceN: 2 }, 0x1_0203);
    expect(bytes.subarray(0, 44)).toEqual(hex('a55a 01 01 0024 0203 01000000 3fc00000 c0000000 3e800000 3f000000 3f000000 bf000000 3f000000 40000000'));
    expect(bytes.byteLength).toBe(frameBytes('order'));
    expect(writeOrder({ isMoving: true, isStopped: true, pose: POSE, forceN: 2 }, 0)[8]).toBe(2); // a stop is not a motion
  });

  it('[CTL86] each frame comes back as it was', () => {
    const settings = { ...createSettings(), preset: 'vessels', isFrozen: true } as const;
    const { frames, reader } = readAll(
      writeOrder({ isMoving: true, isStopped: false, pose: POSE, forceN: 2 }, 1),
      writeMeasured({ pose: POSE, forceN: 3.5, isInContact: true, fault: null }, 0, 2),
      writeMeasured({ pose: POSE, forceN: Number.NaN, isInContact: false, fault: null }, 3, 2),
      writeSettings('settings', { request: 65_535, settings, isRefused: false }, 3),
      writeSettings('applied', { request: 1, settings, isRefused: true }, 4),
    );
    const [order, measured, stuck, asked, applied] = frames.map(({ payload }) => payload);
    if (!order || !measured || !stuck || !asked || !applied) throw new Error('a frame is missing');
    expect(readOrder(order)).toEqual({ isMoving: true, isStopped: false, pose: POSE, forceN: 2 });
    expect(readMeasured(measured)).toEqual({ pose: POSE, forceN: 3.5, isInContact: true, fault: null });
    expect(readMeasured(stuck)).toEqual({ pose: POSE, forceN: Number.NaN, isInContact: false, fault: 'a joint is stuck' });
    expect(readSettings(asked)).toEqual({ request: 65_535, settings, isRefused: false });
    expect(readSettings(applied)).toEqual({ request: 1, settings, isRefused: true });
    expect(reader.lostBytes).toBe(0);
  });

  it('[CTL81] no pose, no number, no preset: not read', () => {
    const payloadOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, 8, bytes.byteLength - 12);
    for (const wrong of [{ ...POSE, xMm: Number.NaN }, { ...POSE, zMm: Number.POSITIVE_INFINITY }, { ...POSE, qw: 0.9 }, { ...POSE, yMm: 20_000 }]) {
      expect(readMeasured(payloadOf(writeMeasured({ pose: wrong, forceN: 0, isInContact: false, fault: null }, 0, 0)))).toBeNull();
      expect(readOrder(payloadOf(writeOrder({ isMoving: true, isStopped: false, pose: wrong, forceN: 0 }, 0)))).toBeNull();
    }
    const settings = payloadOf(writeSettings('applied', { request: 1, settings: createSettings(), isRefused: false }, 0));
    settings.setUint8(0, 200);
    expect(readSettings(settings)).toBeNull();
    settings.setUint8(0, 0);
    settings.setFloat32(8, Number.NaN);
    expect(readSettings(settings)).toBeNull();
    expect(readMeasured(payloadOf(writeMeasured({ pose: POSE, forceN: 0, isInContact: false, fault: null }, 99, 0)))?.fault).toBe('fault 99');
  });

  it('[CTL86] 10,000 malformed frames: no pose is taken from them, and each good frame between them is found', () => {
    const dice = createDice(86);
    const wrong = { pose: { ...createPose(), xMm: 666 }, forceN: 0, isInContact: false, fault: null };
    let found = 0;
    let taken = 0;
    const reader = new FrameReader(({ type, payload }) => {
      const measured = type === 'measured' ? readMeasured(payload) : null;
      if (measured?.pose.xMm === 666) taken += 1;
      else if (measured !== null) found += 1;
    });
    let good = 0;
    for (let count = 0; count < 10_000; count += 1) {
      const bytes = writeMeasured(wrong, 0, count);
      const view = new DataView(bytes.buffer);
      const kind = dice(6);
      if (kind === 0) reader.push(bytes.subarray(0, 1 + dice(bytes.byteLength - 1))); // cut off
      else if (kind === 1) reader.push(bytes.map((byte, at) => (at === dice(bytes.byteLength) ? byte ^ 0xff : byte)).with(bytes.byteLength - 1, (bytes.at(-1) ?? 0) ^ 1));
      else if (kind === 2) {
        view.setUint16(4, dice(65_536) | 1); // an absurd length
        reader.push(bytes);
      }
      else if (kind === 3) reader.push(bytes.with(2, 2 + dice(250))); // a version that is none
      else if (kind === 4) reader.push(Uint8Array.from({ length: dice(200) }, () => (dice(3) === 0 ? [0xa5, 0x5a, 1, 2][dice(4)] ?? 0 : dice(256))));
      else reader.push(writeMeasured({ ...wrong, pose: { ...wrong.pose, [dice(2) === 0 ? 'yMm' : 'qx']: Number.NaN } }, 0, count));
      // What was cut off swallows at most the rest of its own length of what follows, and gives it back when its checksum fails.
      if (count % 10 === 0) {
        reader.push(writeMeasured({ ...wrong, pose: POSE }, 0, count));
        good += 1;
      }
    }
    reader.push(new Uint8Array(60));
    expect({ taken, found }).toEqual({ taken: 0, found: good });
    expect(reader.lostBytes).toBeGreaterThan(100_000);
  });
});
