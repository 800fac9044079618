import type { RtpCapabilities, RtpParameters } from 'mediasoup/types';
import type { LoadGenerator, RemoteTransport } from './loadGenerator.ts';

/** Suite that every transport must have agreed on; the generator offers no other. */
export const REQUIRED_PROFILE = 'SRTP_AEAD_AES_128_GCM';

/** The sender's synchronisation source and payload type, the same towards every SFU. */
export const SENDER = { ssrc: 0x48_5a_00_01, payloadType: 96 } as const;

const FEEDBACK = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'ccm', parameter: 'fir' }];

/** An SFU under test with one sender and its receivers connected. */
export interface ConnectedSfu {
  readonly name: string;
  /** Processes whose CPU counts. */
  readonly pids: readonly number[];
  /** Of these, the ones that carry the media. */
  readonly workerPids: readonly number[];
  /** Lets media through to all receivers, one after another over `overMs`. */
  resume(overMs: number): Promise<void>;
  /** Holds media back from all receivers, where the SFU can. */
  pause?(): Promise<void>;
  close(): Promise<void>;
}

/** A VP8 stream without bandwidth estimation: its rate is the bench's, and no SFU probes or thins it. */
export function senderRtpParameters(): RtpParameters {
  return {
    codecs: [{ mimeType: 'video/VP8', payloadType: SENDER.payloadType, clockRate: 90_000, parameters: {}, rtcpFeedback: FEEDBACK }],
    encodings: [{ ssrc: SENDER.ssrc }],
    rtcp: { cname: 'bench' },
  };
}

/** What the receivers can take of what a router offers: VP8 with retransmission, no header extensions. */
export function receiverRtpCapabilities(router: RtpCapabilities): RtpCapabilities {
  const codecs = router.codecs ?? [];
  const vp8 = codecs.find(({ mimeType }) => mimeType.toLowerCase() === 'video/vp8');
  if (!vp8) throw new Error('the router offers no VP8');
  const retransmission = codecs.filter(({ parameters }) => parameters?.['apt'] === vp8.preferredPayloadType);
  return { codecs: [{ ...vp8, rtcpFeedback: FEEDBACK }, ...retransmission], headerExtensions: [] };
}

/** mediasoup's description of a transport, in the generator's words. */
export function remoteTransport(transport: {
  readonly iceParameters: { readonly usernameFragment: string; readonly password: string };
  readonly iceCandidates: readonly { readonly ip: string; readonly port: number; readonly protocol: string }[];
  readonly dtlsParameters: { readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[] };
}): RemoteTransport {
  const candidate = transport.iceCandidates.find(({ protocol }) => protocol === 'udp');
  const fingerprint = transport.dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256');
  if (!candidate || !fingerprint) throw new Error('the transport has no UDP candidate or no SHA-256 fingerprint');
  return { ip: candidate.ip, port: candidate.port, ufrag: transport.iceParameters.usernameFragment, password: transport.iceParameters.password, fingerprint: fingerprint.value };
}

/** The generator's side of DTLS for mediasoup: it begins the handshake. */
export function loadDtlsParameters(load: LoadGenerator) {
  return { role: 'client' as const, fingerprints: [{ algorithm: 'sha-256' as const, value: load.fingerprint }] };
}

/** Connects a peer and refuses any suite but AES-GCM. */
export async function connectWithGcm(load: LoadGenerator, peer: number, remote: RemoteTransport): Promise<void> {
  const profile = await load.connect(peer, remote);
  if (profile !== REQUIRED_PROFILE) throw new Error(`peer ${peer} negotiated ${profile} instead of ${REQUIRED_PROFILE}`);
}

/** Runs `work` for 0 … count-1, at most `width` at a time. */
export async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}

/** Runs `work` for 0 … count-1, begun evenly over `overMs`; resolves when all are done. */
export async function spreadOver(count: number, overMs: number, work: (index: number) => Promise<void>): Promise<void> {
  const begunMs = performance.now();
  const running: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const waitMs = begunMs + (overMs * index) / count - performance.now();
    if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs));
    running.push(work(index));
  }
  await Promise.all(running);
}
