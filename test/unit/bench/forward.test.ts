import { describe, expect, it } from 'vitest';
import { parseRemote, publisherOffer, subscriberAnswer } from '../../bench/forward/janusSdp.ts';
import { parseLoadEvent } from '../../bench/forward/loadGenerator.ts';
import type { Sample } from '../../bench/forward/measure.ts';
import { parseBusyCpuSeconds, parseSchedstatCpuSeconds, parseStatCpuSeconds } from '../../bench/forward/processes.ts';
import { forwardRows, quietHalf } from '../../bench/forward/rows.ts';

const load = { ufrag: 'abcd', password: 'efghijklmnopqrstuvwxyz', fingerprint: 'AA:BB' };

describe('what the forwarding bench reads', () => {
  it('[FWD1] finds the CPU time behind a program name with brackets and spaces', () => {
    const text = '42 (odd) name (x)) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 11 0 1000 1 1 1';
    expect(parseStatCpuSeconds(text)).toBe(2);
    expect(() => parseStatCpuSeconds('')).toThrow();
  });

  it('[FWD1] reads a thread\'s time on a CPU in ns', () => {
    expect(parseSchedstatCpuSeconds('1500000000 23 4\n')).toBe(1.5);
    expect(() => parseSchedstatCpuSeconds('')).toThrow();
  });

  it('[FWD1] counts all but idle and waiting as work of the machine', () => {
    expect(parseBusyCpuSeconds('cpu  100 20 30 5000 6000 7 8 35 0 0\ncpu0 1 1 1 1')).toBe(2);
    expect(() => parseBusyCpuSeconds('intr 5')).toThrow();
  });

  it('[FWD1] takes the generator\'s lines, and no others', () => {
    expect(parseLoadEvent('{"event":"connected","peer":3,"profile":"SRTP_AEAD_AES_128_GCM"}')).toEqual({ event: 'connected', peer: 3, profile: 'SRTP_AEAD_AES_128_GCM' });
    expect(() => parseLoadEvent('{"event":"connected"}')).toThrow();
    expect(() => parseLoadEvent('Segmentation fault')).toThrow();
  });
});

describe('the SDP spoken with janus', () => {
  const offer = ['v=0', 'm=video 9 UDP/TLS/RTP/SAVPF 96 97', 'a=ice-ufrag:remo', 'a=ice-pwd:secret', 'a=fingerprint:sha-256 CC:DD', 'a=rtpmap:96 VP8/90000', 'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', 'a=candidate:1 1 udp 2015363327 192.0.2.2 40809 typ host', ''].join('\r\n');

  it('[FWD2] reads address, credentials and fingerprint', () => {
    expect(parseRemote(offer)).toEqual({ ip: '192.0.2.2', port: 40809, ufrag: 'remo', password: 'secret', fingerprint: 'CC:DD' });
    expect(() => parseRemote(offer.replace('a=ice-pwd:secret\r\n', ''))).toThrow('ICE password');
  });

  it('[FWD2] answers with the offered numbers for VP8 and its retransmission', () => {
    const answer = subscriberAnswer(load, offer);
    expect(answer).toContain('m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n');
    expect(answer).toContain('a=fmtp:97 apt=96\r\n');
    expect(answer).toContain('a=setup:active\r\n');
    expect(() => subscriberAnswer(load, 'v=0\r\n')).toThrow('no VP8');
  });

  it('[FWD2] offers one stream to send', () => {
    expect(publisherOffer(load)).toMatch(/a=sendonly\r\n(.*\r\n)*a=ssrc:\d+ cname:bench\r\n/);
  });
});

describe('the rows of the forwarding bench', () => {
  const sample = (usPerPacket: number, othersShare = 0): Sample => ({ usPerPacket, workerUsPerPacket: usPerPacket, cpuSPerGigabyte: 1, delayP50Ms: 0.4, delayP99Ms: 1, othersShare });
  const round = (factor: number) => ({ ours: sample(10 * factor), bare: sample(10 * factor), janus: sample(20 * factor) });

  it('[FWD3] takes ratios within rounds, so that a round on a slow machine changes none', () => {
    const rows = forwardRows({ rounds: [round(1), round(2), round(3)], problems: new Map(), keyFrames: { spread: 2, atOnce: 1 }, receivers: 99 });
    const row = (metric: string) => rows.find((each) => each.metric === metric);
    expect(row('cpu_ratio_vs_bare')).toMatchObject({ value: 1 });
    expect(row('cpu_ratio_vs_janus')).toMatchObject({ value: 0.5 });
    expect(row('key_frames_for_100_joins')).toMatchObject({ value: 2 });
  });

  it('[FWD3] leaves out with its reason what could not be measured', () => {
    const rounds = [{ ours: sample(10), bare: sample(10) }];
    const rows = forwardRows({ rounds, problems: new Map([['janus', 'janus is not installed']]), keyFrames: null, receivers: 99 });
    expect(rows.find(({ metric }) => metric === 'cpu_ratio_vs_janus')).toEqual({ metric: 'cpu_ratio_vs_janus', missing: 'janus: janus is not installed' });
    expect(rows.find(({ metric }) => metric === 'key_frames_for_100_joins')).toHaveProperty('missing');
    expect(rows.find(({ metric }) => metric === 'us_per_packet')).toHaveProperty('value', 10);
  });

  it('[FWD4] counts the half of the rounds in which others did least, three at least', () => {
    const rounds = [0.5, 0.1, 0.4, 0.2, 0.3, 0.6, 0.7, 0.8].map((others) => ({ ours: sample(1, others), bare: sample(1, 0) }));
    expect(quietHalf(rounds).map(({ ours }) => ours?.othersShare)).toEqual([0.1, 0.2, 0.3, 0.4]);
    expect(quietHalf(rounds.slice(0, 4))).toHaveLength(3);
    expect(quietHalf([])).toEqual([]);
  });
});
