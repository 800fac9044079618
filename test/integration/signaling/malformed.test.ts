import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Role } from '#shared/domain/roles';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { ConsultHall } from '../../helpers/consultHall.ts';
import type { FakeRtpPeer } from '../../helpers/fakeRtpPeer.ts';
import { type HostileMessage, hostileMessages, junkFrames } from '../../helpers/hostileMessages.ts';
import { liveHeapBytes } from '../../helpers/memory.ts';
import { MediaWatch } from '../../helpers/mediaWatch.ts';
import { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';
import { required } from '#shared/lib/assert';
import { toAppError } from '#shared/protocol/errors';

const SEED = 20_261_121;
/** Together ten thousand. */
const OFFENDERS: readonly { readonly role: Role; readonly account: string; readonly count: number }[] = [
  { role: 'observer', account: 'observer', count: 3200 }, { role: 'auditor', account: 'auditor', count: 3000 }, { role: 'cart', account: 'cart', count: 3000 },
];
const JUNK_FRAMES = 500;
const BAD_HANDSHAKES = 300;

/** A consult of three who publish and take everything, checked again and again while others misbehave. */
class CalmConsult {
  readonly peers: readonly FakeRtpPeer[];
  readonly #before: string;
  readonly #heardBefore: number;
  answers = 0;

  private constructor(peers: readonly FakeRtpPeer[], before: string) {
    this.peers = peers;
    this.#before = before;
    this.#heardBefore = this.#heard();
  }

  static async open(hall: ConsultHall): Promise<CalmConsult> {
    const consultId = await hall.createConsult('requester');
    const peers = [await hall.enter('requester', consultId), await hall.enter('expert', consultId), await hall.enter('nurse', consultId)];
    for (const peer of peers) {
      await peer.connect();
      await peer.publish('mic');
      await peer.publish('face');
    }
    for (const peer of peers) {
      const state = await peer.signaling.stateWhere((now) => now.peers.every(({ sources }) => sources.length === 2));
      expect((await peer.consumeAll(state)).refused).toEqual([]);
    }
    return new CalmConsult(peers, JSON.stringify((await required(peers[0], 'a peer').signaling.request('room.sync', {})).state));
  }

  async check(): Promise<void> {
    await Promise.all(this.peers.map(({ signaling }) => signaling.request('network.ping', {})));
    this.answers += this.peers.length;
  }

  /** Not a revision further, not an event heard, every consumer still there. */
  async expectUntouched(): Promise<void> {
    expect(JSON.stringify((await required(this.peers[0], 'a peer').signaling.request('room.sync', {})).state)).toBe(this.#before);
    expect(this.#heard()).toBe(this.#heardBefore);
    for (const { signaling, consumers } of this.peers) {
      for (const { consumerId } of consumers) expect(await signaling.codeOf('media.requestKeyFrame', { consumerId })).toBe('done');
    }
  }

  #heard(): number {
    return this.peers.reduce((sum, { signaling }) => sum + signaling.heard.filter(({ name }) => !['media.layers', 'case.changed', 'schedule.changed', 'notice.new'].includes(name)).length, 0); // a new consult begins a case, takes its panel's time and invites them, and they hear of all that
  }
}

describe('ten thousand messages of no good will', () => {
  let server: TestServer;
  let hall: ConsultHall;
  let calm: CalmConsult;
  let watch: MediaWatch;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
    watch = new MediaWatch(server.pool);
    calm = await CalmConsult.open(hall);
    for (const { account } of OFFENDERS) await hall.token(account);
  });
  afterAll(async () => {
    await hall.close();
    await server.stop();
  });

  /** Sends them one by one, connecting anew whenever cut; gives the codes by number and how often it was cut. */
  const offend = async (account: string, messages: readonly HostileMessage[]) => {
    const wrong: string[] = [];
    let cuts = 0;
    let refused = 0;
    let peer = await SignalingPeer.connect(server.url, await hall.token(account));
    for (const [index, { event, message, codes }] of messages.entries()) {
      if (index % 100 === 0) await calm.check();
      const answer = await peer.send(message, event);
      if (answer === null || answer.ok) wrong.push(`${JSON.stringify(message)?.slice(0, 150)} → ${JSON.stringify(answer)?.slice(0, 150)}`);
      else if (codes.includes(answer.error.code) || answer.error.code === 'input.rateLimited') refused += 1;
      else wrong.push(`${JSON.stringify(message)?.slice(0, 150)} → ${answer.error.code}, not ${codes.join()}`);
      // The cut follows the answer; a sign of life tells whether it came.
      if (index % 20 === 19) await Promise.race([peer.ended, new Promise<void>((resolve) => peer.socket.emit('probe', () => resolve()))]);
      if (peer.isConnected) continue;
      cuts += 1;
      peer = await SignalingPeer.connect(server.url, await hall.token(account));
    }
    await peer.close();
    return { wrong, cuts, refused };
  };

  it('[SIG3] [SIG4] are each refused with a code; whoever goes on is cut; three in a consult notice nothing', async () => {
    const counts = server.server.counts();
    const [workerPid] = server.server.workerPids();
    const made = { routers: watch.routers.length, transports: watch.transports.length, producers: watch.producers.length, consumers: watch.consumers.length };
    expect(counts).toMatchObject({ peers: 3, producers: 6, consumers: 12 });
    const warmUp = await offend('auditor', hostileMessages('auditor', 300, SEED - 1)); // what is compiled and cached once is no leak
    expect(warmUp.wrong).toEqual([]);
    const heapBefore = await liveHeapBytes();
    const sent = await Promise.all(OFFENDERS.map(({ role, account, count }, index) => offend(account, hostileMessages(role, count, SEED + index))));
    expect(sent.flatMap(({ wrong }) => wrong)).toEqual([]);
    expect(sent.reduce((sum, { refused }) => sum + refused, 0)).toBe(10_000 - JUNK_FRAMES - BAD_HANDSHAKES);
    for (const { cuts } of sent) expect(cuts).toBeGreaterThan(20);
    expect(await server.metric('huizhen_socket_dropped_total')).toBeGreaterThanOrEqual(sent.reduce((sum, { cuts }) => sum + cuts, 0));

    await calm.expectUntouched();
    await expect.poll(() => server.server.counts(), { interval: 5 }).toEqual(counts);
    await expect.poll(() => ({ routers: watch.routers.length, transports: watch.transports.length, producers: watch.producers.length, consumers: watch.consumers.length }), { interval: 5 }).toEqual(made);
    expect(server.server.workerPids()).toEqual([workerPid]);
    expect((await liveHeapBytes()) - heapBefore).toBeLessThan(25_000_000);
    expect(calm.answers).toBeGreaterThan(200);
  });

  it('[SIG8] are audited as numbers, not as ten thousand entries', async () => {
    server.clock.skip(61_000);
    const auditor = await hall.connect('auditor');
    const entries: { readonly actorId: string | null; readonly action: string; readonly subject: string | null; readonly code: string | null; readonly sequence: number }[] = [];
    for (let before: number | null = null; ; ) {
      const page: typeof entries = (await auditor.request('admin.audit', { beforeSequence: before, limit: 200, outcome: 'refused' })).entries;
      entries.push(...page);
      before = page.at(-1)?.sequence ?? null;
      if (page.length < 200 || before === null) break;
    }
    const byKind = new Map<string, number>();
    for (const { actorId, action, code } of entries) byKind.set(`${actorId} ${action} ${code}`, (byKind.get(`${actorId} ${action} ${code}`) ?? 0) + 1);
    // Three singly and one number each minute; the flood took no longer than two.
    for (const [kind, count] of byKind) expect([kind, count <= 8]).toEqual([kind, true]);
    expect(entries.some(({ subject }) => /^×\d+$/.test(subject ?? ''))).toBe(true);
  });

  it('[SIG10] frames that are no messages end their connection, and only that', async () => {
    const counts = server.server.counts();
    const frames = junkFrames(JUNK_FRAMES, SEED);
    const token = await hall.token('observer');
    const survived: string[] = [];
    const throwFrame = (frame: string | Buffer) =>
      new Promise<void>((resolve) => {
        const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
        let isIn = false;
        socket.on('message', (data) => {
          const text = String(data);
          if (text.startsWith('0')) socket.send(`40${JSON.stringify({ version: PROTOCOL_VERSION, token })}`);
          else if (text.startsWith('40')) {
            isIn = true;
            socket.send(frame);
            // What does not end it at once must be nothing at all to the server: the next request is answered, and then it is over.
            socket.send('4291["request",{"id":"after","name":"network.ping","params":{}}]');
          } else if (text.startsWith('4391[')) {
            survived.push(typeof frame === 'string' ? frame.slice(0, 60) : `bytes ${frame.length}`);
            socket.close();
          }
        });
        socket.on('error', () => undefined); // the close that follows is what counts
        socket.on('close', () => {
          expect(isIn).toBe(true);
          resolve();
        });
      });
    for (let start = 0; start < frames.length; start += 25) {
      await Promise.all(frames.slice(start, start + 25).map(throwFrame));
      await calm.check();
    }
    // An event without a name counts as an offence; acknowledgements nobody asked for and packets of the engine's own do nothing.
    for (const frame of survived) expect(frame).toMatch(/^(42|43|43\[\]|6|7|0\{\})$/);
    await calm.expectUntouched();
    await expect.poll(() => server.server.counts(), { interval: 5 }).toEqual(counts);
  });

  it('[SIG1] handshakes of every wrong kind are refused with a code', async () => {
    const counts = server.server.counts();
    const wrong: readonly unknown[] = ['', null, 7, {}, [], 'x'.repeat(5000), `${PROTOCOL_VERSION}\n`, '2.0', 'a-token-nobody-has', { toString: 'x' }];
    const codes = new Set<string>();
    for (let index = 0; index < BAD_HANDSHAKES; index += 1) {
      const auth = { version: index % 3 === 0 ? PROTOCOL_VERSION : wrong[index % wrong.length], token: index % 2 === 0 ? 'a-token-nobody-has' : wrong[(index * 7 + 3) % wrong.length] };
      codes.add(await SignalingPeer.connect(server.url, '', { auth }).then(() => 'connected', (error: unknown) => toAppError(error).code));
    }
    expect([...codes].sort()).toEqual(['auth.sessionEnded', 'input.malformed', 'input.unsupportedVersion']);
    await calm.expectUntouched();
    await expect.poll(() => server.server.counts(), { interval: 5 }).toEqual(counts);
  });

  it('[SIG4] the same spoiled message under the same id counts each time', async () => {
    const peer = await hall.connect('observer');
    let sent = 0;
    while (peer.isConnected && sent < 200) {
      sent += 1;
      const answer = await peer.send({ id: 'always-the-same', name: 'chat.history', params: 'spoiled' });
      expect(answer === null || !answer.ok).toBe(true);
      if (sent >= 61) await Promise.race([peer.ended, new Promise<void>((resolve) => peer.socket.emit('probe', () => resolve()))]);
    }
    expect(sent).toBeLessThan(90);
    expect(await peer.ended).toBe('io server disconnect');
  });

  it('[SIG3] [SIG4] signs of life are answered, and cut when they flood', async () => {
    const peer = await hall.connect('observer');
    const probe = () => new Promise<unknown>((resolve) => peer.socket.emit('probe', resolve));
    for (let count = 0; count < 20; count += 1) expect(await probe()).toBeUndefined();
    for (let count = 0; count < 400; count += 1) peer.socket.emit('probe', () => undefined);
    expect(await peer.ended).toBe('io server disconnect');
  });

  it('[MED5] what mediasoup would choke on is refused with a code and harms no worker', async () => {
    const [workerPid] = server.server.workerPids();
    const consultId = await hall.createConsult('expert2');
    const [host, attacker] = [await hall.enter('expert2', consultId), await hall.enter('approver', consultId)];
    await host.publish('face', 'victim-face');
    const base = attacker.produceParams('mic');
    const video = attacker.produceParams('face');
    const rtp = base.rtpParameters;
    const [codec] = rtp.codecs;
    const [videoCodec, rtx] = video.rtpParameters.codecs;
    if (!codec || !videoCodec || !rtx) throw new Error('the parameters have codecs');
    const produce = [
      { ...base, rtpParameters: video.rtpParameters }, { ...video, rtpParameters: rtp },
      { ...base, rtpParameters: { ...rtp, codecs: [{ ...codec, payloadType: undefined }] } },
      { ...base, rtpParameters: { ...rtp, codecs: [{ ...codec, mimeType: 'audio/PCMU' }] } },
      { ...base, rtpParameters: { ...rtp, codecs: [{ ...codec, clockRate: 1 }] } },
      { ...base, rtpParameters: { ...rtp, encodings: [{ ssrc: 0 }, { ssrc: 0 }] } },
      { ...base, rtpParameters: { ...rtp, encodings: [{}] , mid: undefined } },
      { ...base, rtpParameters: { ...rtp, headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 0 }] } },
      { ...base, rtpParameters: { ...rtp, headerExtensions: [{ uri: 'no such extension', id: 300 % 256 }, { uri: 'no such extension', id: 300 % 256 }] } },
      { ...video, rtpParameters: { ...video.rtpParameters, codecs: [rtx] } },
      { ...video, rtpParameters: { ...video.rtpParameters, codecs: [videoCodec, { ...rtx, parameters: { apt: 7 } }] } },
      { ...video, rtpParameters: { ...video.rtpParameters, encodings: [{ rid: '\u0000' }, { rid: '\u0000' }] } },
      { ...video, rtpParameters: { ...video.rtpParameters, encodings: [{ ssrc: 5, rtx: { ssrc: 5 }, scalabilityMode: 'L99T99' }] } },
      { ...base, epoch: 999 }, { ...base, sourceId: 'victim-face' as typeof base.sourceId },
    ];
    for (const params of produce) {
      const answer = await attacker.signaling.send({ id: `produce-${produce.indexOf(params)}`, name: 'media.produce', params });
      expect(answer?.ok === false ? answer.error.code : 'taken').not.toBe('internal.bug');
    }
    const capabilities = attacker.offer.routerRtpCapabilities;
    const consume = [{}, { codecs: [] }, { codecs: capabilities.codecs?.map((one) => ({ ...one, preferredPayloadType: 0 })) }, { codecs: [{ mimeType: 'video/VP9', clockRate: 1 }] }, { ...capabilities, headerExtensions: [{ uri: 'x' }] }];
    for (const rtpCapabilities of consume) {
      const answer = await attacker.signaling.send({ id: `consume-${consume.indexOf(rtpCapabilities)}`, name: 'media.consume', params: { epoch: attacker.offer.epoch, rtpCapabilities, sources: [{ peerId: host.signaling.peerId, sourceId: 'victim-face', layers: { spatial: 3, temporal: 3 } }] } });
      const codes = answer?.ok ? (answer.result as { refused: { error: { code: string } }[] }).refused.map(({ error }) => error.code) : [answer?.error.code]; // media.consume's own result
      expect(codes).not.toContain('internal.bug');
    }
    const fingerprints = [[{ algorithm: 'md5', value: 'x' }], [{ algorithm: 'sha-256', value: '' }], [{ algorithm: 'sha-256', value: 'ZZ:ZZ' }], [{ algorithm: 'sha-512', value: '00'.repeat(64) }]];
    for (const one of fingerprints) {
      await attacker.rebuild(); // a transport is connected once
      expect(['media.incompatible', 'done']).toContain(await attacker.signaling.codeOf('media.connectTransport', { transportId: attacker.offer.send.id, dtlsParameters: { role: 'client', fingerprints: one } }));
    }
    await attacker.rebuild();
    expect(await attacker.signaling.codeOf('media.connectTransport', { transportId: host.offer.send.id, dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'AA' }] } })).toBe('media.transportNotFound');
    await attacker.connect();
    expect(await attacker.signaling.codeOf('media.connectTransport', { transportId: attacker.offer.send.id, dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }] } })).toBe('media.incompatible');
    expect(server.server.workerPids()).toEqual([workerPid]);
    await calm.expectUntouched();
  });
});
