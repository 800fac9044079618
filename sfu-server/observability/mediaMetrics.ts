import type { WorkerPool } from '../media/workerPool.ts';
import type { RoomRegistry } from '../rooms/registry.ts';
import type { Metrics } from './metrics.ts';

/** How many transports a scrape asks for their bit rates; the rest is estimated from these. */
const MAX_ASKED = 200;

/** Fills the gauges of rooms and media whenever `/metrics` is read: nothing is measured while nobody looks. */
export function measureMedia(metrics: Metrics, pool: WorkerPool, registry: RoomRegistry): void {
  const measure = async () => {
    const peers = registry.rooms.flatMap((room) => room.peers);
    metrics.rooms.set(registry.rooms.length);
    metrics.peers.set(peers.length);
    metrics.waitingPeers.set(registry.rooms.reduce((sum, room) => sum + room.waitingCount, 0));
    metrics.transports.set(peers.reduce((sum, peer) => sum + peer.media.counts.transports, 0));
    metrics.producers.reset();
    for (const peer of peers) for (const source of peer.sources.values()) metrics.producers.inc({ profile: source.state.profile });
    metrics.consumers.set({ kind: 'all' }, peers.reduce((sum, peer) => sum + peer.media.counts.consumers, 0));
    for (const worker of pool.workers) {
      metrics.workerCpu.set({ worker: String(worker.index) }, worker.cpuShare);
      metrics.workerLoopDelay.set({ worker: String(worker.index) }, worker.loopDelayMs / 1000);
    }
    const transports = peers.flatMap((peer) => peer.media.transports);
    const asked = transports.slice(0, MAX_ASKED);
    const stats = (await Promise.allSettled(asked.map((transport) => transport.getStats()))).flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    const scale = asked.length === 0 ? 0 : transports.length / asked.length;
    metrics.bitrate.set({ direction: 'in' }, scale * stats.reduce((sum, stat) => sum + stat.recvBitrate, 0));
    metrics.bitrate.set({ direction: 'out' }, scale * stats.reduce((sum, stat) => sum + stat.sendBitrate, 0));
    metrics.loss.set({ direction: 'in' }, mean(stats.flatMap((stat) => (stat.rtpPacketLossReceived === undefined ? [] : [stat.rtpPacketLossReceived]))));
    metrics.loss.set({ direction: 'out' }, mean(stats.flatMap((stat) => (stat.rtpPacketLossSent === undefined ? [] : [stat.rtpPacketLossSent]))));
  };
  // prom-client awaits a collect function; the rooms' gauge carries ours and fills the others with it.
  Object.assign(metrics.rooms, { collect: measure });
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
