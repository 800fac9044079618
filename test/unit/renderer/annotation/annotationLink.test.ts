import { describe, expect, it } from 'vitest';
import { type MarkDraft, markIdSchema, type MarkPoint } from '#shared/annotation/mark';
import { sourceKey, writePlaces } from '#shared/annotation/placesFrame';
import { peerIdSchema, personIdSchema, sourceIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { createRandom } from '#shared/lib/seededRandom';
import { AppError } from '#shared/protocol/errors';
import { AnnotationLink } from '../../../../renderer/services/annotation/annotationLink.ts';
import { RoomMarks } from '../../../../sfu-server/rooms/marks.ts';
import type { Peer } from '../../../../sfu-server/rooms/peer.ts';
import { FakeData } from '../../../helpers/control/fakeLink.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';

const [CART, EXPERT] = [peerIdSchema.parse('cart-1'), peerIdSchema.parse('expert-1')];
const SOURCE = sourceIdSchema.parse('field-1');
const draftOf = (name: string, change: Partial<MarkDraft> = {}): MarkDraft => ({ markId: markIdSchema.parse(name), sourceId: SOURCE, rtpTimestamp: 5, tool: 'pen', points: [[0, 0]], text: null, cue: null, isOpen: true, ...change });

/** The link of an expert's page on the room's real list, over a line that loses what it is told to: requests, or their answers. */
function setUp(loses: () => 'nothing' | 'request' | 'answer' = () => 'nothing') {
  const signaling = new FakeSignaling();
  const clock = new ManualClock();
  const data = new FakeData();
  const seat = (id: typeof CART, sources: readonly string[]) =>
    ({ id, party: { id: personIdSchema.parse(id), name: { zh: '测', en: 'Ce' } }, sources: new Map(sources.map((one) => [one, {}])), connection: { send: (name: never, payload: never) => id === EXPERT && signaling.say(name, payload) } }) as unknown as Peer; // what the list asks of a participant
  const [cart, expert] = [seat(CART, [SOURCE]), seat(EXPERT, [])];
  const marks = new RoomMarks({ peers: () => [cart, expert], isHost: () => false, clock });
  const over = <P, R>(act: (params: P) => R) => (params: P): R => {
    const lost = loses();
    if (lost === 'request') throw new AppError('server.timeout', 'no answer');
    const result = act(params);
    if (lost === 'answer') throw new AppError('network.closed', 'the connection ended');
    return result;
  };
  const channels = [{ peerId: CART, kind: 'marks' as const, dataProducerId: 'd1' }, { peerId: CART, kind: 'state' as const, dataProducerId: 'd2' }];
  signaling.answer('annotation.look', () => ({ marks: [...marks.all], channels }));
  signaling.answer('annotation.draw', over(({ draft }) => ({ mark: marks.draw(expert, draft) })));
  signaling.answer('annotation.extend', over((params) => {
    marks.extend(expert, params);
    return {};
  }));
  signaling.answer('annotation.erase', over(({ markIds }) => {
    marks.erase(expert, markIds);
    return {};
  }));
  signaling.answer('annotation.point', () => ({}));
  const link = new AnnotationLink({ request: (name, params) => signaling.request(name, params), on: signaling.on, data, clock, selfPeerId: () => EXPERT });
  const errors: string[] = [];
  link.on('error', ({ code }) => errors.push(code));
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 33) {
      clock.advance(33);
      await settle();
    }
  };
  return { link, marks, cart, expert, signaling, data, errors, pass };
}

describe('marks of a stay', () => {
  it('[ANN3] whatever is lost on the way, each stroke comes whole and once', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = createRandom(seed);
      let isBad = true;
      const { link, marks, errors, pass } = setUp(() => (isBad && random() < 0.4 ? (random() < 0.5 ? 'request' : 'answer') : 'nothing'));
      link.handleJoined();
      await settle();
      const wanted: MarkDraft[] = [];
      for (let stroke = 0; stroke < 4; stroke += 1) {
        const tool = (['pen', 'arrow', 'polygon', 'circle'] as const)[stroke] ?? 'pen';
        const draft = draftOf(`${tool}-${seed}`, { tool });
        link.begin(draft);
        let points: MarkPoint[] = [...draft.points];
        for (let batch = 0; batch < 6; batch += 1) {
          const more = Array.from({ length: tool === 'pen' ? 40 : 1 }, (): MarkPoint => [random(), random()]);
          const from = tool === 'pen' || tool === 'polygon' ? points.length : 1;
          points = [...points.slice(0, from), ...more];
          link.extend(draft.markId, from, more, batch < 5);
          if (random() < 0.7) await pass(33);
        }
        wanted.push({ ...draft, points, isOpen: false });
      }
      await pass(4000);
      isBad = false;
      await pass(3000);
      expect(errors).toEqual([]);
      expect(link.unsent, `seed ${seed}`).toEqual([]);
      const pointsOf = (list: readonly { readonly markId: string; readonly points: readonly MarkPoint[] }[]) => Object.fromEntries(list.map(({ markId, points }) => [markId, points]));
      expect(pointsOf(marks.all), `seed ${seed}`).toEqual(pointsOf(wanted));
      expect(marks.all.some(({ isOpen }) => isOpen)).toBe(false);
      expect(pointsOf(link.marks), `seed ${seed}`).toEqual(pointsOf(wanted));
    }
  });

  it('[ANN2] what the room refuses is said, and shown no longer', async () => {
    const { link, errors, pass } = setUp();
    link.begin(draftOf('a', { sourceId: sourceIdSchema.parse('gone') }));
    expect(link.unsent).toHaveLength(1);
    await pass(33);
    expect([errors, link.unsent]).toEqual([['annotation.sourceGone'], []]);
  });

  it('[ANN4] a stroke taken back before the room has it is not drawn again', async () => {
    const { link, marks, pass } = setUp(() => 'request');
    link.begin(draftOf('a', { isOpen: false }));
    await pass(100);
    await link.erase([markIdSchema.parse('a')]).catch(() => undefined);
    await pass(3000);
    expect([link.unsent, marks.all]).toEqual([[], []]);
  });

  it('[ANN4] a stroke that the host erased before its author heard that it was there is gone for the author too, and they are told', async () => {
    let lost: 'nothing' | 'answer' = 'answer';
    const { link, marks, cart, expert, errors, pass } = setUp(() => lost);
    marks.draw(cart, draftOf('c', { isOpen: false }));
    link.begin(draftOf('e', { isOpen: false }));
    await pass(33);
    expect(marks.all).toHaveLength(2);
    marks.erase(expert, [markIdSchema.parse('e')]); // the host's word or the author's other page's: the list does not tell
    lost = 'nothing';
    await pass(1000);
    expect([errors, link.unsent, link.marks.map(({ markId }) => markId)]).toEqual([['annotation.markGone'], [], ['c']]);
  });

  it('[ANN5] after a joining the list is the room’s, whatever was heard before', async () => {
    const { link, marks, cart, expert, pass } = setUp();
    marks.draw(cart, draftOf('c'));
    marks.draw(expert, draftOf('e', { isOpen: false }));
    link.handleJoined();
    await pass(33);
    expect(link.marks.map(({ markId, colour }) => [markId, colour])).toEqual([['c', 0], ['e', 1]]);
    marks.extend(cart, { markId: markIdSchema.parse('c'), from: 1, points: [[0.5, 0.5]], isOpen: false });
    expect(link.marks[0]?.points).toEqual([[0, 0], [0.5, 0.5]]);
    marks.erase(cart, [markIdSchema.parse('c')]);
    expect(link.marks.map(({ markId }) => markId)).toEqual(['e']);
  });

  it('[ANN7] pointing is said at most 25 times a second, and the last word is the last', async () => {
    const { link, signaling, pass } = setUp();
    for (let step = 0; step < 200; step += 1) {
      link.point({ sourceId: SOURCE, rtpTimestamp: null, point: [step / 200, 0] });
      if (step % 10 === 9) await pass(33);
    }
    link.point(null);
    await pass(200);
    const said = signaling.paramsOf('annotation.point');
    expect(said.length).toBeLessThan(25);
    expect(said.at(-1)).toEqual({ at: null });
  });

  it('[ANN10] places come by the channels of kind marks alone, and to the picture that they are of', async () => {
    const { link, marks, expert, data, pass } = setUp();
    marks.draw(expert, draftOf('e', { isOpen: false }));
    link.handleJoined();
    await pass(33);
    expect(data.taken.map(({ dataProducerId }) => dataProducerId)).toEqual(['d1']);
    const frame = { rtpTimestamp: 900, sourceKey: sourceKey(SOURCE), places: [{ number: 1, state: 'tracked' as const, confidence: 1, transform: [1, 0, 0, 0, 1, 0, 0, 0] as const }] };
    data.arrive(writePlaces(frame), CART, 'marks');
    expect(link.placesOf(SOURCE).at(900)?.places).toHaveLength(1);
    data.arrive(writePlaces({ ...frame, rtpTimestamp: 1800, sourceKey: 1 }), CART, 'marks');
    data.arrive(writePlaces({ ...frame, rtpTimestamp: 1800 }), peerIdSchema.parse('somebody'), 'marks');
    data.arrive(new Uint8Array(40), CART, 'marks');
    expect(link.placesOf(SOURCE).newest?.rtpTimestamp).toBe(900);
    link.sendPlaces(SOURCE, 2700, []);
    expect([data.own, data.sent.length, link.placesOf(SOURCE).newest?.rtpTimestamp]).toEqual(['marks', 1, 2700]);
  });
});
