import { ManualClock } from '#shared/lib/clock';
import { expect, test } from '@playwright/test';
import { createIceServers } from '../../sfu-server/auth/turnCredentials.ts';
import { allTogether, type Member } from '../helpers/harness/room.ts';
import { whyNoImpairment } from '../helpers/impairment/impairment.ts';
import { bothSeeMoving, type LineRoom, openLineRoom } from '../helpers/impairment/lineRoom.ts';
import { TurnServer } from '../helpers/impairment/turnServer.ts';

/** Lines that let through only a part: the ways around it. */
const reason = whyNoImpairment();
if (reason) console.log(`ways around blocked lines are not tested: ${reason}`);
test.skip(reason !== null, reason ?? '');

let room: LineRoom | null = null;
let turn: TurnServer | null = null;

test.afterEach(async () => {
  await room?.close();
  await turn?.stop();
  room = null;
  turn = null;
});

const transportBecomes = ({ page }: Member, transport: string) => page.waitForFunction((wanted) => window.harness.app?.state().link.transport === wanted, transport);

/** How the far one's connections carry media now: `udp`, `tcp`, or `relay` and by which of them it is reached. */
const selectedWays = ({ page }: Member) =>
  page.evaluate(async () => {
    const ways: string[] = [];
    for (const connection of window.testConnections) {
      if (connection.connectionState !== 'connected') continue;
      const report = await connection.getStats();
      const stats = new Map<string, Record<string, unknown>>();
      report.forEach((stat: { id: string }) => stats.set(stat.id, { ...stat }));
      const transport = [...stats.values()].find(({ type }) => type === 'transport');
      const pair = stats.get(String(transport?.['selectedCandidatePairId']));
      const local = stats.get(String(pair?.['localCandidateId']));
      ways.push(local?.['candidateType'] === 'relay' ? `relay ${local['relayProtocol']}` : String(local?.['protocol']));
    }
    return ways;
  });

/** Before the page's own code: media only by relays. */
function onlyRelays(): void {
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct: (target, [configuration]: ConstructorParameters<typeof RTCPeerConnection>) => new target({ ...configuration, iceTransportPolicy: 'relay' }),
  });
}

test('[FBK1] UDP blocked from the beginning: sound and pictures go over TCP', async () => {
  room = await openLineRoom({ prepareLine: (line) => line.set({ delayMs: 10, blockUdp: true }) });
  await allTogether([room.near, room.far], 30_000);
  await transportBecomes(room.far, 'tcp');
  expect(await selectedWays(room.far)).toEqual(['tcp', 'tcp']);
});

test('[FBK2] UDP blocked in mid-consult: goes on over TCP by an ICE restart', async () => {
  room = await openLineRoom();
  await allTogether([room.near, room.far], 30_000);
  await transportBecomes(room.far, 'udp');
  const connections = await room.far.page.evaluate(() => window.testConnections.length);
  await room.line.set({ blockUdp: true });
  const startedMs = performance.now();
  await bothSeeMoving(room, 20_000);
  await transportBecomes(room.far, 'tcp');
  await room.far.page.waitForFunction(() => window.harness.app?.state().link.step === 'connected');
  console.log(`UDP blocked: pictures over TCP after ${(performance.now() - startedMs).toFixed(0)} ms`);
  await allTogether([room.near, room.far]);
  expect(await selectedWays(room.far)).toEqual(['tcp', 'tcp']);
  expect(await room.far.page.evaluate(() => window.testConnections.length)).toBe(connections);
});

for (const [protocol, isUdpBlocked] of [['udp', false], ['tcp', true]] as const) {
  test(`[FBK3] only by relays, reached over ${protocol.toUpperCase()}: sound and pictures go by a real coturn`, async () => {
    room = await openLineRoom({
      environment: async (near) => {
        turn = await TurnServer.start(near);
        return { HUIZHEN_TURN_URLS: turn.urls[protocol], HUIZHEN_TURN_SECRET: turn.secret };
      },
      prepareLine: (line) => line.set({ blockUdp: isUdpBlocked }),
      prepareFar: (context) => context.addInitScript(onlyRelays),
    });
    await allTogether([room.near, room.far], 30_000);
    await transportBecomes(room.far, 'relay');
    expect(await selectedWays(room.far)).toEqual([`relay ${protocol}`, `relay ${protocol}`]);
    await refusesBadCredentials(room.far, turn, protocol);
  });
}

/** The server's own credentials: good ones are taken, those past their time and those of another secret are not. */
async function refusesBadCredentials(member: Member, server: TurnServer | null, protocol: 'udp' | 'tcp'): Promise<void> {
  if (!server) throw new Error('there is no TURN server');
  const credentials = (ageMs: number, secret: string) => createIceServers({ type: 'sharedSecret', urls: [server.urls[protocol]], secret, lifetimeS: 3600 }, new ManualClock(Date.now() - ageMs))('a-party');
  expect(await relayAnswer(member, credentials(0, server.secret))).toBe('relay');
  expect(await relayAnswer(member, credentials(3_601_000, server.secret))).toBe('refused 401'); // a second past their time
  expect(await relayAnswer(member, credentials(0, 'another secret'))).toBe('refused 401');
}

/** What a browser that asks for a relay with these credentials gets. */
function relayAnswer({ page }: Member, iceServers: ReturnType<ReturnType<typeof createIceServers>>): Promise<string> {
  return page.evaluate(async (servers) => {
    const connection = new RTCPeerConnection({ iceServers: servers.map(({ urls, username = '', credential = '' }) => ({ urls: [...urls], username, credential })), iceTransportPolicy: 'relay' });
    try {
      return await new Promise<string>((answer) => {
        connection.addEventListener('icecandidate', ({ candidate }) => {
          if (candidate?.type === 'relay') answer('relay');
        });
        connection.addEventListener('icecandidateerror', ({ errorCode }) => answer(`refused ${errorCode}`));
        connection.createDataChannel('probe');
        connection.createOffer().then((offer) => connection.setLocalDescription(offer), (error: unknown) => answer(String(error)));
      });
    } finally {
      connection.close();
    }
  }, iceServers);
}
