/** Reads from a page's peer connections what arrives, and puts it into one line a second. */

/** `install` runs in the page before its own code and keeps its connections within reach. */
export const readFlow = {
  install: () => {
    const made = [];
    window.demoConnections = made;
    window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
      construct(target, argumentList) {
        const connection = new target(...argumentList);
        made.push(connection);
        return connection;
      },
    });
  },
};

async function read(page) {
  return page.evaluate(async () => {
    const streams = [];
    let roundTripMs = null;
    for (const connection of window.demoConnections ?? []) {
      if (connection.connectionState === 'closed') continue;
      const report = await connection.getStats();
      report.forEach((stat) => {
        // The probator carries padding by which the server measures the line; it is nobody's picture.
        if (stat.type === 'inbound-rtp' && stat.mid !== 'probator') streams.push({ kind: stat.kind, id: stat.trackIdentifier, bytes: stat.bytesReceived, frames: stat.framesDecoded ?? 0, width: stat.frameWidth ?? 0, height: stat.frameHeight ?? 0, packets: stat.packetsReceived, lost: stat.packetsLost });
        if (stat.type === 'candidate-pair' && stat.nominated && stat.currentRoundTripTime !== undefined) roundTripMs = stat.currentRoundTripTime * 1000;
      });
    }
    return { atMs: performance.now(), streams, roundTripMs, participants: document.querySelectorAll('[data-testid="strip"] [data-peer-id], [data-testid="stage"] [data-peer-id]').length };
  });
}

/**
 * @param last what the previous call gave as `sample`; null at first
 * @returns `isFlowing`: at least two pictures and one sound made progress since the last call
 */
export async function liveLine(page, last) {
  const sample = await read(page);
  if (!last) return { line: 'measuring …', isFlowing: false, sample };
  const seconds = (sample.atMs - last.atMs) / 1000;
  const before = new Map(last.streams.map((stream) => [stream.id, stream]));
  const progress = sample.streams.map((stream) => {
    const old = before.get(stream.id) ?? { bytes: 0, frames: 0, packets: 0, lost: 0 };
    return { ...stream, fps: (stream.frames - old.frames) / seconds, bps: (8 * (stream.bytes - old.bytes)) / seconds, newPackets: stream.packets - old.packets, newLost: Math.max(0, stream.lost - old.lost) };
  });
  const videos = progress.filter((stream) => stream.kind === 'video' && stream.fps > 0).sort((a, b) => b.height - a.height);
  const sounds = progress.filter((stream) => stream.kind === 'audio' && stream.newPackets > 0);
  const packets = progress.reduce((sum, stream) => sum + stream.newPackets, 0);
  const lost = progress.reduce((sum, stream) => sum + stream.newLost, 0);
  const pictures = videos.map((stream) => `${stream.width}×${stream.height}@${stream.fps.toFixed(0)}`).join(' ');
  const mbps = progress.reduce((sum, stream) => sum + stream.bps, 0) / 1e6;
  const roundTrip = sample.roundTripMs === null ? '–' : `${sample.roundTripMs.toFixed(1)} ms`;
  return {
    line: `${sounds.length + 1} participants | pictures ${pictures || '–'} | ${mbps.toFixed(1)} Mbit/s | round trip ${roundTrip} | loss ${packets + lost > 0 ? ((100 * lost) / (packets + lost)).toFixed(1) : '0.0'} %`,
    isFlowing: videos.length >= 2 && sounds.length >= 1,
    sample,
  };
}
