import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { sessionIdSchema } from '#shared/domain/ids';
import { hasPermission, type Role, ROLES } from '#shared/domain/roles';
import { toAppError } from '#shared/protocol/errors';
import { REQUEST_NAMES, REQUESTS, type RequestName } from '#shared/protocol/requests';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { fittingValue } from '../../helpers/schemaValues.ts';
import { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';

/** An account of each role. */
const ACCOUNTS: Readonly<Record<Role, string>> = {
  expert: 'expert', bedside: 'nurse', requester: 'requester', scheduler: 'scheduler', approver: 'approver', observer: 'observer', auditor: 'auditor', administrator: 'admin', cart: 'cart',
};
const LEADERS = ROLES.filter((role) => hasPermission(role, 'room.host'));
let nextId = 0;
/** These end the very session that asks, so each gets one of its own; the answer may be lost with the socket. */
const ENDS_SESSION: ReadonlySet<RequestName> = new Set(['session.signOut']);

/** Parameters that fit, made from the request's own schema: a request added to the table is tried without a change here. */
const paramsFor = (name: RequestName) => fittingValue(REQUESTS[name].params, 11, { organisationId: 'demo-province', parentId: 'demo-province', sessionId: 'no-such-session' });

describe('every request by every role', () => {
  let server: TestServer;
  let hall: ConsultHall;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
    for (const role of ROLES) await hall.token(ACCOUNTS[role]);
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(15_000);
  });
  afterAll(() => server.stop());

  /** How the dispatcher answers: `taken` when the request reached its handler, whatever that made of it. */
  const ask = async (peer: SignalingPeer, name: RequestName): Promise<'taken' | 'auth.forbidden' | 'room.notJoined' | 'room.hostOnly'> => {
    const answer = await peer.send({ id: `matrix-${nextId++}`, name, params: paramsFor(name) });
    if (answer === null || answer.ok) return 'taken';
    const { code, message } = answer.error;
    if (code === 'auth.forbidden' && message === `${name} needs ${REQUESTS[name].permission}`) return code;
    if ((code === 'room.notJoined' && message === 'join a consult first') || code === 'room.hostOnly') return code;
    // The handlers' own refusals are their tests' matter; these would say that the request never got there, or fell over.
    const isUntried = ['input.unknownRequest', 'input.rateLimited', 'internal.bug'].includes(code) || message.startsWith(`${name}: `) || message.startsWith('the id ');
    expect(isUntried ? `${name}: ${code}: ${message}` : 'tried').toBe('tried');
    return 'taken';
  };
  const connect = async (role: Role, name: RequestName) => (ENDS_SESSION.has(name) ? SignalingPeer.connect(server.url, role === 'cart' ? await server.signInCart() : await server.signIn(ACCOUNTS[role])) : hall.connect(ACCOUNTS[role]));

  it.each(ROLES)('[SIG2] %s, outside any room', async (role) => {
    const expected: Record<string, string> = {};
    const found: Record<string, string> = {};
    for (const name of REQUEST_NAMES) {
      const { permission, scope } = REQUESTS[name];
      expected[name] = !hasPermission(role, permission) ? 'auth.forbidden' : scope === 'identity' ? 'taken' : 'room.notJoined';
      const peer = await connect(role, name);
      found[name] = await ask(peer, name);
      await peer.close();
    }
    expect(found).toEqual(expected);
  });

  it.each(ROLES.filter((role) => hasPermission(role, 'consult.join')))('[SIG2] %s, inside a room that another leads', async (role) => {
    const host = role === 'requester' ? 'expert' : 'requester';
    const consultId = await hall.createConsult(host);
    await hall.enter(host, consultId);
    const expected: Record<string, string> = {};
    const found: Record<string, string> = {};
    for (const name of REQUEST_NAMES.filter((candidate) => REQUESTS[candidate].scope !== 'identity')) {
      const { permission, scope } = REQUESTS[name];
      expected[name] = !hasPermission(role, permission) ? 'auth.forbidden' : scope === 'peer' ? 'taken' : 'room.hostOnly';
      const peer = await hall.connect(ACCOUNTS[role], { clientInstanceId: 'the-same-page' });
      await peer.enter(consultId);
      found[name] = await ask(peer, name);
      await peer.close();
    }
    expect(found).toEqual(expected);
  });

  it.each(LEADERS)('[SIG2] %s, leading a room', async (role) => {
    const found: Record<string, string> = {};
    const names = REQUEST_NAMES.filter((name) => REQUESTS[name].scope === 'host');
    for (const name of names) {
      const consultId = await hall.createConsult(ACCOUNTS[role]);
      const { signaling } = await hall.enter(ACCOUNTS[role], consultId);
      found[name] = await ask(signaling, name);
      await signaling.close();
    }
    expect(found).toEqual(Object.fromEntries(names.map((name) => [name, 'taken'])));
  });

  describe('without a session', () => {
    const refusal = (work: Promise<SignalingPeer>) => work.then(() => 'connected', (error: unknown) => toAppError(error).code);

    it('[SIG1] refuses the handshake with a code', async () => {
      const token = await hall.token('expert');
      expect(await refusal(SignalingPeer.connect(server.url, 'a-token-nobody-has'))).toBe('auth.sessionEnded');
      expect(await refusal(SignalingPeer.connect(server.url, token, { version: '2.0' }))).toBe('input.unsupportedVersion');
      expect(await refusal(SignalingPeer.connect(server.url, token, { version: 'latest' }))).toBe('input.unsupportedVersion');
      for (const auth of [{}, { token }, { version: '1.0' }, { version: '1.0', token: '' }, { version: '1.0', token: 7 }, { version: '1.0', token: 'x'.repeat(101) }, { version: '1.0', token: { $ne: null } }]) {
        expect(await refusal(SignalingPeer.connect(server.url, '', { auth }))).toBe('input.malformed');
      }
    });

    it('[SIG1] refuses a revoked session', async () => {
      const token = await server.signIn('nurse');
      const peer = await SignalingPeer.connect(server.url, token);
      const sessionId = (await peer.request('session.list', {})).sessions.find(({ isThisOne }) => isThisOne)?.id ?? sessionIdSchema.parse('none');
      await peer.send({ id: 'bye', name: 'session.revoke', params: { sessionId } });
      await peer.ended;
      expect(await refusal(SignalingPeer.connect(server.url, token))).toBe('auth.sessionEnded');
    });

    it.each(REQUEST_NAMES)('[SIG1] handles no %s on a socket that did not say who it is', async (name) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
      const received: string[] = [];
      await new Promise<void>((resolve, reject) => {
        socket.on('message', (data) => {
          const text = String(data);
          received.push(text);
          // 0: the engine is open. 42…: an event with acknowledgement 7, though no namespace was connected to.
          if (text.startsWith('0')) socket.send(`427${JSON.stringify(['request', { id: 'a', name, params: paramsFor(name) }])}`);
        });
        socket.on('close', () => resolve());
        socket.on('error', reject);
      });
      expect(received.filter((text) => !text.startsWith('0'))).toEqual([]);
    });
  });
});
