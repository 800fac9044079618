import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HostProcess } from '../../helpers/control/hostProcess.ts';
import { createChoice } from '../../helpers/devices/choices.ts';
import { IgtPeer } from '../../helpers/devices/igtPeer.ts';
import { createFolder } from '../../unit/electron/fakes.ts';

/** IMAGE: one plane of 8 bits, grey. */
function imageOf(width: number, height: number, value: number): Uint8Array {
  const bytes = new Uint8Array(72 + width * height).fill(value, 72);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 1);
  bytes.set([1, 3, 1, 1], 2);
  for (const [at, number] of [width, height, 1].entries()) {
    view.setUint16(6 + 2 * at, number);
    view.setUint16(66 + 2 * at, number);
  }
  for (const at of [12, 28, 44]) view.setFloat32(at, 1);
  return bytes;
}

describe('pictures of a scanner on their way to the page', () => {
  it('[CTL116] one comes for each time that was asked; of a thousand that nobody asked for none does, and states go on', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const connected = once(server, 'connection') as Promise<[Socket]>; // Node's documented argument
    const host = await HostProcess.start(await createFolder(), { 'device.json': createChoice({ place: { type: 'connect', host: '127.0.0.1', port: typeof address === 'object' ? address?.port : 0 } }) });
    const page = await host.openPage();
    await page.request('control.describe', {});
    const [socket] = await connected;
    onTestFinished(() => void socket.destroy());
    const scanner = IgtPeer.over(socket);
    const send = async (count: number, value: number) => {
      for (let index = 0; index < count; index += 1) {
        scanner.send('IMAGE', 'Scanner', imageOf(320, 240, value));
        if (socket.writableNeedDrain) await once(socket, 'drain');
      }
    };
    await send(1000, 9);
    await page.states(10);
    expect(page.pictures).toEqual([]);
    for (const count of [1, 2]) {
      await page.request('control.wantPicture', {});
      while (page.pictures.length < count) {
        await send(1, 40);
        await page.states(1);
      }
    }
    await send(50, 41);
    await page.states(10);
    expect(page.pictures.map(({ width, height, components }) => [width, height, components])).toEqual([[320, 240, 1], [320, 240, 1]]);
    expect(page.pictures.flatMap(({ pixels }) => [...new Set(pixels)]).every((value) => value === 40 || value === 9)).toBe(true);
  });
});
