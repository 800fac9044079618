import * as mediasoup from 'mediasoup';
import type { Consumer } from 'mediasoup/types';
import { workerPath } from '../../../build/worker/workerPath.mjs';
import { ROUTER_CODECS } from '../../../sfu-server/media/codecs.ts';
import type { LoadGenerator } from './loadGenerator.ts';
import { pin } from './processes.ts';
import { type ConnectedSfu, connectWithGcm, inParallel, loadDtlsParameters, receiverRtpCapabilities, remoteTransport, senderRtpParameters, spreadOver } from './sfu.ts';

/** A mediasoup worker with one router and a transport for each peer, and nothing of ours: what forwarding costs at least. */
export async function connectBareWorker(load: LoadGenerator, cpu: number | null): Promise<ConnectedSfu> {
  const worker = await mediasoup.createWorker({ workerBin: workerPath(), logLevel: 'error' });
  try {
    if (cpu !== null) pin([worker.pid], cpu);
    const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
    const createTransport = async (peer: number) => {
      const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
      await transport.connect({ dtlsParameters: loadDtlsParameters(load) });
      await connectWithGcm(load, peer, remoteTransport(transport));
      return transport;
    };
    const producer = await (await createTransport(0)).produce({ kind: 'video', rtpParameters: senderRtpParameters() });
    const rtpCapabilities = receiverRtpCapabilities(router.rtpCapabilities);
    const consumers: Consumer[] = [];
    await inParallel(load.receivers, 20, async (index) => {
      const transport = await createTransport(index + 1);
      consumers.push(await transport.consume({ producerId: producer.id, rtpCapabilities, paused: true, enableRtx: true }));
    });
    return {
      name: 'bare',
      pids: [worker.pid],
      workerPids: [worker.pid],
      resume: (overMs) => spreadOver(consumers.length, overMs, async (index) => consumers[index]?.resume()),
      close: async () => worker.close(),
    };
  } catch (error) {
    worker.close();
    throw error;
  }
}
