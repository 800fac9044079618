import { symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceOrder } from '#shared/control/patientSide';
import { createPose, type Pose } from '#shared/control/pose';
import { createSettings } from '#shared/control/settings';
import { createSystemClock } from '#shared/lib/clock';
import { createDice } from '#shared/lib/seededRandom';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readOrder, readSettings, type SerialSettings, writeMeasured, writeSettings } from '../../../electron/host/devices/serial/frame.ts';
import { FrameReader } from '../../../electron/host/devices/serial/frameReader.ts';
import { serialChoiceSchema } from '../../../electron/host/devices/serial/serialChoice.ts';
import { SerialDevice } from '../../../electron/host/devices/serial/serialDevice.ts';
import { openTty } from '../../../electron/host/devices/serial/ttyPort.ts';
import { DEVICE_LIMITS } from '../../helpers/devices/choices.ts';
import { Measurements } from '../../helpers/devices/measurements.ts';
import { openSerialLine, type SerialLine } from '../../helpers/devices/serialLine.ts';

const POSE: Pose = { ...createPose(), xMm: 5, zMm: 12 };
const clock = createSystemClock(globalThis);

const measured = (pose = POSE, faultCode = 0, forceN = 2): Uint8Array => writeMeasured({ pose, forceN, isInContact: true, fault: null }, faultCode, 0);

/** Says what it measures, over and over. */
function keepSaying({ device }: SerialLine, pose = POSE): () => void {
  const timer = setInterval(() => device.write(measured(pose)), 20);
  const end = () => clearInterval(timer);
  onTestFinished(end);
  return end;
}

/** What arrives at the device's end. */
function listen({ device }: SerialLine) {
  const orders: DeviceOrder[] = [];
  const asked: SerialSettings[] = [];
  let wake: () => void = () => undefined;
  const reader = new FrameReader(({ type, payload }) => {
    const order = type === 'order' ? readOrder(payload) : null;
    if (order !== null) orders.push(order);
    const settings = type === 'settings' ? readSettings(payload) : null;
    if (settings !== null) asked.push(settings);
    wake();
  });
  device.on('data', (bytes: Uint8Array) => reader.push(bytes));
  const until = async (isEnough: () => boolean) => {
    while (!isEnough()) {
      await new Promise<void>((done) => {
        wake = done;
      });
    }
  };
  return { orders, asked, until };
}

async function open(wanted: object = {}) {
  const line = await openSerialLine();
  onTestFinished(() => line.unplug());
  const choice = serialChoiceSchema.parse({ schemaVersion: 1, type: 'serial', id: 'arm', model: 'Arm', path: line.host, measuresForce: true, limits: DEVICE_LIMITS, ...wanted });
  const device = new SerialDevice({ choice, clock, random: Math.random });
  onTestFinished(() => device.close());
  return { line, device, measurements: new Measurements(device) };
}

describe('a device on a serial line', () => {
  it('[CTL86] orders go out always, changes at once; what it measures comes in', async () => {
    const { line, device, measurements } = await open();
    const { orders, until } = listen(line);
    keepSaying(line);
    expect(await measurements.next(({ fault }) => fault === null)).toMatchObject({ pose: POSE, forceN: 2, isInContact: true });
    const order: DeviceOrder = { isMoving: false, isStopped: false, pose: POSE, forceN: 0 };
    const timer = setInterval(() => device.order(order), 5);
    onTestFinished(() => clearInterval(timer));
    await until(() => orders.some(({ isMoving }) => !isMoving));
    Object.assign(order, { isMoving: true, forceN: 3 });
    await until(() => orders.some(({ isMoving, forceN, pose }) => isMoving && forceN === 3 && pose.zMm === 12));
    device.stop();
    Object.assign(order, { isStopped: true });
    await until(() => orders.at(-1)?.isStopped === true);
    expect(orders.filter(({ isMoving, isStopped }) => isMoving && isStopped)).toEqual([]);
    line.device.write(measured(POSE, 6));
    await measurements.next(({ fault }) => fault === 'collision');
  });

  it('[CTL83] silence is a fault; without a force sensor it has no speed and its force is no number', async () => {
    const { line, device, measurements } = await open({ measuresForce: false });
    expect(device.limits).toMatchObject({ maxSpeedMmPerS: 0, maxForceN: 0 });
    const end = keepSaying(line);
    expect((await measurements.next(({ fault }) => fault === null)).forceN).toBeNaN();
    end();
    await measurements.next(({ fault }) => fault === 'the device was not heard for 250 ms');
  });

  it('[CTL86] settings are asked for and answered with what holds; refused, senseless and missing answers are errors', async () => {
    const { line, device, measurements } = await open();
    const { asked, until } = listen(line);
    keepSaying(line);
    await measurements.next(({ fault }) => fault === null);
    const wanted = { ...createSettings(), gainDb: 61.5 };
    const answer = async (change: Partial<SerialSettings>) => {
      const settled = device.applySettings(wanted).catch((error: unknown) => error);
      const count = asked.length;
      await until(() => asked.length > count);
      const request = asked.at(-1);
      if (request === undefined) throw new Error('nothing was asked');
      expect(request.settings).toEqual(wanted);
      line.device.write(writeSettings('applied', { ...request, request: (request.request + 7) & 0xffff, settings: { ...wanted, gainDb: 1 } }, 0)); // of an earlier request
      line.device.write(writeSettings('applied', { ...request, ...change }, 0));
      return settled;
    };
    expect(await answer({ settings: { ...wanted, gainDb: 60 } })).toEqual({ ...wanted, gainDb: 60 });
    expect(await answer({ isRefused: true })).toMatchObject({ code: 'device.unsupported' });
    expect(await answer({ settings: { ...wanted, depthMm: 5000 } })).toMatchObject({ code: 'device.unsupported' });
    await expect(device.applySettings(wanted)).rejects.toMatchObject({ code: 'device.lost' });
  });

  it('[CTL86] 10,000 malformed frames over the line: it stays, and no pose is taken from them', async () => {
    const { line, device, measurements } = await open();
    const dice = createDice(87);
    let taken = 0;
    device.onMeasured(({ pose }) => {
      if (!(pose.xMm < 500)) taken += 1;
    });
    for (let batch = 0; batch < 100; batch += 1) {
      const frames = Array.from({ length: 100 }, () => {
        const bytes = measured({ ...createPose(), xMm: 666 });
        const kind = dice(4);
        if (kind === 0) return bytes.subarray(0, 1 + dice(bytes.byteLength - 1));
        if (kind === 1) return bytes.with(dice(bytes.byteLength - 4), dice(256)).with(bytes.byteLength - 1, (bytes.at(-1) ?? 0) ^ 0x80);
        if (kind === 2) return bytes.with(4, 1 + dice(255));
        return measured({ ...createPose(), xMm: 666, qw: Number.NaN });
      });
      const good = { ...createPose(), xMm: batch };
      const heard = measurements.next(({ pose, fault }) => fault === null && pose.xMm === batch);
      line.device.write(Buffer.concat([...frames, measured(good), new Uint8Array(60)]));
      await heard;
    }
    expect(taken).toBe(0);
    expect(device.refusedCount).toBeGreaterThan(1000);
  });

  it('[CTL83] pulled out in the middle of a frame it is a fault; plugged in again it goes on, and the half frame is gone', async () => {
    const first = await openSerialLine();
    onTestFinished(() => first.unplug());
    const path = join('/dev/shm', `huizhen-line-${process.pid}`);
    await symlink(first.host, path);
    onTestFinished(() => unlink(path));
    const choice = serialChoiceSchema.parse({ schemaVersion: 1, type: 'serial', id: 'arm', model: 'Arm', path, measuresForce: true, limits: DEVICE_LIMITS });
    const device = new SerialDevice({ choice, clock, random: Math.random });
    onTestFinished(() => device.close());
    const measurements = new Measurements(device);
    const end = keepSaying(first);
    await measurements.next(({ fault }) => fault === null);
    const applying = device.applySettings(createSettings()).catch((error: unknown) => error);
    end();
    first.device.write(measured({ ...createPose(), xMm: 666 }).subarray(0, 30));
    const isGone = measurements.next(({ fault }) => fault === 'the serial port was unplugged');
    await first.unplug();
    await isGone;
    expect(await applying).toMatchObject({ code: 'device.lost' });
    await measurements.next(({ fault }) => fault === 'the serial port is not there');
    const second = await openSerialLine();
    onTestFinished(() => second.unplug());
    await unlink(path);
    await symlink(second.host, path);
    keepSaying(second, { ...POSE, xMm: 8 });
    expect((await measurements.next(({ fault }) => fault === null)).pose.xMm).toBe(8);
  });

  it('[CTL82] a line that takes nothing holds up nobody: what waits in it is given up with it', async () => {
    const { line, device, measurements } = await open();
    keepSaying(line);
    await measurements.next(({ fault }) => fault === null);
    line.freeze();
    const isGivenUp = measurements.next(({ fault }) => fault === 'the serial port was unplugged');
    // Each a change, which goes out at once: far more than the line and the machine would keep.
    for (let count = 0; count < 4000; count += 1) device.order({ isMoving: count % 2 === 0, isStopped: false, pose: POSE, forceN: 0 });
    await isGivenUp;
  });

  it('[CTL86] what is no serial port is not opened', async () => {
    await expect(openTty({ path: '/dev/null', baud: 115_200 })).rejects.toMatchObject({ code: 'device.notFound' });
    await expect(openTty({ path: '/dev/there-is-none', baud: 115_200 })).rejects.toMatchObject({ code: 'device.notFound' });
    for (const path of ['/etc/passwd', '/dev/../etc/passwd', 'ttyUSB0']) expect(serialChoiceSchema.shape.path.safeParse(path).success).toBe(false);
  });
});
