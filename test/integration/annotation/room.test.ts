import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MarkDraft, markIdSchema, MAX_MARKS } from '#shared/annotation/mark';
import type { ConsultId, SourceId } from '#shared/domain/ids';
import { ConsultHall } from '../../helpers/consultHall.ts';
import type { FakeRtpPeer } from '../../helpers/fakeRtpPeer.ts';
import type { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';

const idOf = (name: string) => markIdSchema.parse(name);

describe('marks on the pictures of a real room', () => {
  let server: TestServer;
  let hall: ConsultHall;
  let consultId: ConsultId;
  let cart: FakeRtpPeer;
  let sourceId: SourceId;
  let expert: SignalingPeer;
  let nurse: SignalingPeer;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
  });
  beforeEach(async () => {
    consultId = await hall.createConsult('requester');
    cart = await hall.enter('cart', consultId);
    ({ sourceId } = await cart.publish('field'));
    expert = (await hall.enter('expert', consultId)).signaling;
    nurse = (await hall.enter('nurse', consultId)).signaling;
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(15_000);
  });
  afterAll(() => server.stop());

  const pen = (name: string, change: Partial<MarkDraft> = {}): { draft: MarkDraft } => ({
    draft: { markId: idOf(name), sourceId, rtpTimestamp: 90_000, tool: 'pen', points: [[0.5, 0.25, 0.5]], text: null, cue: null, isOpen: true, ...change },
  });
  const all = async (peer: SignalingPeer) => (await peer.request('annotation.look', {})).marks;

  it('[ANN2] [ANN3] a stroke is there for everybody as it is drawn, numbered, coloured and signed; sent twice it is one', async () => {
    const { mark } = await expert.request('annotation.draw', pen('one'));
    expect(mark).toMatchObject({ number: 1, colour: 0, placement: 'waiting', author: { id: (await expert.self()).id }, isOpen: true });
    expect((await cart.signaling.next('annotation.drawn', ({ mark: drawn }) => drawn.markId === mark.markId)).mark).toEqual(mark);
    expect((await expert.request('annotation.draw', pen('one', { points: [[0, 0]] }))).mark).toEqual(mark);
    await expert.request('annotation.extend', { markId: mark.markId, from: 1, points: [[0.6, 0.25], [0.7, 0.3]], isOpen: true });
    await expert.request('annotation.extend', { markId: mark.markId, from: 1, points: [[0.6, 0.25], [0.7, 0.3], [0.8, 0.3]], isOpen: false }); // the answer before was lost
    await expert.request('annotation.extend', { markId: mark.markId, from: 1, points: [[0.6, 0.25], [0.7, 0.3], [0.8, 0.3]], isOpen: false });
    await nurse.next('annotation.extended', ({ isOpen }) => !isOpen);
    expect(await all(nurse)).toMatchObject([{ points: [[0.5, 0.25, 0.5], [0.6, 0.25], [0.7, 0.3], [0.8, 0.3]], isOpen: false }]);
    expect(await expert.codeOf('annotation.extend', { markId: mark.markId, from: 4, points: [[0, 0]], isOpen: false })).toBe('input.notAcceptable');
    expect((await nurse.request('annotation.draw', pen('two'))).mark).toMatchObject({ number: 2, colour: 1 });
  });

  it('[ANN2] what does not fit its tool, is on no picture, is another’s or too much is refused, and leaves nothing', async () => {
    expect(await expert.codeOf('annotation.draw', pen('a', { tool: 'arrow', isOpen: false }))).toBe('input.notAcceptable');
    expect(await expert.codeOf('annotation.draw', pen('a', { tool: 'text', isOpen: false }))).toBe('input.notAcceptable');
    expect(await expert.codeOf('annotation.draw', pen('a', { tool: 'motion', isOpen: false }))).toBe('input.notAcceptable');
    expect(await expert.codeOf('annotation.draw', pen('a', { tool: 'arrow', points: [[0, 0], [1, 0], [1, 1]] }))).toBe('input.notAcceptable');
    expect(await expert.codeOf('annotation.draw', pen('a', { sourceId: cart.newSourceId() }))).toBe('annotation.sourceGone');
    const observer = (await hall.enter('observer', consultId)).signaling;
    expect(await observer.codeOf('annotation.draw', pen('a'))).toBe('auth.forbidden');
    expect(await all(observer)).toEqual([]);
    await nurse.request('annotation.draw', pen('nurse'));
    expect(await expert.codeOf('annotation.draw', pen('nurse'))).toBe('input.notAcceptable');
    await expert.request('annotation.draw', pen('expert'));
    expect(await nurse.codeOf('annotation.extend', { markId: idOf('expert'), from: 0, points: [], isOpen: false })).toBe('auth.forbidden');
    expect(await nurse.codeOf('annotation.change', { markId: idOf('expert'), isHidden: true })).toBe('auth.forbidden');
    expect(await nurse.codeOf('annotation.erase', { markIds: [idOf('expert')] })).toBe('auth.forbidden');
    expect(await nurse.codeOf('annotation.extend', { markId: idOf('nurse'), from: 5, points: [[0, 0]], isOpen: true })).toBe('input.notAcceptable');
    for (let count = 2; count < MAX_MARKS; count += 1) await expert.request('annotation.draw', pen(`m${count}`, { isOpen: false }));
    expect(await expert.codeOf('annotation.draw', pen('more'))).toBe('annotation.full');
  });

  it('[ANN4] one’s own are erased and come back as they were; the host erases anybody’s; what is gone is passed over', async () => {
    for (const name of ['a', 'b']) await expert.request('annotation.draw', pen(name, { isOpen: false }));
    await nurse.request('annotation.draw', pen('c', { isOpen: false }));
    await cart.signaling.request('annotation.place', { markId: idOf('a'), placement: 'placed' });
    await expert.request('annotation.erase', { markIds: [idOf('a'), idOf('never')] });
    await nurse.next('annotation.erased', ({ markIds }) => markIds.length === 1);
    expect((await all(nurse)).map(({ markId }) => markId)).toEqual(['b', 'c']);
    await expert.request('annotation.restore', { markIds: [idOf('a')] });
    expect((await all(nurse)).map(({ markId, number, placement }) => [markId, number, placement])).toEqual([['b', 2, 'waiting'], ['c', 3, 'waiting'], ['a', 1, 'waiting']]);
    expect(await expert.codeOf('annotation.restore', { markIds: [idOf('never')] })).toBe('annotation.markGone');
    const host = (await hall.enter('requester', consultId)).signaling;
    await host.request('annotation.erase', { markIds: [idOf('a'), idOf('b'), idOf('c')] });
    expect(await all(expert)).toEqual([]);
    expect(await nurse.codeOf('annotation.restore', { markIds: [idOf('a')] })).toBe('auth.forbidden');
    await nurse.request('annotation.restore', { markIds: [idOf('c')] });
    expect(await all(expert)).toHaveLength(1);
  });

  it('[ANN5] who comes late sees what there is; who is gone has left their marks, and an unfinished stroke is as long as it was', async () => {
    await expert.request('annotation.draw', pen('whole', { isOpen: false }));
    await expert.request('annotation.draw', pen('begun', { points: [[0.1, 0.1], [0.2, 0.1]] }));
    await expert.request('annotation.draw', pen('half', { tool: 'arrow', points: [[0.1, 0.1]] }));
    const author = (await expert.self()).id;
    await expert.request('room.leave', {});
    await nurse.next('annotation.erased', ({ markIds }) => markIds.includes(idOf('half')));
    const late = (await hall.enter('observer', consultId)).signaling;
    expect((await all(late)).map(({ markId, isOpen, author: { id } }) => [markId, isOpen, id])).toEqual([['whole', false, author], ['begun', false, author]]);
  });

  it('[ANN6] where a mark stands is said by who sends the picture, and by nobody else', async () => {
    await expert.request('annotation.draw', pen('a', { isOpen: false }));
    expect(await nurse.codeOf('annotation.place', { markId: idOf('a'), placement: 'placed' })).toBe('auth.forbidden');
    await cart.signaling.request('annotation.place', { markId: idOf('a'), placement: 'plain' });
    await expert.next('annotation.drawn', ({ mark }) => mark.placement === 'plain');
    expect(await cart.signaling.codeOf('annotation.place', { markId: idOf('never'), placement: 'placed' })).toBe('annotation.markGone');
  });

  it('[ANN7] pointing reaches the others, is kept nowhere, and ends with who points', async () => {
    const at = { sourceId, rtpTimestamp: null, point: [0.5, 0.5] as [number, number] };
    await expert.request('annotation.point', { at });
    expect(await nurse.next('annotation.pointed', ({ at: there }) => there !== null)).toEqual({ peerId: expert.peerId, at });
    await expert.request('room.leave', {});
    await nurse.next('annotation.pointed', ({ peerId, at: there }) => peerId === expert.peerId && there === null);
    expect(await all(nurse)).toEqual([]);
  });
});
