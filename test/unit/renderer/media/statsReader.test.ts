import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatsReader } from '../../../../renderer/services/media/statsReader.ts';

type Row = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

const report = (atMs: number, ...rows: Row[]): RTCStatsReport => new Map(rows.map((row) => [row.id, { timestamp: atMs, ...row }])) as unknown as RTCStatsReport; // a report is a read-only map
const VP9: Row = { id: 'C', type: 'codec', mimeType: 'video/VP9' };
const inboundRow = (more: Record<string, unknown>): Row => ({ id: 'I', type: 'inbound-rtp', trackIdentifier: 'T', codecId: 'C', ...more });
const outboundRow = (id: string, more: Record<string, unknown>): Row => ({ id, type: 'outbound-rtp', mid: '0', codecId: 'C', ...more });

describe('StatsReader', () => {
  it('turns two cumulative reports into what happened between them', () => {
    const reader = new StatsReader();
    reader.read(report(1000, VP9, inboundRow({ bytesReceived: 1000, packetsReceived: 10, packetsLost: 1, framesDecoded: 5, framesDropped: 0, totalSamplesReceived: 100, concealedSamples: 10 })));
    const { inbound } = reader.read(report(3000, VP9, inboundRow({ bytesReceived: 251_000, packetsReceived: 100, packetsLost: 11, framesDecoded: 65, framesDropped: 2, jitter: 0.012, frameWidth: 3840, frameHeight: 2160, totalSamplesReceived: 1100, concealedSamples: 60 })));
    expect(inbound.get('track:T')).toMatchObject({ codec: 'VP9', width: 3840, height: 2160, fps: 30, bitrateBps: 1_000_000, packets: 90, lossPercent: 10, jitterMs: 12, framesDecoded: 65, framesDropped: 2, concealedShare: 0.05 });
  });

  it('the first report has no rates: it does not take what came before for one second’s', () => {
    const { inbound, outbound } = new StatsReader().read(report(1000, VP9, inboundRow({ bytesReceived: 5_000_000, framesDecoded: 900 }), outboundRow('O', { bytesSent: 5_000_000, framesEncoded: 900 })));
    expect([inbound.get('track:T')?.bitrateBps, inbound.get('track:T')?.fps, outbound.get('mid:0')?.bitrateBps]).toEqual([0, 0, 0]);
  });

  it('sums the layers of a source in simulcast; size and frames are those of the largest that is sent', () => {
    const reader = new StatsReader();
    const at = (ms: number, factor: number) =>
      report(
        ms, VP9,
        outboundRow('O0', { bytesSent: 10_000 * factor, packetsSent: 10 * factor, framesEncoded: 30 * factor, frameWidth: 960, frameHeight: 540, qualityLimitationReason: 'none' }),
        outboundRow('O1', { bytesSent: 40_000 * factor, packetsSent: 40 * factor, framesEncoded: 15 * factor, frameWidth: 1920, frameHeight: 1080, qualityLimitationReason: 'bandwidth' }),
        outboundRow('O2', { bytesSent: 0, packetsSent: 0, framesEncoded: 0, frameWidth: 3840, frameHeight: 2160, qualityLimitationReason: 'none' }),
      );
    reader.read(at(1000, 1));
    const { outbound } = reader.read(at(2000, 2));
    expect(outbound.get('mid:0')).toMatchObject({ width: 1920, height: 1080, fps: 15, bitrateBps: 400_000, packets: 50, limitation: 'bandwidth' });
  });

  it('says the far end’s loss and round trip of what is sent', () => {
    const { outbound } = new StatsReader().read(report(1, VP9, outboundRow('O', { remoteId: 'R' }), { id: 'R', type: 'remote-inbound-rtp', fractionLost: 0.03, jitter: 0.004, roundTripTime: 0.05 }));
    expect(outbound.get('mid:0')).toMatchObject({ lossPercent: 3, jitterMs: 4, roundTripMs: 50 });
  });

  it.each([
    [{ candidateType: 'host', protocol: 'udp' }, 'udp'], [{ candidateType: 'prflx', protocol: 'tcp' }, 'tcp'], [{ candidateType: 'relay', protocol: 'udp' }, 'relay'], [{}, 'unknown'],
  ])('reads the selected pair: %j goes by %s', (local, protocol) => {
    const { transport } = new StatsReader().read(
      report(1, { id: 'T', type: 'transport', selectedCandidatePairId: 'P', bytesReceived: 5, bytesSent: 6, srtpCipher: 'AEAD_AES_128_GCM' }, { id: 'P', type: 'candidate-pair', localCandidateId: 'L', currentRoundTripTime: 0.02, availableOutgoingBitrate: 3_000_000, responsesReceived: 9 }, { id: 'L', type: 'local-candidate', ...local }),
    );
    expect(transport).toEqual({ bytesReceived: 5, bytesSent: 6, responsesReceived: 9, roundTripMs: 20, availableOutgoingBps: 3_000_000, srtpCipher: 'AEAD_AES_128_GCM', protocol });
  });

  it('without a transport knows nothing and says so', () => {
    expect(new StatsReader().read(report(1)).transport).toEqual({ bytesReceived: 0, bytesSent: 0, responsesReceived: 0, roundTripMs: null, availableOutgoingBps: null, srtpCipher: null, protocol: 'unknown' });
  });

  it('gives finite numbers, never negative, whatever a browser reports: counters that go back, nothing, or not a number', () => {
    const counter = fc.oneof(fc.nat(1e9), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, undefined, null, 'text', -1));
    const keys = ['bytesReceived', 'packetsReceived', 'packetsLost', 'framesDecoded', 'framesDropped', 'jitter', 'totalSamplesReceived', 'concealedSamples', 'frameWidth', 'bytesSent', 'packetsSent', 'framesEncoded'];
    const rows = fc.record(Object.fromEntries(keys.map((key) => [key, counter])));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5000), rows), { minLength: 1, maxLength: 6 }), (reports) => {
        const reader = new StatsReader();
        for (const [atMs, values] of reports) {
          const { inbound, outbound } = reader.read(report(atMs, VP9, inboundRow(values), outboundRow('O', values)));
          for (const sample of [...inbound.values(), ...outbound.values()]) {
            const { bitrateBps, fps, lossPercent, packets, framesDropped } = sample;
            for (const number of [bitrateBps, fps, lossPercent, packets, framesDropped]) expect(Number.isFinite(number) && number >= 0).toBe(true);
            expect(sample.lossPercent).toBeLessThanOrEqual(100);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
