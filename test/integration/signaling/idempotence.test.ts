import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toAppError } from '#shared/protocol/errors';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { TestServer } from '../../helpers/testServer.ts';

const codeOf = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);

describe('the same request again', () => {
  let server: TestServer;
  let hall: ConsultHall;
  /** Another for each test: the sessions, and so what is remembered, are shared by all. */
  let ids: { chat: string };
  let tests = 0;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
  });
  beforeEach(() => {
    tests += 1;
    ids = { chat: `chat-of-${tests}` };
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(15_000);
  });
  afterAll(() => server.stop());

  it('[SIG5] is done once and gets the same answer: one after another, and at once', async () => {
    const consultId = await hall.createConsult();
    const peer = await hall.enter('expert', consultId);
    const params = peer.produceParams('mic');
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => peer.signaling.request('media.produce', params, 'produce-1')));
    for (const other of others) expect(other).toEqual(first);
    expect(await peer.signaling.request('media.produce', params, 'produce-1')).toEqual(first);
    expect(server.server.counts().producers).toBe(1);
    const sent = await peer.signaling.request('chat.send', { messageId: 'message-0001', text: 'once' }, ids.chat);
    expect(await peer.signaling.request('chat.send', { messageId: 'message-0002', text: 'twice' }, ids.chat)).toEqual(sent);
    expect((await peer.signaling.request('chat.history', {})).messages).toHaveLength(1);
  });

  it('[SIG5] also over another connection of the same session', async () => {
    const consultId = await hall.createConsult();
    const watcher = await hall.enter('requester', consultId);
    const first = await hall.connect('expert', { clientInstanceId: 'one-page' });
    const admitted = await first.enter(consultId);
    const sent = await first.request('chat.send', { messageId: 'message-0001', text: 'sent before the line broke' }, ids.chat);
    await first.close();
    const second = await hall.connect('expert', { clientInstanceId: 'one-page' });
    expect(await second.enter(consultId, first.resumeOf(admitted))).toMatchObject({ isResumed: true });
    expect(await second.request('chat.send', { messageId: 'message-0001', text: 'sent before the line broke' }, ids.chat)).toEqual(sent);
    expect(watcher.signaling.heard.filter(({ name }) => name === 'chat.message')).toHaveLength(1);
  });

  it('[SIG5] another session with the same id asks for itself', async () => {
    const consultId = await hall.createConsult();
    const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
    const mine = await one.signaling.request('chat.send', { messageId: 'message-0001', text: 'mine' }, ids.chat);
    const theirs = await two.signaling.request('chat.send', { messageId: 'message-0002', text: 'theirs' }, ids.chat);
    expect([mine.message.text, theirs.message.text]).toEqual(['mine', 'theirs']);
  });

  it('[SIG5] a refusal by the handler is given again, and nothing is tried again', async () => {
    const consultId = await hall.createConsult();
    const peer = await hall.enter('expert', consultId);
    await peer.publish('mic', 'the-microphone');
    const params = peer.produceParams('mic');
    expect(await codeOf(peer.signaling.request('media.produce', params, 'produce-2'))).toBe('capacity.tooManySources');
    await peer.signaling.request('media.closeSource', { sourceId: params.sourceId });
    expect(await codeOf(peer.signaling.request('media.produce', params, 'produce-2'))).toBe('capacity.tooManySources');
    expect(await codeOf(peer.signaling.request('media.produce', { ...params, sourceId: peer.newSourceId() }, 'produce-3'))).toBe('capacity.tooManySources');
  });

  it('[SIG5] what was refused before its handler may be tried again under the same id', async () => {
    const consultId = await hall.createConsult();
    const peer = await hall.connect('expert');
    expect(await codeOf(peer.request('room.raiseHand', { isRaised: true }, 'hand-1'))).toBe('room.notJoined');
    await peer.enter(consultId);
    expect(await codeOf(peer.request('room.raiseHand', { isRaised: true }, 'hand-1'))).toBe('done');
  });

  it('[SIG5] asked too often, it is done under the same id once there is room again', async () => {
    const peer = await hall.connect('nurse');
    const codes: string[] = [];
    while (!codes.includes('input.rateLimited') && codes.length < 100) codes.push(await codeOf(peer.request('session.list', {}, `list-${codes.length}`)));
    expect(codes).toHaveLength(21);
    server.clock.skip(1000);
    expect(await codeOf(peer.request('session.list', {}, 'list-20'))).toBe('done');
  });

  it('[SIG5] the id under another name is refused and not answered with the other’s result', async () => {
    const consultId = await hall.createConsult();
    const peer = await hall.enter('expert', consultId);
    await peer.signaling.request('chat.send', { messageId: 'message-0001', text: 'hello' }, 'same-id');
    expect(await codeOf(peer.signaling.request('room.raiseHand', { isRaised: true }, 'same-id'))).toBe('input.malformed');
  });

  it('[SIG5] is forgotten after a minute', async () => {
    const consultId = await hall.createConsult();
    const peer = await hall.enter('expert', consultId);
    await peer.signaling.request('chat.send', { messageId: 'message-0001', text: 'first' }, ids.chat);
    server.clock.skip(61_000);
    const later = await peer.signaling.request('chat.send', { messageId: 'message-0002', text: 'second' }, ids.chat);
    expect(later.message.text).toBe('second');
  });

  it('[SIG6] joining is never answered from memory', async () => {
    const consultId = await hall.createConsult();
    const join = async (clientInstanceId: string) => {
      const peer = await hall.connect('expert', { clientInstanceId });
      return peer.request('consult.join', { consultId, clientInstanceId: peer.clientInstanceId, resume: null }, 'join-1');
    };
    const [one, two, again] = [await join('page-one'), await join('page-two'), await join('page-one')];
    expect(new Set([one.peerId, two.peerId, again.peerId]).size).toBe(3);
    expect(server.server.counts()).toMatchObject({ peers: 2, transports: 4 });
  });

  it('[SIG6] nor is how something is at this moment', async () => {
    const consultId = await hall.createConsult();
    const peer = await hall.enter('expert', consultId);
    expect((await peer.signaling.request('room.sync', {}, 'sync-1')).state.peers[0]?.isHandRaised).toBe(false);
    await peer.signaling.request('room.raiseHand', { isRaised: true });
    expect((await peer.signaling.request('room.sync', {}, 'sync-1')).state.peers[0]?.isHandRaised).toBe(true);
  });
});
