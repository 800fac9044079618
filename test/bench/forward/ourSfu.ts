import { setTimeout as delay } from 'node:timers/promises';
import type { RtpCapabilities } from 'mediasoup/types';
import { clientInstanceIdSchema, consultIdSchema, sourceIdSchema } from '#shared/domain/ids';
import type { RtpParameters } from '#shared/protocol/media';
import { ServerProcess } from '../../helpers/serverProcess.ts';
import type { LoadGenerator } from './loadGenerator.ts';
import { childrenOf, pin } from './processes.ts';
import { type ConnectedSfu, connectWithGcm, inParallel, loadDtlsParameters, receiverRtpCapabilities, remoteTransport, senderRtpParameters, spreadOver } from './sfu.ts';
import { BenchSignalling } from './signalling.ts';

/** Hosts the demo's consult under way, and may join it any number of times as different clients. */
const ACCOUNT = 'requester';
const FULL_PATIENCE_MS = 15_000;
const SOURCE_ID = sourceIdSchema.parse('bench-field');

interface Seat {
  readonly signalling: BenchSignalling;
  readonly consumerId: string;
}

/** On a machine busy with other things the server takes its worker for full and says so; a client tries again later, and so do we. */
async function whenThereIsRoom<T>(join: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + FULL_PATIENCE_MS;
  for (;;) {
    try {
      return await join();
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('capacity.full')) || performance.now() > untilMs) throw error;
      await delay(300);
    }
  }
}

/** Our server program, driven by its own signalling as clients do: sign in, join, connect, produce, consume, resume. */
export async function connectOurServer(load: LoadGenerator, cpu: number | null): Promise<ConnectedSfu> {
  const server = await ServerProcess.start({ HUIZHEN_WORKERS: '1', HUIZHEN_MAX_PEERS_PER_ROOM: String(load.receivers + 1), HUIZHEN_LOG_LEVEL: 'warn', DATABASE_URL: 'memory://', HUIZHEN_DEMO_IMAGES: '0' });
  const connections: BenchSignalling[] = [];
  const close = async () => {
    for (const connection of connections) connection.close();
    await server.stop();
  };
  try {
    const workerPids = childrenOf(server.pid);
    const pids = [server.pid, ...workerPids];
    if (cpu !== null) pin(pids, cpu);
    const token = await server.signIn(ACCOUNT);
    const consultId = consultIdSchema.parse(server.demo.liveConsultId);

    const join = async (peer: number) => {
      const signalling = await BenchSignalling.open(server.url, token, `bench-${peer}`);
      connections.push(signalling);
      const answer = await whenThereIsRoom(() => signalling.request('consult.join', { consultId, clientInstanceId: clientInstanceIdSchema.parse(`bench-${peer}`), resume: null }));
      if (answer.status !== 'admitted' || !answer.media) throw new Error(`peer ${peer} was not admitted with media`);
      const { media, peerId } = answer;
      const connect = async (transport: typeof media.send) => {
        await signalling.request('media.connectTransport', { transportId: transport.id, dtlsParameters: loadDtlsParameters(load) });
        await connectWithGcm(load, peer, remoteTransport(transport));
      };
      return { signalling, media, peerId, connect };
    };

    const sender = await join(0);
    await sender.connect(sender.media.send);
    await sender.signalling.request('media.produce', {
      epoch: sender.media.epoch,
      sourceId: SOURCE_ID,
      profile: 'field',
      label: 'bench',
      isMuted: false,
      capture: { width: 1280, height: 720, fps: 25 },
      scaleDownBy: [1],
      rtpParameters: senderRtpParameters() as RtpParameters, // bounded as our schema wants it
    });

    const seats: Seat[] = [];
    await inParallel(load.receivers, 20, async (index) => {
      const peer = await join(index + 1);
      await peer.connect(peer.media.receive);
      const rtpCapabilities = receiverRtpCapabilities(peer.media.routerRtpCapabilities as RtpCapabilities); // mediasoup's own
      const { consumers, refused } = await peer.signalling.request('media.consume', {
        epoch: peer.media.epoch,
        rtpCapabilities: rtpCapabilities as typeof peer.media.routerRtpCapabilities, // the same, reduced
        sources: [{ peerId: sender.peerId, sourceId: SOURCE_ID, layers: null }],
      });
      const [consumer] = consumers;
      if (!consumer) throw new Error(`no consumer: ${refused[0]?.error.code} ${refused[0]?.error.message}`);
      seats.push({ signalling: peer.signalling, consumerId: consumer.consumerId });
    });

    const setPaused = async (seat: Seat | undefined, isPaused: boolean) => {
      await seat?.signalling.request('media.setConsumers', { changes: [{ consumerId: seat.consumerId, isPaused }] });
    };
    return {
      name: 'ours',
      pids,
      workerPids,
      resume: (overMs) => spreadOver(seats.length, overMs, (index) => setPaused(seats[index], false)),
      pause: () => spreadOver(seats.length, 0, (index) => setPaused(seats[index], true)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
