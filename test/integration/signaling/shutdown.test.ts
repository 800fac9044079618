import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { toAppError } from '#shared/protocol/errors';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { ServerProcess } from '../../helpers/serverProcess.ts';
import { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';

describe('stopping in order', () => {
  it('[SIG9] tells every client, answers what is under way, and ends its workers', async () => {
    const server = await TestServer.start({ workers: 2 });
    const hall = new ConsultHall(server);
    const consultId = await hall.createConsult();
    const host = await hall.enter('requester', consultId);
    await host.publish('mic');
    const [idle, other] = [await hall.connect('nurse'), await hall.connect('expert')];
    const pids = server.server.workerPids();
    // Begun by the time the ping behind it is answered; each waits for the database.
    const underWay = [host.signaling.codeOf('chat.send', { messageId: 'message-0001', text: 'said at the last moment' }), other.codeOf('session.list', {})];
    const beforehand = Promise.all([host.signaling.request('network.ping', {}), other.request('network.ping', {})]);
    await beforehand;
    const stopped = server.stop();
    const twice = server.server.stop();
    for (const peer of [host.signaling, idle, other]) expect(await peer.next('server.stopping')).toEqual({ inMs: 3000 });
    expect(await Promise.all(underWay)).toEqual(['done', 'done']);
    expect(await Promise.all([host.signaling, idle, other].map((peer) => peer.ended))).toHaveLength(3);
    await Promise.all([stopped, twice]);
    expect(server.server.counts()).toEqual({ rooms: 0, peers: 0, connections: 0, transports: 0, producers: 0, consumers: 0 });
    for (const pid of pids) await expect.poll(() => isRunning(pid), { interval: 10, timeout: 5000 }).toBe(false);
    expect(server.clock.pendingTimers).toBe(0);
    expect(await SignalingPeer.connect(server.url, 'any-token').then(() => 'connected', () => 'refused')).toBe('refused');
  });

  it('[SIG9] refuses what comes while it drains', async () => {
    const server = await TestServer.start();
    const hall = new ConsultHall(server);
    const peer = await hall.connect('nurse');
    const late = await hall.connect('expert');
    // A password change takes long enough (argon2) for the server to be draining when the next request comes.
    const slow = peer.codeOf('session.changePassword', { current: 'not the password at all', next: 'another password 2026' });
    await peer.request('network.ping', {});
    const stopped = server.stop();
    await late.next('server.stopping');
    const code = await late.codeOf('session.whoAmI', {});
    expect(['server.stopping', 'network.closed']).toContain(code);
    expect(await slow).toBe('auth.badCredentials');
    await stopped;
    expect(toAppError(await SignalingPeer.connect(server.url, 'any-token').catch((error: unknown) => error)).code).not.toBe('auth.sessionEnded');
  });

  it('[SIG9] is not held up by a connection on which nothing was asked, nor by clients that vanished without a word', async () => {
    const server = await TestServer.start();
    const hall = new ConsultHall(server);
    await hall.connect('nurse');
    const { hostname, port } = new URL(server.url);
    const unused = connect(Number(port), hostname);
    await once(unused, 'connect');
    // Signs in by hand and is deaf from then on, so that the server's farewell is never acknowledged.
    const deaf = connect(Number(port), hostname);
    deaf.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`);
    const [answer] = await once(deaf, 'data');
    expect(String(answer)).toContain('101 Switching Protocols');
    deaf.write(maskedText(`40${JSON.stringify({ version: PROTOCOL_VERSION, token: await hall.token('expert') })}`));
    await expect.poll(() => server.server.counts().connections).toBe(2);
    const gone = Promise.all([once(unused, 'close'), once(deaf.resume(), 'close')]);
    await server.stop();
    await gone;
    expect(server.server.counts().connections).toBe(0);
  });

  it('[SIG9] stops in order though nobody reads its log any more', async () => {
    const server = await ServerProcess.start();
    try {
      server.closeOutput();
      await server.signIn('nurse');
      server.signal('SIGTERM');
      expect(await server.ended()).toBe(0);
    } finally {
      await server.stop();
    }
  });
});

/** A client's WebSocket frame of a short text. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
