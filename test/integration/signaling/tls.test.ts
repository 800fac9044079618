import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '#shared/protocol/version';
import { ConfigError, loadConfig } from '../../../sfu-server/config.ts';
import { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';

/** What the server shows at the handshake. */
function servedFingerprint(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe('TLS', () => {
  it('[CFG2] [WEB5] a self-signed server says the fingerprint of the certificate it serves, takes sockets, and no plain HTTP', async () => {
    const server = await TestServer.start({ environment: { HUIZHEN_TLS: 'self-signed' } });
    try {
      expect(server.url).toMatch(/^https:/);
      expect(server.server.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      expect(await servedFingerprint(server.url)).toBe(server.server.fingerprint);
      const refusal = await SignalingPeer.connect(server.url, 'a-token-nobody-has').catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'auth.sessionEnded' });
      await expect(fetch(`${server.url.replace('https', 'http')}/healthz`, { headers: { 'x-huizhen-protocol': PROTOCOL_VERSION } })).rejects.toThrow();
    } finally {
      await server.stop();
    }
  });

  it.each(['0.0.0.0', '192.0.2.7', 'ward.example', '::'])('[CFG2] plain HTTP on %s is refused at configuration', (host) => {
    const load = () => loadConfig({ HUIZHEN_HOST: host }, { cores: 1, addresses: ['192.0.2.7'] }, () => '');
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(/^HUIZHEN_TLS: plain HTTP is only for loopback/);
  });
});
