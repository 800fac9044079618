import { describe, expect, it } from 'vitest';
import { peerIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { ControlChannels } from '#shared/protocol/control';
import { DataChannels } from '../../../../renderer/services/media/dataChannels.ts';
import type { Generation, Request } from '../../../../renderer/services/media/generation.ts';
import { settle } from '../../../helpers/fakeSignaling.ts';

const OTHER = peerIdSchema.parse('other');
const channel = (dataProducerId: string): ControlChannels[number] => ({ peerId: OTHER, kind: 'state', dataProducerId });

type Listener = (payload?: unknown) => void;

/** A data producer or consumer of the library, as far as it is used. */
class FakeChannel {
  readyState = 'open';
  closed = false;
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];
  readonly observer = { on: (_name: string, listener: Listener) => void this.#closers.push(listener) };
  readonly #closers: Listener[] = [];
  readonly #listeners = new Map<string, Listener>();
  readonly appData: Record<string, unknown>;

  constructor(appData: Record<string, unknown> = {}) {
    this.appData = appData;
  }

  on(name: string, listener: Listener): void {
    this.#listeners.set(name, listener);
  }

  say(name: string, payload?: unknown): void {
    this.#listeners.get(name)?.(payload);
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.readyState = 'closed';
    for (const closer of this.#closers) closer();
  }
}

function setUp() {
  const clock = new ManualClock();
  const own: FakeChannel[] = [];
  const taken = new Map<string, FakeChannel[]>();
  const errors: string[] = [];
  let refusal: AppError | null = null;
  let asked: string | null = null;
  const request = (async (_name: string, { peerId }: { peerId: string }) => {
    if (refusal) throw refusal;
    return { dataConsumerId: `of-${peerId}`, dataProducerId: asked, sctpStreamParameters: { streamId: 1, ordered: false, maxRetransmits: 0 } };
  }) as unknown as Request; // answers the one request there is
  const generationOf = (epoch: number) => ({
    epoch, isClosed: false,
    send: {
      produceData: async ({ ordered, maxRetransmits, appData }: { ordered: boolean; maxRetransmits: number; appData: Record<string, unknown> }) => {
        expect([ordered, maxRetransmits]).toEqual([false, 0]);
        const made = new FakeChannel(appData);
        own.push(made);
        return made;
      },
    },
    receive: {
      consumeData: async ({ dataProducerId }: { dataProducerId: string }) => {
        const made = new FakeChannel();
        taken.set(dataProducerId, [...(taken.get(dataProducerId) ?? []), made]);
        return made;
      },
    },
  }) as unknown as Generation; // what is used of it
  const data = new DataChannels({ request, clock, onError: ({ code }) => errors.push(code) });
  return {
    data, clock, own, taken, errors, generationOf,
    want: async (id: string | null) => {
      asked = id;
      data.setTaken(id === null ? [] : [channel(id)]);
      await settle();
    },
    refuse: (error: AppError | null) => (refusal = error),
  };
}

const BYTES = new Uint8Array([1, 2, 3]);

describe('data channels', () => {
  it('[CTL51] what is wanted is there in each generation of transports, and goes with the last', async () => {
    const { data, own, taken, generationOf, want } = setUp();
    const opens: boolean[] = [];
    data.on('open', (isOpen) => opens.push(isOpen));
    data.setOwn('motion');
    await want('d1');
    expect([data.send(BYTES), data.isOpen]).toEqual([false, false]);
    for (const epoch of [1, 2]) {
      data.handleGeneration(generationOf(epoch));
      await settle();
      expect([data.isOpen, data.send(BYTES)]).toEqual([true, true]);
    }
    expect(own.map(({ closed, sent }) => [closed, sent.length])).toEqual([[true, 1], [false, 1]]);
    expect(taken.get('d1')?.map(({ closed }) => closed)).toEqual([true, false]);
    data.close();
    expect([own.at(-1)?.closed, taken.get('d1')?.at(-1)?.closed, opens]).toEqual([true, true, [true, false, true, false]]);
  });

  it('[CTL51] nothing is sent behind what waits already: it would be old on its arrival', async () => {
    const { data, own, generationOf } = setUp();
    data.setOwn('motion');
    data.handleGeneration(generationOf(1));
    await settle();
    const [producer] = own;
    if (producer) producer.bufferedAmount = 600;
    expect([data.send(BYTES), producer?.sent.length]).toEqual([false, 0]);
    if (producer) producer.bufferedAmount = 0;
    expect(data.send(BYTES)).toBe(true);
  });

  it('[CTL51] another kind is another channel; one that closed by itself is opened again; one no longer there is closed', async () => {
    const { data, clock, own, taken, generationOf, want } = setUp();
    data.setOwn('stop');
    data.handleGeneration(generationOf(1));
    await settle();
    data.setOwn('state');
    await settle();
    expect(own.map(({ appData, closed }) => [appData['kind'], closed])).toEqual([['stop', true], ['state', false]]);
    own.at(-1)?.close();
    expect(data.isOpen).toBe(false);
    clock.advance(300);
    await settle();
    expect([own.length, data.isOpen]).toEqual([3, true]);
    await want('d1');
    await want('d2');
    expect([taken.get('d1')?.[0]?.closed, taken.get('d2')?.[0]?.closed]).toEqual([true, false]);
    taken.get('d2')?.[0]?.close();
    clock.advance(300);
    await settle();
    expect(taken.get('d2')?.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it('[CTL51] gives messages with who sent them; asks again what was refused in passing, and says what was refused for good', async () => {
    const { data, clock, taken, errors, generationOf, want, refuse } = setUp();
    const heard: string[] = [];
    data.on('message', ({ bytes, from, kind }) => heard.push(`${from} ${kind} ${bytes.byteLength}`));
    data.handleGeneration(generationOf(1));
    refuse(new AppError('media.rebuilding', 'not now'));
    await want('d1');
    expect([taken.size, errors]).toEqual([0, []]);
    refuse(new AppError('auth.forbidden', 'no'));
    clock.advance(300);
    await settle();
    expect(errors).toEqual(['auth.forbidden']);
    refuse(null);
    clock.advance(300);
    await settle();
    const [consumer] = taken.get('d1') ?? [];
    consumer?.say('message', new Uint8Array(16).buffer);
    consumer?.say('message', 'a text');
    expect(heard).toEqual(['other state 16']);
    data.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
