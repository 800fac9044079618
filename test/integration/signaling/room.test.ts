import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConsultHall, demoPersonId } from '../../helpers/consultHall.ts';
import { FakeRtpPeer } from '../../helpers/fakeRtpPeer.ts';
import { MediaWatch } from '../../helpers/mediaWatch.ts';
import { peerIn, SignalingPeer } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';
import { clientInstanceIdSchema, consultIdSchema, peerIdSchema } from '#shared/domain/ids';
import { toAppError } from '#shared/protocol/errors';

const GRACE_MS = 15_000;
const joinCode = (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).code);

describe('rooms', () => {
  let server: TestServer;
  let hall: ConsultHall;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(GRACE_MS);
    expect(server.server.counts()).toMatchObject({ rooms: 0, peers: 0, transports: 0, producers: 0, consumers: 0 });
  });
  afterAll(() => server.stop());

  describe('admission', () => {
    it('[ADM1] lets members in, and who administers the tree; nobody else', async () => {
      const consultId = await hall.createConsult('requester', { personIds: [demoPersonId('expert')], cartIds: [] });
      expect((await (await hall.connect('expert')).join(consultId)).status).toBe('admitted');
      expect((await (await hall.connect('scheduler')).join(consultId)).status).toBe('admitted');
      expect(await joinCode((await hall.connect('nurse')).join(consultId))).toBe('consult.notMember');
      expect(await joinCode((await hall.connect('cart')).join(consultId))).toBe('consult.notMember');
    });

    it('[ADM1] does not know a consult that is not there', async () => {
      expect(await joinCode((await hall.connect('expert')).join(consultIdSchema.parse('nowhere')))).toBe('consult.notFound');
    });

    it('[ADM2] opens two hours before the start and says how long that is', async () => {
      const startsAtMs = Math.round(server.clock.wallMs()) + 3 * 3_600_000;
      const consultId = await hall.createConsult('requester', { startsAtMs });
      const expert = await hall.connect('expert');
      const refusal = toAppError(await expert.join(consultId).catch((error: unknown) => error));
      expect(refusal.code).toBe('consult.notOpen');
      expect(refusal.retryAfterMs).toBeGreaterThan(3_500_000);
      expect(refusal.retryAfterMs).toBeLessThanOrEqual(3_600_000);
    });

    it('[ADM3] does not make the appointed host and administrators wait', async () => {
      const consultId = await hall.createConsult('requester', { hasWaitingRoom: true });
      expect((await (await hall.connect('requester')).join(consultId)).status).toBe('admitted');
      expect((await (await hall.connect('scheduler')).join(consultId)).status).toBe('admitted');
      expect((await (await hall.connect('expert')).join(consultId)).status).toBe('waiting');
    });
  });

  describe('the waiting room', () => {
    it('[ROM2] [ROM3] shows who waits to the host alone; admitted, one enters, and never waits again', async () => {
      const consultId = await hall.createConsult('requester', { hasWaitingRoom: true });
      const host = await hall.enter('requester', consultId);
      const other = await hall.enter('scheduler', consultId);
      const knocking = await hall.connect('expert');
      const { peerId } = await knocking.join(consultId);
      expect((await host.signaling.stateWhere((state) => state.waiting.length === 1)).waiting[0]).toMatchObject({ peerId, party: { id: 'demo-expert' } });
      expect((await other.signaling.request('room.sync', {})).state.waiting).toEqual([]);
      await host.signaling.request('host.admit', { peerId });
      expect(await knocking.next('room.admission')).toEqual({ peerId, decision: 'admitted' });
      await knocking.enter(consultId);
      await host.signaling.stateWhere((state) => state.waiting.length === 0 && state.peers.length === 3);
      await knocking.request('room.leave', {});
      expect((await (await hall.connect('expert')).join(consultId)).status).toBe('admitted');
    });

    it('[ROM2] turned away, one is told, and may knock again', async () => {
      const consultId = await hall.createConsult('requester', { hasWaitingRoom: true });
      const host = await hall.enter('requester', consultId);
      const knocking = await hall.connect('expert');
      const { peerId } = await knocking.join(consultId);
      await host.signaling.request('host.turnAway', { peerId });
      expect(await knocking.next('room.admission')).toEqual({ peerId, decision: 'turnedAway' });
      expect(await host.signaling.codeOf('host.admit', { peerId })).toBe('room.peerNotFound');
      expect((await knocking.join(consultId)).status).toBe('waiting');
    });

    it('[ROM2] forgets who gives up waiting, by leaving or by going offline', async () => {
      const consultId = await hall.createConsult('requester', { hasWaitingRoom: true });
      const host = await hall.enter('requester', consultId);
      const [leaving, vanishing] = [await hall.connect('expert'), await hall.connect('nurse')];
      await leaving.join(consultId);
      await vanishing.join(consultId);
      await host.signaling.stateWhere((state) => state.waiting.length === 2);
      await leaving.request('room.leave', {});
      await host.signaling.stateWhere((state) => state.waiting.length === 1);
      await vanishing.close();
      await host.signaling.stateWhere((state) => state.waiting.length === 0);
    });

    it('[ROM2] a stranger who knows a client instance does not push its owner out of the queue', async () => {
      const consultId = await hall.createConsult('requester', { hasWaitingRoom: true });
      const host = await hall.enter('requester', consultId);
      await (await hall.connect('expert', { clientInstanceId: 'shared-instance' })).join(consultId);
      await (await hall.connect('nurse', { clientInstanceId: 'shared-instance' })).join(consultId);
      expect((await host.signaling.request('room.sync', {})).state.waiting).toHaveLength(2);
    });

    it('[ROM2] holds a hundred, as many as a state can name', async () => {
      const consultId = await hall.createConsult('requester', { hasWaitingRoom: true });
      const host = await hall.enter('requester', consultId);
      const knocking = await Promise.all(Array.from({ length: 101 }, () => hall.connect('expert')));
      const codes = await Promise.all(knocking.map((peer) => joinCode(peer.join(consultId))));
      expect(codes.filter((code) => code === 'done')).toHaveLength(100);
      expect(codes.filter((code) => code === 'capacity.full')).toHaveLength(1);
      expect((await host.signaling.request('room.sync', {})).state.waiting).toHaveLength(100);
    });
  });

  describe('the lock', () => {
    it.each([true, false])('[ROM4] lets nobody new in (waiting room: %s); who was inside comes back', async (hasWaitingRoom) => {
      const consultId = await hall.createConsult('requester', { hasWaitingRoom });
      const host = await hall.enter('requester', consultId);
      const inside = await hall.connect('expert');
      const knock = await inside.join(consultId);
      if (knock.status === 'waiting') {
        await host.signaling.request('host.admit', { peerId: knock.peerId });
        await inside.enter(consultId);
      }
      await host.signaling.request('host.lock', { isLocked: true });
      await inside.stateWhere((state) => state.isLocked);
      for (const name of ['nurse', 'scheduler', 'cart']) expect(await joinCode((await hall.connect(name)).join(consultId))).toBe('consult.locked');
      await inside.request('room.leave', {});
      expect((await inside.join(consultId)).status).toBe('admitted');
      await host.signaling.request('room.leave', {});
      expect((await host.signaling.join(consultId)).status).toBe('admitted');
      await host.signaling.request('host.lock', { isLocked: false });
      expect(await joinCode((await hall.connect('nurse')).join(consultId))).toBe('done');
    });

    it('[ROM14] a knock at a locked, empty room leaves no room behind', async () => {
      const consultId = await hall.createConsult();
      const host = await hall.enter('requester', consultId);
      await host.signaling.request('host.lock', { isLocked: true });
      await host.signaling.request('room.leave', {});
      expect(server.server.counts().rooms).toBe(0);
      expect(await joinCode((await hall.connect('nurse')).join(consultId))).toBe('consult.locked');
      expect(server.server.counts().rooms).toBe(0);
    });
  });

  describe('being removed', () => {
    it.each([true, false])('[ROM5] is told and knocks before entering again (waiting room: %s)', async (hasWaitingRoom) => {
      const consultId = await hall.createConsult('requester', { hasWaitingRoom });
      const host = await hall.enter('requester', consultId);
      const removed = await hall.connect('expert');
      const knock = await removed.join(consultId);
      if (knock.status === 'waiting') {
        await host.signaling.request('host.admit', { peerId: knock.peerId });
        await removed.enter(consultId);
      }
      await host.signaling.request('host.remove', { peerId: removed.peerId });
      expect(await removed.next('room.closed')).toEqual({ reason: 'removed' });
      expect(await removed.codeOf('room.sync', {})).toBe('room.notJoined');
      await host.signaling.stateWhere((state) => state.peers.length === 1);
      const again = await removed.join(consultId);
      expect(again.status).toBe('waiting');
      await host.signaling.request('host.admit', { peerId: again.peerId });
      await removed.enter(consultId);
    });

    it('[ROM6] one may go to another consult at once', async () => {
      const [first, second] = [await hall.createConsult(), await hall.createConsult()];
      const host = await hall.enter('requester', first);
      const removed = await hall.connect('expert');
      await removed.enter(first);
      await host.signaling.request('host.remove', { peerId: removed.peerId });
      await removed.enter(second);
    });
  });

  describe('hosting', () => {
    it('[HST1] [HST2] [HST3] the appointed host drops, another stands in, and gives the lead back', async () => {
      const consultId = await hall.createConsult('requester');
      const expert = await hall.enter('expert', consultId);
      expect((await expert.signaling.request('room.sync', {})).state.hostPeerId).toBe(expert.signaling.peerId);
      const first = await hall.connect('requester', { clientInstanceId: 'host-client' });
      const admitted = await first.enter(consultId);
      await expert.signaling.stateWhere((state) => state.hostPeerId === admitted.peerId);
      expect(await expert.signaling.codeOf('host.lock', { isLocked: true })).toBe('room.hostOnly');
      await first.close();
      await expert.signaling.stateWhere((state) => state.hostPeerId === expert.signaling.peerId && peerIn(state, admitted.peerId)?.isConnected === false);
      await expert.signaling.request('host.lock', { isLocked: false });
      const back = await (await hall.connect('requester', { clientInstanceId: 'host-client' })).enter(consultId, first.resumeOf(admitted));
      expect(back).toMatchObject({ isResumed: true, peerId: admitted.peerId, state: { hostPeerId: admitted.peerId } });
      expect(await expert.signaling.codeOf('host.lock', { isLocked: true })).toBe('room.hostOnly');
    });

    it('[HST2] a scheduler stands in before an expert who was first; a nurse or a cart never', async () => {
      const consultId = await hall.createConsult('requester');
      const nurse = await hall.enter('nurse', consultId);
      await hall.enter('cart', consultId);
      expect((await nurse.signaling.request('room.sync', {})).state.hostPeerId).toBeNull();
      const expert = await hall.enter('expert', consultId);
      await nurse.signaling.stateWhere((state) => state.hostPeerId === expert.signaling.peerId);
      const scheduler = await hall.enter('scheduler', consultId);
      await nurse.signaling.stateWhere((state) => state.hostPeerId === scheduler.signaling.peerId);
    });

    it('[HST4] hands over to who is there and may lead', async () => {
      const consultId = await hall.createConsult('requester');
      const host = await hall.enter('requester', consultId);
      const [expert, nurse] = [await hall.enter('expert', consultId), await hall.enter('nurse', consultId)];
      expect(await host.signaling.codeOf('host.handOver', { peerId: nurse.signaling.peerId })).toBe('auth.forbidden');
      expect(await host.signaling.codeOf('host.handOver', { peerId: peerIdSchema.parse('nobody') })).toBe('room.peerNotFound');
      await host.signaling.request('host.handOver', { peerId: expert.signaling.peerId });
      const state = await host.signaling.stateWhere(({ hostPeerId }) => hostPeerId === expert.signaling.peerId);
      expect(state.appointedHostPartyId).toBe('demo-expert');
      expect(await host.signaling.codeOf('host.lock', { isLocked: true })).toBe('room.hostOnly');
    });
  });

  describe('presence', () => {
    it('[ROM1] sends everybody the whole state after a change, each with a higher revision', async () => {
      const consultId = await hall.createConsult();
      const one = await hall.enter('requester', consultId);
      const two = await hall.enter('expert', consultId);
      await two.signaling.request('room.raiseHand', { isRaised: true });
      await one.signaling.stateWhere((state) => peerIn(state, two.signaling.peerId)?.isHandRaised === true);
      const revisions = one.signaling.heard.flatMap(({ name, payload }) => (name === 'room.state' ? [(payload as { revision: number }).revision] : []));
      expect(revisions.length).toBeGreaterThan(1);
      expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    });

    it('[ROM11] a raised hand is seen until it is lowered', async () => {
      const consultId = await hall.createConsult();
      const [one, two] = [await hall.enter('requester', consultId), await hall.enter('nurse', consultId)];
      await two.signaling.request('room.raiseHand', { isRaised: true });
      await one.signaling.stateWhere((state) => peerIn(state, two.signaling.peerId)?.isHandRaised === true);
      await two.signaling.request('room.raiseHand', { isRaised: false });
      await one.signaling.stateWhere((state) => peerIn(state, two.signaling.peerId)?.isHandRaised === false);
    });

    it('[ROM8] one person with two clients is two peers', async () => {
      const consultId = await hall.createConsult();
      const [one, two] = [await hall.enter('expert', consultId), await hall.enter('expert', consultId)];
      const state = await one.signaling.stateWhere(({ peers }) => peers.length === 2);
      expect(state.peers.map(({ peerId }) => peerId).sort()).toEqual([one.signaling.peerId, two.signaling.peerId].sort());
    });

    it('[ROM7] the same client instance takes over: no ghost, and the older connection is told and can do nothing', async () => {
      const consultId = await hall.createConsult();
      const watcher = await hall.enter('requester', consultId);
      const older = await hall.enter('expert', consultId, { clientInstanceId: 'one-page' });
      await older.publish('mic');
      const newer = await hall.enter('expert', consultId, { clientInstanceId: 'one-page' });
      expect(await older.signaling.next('room.closed')).toEqual({ reason: 'takenOver' });
      const state = await watcher.signaling.stateWhere(({ peers }) => peers.some(({ peerId }) => peerId === newer.signaling.peerId));
      expect(state.peers).toHaveLength(2);
      expect(await older.signaling.codeOf('room.sync', {})).toBe('room.notJoined');
      await older.signaling.request('room.leave', {});
      await older.signaling.close();
      expect((await newer.signaling.request('room.sync', {})).state.peers.filter(({ isConnected }) => isConnected)).toHaveLength(2);
      expect(server.server.counts()).toMatchObject({ peers: 2, transports: 4, producers: 0 });
    });

    it('[ROM7] a resume takes the peer over from a socket that still looks open', async () => {
      const consultId = await hall.createConsult();
      const older = await hall.connect('expert', { clientInstanceId: 'one-page' });
      const admitted = await older.enter(consultId);
      const newer = await hall.connect('expert', { clientInstanceId: 'one-page' });
      expect(await newer.enter(consultId, older.resumeOf(admitted))).toMatchObject({ isResumed: true, peerId: admitted.peerId });
      expect(await older.next('room.closed')).toEqual({ reason: 'takenOver' });
      expect(await older.codeOf('room.raiseHand', { isRaised: true })).toBe('room.notJoined');
      await older.request('room.leave', {});
      await older.close();
      expect((await newer.request('room.sync', {})).state.peers[0]).toMatchObject({ isConnected: true, isHandRaised: false });
    });

    it('[ROM6] a connection has one seat', async () => {
      const [first, second] = [await hall.createConsult(), await hall.createConsult()];
      const peer = await hall.connect('expert');
      await peer.enter(first);
      expect(await joinCode(peer.join(second))).toBe('room.alreadyJoined');
      expect(await joinCode(peer.request('consult.join', { consultId: first, clientInstanceId: clientInstanceIdSchema.parse('another-page'), resume: null }))).toBe('room.alreadyJoined');
      expect(server.server.counts()).toMatchObject({ rooms: 1, peers: 1 });
    });

    it('[ROM6] joins sent at once seat it once', async () => {
      const consults = [await hall.createConsult(), await hall.createConsult(), await hall.createConsult()];
      const peer = await hall.connect('expert');
      const codes = await Promise.all(consults.map((consultId) => joinCode(peer.join(consultId))));
      expect(codes).toEqual(['done', 'room.alreadyJoined', 'room.alreadyJoined']);
      expect(server.server.counts()).toMatchObject({ rooms: 1, peers: 1 });
      await hall.close();
      server.clock.skip(GRACE_MS);
      expect(server.server.counts()).toMatchObject({ rooms: 0, peers: 0, transports: 0 });
    });

    it('[ROM6] left while still joining, it is out', async () => {
      const consultId = await hall.createConsult();
      const peer = await hall.connect('expert');
      await Promise.all([joinCode(peer.join(consultId)), peer.request('room.leave', {})]);
      expect(server.server.counts()).toMatchObject({ rooms: 0, peers: 0 });
    });

    it('[ROM9] a lost socket keeps its place and its media for the grace time, then leaves', async () => {
      const consultId = await hall.createConsult();
      const watcher = await hall.enter('requester', consultId);
      const lost = await hall.enter('expert', consultId);
      const { sourceId } = await lost.publish('mic');
      const { peerId } = lost.signaling;
      await lost.signaling.close();
      const state = await watcher.signaling.stateWhere((now) => peerIn(now, peerId)?.isConnected === false);
      expect(peerIn(state, peerId)?.sources[0]).toMatchObject({ sourceId, producerId: expect.any(String) });
      server.clock.skip(GRACE_MS - 1000);
      expect((await watcher.signaling.request('room.sync', {})).state.peers).toHaveLength(2);
      server.clock.skip(1000);
      await watcher.signaling.stateWhere(({ peers }) => peers.length === 1);
      expect(server.server.counts()).toMatchObject({ peers: 1, producers: 0 });
    });

    it('[ROM10] resumes within it with the same peer and transports; the grace time does not strike later', async () => {
      const consultId = await hall.createConsult();
      const first = await hall.connect('expert', { clientInstanceId: 'one-page' });
      const admitted = await first.enter(consultId);
      const { sourceId } = await new FakeRtpPeer(first, admitted.media).publish('mic');
      await first.close();
      const second = await hall.connect('expert', { clientInstanceId: 'one-page' });
      const back = await second.enter(consultId, first.resumeOf(admitted));
      expect(back).toMatchObject({ isResumed: true, peerId: admitted.peerId, media: null });
      server.clock.skip(2 * GRACE_MS);
      expect(peerIn((await second.request('room.sync', {})).state, admitted.peerId)?.sources).toMatchObject([{ sourceId }]);
    });

    it('[ROM10] with another generation, server or peer in mind it enters anew', async () => {
      const consultId = await hall.createConsult();
      const first = await hall.connect('expert', { clientInstanceId: 'one-page' });
      let admitted = await first.enter(consultId);
      for (const change of [{ mediaEpoch: 99 }, { serverEpoch: 'another' }, { peerId: peerIdSchema.parse('another') }]) {
        const next = await first.enter(consultId, { ...first.resumeOf(admitted), ...change });
        expect(next.isResumed).toBe(false);
        expect(next.peerId).not.toBe(admitted.peerId);
        admitted = next;
      }
      expect(server.server.counts()).toMatchObject({ peers: 1, transports: 2 });
    });
  });

  describe('sessions', () => {
    it('[SIG7] revoked, its socket is told and cut, and its peer leaves at once', async () => {
      const consultId = await hall.createConsult();
      const watcher = await hall.enter('requester', consultId);
      const token = await server.signIn('expert');
      const doomed = await SignalingPeer.connect(server.url, token);
      await doomed.enter(consultId);
      const { sessions } = await doomed.request('session.list', {});
      const sessionId = sessions.find(({ isThisOne }) => isThisOne)?.id;
      if (!sessionId) throw new Error('the session is not in its own list');
      await (await hall.connect('expert')).request('session.revoke', { sessionId });
      expect(await doomed.next('session.ended')).toEqual({ reason: 'revoked' });
      await doomed.ended;
      await watcher.signaling.stateWhere(({ peers }) => peers.length === 1);
      expect(await joinCode(SignalingPeer.connect(server.url, token))).toBe('auth.sessionEnded');
    });

    it('[SIG7] a peer whose socket is lost goes with its session, not at the end of its grace time', async () => {
      const consultId = await hall.createConsult();
      const watcher = await hall.enter('requester', consultId);
      const doomed = await SignalingPeer.connect(server.url, await server.signIn('expert'));
      await doomed.enter(consultId);
      const { sessions } = await doomed.request('session.list', {});
      const sessionId = sessions.find(({ isThisOne }) => isThisOne)?.id;
      if (!sessionId) throw new Error('the session is not in its own list');
      await doomed.close();
      await watcher.signaling.stateWhere((state) => peerIn(state, doomed.peerId)?.isConnected === false);
      await (await hall.connect('expert')).request('session.revoke', { sessionId });
      await watcher.signaling.stateWhere(({ peers }) => peers.length === 1);
    });
  });

  describe('what is said and sent', () => {
    it('[ROM12] chat reaches everybody, and the same message once', async () => {
      const consultId = await hall.createConsult();
      const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
      const { message } = await one.signaling.request('chat.send', { messageId: 'message-0001', text: '心包积液' });
      expect(await two.signaling.next('chat.message')).toEqual(message);
      await one.signaling.request('chat.send', { messageId: 'message-0001', text: 'said again' });
      expect((await two.signaling.request('chat.history', {})).messages).toEqual([message]);
      expect(await two.signaling.codeOf('chat.send', { messageId: 'message-0001', text: 'mine' })).toBe('record.conflict');
    });

    it('[ROM13] ended for all, everybody is told and nobody enters again', async () => {
      const consultId = await hall.createConsult();
      const [host, expert] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
      await host.signaling.request('host.end', {});
      for (const peer of [host, expert]) expect(await peer.signaling.next('room.closed')).toEqual({ reason: 'ended' });
      expect(await joinCode(host.signaling.join(consultId))).toBe('consult.ended');
    });

    it('[ROM15] an observer watches and neither publishes nor writes nor raises a hand', async () => {
      const consultId = await hall.createConsult();
      const speaker = await hall.enter('requester', consultId);
      const { sourceId } = await speaker.publish('mic');
      const observer = await hall.enter('observer', consultId);
      expect(await observer.signaling.codeOf('media.produce', observer.produceParams('mic'))).toBe('auth.forbidden');
      expect(await observer.signaling.codeOf('chat.send', { messageId: 'message-0002', text: 'hello' })).toBe('auth.forbidden');
      expect(await observer.signaling.codeOf('room.raiseHand', { isRaised: true })).toBe('auth.forbidden');
      const { consumers } = await observer.consumeAll((await observer.signaling.request('room.sync', {})).state);
      expect(consumers).toMatchObject([{ sourceId, kind: 'audio' }]);
    });

    it('[ROM16] the host mutes at the server, the owner is told and unmutes on their own', async () => {
      const consultId = await hall.createConsult();
      const [host, expert] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
      const { sourceId } = await expert.publish('mic');
      const { peerId } = expert.signaling;
      await host.signaling.request('host.mute', { peerId, sourceId });
      expect(await expert.signaling.next('room.muteRequested')).toEqual({ sourceId });
      await host.signaling.stateWhere((state) => peerIn(state, peerId)?.sources[0]?.isMuted === true);
      await host.signaling.request('host.askToUnmute', { peerId });
      await expert.signaling.next('room.unmuteAsked');
      expect(peerIn((await host.signaling.request('room.sync', {})).state, peerId)?.sources[0]?.isMuted).toBe(true);
      expect(await expert.signaling.request('media.setMuted', { sourceId, isMuted: false })).toEqual({ isMuted: false });
      expect(await host.signaling.codeOf('media.setMuted', { sourceId, isMuted: true })).toBe('media.sourceNotFound');
    });
  });

  describe('sources', () => {
    it('[MED1] takes as many of a profile as it says, one after another or all at once', async () => {
      const consultId = await hall.createConsult();
      const peer = await hall.enter('expert', consultId);
      await peer.publish('mic');
      expect(await peer.signaling.codeOf('media.produce', peer.produceParams('mic'))).toBe('capacity.tooManySources');
      const codes = await Promise.all(Array.from({ length: 12 }, () => peer.signaling.codeOf('media.produce', peer.produceParams('field'))));
      expect(codes.filter((code) => code === 'done')).toHaveLength(3);
      expect(codes.filter((code) => code === 'capacity.tooManySources')).toHaveLength(9);
      expect(server.server.counts().producers).toBe(4);
      expect((await peer.signaling.request('room.sync', {})).state.peers[0]?.sources).toHaveLength(4);
    });

    it('[MED2] an id belongs to one participant and one profile, also when asked for at once', async () => {
      const consultId = await hall.createConsult();
      const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
      await one.publish('face', 'the-camera');
      expect(await two.signaling.codeOf('media.produce', two.produceParams('face', 'the-camera'))).toBe('media.sourceRefused');
      expect(await one.signaling.codeOf('media.produce', one.produceParams('field', 'the-camera'))).toBe('media.sourceRefused');
      const codes = await Promise.all([one, two].map((peer) => peer.signaling.codeOf('media.produce', peer.produceParams('mic', 'the-microphone'))));
      expect(codes.sort()).toEqual(['done', 'media.sourceRefused']);
    });

    it('[MED2] the same source again replaces its producer; others hear of one source', async () => {
      const consultId = await hall.createConsult();
      const peer = await hall.enter('expert', consultId);
      const first = await peer.publish('mic', 'the-microphone');
      const second = await peer.publish('mic', 'the-microphone');
      expect(second.producerId).not.toBe(first.producerId);
      const { sources } = (await peer.signaling.request('room.sync', {})).state.peers[0] ?? { sources: [] };
      expect(sources).toMatchObject([{ sourceId: 'the-microphone', producerId: second.producerId }]);
      expect(server.server.counts().producers).toBe(1);
    });

    it('[MED3] refuses what belongs to an earlier generation', async () => {
      const consultId = await hall.createConsult();
      const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
      await one.publish('mic', 'the-microphone');
      const stale = { produce: two.produceParams('mic'), consume: two.consumeParams((await two.signaling.request('room.sync', {})).state), transportId: two.offer.send.id };
      await two.rebuild();
      expect(await two.signaling.codeOf('media.produce', stale.produce)).toBe('media.rebuilding');
      expect((await two.signaling.request('media.consume', stale.consume)).refused).toMatchObject([{ sourceId: 'the-microphone', error: { code: 'media.rebuilding' } }]);
      expect(await two.signaling.codeOf('media.restartIce', { transportId: stale.transportId })).toBe('media.transportNotFound');
    });

    it('[MED3] rebuilt, its sources stay announced without a producer, come back, or go after their time', async () => {
      const consultId = await hall.createConsult();
      const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
      await two.publish('mic', 'kept');
      await two.publish('face', 'lost');
      await two.rebuild();
      const producerOf = (sourceId: string) => (one.signaling.state ? peerIn(one.signaling.state, two.signaling.peerId)?.sources.find((source) => source.sourceId === sourceId)?.producerId : undefined);
      await one.signaling.stateWhere(() => producerOf('kept') === null && producerOf('lost') === null);
      await two.publish('mic', 'kept');
      await one.signaling.stateWhere(() => typeof producerOf('kept') === 'string');
      server.clock.skip(15_000);
      await one.signaling.stateWhere(() => producerOf('lost') === undefined);
      expect(typeof producerOf('kept')).toBe('string');
    });

    it('[MED8] holds 120 consumers at most, also when they are asked for at once', async () => {
      const consultId = await hall.createConsult();
      const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
      const { sourceId } = await one.publish('mic');
      const params = two.consumeParams((await two.signaling.request('room.sync', {})).state);
      const sources = Array.from({ length: 60 }, () => params.sources).flat();
      const answers = await Promise.all(Array.from({ length: 3 }, () => two.signaling.request('media.consume', { ...params, sources })));
      expect(answers.flatMap(({ consumers }) => consumers)).toHaveLength(120);
      expect(answers.flatMap(({ refused }) => refused)).toHaveLength(60);
      expect(answers.flatMap(({ refused }) => refused)[0]).toMatchObject({ sourceId, error: { code: 'capacity.tooManySources' } });
      expect(server.server.counts().consumers).toBe(120);
    });

    it('[MED10] a consumer is paused until it is asked for', async () => {
      const watch = new MediaWatch(server.pool);
      const consultId = await hall.createConsult();
      const [one, two] = [await hall.enter('requester', consultId), await hall.enter('expert', consultId)];
      await one.publish('face');
      const { consumers } = await two.signaling.request('media.consume', two.consumeParams((await two.signaling.request('room.sync', {})).state));
      expect(watch.consumers.map(({ paused }) => paused)).toEqual([true]);
      const [offer] = consumers;
      if (!offer) throw new Error('no consumer');
      expect(await two.signaling.codeOf('media.requestKeyFrame', { consumerId: offer.consumerId })).toBe('done');
      expect(await two.signaling.codeOf('media.setConsumers', { changes: [{ consumerId: offer.consumerId, isPaused: false, layers: { spatial: 0, temporal: 0 } }] })).toBe('done');
      expect(watch.consumers.map(({ paused }) => paused)).toEqual([false]);
      expect(await two.signaling.codeOf('media.setConsumers', { changes: [{ consumerId: 'gone-meanwhile', isPaused: false }] })).toBe('done');
      expect(await two.signaling.codeOf('media.requestKeyFrame', { consumerId: 'gone-meanwhile' })).toBe('media.consumerNotFound');
    });

    it('[MED11] a connection has one network check, however many it opens at once', async () => {
      const peer = await hall.connect('observer');
      const routers = async () => (await server.pool.workers[0]?.worker.dump())?.routerIds.length;
      const codes = await Promise.all(Array.from({ length: 5 }, () => peer.codeOf('network.openEcho', {})));
      expect(codes.filter((code) => code === 'done')).toHaveLength(1);
      expect(codes.filter((code) => code === 'media.transportNotFound')).toHaveLength(4);
      await expect.poll(routers).toBe(1);
      await peer.request('network.openEcho', {});
      await expect.poll(routers).toBe(1);
      await Promise.all([peer.codeOf('network.openEcho', {}), peer.request('network.closeEcho', {})]);
      await expect.poll(routers).toBe(0);
      await peer.codeOf('network.openEcho', {});
      await peer.close();
      await expect.poll(routers).toBe(0);
    });
  });
});

describe('rooms over a restart of the server', () => {
  it('[ROM3] [ROM4] [ROM5] [HST4] who was admitted does not wait again; lock, host and removal hold', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'huizhen-test-'));
    try {
      const before = await TestServer.start({ dataFolder });
      const hall = new ConsultHall(before);
      const consultId = await hall.createConsult('requester', { hasWaitingRoom: true });
      const host = await hall.enter('requester', consultId);
      const [expert, nurse] = [await hall.connect('expert'), await hall.connect('nurse')];
      for (const knocking of [expert, nurse]) {
        const { peerId } = await knocking.join(consultId);
        await host.signaling.request('host.admit', { peerId });
        await knocking.enter(consultId);
      }
      await host.signaling.request('host.remove', { peerId: nurse.peerId });
      await host.signaling.request('host.lock', { isLocked: true });
      await host.signaling.request('host.handOver', { peerId: expert.peerId });
      await before.stop();

      const after = await TestServer.start({ dataFolder });
      try {
        const later = new ConsultHall(after);
        const leading = await later.connect('expert');
        const admitted = await leading.enter(consultId);
        expect(admitted.state).toMatchObject({ isLocked: true, appointedHostPartyId: 'demo-expert', hostPeerId: admitted.peerId });
        expect((await (await later.connect('requester')).join(consultId)).status).toBe('admitted');
        expect(await joinCode((await later.connect('nurse')).join(consultId))).toBe('consult.locked');
        await leading.request('host.lock', { isLocked: false });
        expect((await (await later.connect('nurse')).join(consultId)).status).toBe('waiting');
        await later.close();
      } finally {
        await after.stop();
      }
    } finally {
      rmSync(dataFolder, { recursive: true, force: true, maxRetries: 10 });
    }
  });
});
