/**
 * Shows that a worker binary works, by what a peer does with it, not by whether
 * it starts: a wrongly built one starts, answers every request and dies with
 * the first DTLS handshake (see recipe/corrections.mjs), or lives and garbles
 * media (our SRTP adapter in recipe/subprojects/libsrtp3 being wrong).
 *
 * In order:
 * 1. The binary runs on this machine at all.
 * 2. mediasoup starts it and gets a router and a WebRTC transport on loopback.
 * 3. A peer made of Node and OpenSSL's command-line client (check/dtlsPeer.mjs)
 *    passes ICE and completes DTLS. It offers the older SRTP suite before
 *    AES-GCM; the worker has to choose AES-GCM, several times faster with the
 *    system's libraries.
 * 4. One packet each of SRTP in, SRTP out, SRTCP in and SRTCP out arrives with
 *    its content intact, encrypted on our side by code independent of libsrtp.
 *
 * Takes under a second. Run by hand: node build/worker/checkWorker.mjs [binary]
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { createDtlsPeer } from './check/dtlsPeer.mjs';
import { protectRtcp, protectRtp, unprotectRtcp, unprotectRtpPayload } from './check/srtpGcm.mjs';
import { mediasoupFolder, workerPath } from './workerPath.mjs';

/** Generous, for a machine busy with other builds. */
const timeoutMs = 20_000;

/** What the worker exits with when it is started without a parent's channel. */
const exitCodeWithoutParent = 41;

const expectedSuite = 'SRTP_AEAD_AES_128_GCM';

/** @satisfies {import('mediasoup').types.RouterRtpCodecCapability} */
const vp8 = {
  kind: /** @type {const} */ ('video'),
  mimeType: /** @type {const} */ ('video/VP8'),
  preferredPayloadType: 96,
  clockRate: 90_000,
  rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
};

const sendingSsrc = 0x11111111;
const receivingSsrc = 0x22222222;

/**
 * Whether the binary runs here: right architecture, all its libraries present.
 * Takes milliseconds, so set-up asks it of a cached worker at every start.
 *
 * @param {string} binary
 * @returns {string | undefined} why not, or nothing when it runs
 */
export function reasonNotToStart(binary) {
  // An empty environment: without mediasoup's version in it the worker leaves
  // at once, with a code of its own.
  const result = spawnSync(binary, [], { env: {}, encoding: 'utf8', timeout: 10_000 });
  if (result.status === exitCodeWithoutParent) return undefined;
  if (result.error) return result.error.message;
  const said = result.stderr.trim().split('\n').at(-1);
  return said || `it ended with ${result.signal ?? `code ${result.status}`}`;
}

/** Whether the tool that check/dtlsPeer.mjs needs is there. */
export function canCheckHandshake() {
  return spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
}

/**
 * A VP8 key frame's first packet, as far as an SFU looks: a descriptor that
 * says "start of frame", and a frame header whose lowest bit says "key frame".
 *
 * @param {number} ssrc
 * @returns {{ packet: Buffer, payload: Buffer }}
 */
function createRtpPacket(ssrc) {
  const payload = Buffer.concat([Buffer.from([0x10, 0x00]), randomBytes(600)]);
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = 0x80 | vp8.preferredPayloadType;
  header.writeUInt16BE(1000, 2);
  header.writeUInt32BE(90_000, 4);
  header.writeUInt32BE(ssrc, 8);
  return { packet: Buffer.concat([header, payload]), payload };
}

/** @param {number} ssrc @returns {Buffer} RTCP sender report without report blocks */
function createSenderReport(ssrc) {
  const report = Buffer.alloc(28);
  report[0] = 0x80;
  report[1] = 200;
  report.writeUInt16BE(6, 2);
  report.writeUInt32BE(ssrc, 4);
  report.writeUInt32BE(0xe0000000, 8);
  report.writeUInt32BE(90_000, 16);
  report.writeUInt32BE(1, 20);
  report.writeUInt32BE(602, 24);
  return report;
}

/** @param {Buffer} datagram RTP and RTCP share a port; RFC 5761 keeps 64 to 95 for RTCP */
function isRtcp(datagram) {
  const type = datagram.readUInt8(1) & 0x7f;
  return type >= 64 && type < 96;
}

/** @param {number} ssrc */
function rtpParameters(ssrc) {
  return {
    codecs: [
      {
        mimeType: vp8.mimeType,
        payloadType: vp8.preferredPayloadType,
        clockRate: vp8.clockRate,
        rtcpFeedback: [...vp8.rtcpFeedback],
      },
    ],
    encodings: [{ ssrc }],
    rtcp: { cname: 'worker-check' },
  };
}

/**
 * Steps 2 to 4 of the file's description.
 *
 * @param {string} binary
 * @param {AbortSignal} signal aborted when time is up or the worker died
 * @param {(step: string) => void} enter told what is being tried, for the message on failure
 * @param {(cause: Error) => void} abort
 */
async function connectPeer(binary, signal, enter, abort) {
  enter('loading mediasoup');
  // By path and only here, so that the rest of this file works without npm packages.
  const entry = join(mediasoupFolder, 'node', 'lib', 'index.js');
  if (!existsSync(entry)) throw new Error('mediasoup is not installed');
  /** @type {typeof import('mediasoup')} */
  const mediasoup = await import(pathToFileURL(entry).href);

  enter('starting the worker');
  const worker = await mediasoup.createWorker({ workerBin: binary, logLevel: 'error' });
  worker.once('died', (error) => abort(new Error(`the worker died: ${error.message}`)));
  /** @type {import('./check/dtlsPeer.mjs').DtlsPeer | undefined} */
  let peer;
  const aborted = new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {}); // Heard through the races below, if any is on.
  /** @template T @param {Promise<T>} promise @returns {Promise<T>} */
  const orAbort = (promise) => Promise.race([promise, aborted]);
  try {
    enter('opening a transport');
    const router = await orAbort(worker.createRouter({ mediaCodecs: [vp8] }));
    const transport = await orAbort(
      router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] }),
    );
    peer = await createDtlsPeer(signal);

    enter('answering the ICE connectivity check');
    const port = transport.iceCandidates[0]?.port ?? 0;
    const { usernameFragment: ufrag, password } = transport.iceParameters;
    const connected = new Promise((resolve) => {
      transport.on('dtlsstatechange', (state) => {
        if (state === 'connected') resolve(undefined);
        else if (state === 'failed' || state === 'closed') abort(new Error(`the worker's DTLS state is "${state}"`));
      });
    });
    await orAbort(
      transport.connect({
        // The peer's role: it starts the handshake.
        dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: peer.fingerprint }] },
      }),
    );
    await peer.bind({ port, ufrag, password }, signal);

    enter('completing the DTLS handshake');
    const [{ suite, keys }] = await orAbort(Promise.all([peer.handshake(signal), connected]));
    if (suite !== expectedSuite) throw new Error(`the worker chose ${suite} although ${expectedSuite} was offered`);

    // A direct transport is the worker's side door: plain RTP to and from Node.
    const direct = await orAbort(router.createDirectTransport());
    const rtpCapabilities = router.rtpCapabilities;
    const { send, onMedia } = peer;
    /**
     * The next packet of a kind from the worker, decrypted.
     *
     * @param {(datagram: Buffer) => boolean} isWanted
     * @param {(datagram: Buffer) => Buffer} decrypt
     * @returns {Promise<Buffer>}
     */
    const nextMedia = (isWanted, decrypt) => {
      /** @type {Promise<Buffer>} */
      const next = new Promise((resolve, reject) => {
        const stop = onMedia((datagram) => {
          if (!isWanted(datagram)) return;
          stop();
          try {
            resolve(decrypt(datagram));
          } catch {
            reject(new Error('the packet cannot be decrypted'));
          }
        });
      });
      next.catch(() => {}); // Reported where it is awaited.
      return next;
    };

    enter('decrypting SRTP');
    const producer = await orAbort(transport.produce({ kind: 'video', rtpParameters: rtpParameters(sendingSsrc) }));
    const directConsumer = await orAbort(direct.consume({ producerId: producer.id, rtpCapabilities }));
    const incoming = createRtpPacket(sendingSsrc);
    const keyFrameAsked = nextMedia(isRtcp, (datagram) => unprotectRtcp(keys.server, datagram));
    const decrypted = new Promise((resolve) => directConsumer.once('rtp', resolve));
    send(protectRtp(keys.client, incoming.packet));
    const received = /** @type {Buffer} */ (await orAbort(decrypted));
    if (!Buffer.from(received).subarray(-incoming.payload.length).equals(incoming.payload)) {
      throw new Error('the packet differs from the one sent');
    }

    enter('encrypting SRTCP');
    await orAbort(directConsumer.requestKeyFrame());
    await orAbort(keyFrameAsked);

    enter('decrypting SRTCP');
    await orAbort(producer.enableTraceEvent(['sr']));
    const reported = new Promise((resolve) => producer.once('trace', resolve));
    send(protectRtcp(keys.client, createSenderReport(sendingSsrc), 1));
    await orAbort(reported);

    enter('encrypting SRTP');
    const directProducer = await orAbort(
      direct.produce({ kind: 'video', rtpParameters: rtpParameters(receivingSsrc) }),
    );
    const consumer = await orAbort(transport.consume({ producerId: directProducer.id, rtpCapabilities }));
    // By number: the worker may send padding of its own first, to probe the path.
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    const outgoing = createRtpPacket(receivingSsrc);
    const encrypted = nextMedia(
      (datagram) => !isRtcp(datagram) && datagram.readUInt32BE(8) === ssrc,
      (datagram) => unprotectRtpPayload(keys.server, datagram),
    );
    directProducer.send(outgoing.packet);
    const arrived = await orAbort(encrypted);
    if (!arrived.equals(outgoing.payload)) throw new Error('the packet differs from the one sent');
    return suite;
  } finally {
    await peer?.close();
    worker.close();
  }
}

/**
 * @param {string} binary absolute path
 * @returns {Promise<{ suite: string, tookMs: number }>} the negotiated SRTP suite
 * @throws {Error} one line: which step failed and how
 */
export async function checkWorker(binary) {
  const startedAtMs = performance.now();
  const reason = reasonNotToStart(binary);
  if (reason) throw new Error(`the worker does not start: ${reason}`);
  const controller = new AbortController();
  let step = '';
  const timer = setTimeout(() => controller.abort(new Error(`no result within ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    const suite = await connectPeer(
      binary,
      controller.signal,
      (name) => (step = name),
      (cause) => controller.abort(cause),
    );
    return { suite, tookMs: Math.round(performance.now() - startedAtMs) };
  } catch (error) {
    // The first cause: when the worker dies, every request in flight fails too.
    const cause = controller.signal.aborted ? controller.signal.reason : error;
    throw new Error(`the worker failed while ${step}: ${cause.message}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const binary = process.argv[2] ?? workerPath();
    const { suite, tookMs } = await checkWorker(binary);
    console.log(`worker: handshake and media check passed, ${suite}, ${tookMs} ms (${binary})`);
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
  }
}
