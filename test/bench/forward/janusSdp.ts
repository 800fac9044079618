import type { LoadGenerator, RemoteTransport } from './loadGenerator.ts';
import { SENDER } from './sfu.ts';

/** The half of an SDP that is the generator's: controlling ICE, DTLS client, one VP8 stream. */
function describe(load: Pick<LoadGenerator, 'ufrag' | 'password' | 'fingerprint'>, media: readonly string[]): string {
  const lines = [
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', ...media.slice(0, 1), 'c=IN IP4 127.0.0.1', 'a=mid:0', 'a=rtcp-mux',
    `a=ice-ufrag:${load.ufrag}`, `a=ice-pwd:${load.password}`, `a=fingerprint:sha-256 ${load.fingerprint}`, 'a=setup:active', ...media.slice(1),
    // The real address shows itself with the first check; janus begins only when it knows some candidate.
    'a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host', 'a=end-of-candidates',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

const feedback = (payloadType: number) => [`a=rtcp-fb:${payloadType} nack`, `a=rtcp-fb:${payloadType} nack pli`, `a=rtcp-fb:${payloadType} ccm fir`];

/** The sender's offer. */
export function publisherOffer(load: Pick<LoadGenerator, 'ufrag' | 'password' | 'fingerprint'>): string {
  const { payloadType, ssrc } = SENDER;
  return describe(load, [`m=video 9 UDP/TLS/RTP/SAVPF ${payloadType}`, 'a=sendonly', `a=rtpmap:${payloadType} VP8/90000`, ...feedback(payloadType), `a=ssrc:${ssrc} cname:bench`]);
}

/** A receiver's answer to janus's offer: its VP8, with the retransmission format when one is offered. */
export function subscriberAnswer(load: Pick<LoadGenerator, 'ufrag' | 'password' | 'fingerprint'>, offer: string): string {
  const vp8 = /^a=rtpmap:(\d+) VP8\/90000/im.exec(offer)?.[1];
  if (vp8 === undefined) throw new Error('janus offers no VP8');
  const retransmission = [...offer.matchAll(/^a=fmtp:(\d+) apt=(\d+)/gim)].find((match) => match[2] === vp8)?.[1];
  const formats = retransmission === undefined ? [vp8] : [vp8, retransmission];
  const retransmissionLines = retransmission === undefined ? [] : [`a=rtpmap:${retransmission} rtx/90000`, `a=fmtp:${retransmission} apt=${vp8}`];
  return describe(load, [`m=video 9 UDP/TLS/RTP/SAVPF ${formats.join(' ')}`, 'a=recvonly', `a=rtpmap:${vp8} VP8/90000`, ...feedback(Number(vp8)), ...retransmissionLines]);
}

/** What the generator must know of the other side. @throws Error naming the line that is missing */
export function parseRemote(sdp: string): RemoteTransport {
  const find = (name: string, pattern: RegExp) => {
    const found = pattern.exec(sdp);
    if (!found) throw new Error(`no ${name} in the SDP`);
    return found;
  };
  const candidate = find('UDP host candidate over IPv4', /^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host/im);
  return {
    ip: candidate[1] ?? '',
    port: Number(candidate[2]),
    ufrag: find('ICE user name', /^a=ice-ufrag:(\S+)/im)[1] ?? '',
    password: find('ICE password', /^a=ice-pwd:(\S+)/im)[1] ?? '',
    fingerprint: find('SHA-256 fingerprint', /^a=fingerprint:sha-256 (\S+)/im)[1] ?? '',
  };
}
