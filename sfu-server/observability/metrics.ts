import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Everything the server counts, in a registry of its own. Base units as Prometheus asks for (seconds, bytes, ratios 0–1); no
 * label ever holds an id, so that the number of series stays bounded.
 * @param withProcess adds Node's own (memory, garbage collection, event-loop delay of this process)
 */
export function createMetrics(withProcess: boolean) {
  const registry = new Registry();
  const registers = [registry];
  if (withProcess) collectDefaultMetrics({ register: registry, prefix: 'huizhen_' });
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) => new Gauge({ name: `huizhen_${name}`, help, labelNames, registers });
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) => new Counter({ name: `huizhen_${name}`, help, labelNames, registers });
  const histogram = <L extends string = never>(name: string, help: string, buckets: readonly number[], labelNames: readonly L[] = []) =>
    new Histogram({ name: `huizhen_${name}`, help, buckets: [...buckets], labelNames, registers });

  return {
    registry,
    rooms: gauge('rooms', 'Open rooms'),
    peers: gauge('peers', 'Peers in rooms'),
    waitingPeers: gauge('waiting_peers', 'Peers waiting to be admitted'),
    producers: gauge('producers', 'Published sources by profile', ['profile']),
    consumers: gauge('consumers', 'Consumers by kind of media', ['kind']),
    transports: gauge('transports', 'WebRTC transports'),
    bitrate: gauge('media_bits_per_second', 'Media bit rate; in: from clients, out: to clients', ['direction']),
    loss: gauge('media_loss_ratio', 'Share of packets lost, mean over streams; in: from clients, out: to clients', ['direction']),
    joinSeconds: histogram('join_seconds', 'From the request to join until the first consumer was resumed', [0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2, 4, 8]),
    workerCpu: gauge('worker_cpu_ratio', 'Share of a core a media worker uses', ['worker']),
    workerLoopDelay: gauge('worker_event_loop_delay_seconds', 'How late a media worker answers', ['worker']),
    workerDeaths: counter('worker_deaths_total', 'Media workers that died'),
    requests: counter('requests_total', 'Requests over the socket by name and outcome', ['request', 'outcome']),
    requestSeconds: histogram('request_seconds', 'Time to handle a request', [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3], ['request']),
    httpRequests: counter('http_requests_total', 'HTTP requests by route and status', ['route', 'status']),
    connections: gauge('socket_connections', 'Open signalling sockets'),
    refusedHandshakes: counter('socket_refused_handshakes_total', 'Sockets refused at the handshake, by code', ['reason']),
    droppedConnections: counter('socket_dropped_total', 'Connections dropped for sending nonsense'),
  };
}
