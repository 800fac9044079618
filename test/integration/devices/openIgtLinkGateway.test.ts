import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { DeviceOrder, Measured } from '#shared/control/patientSide';
import { angleBetweenDeg, createPose, distanceMm, type Pose } from '#shared/control/pose';
import { createSettings } from '#shared/control/settings';
import { createSystemClock, type Clock } from '#shared/lib/clock';
import { createDice } from '#shared/lib/seededRandom';
import { AppError } from '#shared/protocol/errors';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readPosition, readStatus, readTransform, writePosition, writeStatus, writeTransform } from '../../../electron/host/devices/openIgtLink/contents.ts';
import { HEADER_BYTES, writeMessage } from '../../../electron/host/devices/openIgtLink/message.ts';
import { OpenIgtLinkDevice } from '../../../electron/host/devices/openIgtLink/openIgtLinkDevice.ts';
import { createChoice, DEVICE_LIMITS } from '../../helpers/devices/choices.ts';
import { forceContent as force, IgtPeer } from '../../helpers/devices/igtPeer.ts';
import { Measurements } from '../../helpers/devices/measurements.ts';

const clock: Clock = createSystemClock(globalThis);
const POSE: Pose = { xMm: 10, yMm: -20, zMm: 30, qw: 0.5, qx: 0.5, qy: -0.5, qz: 0.5 };
const order = (pose: Pose, isMoving = true, isStopped = false): DeviceOrder => ({ isMoving, isStopped, pose, forceN: 0 });

async function openGateway(wanted: object = {}, check: (measured: Measured) => void = () => undefined) {
  const device = new OpenIgtLinkDevice({ choice: createChoice(wanted), clock, random: Math.random });
  onTestFinished(() => device.close());
  const measurements = new Measurements(device, check);
  while (device.port === null) await measurements.next(() => true); // it says that nobody is there, and does so again and again
  return { device, measurements, port: device.port };
}

/** Keeps a peer alive: pose and force, over and over. */
function keepSaying(peer: IgtPeer, pose = POSE, forceN = 1): () => void {
  const say = () => {
    peer.send('TRANSFORM', 'ProbeTip', writeTransform(pose));
    peer.send('SENSOR', 'Force', force(forceN));
  };
  say();
  const timer = setInterval(say, 20);
  const end = () => clearInterval(timer);
  onTestFinished(end);
  return end;
}

/** Orders as the control service gives them, every 5 ms. */
function keepOrdering(device: OpenIgtLinkDevice, pose = POSE): () => void {
  const timer = setInterval(() => device.order(order(pose)), 5);
  const end = () => clearInterval(timer);
  onTestFinished(end);
  return end;
}

const isStatus = (name: string) => ({ type, content }: { type: string; content: DataView }) => type === 'STATUS' && readStatus(content)?.name === name;

describe('the OpenIGTLink gateway', () => {
  it.each([1, 2] as const)('[CTL80] [CTL82] a peer of header version %i is answered in its version; orders go out only while motion is ordered', async (version) => {
    const { device, measurements, port } = await openGateway();
    const peer = await IgtPeer.connect(port, version);
    const hello = await peer.next(isStatus('HOLD'));
    expect(hello).toMatchObject({ version: 1, deviceName: 'ProbeTarget' }); // nobody has spoken yet
    keepSaying(peer);
    const { pose, forceN, fault } = await measurements.next((measured) => measured.fault === null);
    expect([distanceMm(pose, POSE) < 1e-4, angleBetweenDeg(pose, POSE) < 1e-3, forceN, fault]).toEqual([true, true, 1, null]);
    device.order(order(POSE, false));
    peer.send('GET_STATUS', 'asked', new Uint8Array());
    expect(await peer.next(({ type, deviceName }) => type === 'STATUS' && deviceName === 'asked')).toMatchObject({ version });
    const target = { ...POSE, zMm: 31 };
    const end = keepOrdering(device, target);
    await peer.next(isStatus('FOLLOW'));
    for (let count = 0; count < 5; count += 1) {
      const sent = await peer.next(({ type }) => type === 'TRANSFORM');
      expect(sent).toMatchObject({ version, deviceName: 'ProbeTarget' });
      expect(sent.messageId > 0).toBe(version === 2);
      const read = readTransform(sent.content);
      expect(read === null ? Number.NaN : distanceMm(read, target)).toBeLessThan(1e-4);
    }
    end();
    device.order(order(target, false));
    await peer.next(isStatus('HOLD'));
    peer.send('GET_STATUS', 'later', new Uint8Array());
    const rest: string[] = [];
    await peer.next(({ type, deviceName }) => rest.push(type) > 0 && deviceName === 'later');
    expect(rest).toEqual(['STATUS']); // no order after the one that ended motion
  });

  it('[CTL82] never more than 50 orders a second, however often it is told', async () => {
    const { device, port } = await openGateway({ order: { type: 'POSITION', deviceName: 'Go' } });
    const peer = await IgtPeer.connect(port);
    keepSaying(peer);
    keepOrdering(device);
    const first = await peer.next(({ type }) => type === 'POSITION');
    let count = 0;
    let last = first;
    for (; count < 40; count += 1) last = await peer.next(({ type }) => type === 'POSITION');
    expect((last.stampMs ?? 0) - (first.stampMs ?? 0)).toBeGreaterThan(count * 20 - 10); // by the gateway's own stamps; a slow machine only makes it more
    expect(readPosition(last.content)?.zMm).toBe(30);
  });

  it('[CTL82] an emergency stop goes out at once, is said again to whoever connects, and ends with its reset only', async () => {
    const { device, measurements, port } = await openGateway();
    const peer = await IgtPeer.connect(port);
    keepSaying(peer);
    const end = keepOrdering(device);
    await peer.next(({ type }) => type === 'TRANSFORM');
    end();
    device.stop();
    const stop = await peer.next(isStatus('STOP'));
    expect(readStatus(stop.content)).toMatchObject({ code: 3 });
    device.order(order(POSE, true, true)); // moving, says somebody; stopped, says the latch
    const isGone = measurements.next(({ fault }) => fault === 'the device has not connected');
    peer.socket.destroy();
    await isGone;
    const second = await IgtPeer.connect(port);
    await second.next(isStatus('STOP'));
    device.order(order(POSE, false));
    await second.next(isStatus('HOLD'));
  });

  it('[CTL83] silence, a lost force sensor, a STATUS and a lost line are faults, each by its name', async () => {
    const { measurements, port } = await openGateway();
    expect((await measurements.next(() => true)).fault).toBe('the device has not connected');
    const peer = await IgtPeer.connect(port);
    expect((await measurements.next(({ fault }) => fault !== 'the device has not connected')).fault).toMatch(/no pose/);
    const end = keepSaying(peer);
    await measurements.next(({ fault }) => fault === null);
    peer.send('STATUS', 'Robot', writeStatus({ code: 18, subCode: 0n, name: 'Brake', text: 'worn' }));
    expect((await measurements.next(({ fault }) => fault !== null)).fault).toBe('hardware failure: Brake: worn');
    // Only the device takes it back: not a new line.
    peer.socket.destroy();
    end();
    await measurements.next(({ fault }) => fault === 'the device has not connected');
    const second = await IgtPeer.connect(port);
    const endSecond = keepSaying(second);
    await measurements.next(({ fault }) => fault === 'hardware failure: Brake: worn');
    second.send('STATUS', 'Robot', writeStatus({ code: 1, subCode: 0n, name: 'OK', text: '' }));
    await measurements.next(({ fault }) => fault === null);
    endSecond();
    const timer = setInterval(() => second.send('QTRANS', 'ProbeTip', writePosition(POSE)), 20);
    onTestFinished(() => clearInterval(timer));
    const silent = await measurements.next(({ fault }) => fault?.includes('force') === true);
    expect(silent.forceN).toBeNaN();
    clearInterval(timer);
    await measurements.next(({ fault }) => fault?.includes('no pose') === true);
  });

  it('[CTL82] a peer that takes orders and shows no life loses its line: what waits on the way is never delivered', async () => {
    const { device, measurements, port } = await openGateway();
    const peer = await IgtPeer.connect(port);
    const end = keepSaying(peer);
    await measurements.next(({ fault }) => fault === null);
    keepOrdering(device);
    await peer.next(({ type }) => type === 'TRANSFORM');
    peer.socket.pause(); // the cable is out, or the robot's computer stands still
    end();
    await measurements.next(({ fault }) => fault === 'the device has not connected');
    peer.socket.resume();
    await peer.closed;
  });

  it('[CTL80] a second device is turned away while the first is heard, and takes its place when it is silent', async () => {
    const { measurements, port } = await openGateway();
    const first = await IgtPeer.connect(port);
    const end = keepSaying(first);
    await measurements.next(({ fault }) => fault === null);
    const second = await IgtPeer.connect(port);
    await second.closed;
    end();
    await measurements.next(({ fault }) => fault !== null);
    const third = await IgtPeer.connect(port);
    keepSaying(third, { ...POSE, xMm: 77 });
    await measurements.next(({ pose, fault }) => fault === null && Math.abs(pose.xMm - 77) < 0.001);
    await first.closed;
  });

  it('[CTL81] poses are turned from the device’s frame into the base frame, and orders back', async () => {
    // The device's frame is ours, turned by a quarter about z and 100 mm along its x.
    const base = { xMm: 100, yMm: 0, zMm: 0, qw: Math.SQRT1_2, qx: 0, qy: 0, qz: Math.SQRT1_2 };
    const { device, measurements, port } = await openGateway({ base });
    const peer = await IgtPeer.connect(port);
    keepSaying(peer, { ...createPose(), xMm: 100, yMm: 7 });
    const { pose } = await measurements.next(({ fault }) => fault === null);
    expect(distanceMm(pose, { ...createPose(), xMm: 7 })).toBeLessThan(1e-4);
    keepOrdering(device, { ...createPose(), xMm: 7 });
    const sent = readTransform((await peer.next(({ type }) => type === 'TRANSFORM')).content);
    expect(sent === null ? Number.NaN : distanceMm(sent, { ...createPose(), xMm: 100, yMm: 7 })).toBeLessThan(1e-4);
    expect(sent === null ? Number.NaN : angleBetweenDeg(sent, base)).toBeLessThan(1e-3);
  });

  it('[CTL84] a device that measures no force never moves: its limits leave no speed and its force is no number', async () => {
    const { device, measurements, port } = await openGateway({ force: null });
    expect(device.limits).toEqual({ ...DEVICE_LIMITS, maxSpeedMmPerS: 0, maxAngularSpeedDegPerS: 0, maxForceN: 0 });
    const peer = await IgtPeer.connect(port);
    keepSaying(peer);
    const measured = await measurements.next(({ fault }) => fault === null);
    expect([measured.forceN, measured.isInContact]).toEqual([Number.NaN, false]);
    expect((await openGateway()).device.limits).toEqual(DEVICE_LIMITS);
  });

  it('[CTL84] the force is the value that was named, in its direction; one that is no number is no force', async () => {
    const { measurements, port } = await openGateway({ force: { deviceName: 'Force', index: 2, isPressNegative: true } });
    const peer = await IgtPeer.connect(port);
    const timer = setInterval(() => {
      peer.send('TRANSFORM', 'ProbeTip', writeTransform(POSE));
      peer.send('SENSOR', 'Other', force(1, 2, 3));
    }, 20);
    onTestFinished(() => clearInterval(timer));
    await measurements.next(({ fault }) => fault?.includes('force') === true);
    peer.send('SENSOR', 'Force', force(1, 2, -4));
    expect(await measurements.next(({ forceN }) => !Number.isNaN(forceN))).toMatchObject({ forceN: 4, isInContact: true });
    peer.send('SENSOR', 'Force', force(1, 2, Number.NaN));
    peer.send('SENSOR', 'Force', force(1, 2));
    await measurements.next(({ forceN }) => Number.isNaN(forceN)); // the old one grew old
  });

  it('[CTL85] questions are answered, and none of them begins or ends motion', async () => {
    const { device, port } = await openGateway();
    const peer = await IgtPeer.connect(port, 2);
    keepSaying(peer);
    peer.send('STT_TRANS', 'q1', new Uint8Array());
    const refused = await peer.next(({ type }) => type.startsWith('RTS_'));
    expect([refused.type, refused.deviceName, refused.content.getUint8(0)]).toEqual(['RTS_TRANS', 'q1', 1]);
    peer.send('GET_TRANS', 'q2', new Uint8Array());
    expect((await peer.next(({ deviceName }) => deviceName === 'q2')).content.byteLength).toBe(0); // nothing is ordered
    keepOrdering(device);
    await peer.next(({ deviceName }) => deviceName === 'ProbeTarget');
    peer.send('STP_TRANS', 'q3', new Uint8Array());
    expect(await peer.next(({ deviceName }) => deviceName === 'q3')).toMatchObject({ type: 'RTS_TRANS' });
    peer.send('GET_POSITION', 'q4', new Uint8Array());
    expect(readPosition((await peer.next(({ deviceName }) => deviceName === 'q4')).content)?.xMm).toBe(10);
    await peer.next(({ type, deviceName }) => type === 'TRANSFORM' && deviceName === 'ProbeTarget');
    await expect(device.applySettings(createSettings())).rejects.toMatchObject(new AppError('device.unsupported', 'OpenIGTLink carries no settings of a scanner'));
  });

  it('[CTL80] as a client it connects again and again, and reads on where the device is back', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const device = new OpenIgtLinkDevice({ choice: createChoice({ place: { type: 'connect', host: '127.0.0.1', port } }), clock, random: Math.random });
    onTestFinished(() => device.close());
    const measurements = new Measurements(device);
    for (let round = 0; round < 3; round += 1) {
      const [socket] = (await once(server, 'connection')) as [Socket]; // Node's documented argument
      const peer = IgtPeer.over(socket);
      keepSaying(peer, { ...POSE, xMm: round });
      await measurements.next(({ pose, fault }) => fault === null && Math.abs(pose.xMm - round) < 1e-4);
      const isGone = measurements.next(({ fault }) => fault === 'the device cannot be reached');
      socket.destroy();
      await isGone;
    }
  });
});

describe('a hostile OpenIGTLink peer', () => {
  /** A frame that is wrong in one way; `isDeadly`: the gateway cannot find the next after it. */
  function malformed(dice: (below: number) => number): { bytes: Uint8Array; isDeadly: boolean } {
    const version = dice(2) === 0 ? 1 : 2;
    const wrongPose = { ...POSE, xMm: 666 };
    const write = (type: string, content: Uint8Array) => writeMessage({ version, type, deviceName: 'ProbeTip', wallMs: Date.now(), content, messageId: dice(1000) });
    const noise = (count: number) => Uint8Array.from({ length: count }, () => dice(256));
    const good = write(dice(2) === 0 ? 'TRANSFORM' : 'POSITION', dice(2) === 0 ? writeTransform(wrongPose) : writePosition(wrongPose));
    const pose = write('TRANSFORM', writeTransform(wrongPose));
    const view = new DataView(pose.buffer);
    switch (dice(9)) {
      case 0: // truncated: the line ends within it
        return { bytes: pose.subarray(0, 1 + dice(pose.byteLength - 1)), isDeadly: true };
      case 1: { // a byte of the body, or of its checksum, is another
        const at = dice(2) === 0 ? 50 + dice(8) : HEADER_BYTES + dice(pose.byteLength - HEADER_BYTES);
        view.setUint8(at, view.getUint8(at) ^ (1 + dice(255)));
        return { bytes: pose, isDeadly: false };
      }
      case 2: // an absurd length
        view.setBigUint64(42, BigInt(2) ** BigInt(27 + dice(37)) - BigInt(dice(2)));
        return { bytes: pose, isDeadly: true };
      case 3: // a version that is none
        view.setUint16(0, dice(2) === 0 ? 0 : 4 + dice(65_531));
        return { bytes: pose, isDeadly: true };
      case 4: { // not a number, or too large for one, with a right checksum
        const content = writeTransform(wrongPose);
        new DataView(content.buffer).setFloat32(dice(12) * 4, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38][dice(4)] ?? 0);
        return { bytes: write('TRANSFORM', content), isDeadly: false };
      }
      case 5: // a body of another length than its type has
        return { bytes: write(['TRANSFORM', 'POSITION', 'QTRANS', 'SENSOR', 'STATUS', 'IMAGE'][dice(6)] ?? '', noise(dice(23))), isDeadly: false };
      case 6: // nonsense with a right checksum
        return { bytes: write(['TRANSFORM', 'POSITION', 'IMAGE', 'UNHEARDOF', 'GET_STATUS', 'STT_TRANS', 'RTS_TRANS', 'STRING'][dice(8)] ?? '', noise(200 + dice(3000))), isDeadly: false };
      case 7: // an extended header that lies
        return { bytes: lyingExtendedHeader(dice, wrongPose), isDeadly: false };
      default: // a type of no letters
        good[2] = 0;
        return { bytes: good, isDeadly: true };
    }
  }

  function lyingExtendedHeader(dice: (below: number) => number, pose: Pose): Uint8Array {
    const inner = writeMessage({ version: 2, type: 'TRANSFORM', deviceName: 'ProbeTip', wallMs: 0, content: writeTransform(pose), messageId: 0 }).slice(HEADER_BYTES);
    const view = new DataView(inner.buffer);
    if (dice(2) === 0) view.setUint16(0, dice(2) === 0 ? dice(12) : 13 + dice(60_000));
    else view.setUint32(4, 1 + dice(0xffff_fffe));
    // Written as version 1 it gets the checksum of these bytes, and is then called version 2.
    const bytes = writeMessage({ version: 1, type: 'TRANSFORM', deviceName: 'ProbeTip', wallMs: 0, content: inner, messageId: 0 });
    new DataView(bytes.buffer).setUint16(0, 2);
    return bytes;
  }

  it('[CTL80] [CTL81] 10,000 malformed frames leave the gateway alive and its memory bounded, and no pose is taken from them', { timeout: 120_000 }, async () => {
    let taken = 0;
    const { device, measurements, port } = await openGateway({ force: null }, ({ pose }) => {
      if (!(pose.xMm < 500)) taken += 1; // the good ones are all below
    });
    const dice = createDice(20_261_122);
    let peer = await IgtPeer.connect(port, 2);
    let lines = 1;
    const heapBefore = process.memoryUsage();
    let sentinel = 0;
    /** A good pose after the bad ones: heard, and by its number this one. */
    const ask = async () => {
      sentinel += 1;
      const wanted = sentinel % 500;
      const heard = measurements.next(({ fault, pose }) => fault === null && Math.abs(pose.xMm - wanted) < 0.01);
      peer.send('TRANSFORM', 'ProbeTip', writeTransform({ ...createPose(), xMm: wanted }));
      await heard;
    };
    await ask();
    for (let count = 0; count < 10_000; count += 1) {
      const { bytes, isDeadly } = malformed(dice);
      const cut = dice(bytes.byteLength + 1);
      peer.socket.write(bytes.subarray(0, cut));
      peer.socket.write(bytes.subarray(cut));
      if (isDeadly) {
        peer.socket.end();
        await peer.closed;
        peer = await IgtPeer.connect(port, 2);
        lines += 1;
      }
      if (isDeadly || count % 20 === 0) {
        // Whoever comes while the last one is still being let go is turned away: comes again.
        for (;;) {
          const heard = ask();
          const outcome = await Promise.race([heard.then(() => 'heard'), peer.closed.then(() => 'closed')]);
          if (outcome === 'heard') break;
          peer = await IgtPeer.connect(port, 2);
        }
      }
    }
    expect(taken).toBe(0);
    expect(lines).toBeGreaterThan(3000);
    expect(device.refusedCount).toBeGreaterThan(4000);
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - heapBefore.heapUsed - heapBefore.arrayBuffers).toBeLessThan(150_000_000);
    await ask();
  });
});
