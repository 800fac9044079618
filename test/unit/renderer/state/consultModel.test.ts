import { beforeEach, describe, expect, it, vi } from 'vitest';
import { consultIdSchema, peerIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { RequestResult } from '#shared/protocol/requests';
import type { DeviceCatalog } from '../../../../renderer/services/media/deviceCatalog.ts';
import { createConsultModel } from '../../../../renderer/state/createConsultModel.ts';
import { FakeSignaling, settle } from '../../../helpers/fakeSignaling.ts';

vi.mock('mediasoup-client', () => ({ Device: { factory: async () => ({ loaded: true }) } }));

const here = consultIdSchema.parse('consult-here');
const there = consultIdSchema.parse('consult-there');
const waiting = { status: 'waiting', peerId: peerIdSchema.parse('peer-1') } as const;

type JoinAnswer = RequestResult<'consult.join'>;

function open() {
  const signaling = new FakeSignaling();
  const remembered: boolean[] = [];
  let ids = 0;
  const clock = new ManualClock();
  const model = createConsultModel({
    signaling,
    clock,
    newId: () => `client-id-${(ids += 1)}`,
    catalog: { on: () => () => undefined } as unknown as DeviceCatalog, // nothing here opens a device
    memory: { deviceFor: () => null, readMicMuted: () => true, writeMicMuted: (isMuted) => remembered.push(isMuted) },
    role: () => 'expert',
    onActive: () => undefined,
  });
  signaling.setStatus({ step: 'connected' });
  signaling.answer('room.leave', () => ({}));
  return { signaling, model, clock, remembered, phase: () => model.store.getState().phase };
}

const doors = (signaling: FakeSignaling) => signaling.asked.filter(({ name }) => name === 'consult.join' || name === 'room.leave').map(({ name, params }) => (name === 'consult.join' ? `join ${(params as { consultId: string }).consultId}` : 'leave'));

describe('the door', () => {
  let room: ReturnType<typeof open>;
  beforeEach(() => {
    room = open();
  });

  it('[ROM17] who waits and loses the connection knocks again when it is back', async () => {
    const { signaling, model, phase } = room;
    signaling.answer('consult.join', () => waiting);
    model.join(here);
    await settle();
    expect(phase()).toBe('waiting');
    signaling.setStatus({ step: 'connecting', attempt: 1, sinceMs: 0 });
    signaling.setStatus({ step: 'connected' });
    await settle();
    expect(doors(signaling)).toEqual([`join ${here}`, `join ${here}`]);
    expect(phase()).toBe('waiting');
  });

  it('[ROM17] who waits hears that the session ended meanwhile', async () => {
    const { signaling, model } = room;
    signaling.answer('consult.join', () => waiting);
    model.join(here);
    await settle();
    signaling.setStatus({ step: 'refused', error: new AppError('auth.sessionEnded', 'over') });
    expect(model.store.getState()).toMatchObject({ phase: 'closed', closedReason: 'sessionEnded' });
  });

  it('[ROM18] a join given up is followed by its leave at once, and the next join is left alone', async () => {
    const { signaling, model, phase } = room;
    const answers: ((answer: JoinAnswer) => void)[] = [];
    signaling.answer('consult.join', () => new Promise<JoinAnswer>((resolve) => answers.push(resolve)));
    model.join(here);
    model.leave();
    model.join(there);
    expect(doors(signaling)).toEqual([`join ${here}`, 'leave', `join ${there}`]);
    for (const answer of answers) answer(waiting);
    await settle();
    expect(doors(signaling)).toEqual([`join ${here}`, 'leave', `join ${there}`]);
    expect(phase()).toBe('waiting');
  });

  it('[ROM18] a join that was answered after all, with nothing following it, is left', async () => {
    const { signaling, model } = room;
    let answer: (value: JoinAnswer) => void = () => undefined;
    signaling.answer('consult.join', () => new Promise<JoinAnswer>((resolve) => (answer = resolve)));
    model.join(here);
    model.leave();
    answer(waiting);
    await settle();
    expect(doors(signaling)).toEqual([`join ${here}`, 'leave', 'leave']);
  });

  it('[ROM18] a join that failed here keeps no seat there', async () => {
    const { signaling, model, phase } = room;
    signaling.answer('consult.join', () => Promise.reject(new AppError('server.timeout', 'no answer')));
    model.join(here);
    await settle();
    expect(phase()).toBe('closed');
    expect(doors(signaling)).toEqual([`join ${here}`, 'leave']);
  });
});

describe('a full server', () => {
  let room: ReturnType<typeof open>;
  beforeEach(() => {
    room = open();
  });
  const full = () => {
    throw new AppError('capacity.full', 'full', { retryAfterMs: 5000 });
  };
  const joins = () => room.signaling.paramsOf('consult.join').length;

  it('[ROM20] a server that is full for the moment is asked again when it said, and lets in', async () => {
    const { signaling, model, clock } = room;
    signaling.answer('consult.join', full);
    model.join(here);
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'joining', isServerFull: true, consultId: here });
    clock.advance(4999);
    await settle();
    expect(joins()).toBe(1);
    signaling.answer('consult.join', () => waiting);
    clock.advance(1);
    expect(model.store.getState().isServerFull).toBe(true); // the message stays while it is asked
    await settle();
    expect(joins()).toBe(2);
    expect(model.store.getState()).toMatchObject({ phase: 'waiting', isServerFull: false });
  });

  it('[ROM20] one that stays full for a minute is said to be full', async () => {
    const { signaling, model, clock, phase } = room;
    signaling.answer('consult.join', full);
    model.join(here);
    for (let tries = 1; tries <= 13; tries += 1) {
      await settle();
      expect([joins(), phase()]).toEqual([tries, tries < 13 ? 'joining' : 'closed']);
      clock.advance(5000);
    }
    expect(model.store.getState()).toMatchObject({ closedReason: 'failed', error: { code: 'capacity.full' } });
    model.join(here); // a person's new try has its own minute
    await settle();
    expect(phase()).toBe('joining');
  });

  it.each([
    ['who cancels', (model: ReturnType<typeof open>['model']) => model.leave()],
    ['whose program ends', (model: ReturnType<typeof open>['model']) => model.close()],
  ])('[ROM20] %s is not brought in later', async (_who, go) => {
    const { signaling, model, clock, phase } = room;
    signaling.answer('consult.join', full);
    model.join(here);
    await settle();
    go(model);
    clock.advance(60_000);
    await settle();
    expect([joins(), phase()]).toEqual([1, 'closed']);
  });

  it('[ROM20] a room that holds all it may is not waited for', async () => {
    const { signaling, model } = room;
    signaling.answer('consult.join', () => {
      throw new AppError('capacity.full', 'the room holds 1000');
    });
    model.join(here);
    await settle();
    expect(model.store.getState()).toMatchObject({ phase: 'closed', closedReason: 'failed', error: { code: 'capacity.full' } });
  });
});

describe('what was written', () => {
  it('[ROM19] and nobody has yet is still there when the person comes back into the consult, and only there', async () => {
    const { signaling, model } = open();
    signaling.answer('consult.join', () => waiting);
    model.join(here);
    model.setChatDraft('half a sen');
    model.sendChat('not sent: there is no room');
    await settle();
    signaling.say('room.closed', { reason: 'takenOver' });
    model.join(here);
    await settle();
    expect(model.store.getState()).toMatchObject({ chatDraft: 'half a sen', unsentChat: [{ text: 'not sent: there is no room', state: 'failed' }] });
    model.join(there);
    await settle();
    expect(model.store.getState()).toMatchObject({ chatDraft: '', unsentChat: [] });
  });

  it('[ROM19] is not there for the next who signs in', async () => {
    const { signaling, model } = open();
    signaling.answer('consult.join', () => waiting);
    model.join(here);
    model.setChatDraft('mine');
    signaling.say('room.closed', { reason: 'takenOver' });
    signaling.close();
    signaling.setStatus({ step: 'connected' });
    model.join(here);
    await settle();
    expect(model.store.getState().chatDraft).toBe('');
  });
});

describe('the talk key', () => {
  it('[MUT8] is not remembered: a page that ends while it is held begins muted', () => {
    const { model, remembered } = open();
    model.pushToTalk(true);
    model.pushToTalk(false);
    expect(remembered).toEqual([]);
    model.setMuted(false);
    expect(remembered).toEqual([false]);
  });
});
