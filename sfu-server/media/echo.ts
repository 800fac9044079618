import type { DataConsumer, DataProducer, DtlsParameters, Router, SctpStreamParameters, WebRtcTransport } from 'mediasoup/types';
import { AppError } from '#shared/protocol/errors';
import type { RequestResult } from '#shared/protocol/requests';
import { describeTransport, type IceServers } from './peerMedia.ts';
import type { WorkerPool } from './workerPool.ts';

/**
 * A private mirror for the network check: what a client sends on its data channel comes back on another, over the same ports,
 * protocol and worker as a consult's media. One a connection; gone with it.
 */
export class EchoCheck {
  #router: Router | null = null;
  #send: WebRtcTransport | null = null;
  #receive: WebRtcTransport | null = null;
  /** Counts openings and closings: one that was overtaken while it waited gives back what it made. */
  #run = 0;

  async open(pool: WorkerPool, iceServers: IceServers): Promise<RequestResult<'network.openEcho'>> {
    this.close();
    const run = this.#run;
    const worker = await pool.place();
    const router = await worker.createRouter();
    const create = () => router.createWebRtcTransport({ webRtcServer: worker.server, enableUdp: true, enableTcp: true, preferUdp: true, enableSctp: true });
    const [send, receive] = await Promise.all([create(), create()]).catch((error: unknown) => {
      router.close();
      throw error;
    });
    if (run !== this.#run) {
      router.close();
      throw new AppError('media.transportNotFound', 'the network check was closed or opened anew meanwhile');
    }
    this.#router = router;
    this.#send = send;
    this.#receive = receive;
    return {
      routerRtpCapabilities: router.rtpCapabilities as RequestResult<'network.openEcho'>['routerRtpCapabilities'], // mediasoup's own, within our bounds
      send: describeTransport(send),
      receive: describeTransport(receive),
      iceServers,
    };
  }

  async connect(transportId: string, dtlsParameters: DtlsParameters): Promise<void> {
    const transport = [this.#send, this.#receive].find((candidate) => candidate?.id === transportId);
    if (!transport) throw new AppError('media.transportNotFound', 'no such transport in the network check');
    try {
      await transport.connect({ dtlsParameters });
    } catch (error) {
      throw new AppError('media.incompatible', String(error), { cause: error });
    }
  }

  async mirror(sctpStreamParameters: SctpStreamParameters): Promise<RequestResult<'network.echoData'>> {
    if (!this.#send || !this.#receive) throw new AppError('media.transportNotFound', 'the network check is not open');
    let producer: DataProducer;
    let consumer: DataConsumer;
    try {
      producer = await this.#send.produceData({ sctpStreamParameters });
      consumer = await this.#receive.consumeData({ dataProducerId: producer.id });
    } catch (error) {
      throw new AppError('media.incompatible', String(error), { cause: error });
    }
    if (!consumer.sctpStreamParameters) throw new AppError('internal.bug', 'a data consumer without stream parameters');
    return { dataProducerId: producer.id, dataConsumerId: consumer.id, sctpStreamParameters: consumer.sctpStreamParameters };
  }

  close(): void {
    this.#run += 1;
    this.#router?.close();
    this.#router = null;
    this.#send = null;
    this.#receive = null;
  }
}
