import type { Device, types } from 'mediasoup-client';
import type { Clock } from '#shared/lib/clock';
import { delay } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { RequestParams } from '#shared/protocol/requests';
import type { Request } from './generation.ts';
import { StatsReader } from './statsReader.ts';

/** What the line to the server is like. Times in ms, loss in percent of messages both ways, rates in bit/s. */
export interface NetworkReport {
  readonly roundTripMs: number;
  readonly jitterMs: number;
  readonly lossPercent: number;
  readonly upBps: number;
  readonly downBps: number;
  readonly transport: 'udp' | 'tcp' | 'relay' | 'unknown';
}

export type NetworkPhase = 'connect' | 'roundTrip' | 'down' | 'up';

const ECHO_COUNT = 150;
const ECHO_EVERY_MS = 20;
const ECHO_BYTES = 200;
const ECHO_PATIENCE_MS = 1000;
const CONNECT_LIMIT_MS = 8000;
const BULK_BYTES = 200_000;
const BULK_PARALLEL = 3;
const BULK_MS = 2000;

/**
 * Measures the line before a consult, over the ports and worker a consult would use: 150 messages of 200 bytes at 50 a second,
 * unordered and never repeated, go to the server and are mirrored (round trip, jitter, loss); then two seconds of bulk each way
 * over the signalling socket (an estimate of the bandwidth, TCP's view of it). Rejects with the code of what failed.
 */
export async function checkNetwork(options: { request: Request; device: Device; clock: Clock; signal: AbortSignal; onProgress: (phase: NetworkPhase, progress: number) => void }): Promise<NetworkReport> {
  const { request, device, clock, signal, onProgress } = options;
  onProgress('connect', 0);
  const offer = await request('network.openEcho', {});
  const iceServers = offer.iceServers as RTCIceServer[]; // the same structure
  // The offer's schema bounds mediasoup's own structures; the library checks them once more.
  const send = device.createSendTransport({ ...(offer.send as types.TransportOptions), iceServers });
  const receive = device.createRecvTransport({ ...(offer.receive as types.TransportOptions), iceServers });
  try {
    for (const transport of [send, receive]) {
      transport.on('connect', ({ dtlsParameters }, done, failed) => {
        request('network.connectEcho', { transportId: transport.id, dtlsParameters: dtlsParameters as RequestParams<'network.connectEcho'>['dtlsParameters'] }).then(() => done(), failed);
      });
    }
    const mirrored = openMirror(send, receive, request);
    const { producer, consumer } = await within(clock, CONNECT_LIMIT_MS, signal, mirrored);
    const echo = await measureEcho({ producer, consumer, clock, signal, onProgress });
    const { transport } = new StatsReader().read(await receive.getStats());
    const downBps = await measureBulk(clock, signal, (progress) => onProgress('down', progress), async () => (await request('network.bulk', { upload: '', downloadBytes: BULK_BYTES })).download.length);
    const filler = 'x'.repeat(BULK_BYTES);
    const upBps = await measureBulk(clock, signal, (progress) => onProgress('up', progress), async () => (await request('network.bulk', { upload: filler, downloadBytes: 0 })).receivedBytes);
    return { ...echo, upBps, downBps, transport: transport.protocol };
  } finally {
    send.close();
    receive.close();
    await request('network.closeEcho', {}).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error; // gone with the connection anyway
    });
  }
}

async function openMirror(send: types.Transport, receive: types.Transport, request: Request): Promise<{ producer: types.DataProducer; consumer: types.DataConsumer }> {
  const mirror = new Promise<{ dataProducerId: string; dataConsumerId: string; sctpStreamParameters: object }>((resolve, reject) => {
    send.on('producedata', ({ sctpStreamParameters }, done, failed) => {
      request('network.echoData', { sctpStreamParameters: sctpStreamParameters as RequestParams<'network.echoData'>['sctpStreamParameters'] }).then(
        (answer) => {
          done({ id: answer.dataProducerId });
          resolve(answer);
        },
        (error: Error) => {
          failed(error);
          reject(error);
        },
      );
    });
  });
  const [producer, answer] = await Promise.all([send.produceData({ ordered: false, maxRetransmits: 0 }), mirror]);
  const consumer = await receive.consumeData({ id: answer.dataConsumerId, dataProducerId: answer.dataProducerId, sctpStreamParameters: answer.sctpStreamParameters as types.SctpStreamParameters });
  await Promise.all([
    whenOpen(producer, (listener) => producer.once('open', listener), (listener) => producer.once('close', listener)),
    whenOpen(consumer, (listener) => consumer.once('open', listener), (listener) => consumer.once('close', listener)),
  ]);
  return { producer, consumer };
}

function whenOpen(channel: { readonly readyState: string }, onOpen: (listener: () => void) => void, onClose: (listener: () => void) => void): Promise<void> {
  if (channel.readyState === 'open') return Promise.resolve();
  return new Promise((resolve, reject) => {
    onOpen(resolve);
    onClose(() => reject(new AppError('network.closed', 'the data channel closed before it was open')));
  });
}

async function measureEcho(options: { producer: types.DataProducer; consumer: types.DataConsumer; clock: Clock; signal: AbortSignal; onProgress: (phase: NetworkPhase, progress: number) => void }): Promise<Pick<NetworkReport, 'roundTripMs' | 'jitterMs' | 'lossPercent'>> {
  const { producer, consumer, clock, signal, onProgress } = options;
  const sentAtMs: number[] = [];
  const roundTripsMs = new Map<number, number>();
  consumer.on('message', (data: unknown) => {
    if (!(data instanceof ArrayBuffer)) return;
    const sequence = new DataView(data).getUint32(0);
    const sent = sentAtMs[sequence];
    if (sent !== undefined && !roundTripsMs.has(sequence)) roundTripsMs.set(sequence, clock.monotonicMs() - sent);
  });
  for (let sequence = 0; sequence < ECHO_COUNT; sequence += 1) {
    const message = new DataView(new ArrayBuffer(ECHO_BYTES));
    message.setUint32(0, sequence);
    sentAtMs[sequence] = clock.monotonicMs();
    producer.send(message.buffer);
    if (sequence % 10 === 0) onProgress('roundTrip', sequence / ECHO_COUNT);
    await delay(clock, ECHO_EVERY_MS, signal);
  }
  await delay(clock, ECHO_PATIENCE_MS, signal);
  const times = [...roundTripsMs.entries()].sort(([a], [b]) => a - b).map(([, ms]) => ms);
  if (times.length === 0) throw new AppError('network.offline', 'none of the test messages came back');
  const sorted = [...times].sort((a, b) => a - b);
  const differences = times.slice(1).map((ms, index) => Math.abs(ms - (times[index] ?? ms)));
  return {
    roundTripMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    jitterMs: differences.length === 0 ? 0 : differences.reduce((sum, ms) => sum + ms, 0) / differences.length,
    lossPercent: (100 * (ECHO_COUNT - times.length)) / ECHO_COUNT,
  };
}

/** Runs a few transfers at a time for two seconds; bit/s from the bytes that arrived and the time they took. */
async function measureBulk(clock: Clock, signal: AbortSignal, onProgress: (progress: number) => void, transfer: () => Promise<number>): Promise<number> {
  const startedMs = clock.monotonicMs();
  let bytes = 0;
  const lane = async () => {
    while (clock.monotonicMs() - startedMs < BULK_MS) {
      if (signal.aborted) throw signal.reason;
      bytes += await transfer();
      onProgress(Math.min(1, (clock.monotonicMs() - startedMs) / BULK_MS));
    }
  };
  await Promise.all(Array.from({ length: BULK_PARALLEL }, lane));
  return (8000 * bytes) / Math.max(1, clock.monotonicMs() - startedMs);
}

async function within<T>(clock: Clock, limitMs: number, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const limit = delay(clock, limitMs, signal).then((): T => {
    throw new AppError('network.offline', 'no connection to the media port within the time limit');
  });
  return Promise.race([work, limit]);
}
