/**
 * A WebRTC peer small enough for a build script: ICE's connectivity check by
 * hand, DTLS by OpenSSL's command-line client, SRTP by ./srtpGcm.mjs.
 *
 * WebRTC runs all three through one UDP port, and OpenSSL's client opens a port
 * of its own. So a relay stands between: the worker sees one port, ours, and
 * what arrives from it is told apart by its first byte (RFC 7983).
 *
 *     worker <--UDP--> towardsWorker | relay | towardsClient <--UDP--> openssl
 */
import { spawn } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveSessionKeys, keyingMaterialLabel, keyingMaterialLength } from './srtpGcm.mjs';
import { createBindingRequest, isBindingSuccess } from './stunBinding.mjs';

const loopback = '127.0.0.1';

/** The suites offered, the older one first: choosing AES-GCM is the worker's doing then. */
const offeredSuites = 'SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM';

/**
 * @typedef {object} DtlsPeer
 * @property {string} fingerprint of its certificate, SHA-256, as SDP writes it
 * @property {(address: { port: number, ufrag: string, password: string }, signal: AbortSignal) => Promise<void>} bind
 *   shows the ICE password to a transport; resolves when it has agreed
 * @property {(signal: AbortSignal) => Promise<{ suite: string, keys: ReturnType<typeof deriveSessionKeys> }>} handshake
 * @property {(datagram: Buffer) => void} send to the transport, as it is
 * @property {(handle: (datagram: Buffer) => void) => () => void} onMedia SRTP and SRTCP from the transport
 * @property {() => Promise<void>} close
 */

/** @param {string[]} args @param {AbortSignal} signal @returns {Promise<void>} */
async function openssl(args, signal) {
  const child = spawn('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], signal });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`openssl ${args[0]} failed: ${complaint.trim().split('\n').at(-1)}`);
}

/** @param {import('node:dgram').Socket} socket */
async function open(socket) {
  socket.bind(0, loopback);
  await once(socket, 'listening');
}

/** @param {AbortSignal} signal @returns {Promise<DtlsPeer>} */
export async function createDtlsPeer(signal) {
  const folder = await mkdtemp(join(tmpdir(), 'huizhen-dtls-'));
  const towardsWorker = createSocket('udp4');
  const towardsClient = createSocket('udp4');
  /** @type {Set<(datagram: Buffer) => void>} */
  const mediaHandlers = new Set();
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let client;
  let clientPort = 0;
  let isClosed = false;
  /** @type {() => void} */
  let onAgreed = () => {};

  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    client?.kill('SIGKILL');
    towardsWorker.close();
    towardsClient.close();
    await rm(folder, { recursive: true, force: true });
  };

  const keyFile = join(folder, 'key.pem');
  const certificateFile = join(folder, 'certificate.pem');
  try {
    await Promise.all([
      open(towardsWorker),
      open(towardsClient),
      openssl(
        // biome-ignore format: one option a pair reads better in a row
        ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
          '-subj', '/CN=worker-check', '-keyout', keyFile, '-out', certificateFile],
        signal,
      ),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  const fingerprint = new X509Certificate(await readFile(certificateFile)).fingerprint256;

  towardsWorker.on('message', (datagram) => {
    const first = datagram[0] ?? 0;
    if (first < 4) {
      if (isBindingSuccess(datagram)) onAgreed();
    } else if (first >= 20 && first < 64) {
      if (clientPort !== 0) towardsClient.send(datagram, clientPort, loopback);
    } else if (first >= 128 && first < 192) {
      for (const handle of mediaHandlers) handle(datagram);
    }
  });
  towardsClient.on('message', (datagram, { port }) => {
    clientPort = port;
    towardsWorker.send(datagram);
  });
  // A worker that crashed leaves its port closed, and the system reports that
  // on the next datagram. The check then ends by the worker's death or by its
  // time limit, both of which say more than this error does.
  towardsWorker.on('error', () => {});
  towardsClient.on('error', () => {});

  return {
    fingerprint,

    async bind({ port, ufrag, password }, bindSignal) {
      towardsWorker.connect(port, loopback);
      await once(towardsWorker, 'connect', { signal: bindSignal });
      const agreed = new Promise((resolve, reject) => {
        onAgreed = () => resolve(undefined);
        bindSignal.addEventListener('abort', () => reject(bindSignal.reason), { once: true });
      });
      towardsWorker.send(
        createBindingRequest({
          localUfrag: randomBytes(4).toString('hex'),
          remoteUfrag: ufrag,
          remotePassword: password,
        }),
      );
      await agreed;
    },

    handshake(handshakeSignal) {
      return new Promise((resolve, reject) => {
        const child = spawn(
          'openssl',
          // biome-ignore format: one option a pair reads better in a row
          ['s_client', '-dtls1_2', '-connect', `${loopback}:${towardsClient.address().port}`, '-mtu', '1200',
            '-cert', certificateFile, '-key', keyFile, '-use_srtp', offeredSuites,
            '-keymatexport', keyingMaterialLabel, '-keymatexportlen', String(keyingMaterialLength)],
          // Its input stays open: at the end of it, the client would hang up.
          { stdio: ['pipe', 'pipe', 'pipe'] },
        );
        client = child;
        let output = '';
        const read = (/** @type {string} */ text) => {
          output += text;
          const suite = /SRTP Extension negotiated, profile=(\S+)/.exec(output)?.[1];
          const material = /Keying material: ([0-9A-F]+)\s/i.exec(output)?.[1];
          if (suite && material) resolve({ suite, keys: deriveSessionKeys(Buffer.from(material, 'hex')) });
        };
        child.stdout.setEncoding('utf8').on('data', read);
        child.stderr.setEncoding('utf8').on('data', read);
        child.once('error', reject);
        child.once('close', () => reject(new Error(`the DTLS client gave up: ${output.trim().split('\n').at(-1)}`)));
        handshakeSignal.addEventListener('abort', () => reject(handshakeSignal.reason), { once: true });
      });
    },

    send(datagram) {
      towardsWorker.send(datagram);
    },

    onMedia(handle) {
      mediaHandlers.add(handle);
      return () => mediaHandlers.delete(handle);
    },

    close,
  };
}
