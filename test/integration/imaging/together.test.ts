import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConsultId, caseIdSchema } from '#shared/domain/ids';
import { type Presentation, presentationSchema } from '#shared/domain/imaging/presentation';
import { required } from '#shared/lib/assert';
import { caseItemSchema } from '#shared/domain/caseFile';
import { ConsultHall } from '../../helpers/consultHall.ts';
import { aMark, MarksCopy } from '../../helpers/imaging/marks.ts';
import type { SignalingPeer } from '../../helpers/signalingPeer.ts';
import { TestServer } from '../../helpers/testServer.ts';

const CELL = { studyUid: '1.2.1', seriesUid: '1.2.2', plane: 'stack', sopUid: '1.2.3', frame: 1, planeMm: null, window: { center: 40, width: 400 }, zoom: 1, panMm: [0, 0], rotationDeg: 0, isFlippedAcross: false, isFlippedDown: false, isInverted: false, cine: { isPlaying: false, framesPerSecond: 10 } } as const;
const SHOWN: Presentation = presentationSchema.parse({ layout: { rows: 1, columns: 1 }, active: 0, cells: [CELL], pointer: null });

describe('reading images together in a real room', () => {
  let server: TestServer;
  let hall: ConsultHall;
  let consultId: ConsultId;

  beforeAll(async () => {
    server = await TestServer.start();
    hall = new ConsultHall(server);
  });
  beforeEach(async () => {
    consultId = await hall.createConsult('requester');
  });
  afterEach(async () => {
    await hall.close();
    server.clock.skip(15_000);
  });
  afterAll(() => server.stop());

  const seat = async (name: string): Promise<SignalingPeer> => {
    const { signaling } = await hall.enter(name, consultId);
    await signaling.request('imaging.join', {});
    return signaling;
  };
  const present = (peer: SignalingPeer, presentation = SHOWN) => peer.request('imaging.present', { change: { type: 'whole', presentation } });
  const caseOf = async (peer: SignalingPeer) => required((await peer.request('case.list', { deviceId: null, client: 'test', cached: [] })).cases.find(({ consultIds }) => Array.isArray(consultIds) && consultIds.includes(consultId)), 'the consult’s case');
  const items = async (peer: SignalingPeer) => (await peer.request('case.changes', { caseId: (await caseOf(peer)).id, sinceRevision: 0, limit: 100 })).items.map((item) => caseItemSchema.parse(item));
  const keptMarks = async (peer: SignalingPeer) => MarksCopy.of((await items(peer)).find(({ id }) => id === 'marks')?.text ?? null).marks;
  const idOf = async (peer: SignalingPeer) => (await peer.self()).id;

  it('[IMG20] [IMG21] [IMG22] who asks first presents; the next is asked for, given, taken back by the host, and free when its holder leaves', async () => {
    const [host, expert, nurse] = [await seat('requester'), await seat('expert'), await seat('nurse')];
    await expert.request('imaging.ask', { isAsking: true });
    await nurse.next('imaging.presenter', ({ presenterPeerId }) => presenterPeerId === expert.peerId);
    await nurse.request('imaging.ask', { isAsking: true });
    await expert.next('imaging.presenter', ({ asking }) => asking.includes(nurse.peerId));
    expect(await nurse.codeOf('imaging.present', { change: { type: 'whole', presentation: SHOWN } })).toBe('imaging.notPresenter');
    expect(await nurse.codeOf('imaging.give', { peerId: nurse.peerId })).toBe('imaging.notPresenter');
    expect(await expert.codeOf('imaging.takeBack', {})).toBe('room.hostOnly');
    await expert.request('imaging.give', { peerId: nurse.peerId });
    await host.next('imaging.presenter', ({ presenterPeerId, asking }) => presenterPeerId === nurse.peerId && asking.length === 0);
    await host.request('imaging.takeBack', {});
    await nurse.next('imaging.presenter', ({ presenterPeerId }) => presenterPeerId === host.peerId);
    await expert.request('imaging.ask', { isAsking: true });
    await host.request('room.leave', {});
    await nurse.next('imaging.presenter', ({ presenterPeerId }) => presenterPeerId === expert.peerId);
  });

  it('[IMG24] [IMG25] who looks along hears each change in order, who comes late gets the whole; who does not look hears nothing', async () => {
    const [expert, nurse] = [await seat('expert'), await seat('nurse')];
    const { signaling: idle } = await hall.enter('scheduler', consultId);
    await expert.request('imaging.ask', { isAsking: true });
    expect(await expert.codeOf('imaging.present', { change: { type: 'delta', delta: { active: 0 } } })).toBe('input.malformed');
    await present(expert);
    await expert.request('imaging.present', { change: { type: 'delta', delta: { cells: [{ index: 0, cell: { zoom: 2 } }] } } });
    const zoomed = await nurse.next('imaging.presented', ({ sequence }) => sequence === 2);
    expect(zoomed.change).toEqual({ type: 'delta', delta: { cells: [{ index: 0, cell: { zoom: 2 } }] } });
    const late = await hall.enter('approver', consultId);
    expect(await late.signaling.request('imaging.join', {})).toMatchObject({ sequence: 2, presentation: { cells: [{ ...CELL, zoom: 2 }] }, presenter: { presenterPeerId: expert.peerId, isPresenterHere: true } });
    expect([expert, idle].flatMap(({ heard }) => heard.filter(({ name }) => name === 'imaging.presented'))).toEqual([]);
  });

  it('[IMG27] [IMG30] [IMG56] a mark is with the case before the others hear of it; observers get it without words and names, on their copies', async () => {
    const [expert, nurse, observer] = [await seat('expert'), await seat('nurse'), await seat('observer')];
    const copy = new MarksCopy();
    const mark = aMark('mark-expert-1', await idOf(expert));
    await expert.request('imaging.mark', { update: copy.set(mark) });
    expect(await keptMarks(nurse)).toEqual({ [mark.id]: mark });
    const theirs = new MarksCopy();
    theirs.merge((await nurse.next('imaging.marked')).update);
    expect(theirs.marks).toEqual({ [mark.id]: mark });
    // Everybody builds on what the case has.
    await nurse.request('imaging.mark', { update: theirs.set({ ...mark, text: 'moved' }) });
    await expert.next('imaging.marked');
    expect(await nurse.codeOf('imaging.mark', { update: theirs.set({ ...mark, authorId: await idOf(nurse) }) })).toBe('record.notAuthor');
    expect(await nurse.codeOf('imaging.mark', { update: '/////w==' })).toBe('input.malformed');
    expect(await observer.codeOf('imaging.mark', { update: new MarksCopy().set(aMark('mark-observer', await idOf(observer))) })).toBe('auth.forbidden');
    expect(await keptMarks(expert)).toMatchObject({ [mark.id]: { text: 'moved', authorId: mark.authorId } });
    const watched = new MarksCopy();
    watched.merge((await observer.next('imaging.marked')).update);
    watched.merge((await observer.next('imaging.marked')).update);
    expect(Object.values(watched.marks)).toEqual([expect.objectContaining({ id: mark.id, points: mark.points, text: '', authorName: '', sopUid: expect.not.stringContaining(mark.sopUid) })]);
    expect(JSON.stringify(observer.heard)).not.toContain('moved');
    const { marks } = await observer.request('imaging.join', {});
    const later = new MarksCopy();
    later.merge(marks ?? '');
    expect(later.marks).toEqual(watched.marks);
    expect((await nurse.request('imaging.join', {})).marks).toBeNull();
  });

  it('[IMG30] [IMG37] marks and what was shown last outlive the room: they are the case’s', async () => {
    const [host, expert] = [await seat('requester'), await seat('expert')];
    await expert.request('imaging.ask', { isAsking: true });
    await present(expert);
    const mark = aMark('mark-expert-2', await idOf(expert));
    await expert.request('imaging.mark', { update: new MarksCopy().set(mark) });
    await host.request('host.end', {});
    await expert.next('room.closed', ({ reason }) => reason === 'ended');
    const reader = await hall.connect('nurse');
    const shown = async () => (await items(reader)).flatMap(({ content }) => (content.kind === 'imagingView' ? [content.body] : []));
    await expect.poll(shown).toMatchObject([{ consultId, presentation: { cells: [CELL] } }]);
    expect(await keptMarks(reader)).toEqual({ [mark.id]: mark });
    expect(caseIdSchema.safeParse((await caseOf(reader)).id).success).toBe(true);
  });
});
