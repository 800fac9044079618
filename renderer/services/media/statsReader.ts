/** What one second of an RTP stream looked like; built from two successive reports. Bitrate bit/s, times ms, loss percent. */
export interface StreamSample {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateBps: number;
  readonly packets: number;
  readonly lossPercent: number;
  readonly jitterMs: number;
  readonly roundTripMs: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  /** Outbound video only: what the device delivers, frames per second; 0 where not known. */
  readonly sourceFps: number;
  /** Outbound only: the browser's own word. */
  readonly limitation: 'none' | 'cpu' | 'bandwidth' | 'other';
  /** Inbound audio: share of samples that were made up for missing ones, 0–1, in this interval. */
  readonly concealedShare: number;
}

export interface TransportSample {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly responsesReceived: number;
  readonly roundTripMs: number | null;
  readonly availableOutgoingBps: number | null;
  readonly srtpCipher: string | null;
  readonly protocol: 'udp' | 'tcp' | 'relay' | 'unknown';
}

interface RawStat {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly [key: string]: unknown;
}

const num = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function rows(report: RTCStatsReport): Map<string, RawStat> {
  const map = new Map<string, RawStat>();
  report.forEach((stat: RawStat) => {
    map.set(stat.id, stat);
  });
  return map;
}

/** Turns the browser's cumulative reports into per-interval samples, by SSRC. One reader for each peer connection. */
export class StatsReader {
  #last = new Map<string, RawStat>();

  /** @returns samples by key: inbound by `track:<trackIdentifier>`, outbound by `mid:<mid>` (layers of one source summed). */
  read(report: RTCStatsReport): { readonly inbound: ReadonlyMap<string, StreamSample>; readonly outbound: ReadonlyMap<string, StreamSample>; readonly transport: TransportSample } {
    const now = rows(report);
    const inbound = new Map<string, StreamSample>();
    const outboundLayers = new Map<string, StreamSample[]>();
    for (const stat of now.values()) {
      if (stat.type === 'inbound-rtp') inbound.set(`track:${text(stat['trackIdentifier'])}`, this.#inbound(stat, now));
      if (stat.type === 'outbound-rtp') {
        const key = `mid:${text(stat['mid'])}`;
        outboundLayers.set(key, [...(outboundLayers.get(key) ?? []), this.#outbound(stat, now)]);
      }
    }
    const outbound = new Map([...outboundLayers].map(([key, layers]) => [key, mergeLayers(layers)]));
    const transport = readTransport(now);
    this.#last = now;
    return { inbound, outbound, transport };
  }

  #delta(stat: RawStat, key: string): number {
    return Math.max(0, num(stat[key]) - num(this.#last.get(stat.id)?.[key]));
  }

  #seconds(stat: RawStat): number {
    const last = this.#last.get(stat.id);
    return last ? Math.max(0.001, (stat.timestamp - last.timestamp) / 1000) : Number.POSITIVE_INFINITY;
  }

  #inbound(stat: RawStat, now: Map<string, RawStat>): StreamSample {
    const seconds = this.#seconds(stat);
    const packets = this.#delta(stat, 'packetsReceived');
    const lost = this.#delta(stat, 'packetsLost');
    const samples = this.#delta(stat, 'totalSamplesReceived');
    return {
      codec: codecName(stat, now),
      width: num(stat['frameWidth']),
      height: num(stat['frameHeight']),
      fps: this.#delta(stat, 'framesDecoded') / seconds,
      bitrateBps: (8 * this.#delta(stat, 'bytesReceived')) / seconds,
      packets,
      lossPercent: packets + lost > 0 ? (100 * lost) / (packets + lost) : 0,
      jitterMs: 1000 * num(stat['jitter']),
      roundTripMs: 0,
      framesDecoded: num(stat['framesDecoded']),
      framesDropped: this.#delta(stat, 'framesDropped'),
      sourceFps: 0,
      limitation: 'none',
      concealedShare: samples > 0 ? this.#delta(stat, 'concealedSamples') / samples : 0,
    };
  }

  #outbound(stat: RawStat, now: Map<string, RawStat>): StreamSample {
    const seconds = this.#seconds(stat);
    const remote = now.get(text(stat['remoteId']));
    const reason = text(stat['qualityLimitationReason']);
    return {
      codec: codecName(stat, now),
      width: num(stat['frameWidth']),
      height: num(stat['frameHeight']),
      fps: this.#delta(stat, 'framesEncoded') / seconds,
      bitrateBps: (8 * this.#delta(stat, 'bytesSent')) / seconds,
      packets: this.#delta(stat, 'packetsSent'),
      lossPercent: 100 * num(remote?.['fractionLost']),
      jitterMs: 1000 * num(remote?.['jitter']),
      roundTripMs: 1000 * num(remote?.['roundTripTime']),
      framesDecoded: num(stat['framesEncoded']),
      framesDropped: 0,
      sourceFps: num(now.get(text(stat['mediaSourceId']))?.['framesPerSecond']),
      limitation: reason === 'cpu' || reason === 'bandwidth' || reason === 'other' ? reason : 'none',
      concealedShare: 0,
    };
  }
}

function codecName(stat: RawStat, now: Map<string, RawStat>): string {
  return text(now.get(text(stat['codecId']))?.['mimeType']).split('/')[1] ?? '';
}

/** A source in simulcast is several streams: sizes and rate of the largest that is sent, bitrates summed, the worst limitation. */
function mergeLayers(layers: readonly StreamSample[]): StreamSample {
  const active = layers.filter((layer) => layer.packets > 0);
  const [largest] = [...(active.length > 0 ? active : layers)].sort((a, b) => b.height - a.height);
  if (!largest) throw new Error('no layers to merge');
  const limitation = (['cpu', 'bandwidth', 'other'] as const).find((reason) => layers.some((layer) => layer.limitation === reason)) ?? 'none';
  return { ...largest, bitrateBps: layers.reduce((sum, layer) => sum + layer.bitrateBps, 0), packets: layers.reduce((sum, layer) => sum + layer.packets, 0), limitation };
}

function readTransport(now: Map<string, RawStat>): TransportSample {
  const transport = [...now.values()].find((stat) => stat.type === 'transport');
  const pair = transport ? now.get(text(transport['selectedCandidatePairId'])) : undefined;
  const local = pair ? now.get(text(pair['localCandidateId'])) : undefined;
  const roundTrip = num(pair?.['currentRoundTripTime']);
  const available = num(pair?.['availableOutgoingBitrate']);
  const protocol = local?.['candidateType'] === 'relay' ? 'relay' : local?.['protocol'] === 'udp' ? 'udp' : local?.['protocol'] === 'tcp' ? 'tcp' : 'unknown';
  return {
    bytesReceived: num(transport?.['bytesReceived']),
    bytesSent: num(transport?.['bytesSent']),
    responsesReceived: num(pair?.['responsesReceived']),
    roundTripMs: pair ? 1000 * roundTrip : null,
    availableOutgoingBps: available > 0 ? available : null,
    srtpCipher: text(transport?.['srtpCipher']) || null,
    protocol,
  };
}
