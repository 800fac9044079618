import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Measured } from '#shared/control/patientSide';
import { createPose, type Pose } from '#shared/control/pose';
import { createSystemClock, ManualClock } from '#shared/lib/clock';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exampleImages } from '../../../build/openIgtLink/examples.mjs';
import { readStatus } from '../../../electron/host/devices/openIgtLink/contents.ts';
import type { DeviceImage } from '../../../electron/host/devices/openIgtLink/image.ts';
import { OpenIgtLinkDevice } from '../../../electron/host/devices/openIgtLink/openIgtLinkDevice.ts';
import { rotationOf } from '../../../electron/host/devices/rotation.ts';
import { createChoice } from '../../helpers/devices/choices.ts';
import { ExampleProgram } from '../../helpers/devices/exampleProgram.ts';
import { IgtPeer } from '../../helpers/devices/igtPeer.ts';
import { Measurements } from '../../helpers/devices/measurements.ts';
import { openPlace } from '../../helpers/impairment/place.ts';

/** The library's own port. */
const PORT = 18_944;
const clock = createSystemClock(globalThis);

/** An example program that serves, in a place of its own, once it listens. */
async function serve(name: ConstructorParameters<typeof ExampleProgram>[0], ...words: string[]) {
  const place = await openPlace();
  onTestFinished(() => place.close());
  const program = new ExampleProgram(name, [String(PORT), ...words], place.namespace);
  onTestFinished(() => program.stop());
  return { program, host: place.address };
}

function run(name: ConstructorParameters<typeof ExampleProgram>[0], ...words: string[]): ExampleProgram {
  const program = new ExampleProgram(name, words, null);
  onTestFinished(() => program.stop());
  return program;
}

function openDevice(wanted: object, withClock = clock, check: (measured: Measured) => void = () => undefined) {
  const device = new OpenIgtLinkDevice({ choice: createChoice(wanted), clock: withClock, random: Math.random });
  onTestFinished(() => device.close());
  return { device, measurements: new Measurements(device, check) };
}

async function listeningPort(device: OpenIgtLinkDevice): Promise<number> {
  while (device.port === null) await new Promise((done) => setImmediate(done));
  return device.port;
}

/** The matrices that the library prints: four rows of four numbers, six digits each. */
function printedMatrices(text: string): number[][] {
  const rows = [...text.matchAll(/^(-?[\d.e+-]+), (-?[\d.e+-]+), (-?[\d.e+-]+), (-?[\d.e+-]+)$/gm)].map((row) => row.slice(1, 5).map(Number));
  return Array.from({ length: Math.floor(rows.length / 4) }, (_, index) => rows.slice(index * 4, index * 4 + 4).flat());
}

/** The same matrix of a pose, row by row. */
function matrixOf(pose: Readonly<Pose>): number[] {
  const r = rotationOf(pose);
  return [0, 1, 2].flatMap((row) => [r[row] ?? 0, r[3 + row] ?? 0, r[6 + row] ?? 0, [pose.xMm, pose.yMm, pose.zMm][row] ?? 0]).concat([0, 0, 0, 1]);
}

/** As far as six printed digits and float32 go. */
function expectSame(pose: Readonly<Pose>, printed: readonly number[] | undefined): void {
  expect(printed).toHaveLength(16);
  for (const [index, value] of matrixOf(pose).entries()) expect(Math.abs(value - (printed?.[index] ?? Number.NaN))).toBeLessThan(2e-4);
}

describe('OpenIGTLink’s own example programs', () => {
  it('[CTL80] [CTL81] TrackerServer: each pose that it prints is measured, in its order', async () => {
    const { program, host } = await serve('TrackerServer', '30');
    const measured: Measured[] = [];
    const { device, measurements } = openDevice({ place: { type: 'connect', host, port: PORT }, poseName: 'Tracker', force: null }, clock, (each) => {
      if (each.fault === null) measured.push(each);
    });
    await measurements.next(() => measured.length >= 40);
    const printed = printedMatrices(await program.printed((text) => printedMatrices(text).length >= 40));
    for (let index = 0; index < 40; index += 1) expectSame(measured[index]?.pose ?? createPose(), printed[index]);
    expect(device.refusedCount).toBe(0);
  });

  it('[CTL80] [CTL81] TrackerClient: connects to our server, and each pose that it prints is measured', async () => {
    const measured: Measured[] = [];
    const { device, measurements } = openDevice({ poseName: 'Tracker', force: null }, clock, (each) => {
      if (each.fault === null) measured.push(each);
    });
    const program = run('TrackerClient', '127.0.0.1', String(await listeningPort(device)), '30');
    await measurements.next(() => measured.length >= 40);
    const printed = printedMatrices(await program.printed((text) => printedMatrices(text).length >= 40));
    for (let index = 0; index < 40; index += 1) expectSame(measured[index]?.pose ?? createPose(), printed[index]);
  });

  it.each(['TRANSFORM', 'POSITION'] as const)('[CTL80] [CTL82] ReceiveClient prints each order and STATUS that our server sent, as %s', async (type) => {
    const manual = new ManualClock(1_800_000_000_250);
    const { device } = openDevice({ order: { type } }, manual);
    const program = run('ReceiveClient', '127.0.0.1', String(await listeningPort(device)));
    await program.printed((text) => text.includes('HOLD'));
    const sent: Pose[] = [];
    // Eleven orders in 220 ms: the client never says anything, and after 250 ms it would count as dead.
    for (let index = 0; index < 11; index += 1) {
      const half = (index * 5 * Math.PI) / 180;
      const pose = { xMm: index - 5.25, yMm: index * 3, zMm: 12.5, qw: Math.cos(half), qx: Math.sin(half), qy: 0, qz: 0 };
      sent.push(pose);
      device.order({ isMoving: true, isStopped: false, pose, forceN: 0 });
      manual.advance(20);
    }
    device.stop();
    // Matrices go to its other output, which may be read later.
    const text = await program.printed((all) => /Error Name: STOP[\s\S]*?=\n/.test(all) && (type === 'POSITION' || printedMatrices(all).length >= sent.length));
    expect([...text.matchAll(/Code {6}: (\d+)[\s\S]*?Error Name: (\w+)/g)].map(([, code, name]) => `${code} ${name}`)).toEqual(['1 HOLD', '1 FOLLOW', '3 STOP']);
    expect(text).toContain('Status    : emergency stop');
    expect(text).toMatch(/Time stamp: 1800000000\.\s*2(5|49)/);
    if (type === 'TRANSFORM') {
      const printed = printedMatrices(text);
      expect(printed).toHaveLength(sent.length);
      for (const [index, pose] of sent.entries()) expectSame(pose, printed[index]);
      return;
    }
    const numbers = (name: string) => [...text.matchAll(new RegExp(`${name} += \\(([^)]*)\\)`, 'g'))].map(([, list = '']) => list.split(', ').map(Number));
    const [positions, quaternions] = [numbers('position'), numbers('quaternion')];
    expect([positions.length, quaternions.length]).toEqual([sent.length, sent.length]);
    for (const [index, { xMm, yMm, zMm, qw, qx, qy, qz }] of sent.entries()) {
      for (const [at, value] of [xMm, yMm, zMm].entries()) expect(positions[index]?.[at]).toBeCloseTo(value, 3);
      for (const [at, value] of [qx, qy, qz, qw].entries()) expect(quaternions[index]?.[at]).toBeCloseTo(value, 4);
    }
  });

  it('[CTL80] [CTL83] StatusServer and StatusClient: what they say is read, from either side', async () => {
    const expected = { code: 1, subCode: 128n, name: 'OK!', text: 'This is a test to send status message.' };
    const { host } = await serve('StatusServer');
    const peer = await connectWhenUp(host);
    expect(readStatus((await peer.next(({ type }) => type === 'STATUS')).content)).toEqual(expected);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    run('StatusClient', '127.0.0.1', String(typeof address === 'object' ? address?.port : 0));
    const [socket] = (await once(server, 'connection')) as [Socket]; // Node's documented argument
    onTestFinished(() => void socket.destroy());
    const message = await IgtPeer.over(socket).next(({ type }) => type === 'STATUS');
    expect(message).toMatchObject({ version: 1, deviceName: 'Device' });
    expect(readStatus(message.content)).toEqual(expected);
  });

  it('[CTL80] ImagerServer: each picture is byte by byte its file', async () => {
    const { host } = await serve('ImagerServer', '10', exampleImages);
    const { device } = openDevice({ place: { type: 'connect', host, port: PORT }, force: null });
    const images: DeviceImage[] = [];
    await new Promise<void>((done) => {
      device.onImage((image) => {
        images.push(image);
        if (images.length === 6) done();
      });
    });
    for (const [index, image] of images.slice(0, 6).entries()) {
      expect(image).toMatchObject({ width: 256, height: 256, components: 1, spacingMm: [1, 1] });
      expect(Buffer.compare(image.pixels, await readFile(join(exampleImages, `igtlTestImage${(index % 5) + 1}.raw`)))).toBe(0);
    }
    expect(device.newestImage?.width).toBe(256);
    expect(device.refusedCount).toBe(0);
  });
});

/** The examples do not say when they listen. */
async function connectWhenUp(host: string): Promise<IgtPeer> {
  for (;;) {
    const socket = connect({ host, port: PORT });
    const isUp = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true));
      socket.once('error', () => done(false));
    });
    if (!isUp) continue;
    onTestFinished(() => void socket.destroy());
    return IgtPeer.over(socket);
  }
}
