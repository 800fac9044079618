import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { SimulatedArm } from '#shared/simulator/arm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readStatus, readTransform, writeTransform } from '../../../electron/host/devices/openIgtLink/contents.ts';
import { FarOperator, HostProcess } from '../../helpers/control/hostProcess.ts';
import { createChoice } from '../../helpers/devices/choices.ts';
import { forceContent, IgtPeer } from '../../helpers/devices/igtPeer.ts';
import { createFolder } from '../../unit/electron/fakes.ts';

/** A robot's own computer: follows the poses that come while it is told to, brakes without, and says where it is 100 times a second. */
class Robot {
  readonly arm = new SimulatedArm(5);
  /** What it was told, in order, once each. */
  readonly told: string[] = [];
  /** False: says nothing any more. */
  isTalking = true;
  orders = 0;

  #peer: IgtPeer | null = null;

  constructor() {
    let atMs = performance.now();
    const timer = setInterval(() => {
      const nowMs = performance.now();
      this.arm.step(Math.min(200, nowMs - atMs));
      atMs = nowMs;
      if (!this.isTalking) return;
      const { pose, forceN } = this.arm.measured();
      this.#peer?.send('TRANSFORM', 'ProbeTip', writeTransform(pose));
      this.#peer?.send('SENSOR', 'Force', forceContent(forceN));
    }, 10);
    onTestFinished(() => clearInterval(timer));
  }

  /** The gateway is here, for the first time or again. */
  attach(socket: Socket): void {
    const peer = IgtPeer.over(socket, 2);
    this.#peer = peer;
    onTestFinished(() => void socket.destroy());
    void this.#obey(peer);
  }

  async #obey(peer: IgtPeer): Promise<void> {
    for (;;) {
      const { type, content } = await peer.next(() => true);
      const status = type === 'STATUS' ? readStatus(content) : null;
      if (status !== null && this.told.at(-1) !== status.name) this.told.push(status.name);
      const pose = type === 'TRANSFORM' ? readTransform(content) : null;
      if (pose !== null) this.orders += 1;
      this.arm.order({ isMoving: this.told.at(-1) === 'FOLLOW', isStopped: this.told.at(-1) === 'STOP', pose: pose ?? this.arm.pose, forceN: 0 });
    }
  }
}

async function begin(wanted: object = {}) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const place = { type: 'connect', host: '127.0.0.1', port: typeof address === 'object' ? address?.port : 0 };
  const robot = new Robot();
  server.on('connection', (socket) => robot.attach(socket));
  const host = await HostProcess.start(await createFolder(), { 'device.json': createChoice({ place, ...wanted }) });
  const page = await host.openPage();
  await page.request('control.describe', {});
  await page.until(() => page.status?.fault === null);
  return { robot, page, operator: new FarOperator(page) };
}

describe('a robot on OpenIGTLink, steered through the page', () => {
  it('[CTL82] [CTL83] it goes where the hand goes, hears the stop, and its silence ends motion until there is a new gesture', async () => {
    const { robot, page, operator } = await begin();
    expect(page.status?.device).toMatchObject({ id: 'robot', kind: 'openIgtLink' });
    await operator.take();
    await operator.engage();
    while (operator.hand.pose.xMm < 12) {
      operator.hand.pose.xMm += 0.4;
      await page.states(1);
    }
    await page.until(() => Math.abs(page.state.measured.xMm - 12) < 0.3);
    expect(Math.abs(robot.arm.pose.xMm - 12)).toBeLessThan(0.4);
    robot.isTalking = false;
    await page.until(() => page.state.phase === 'fault');
    robot.isTalking = true;
    await page.until(() => page.state.phase === 'waiting');
    const { orders } = robot;
    await page.states(25);
    expect(robot.orders).toBeLessThanOrEqual(orders + 1); // one may have been on its way
    await operator.engage();
    await page.request('control.stop', { stopId: 1 });
    await page.until(() => page.state.phase === 'stopped');
    await page.states(5);
    expect(robot.told).toEqual(['HOLD', 'FOLLOW', 'HOLD', 'FOLLOW', 'STOP']);
    expect(robot.arm.speedMmPerS).toBe(0);
  });

  it('[CTL84] without a force sensor it is shown, and no gesture moves it in any mode', async () => {
    const { robot, page, operator } = await begin({ force: null });
    for (const mode of ['full', 'orientation'] as const) {
      const grant = await operator.take(mode);
      expect(grant.limits).toMatchObject({ maxSpeedMmPerS: 0, maxAngularSpeedDegPerS: 0, maxForceN: 0 });
      const at = { ...robot.arm.pose };
      for (let round = 0; round < 3; round += 1) {
        operator.hand.isDeadManHeld = false;
        await page.states(10);
        operator.hand.isDeadManHeld = true;
        await page.states(25);
        operator.hand.pose.xMm += 5;
        await page.states(10);
      }
      expect(Math.hypot(robot.arm.pose.xMm - at.xMm, robot.arm.pose.yMm - at.yMm, robot.arm.pose.zMm - at.zMm)).toBeLessThan(0.2); // the noise of the sensor that it was told to hold at
      await page.request('control.release', { epoch: grant.epoch });
    }
    const guided = await operator.take('manual');
    expect(guided.mode).toBe('manual');
    await page.states(5);
    expect(page.status?.fault).toBeNull();
  });
});
