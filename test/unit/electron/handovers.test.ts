import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlEvent } from '#shared/control/patientSide';
import { ManualClock } from '#shared/lib/clock';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlRecord } from '../../../electron/host/control/controlRecord.ts';
import { Handovers } from '../../../electron/host/control/handovers.ts';
import { createFolder } from './fakes.ts';

const lease = { deviceId: 'd', holder: 'peer-1', epoch: 3, mode: 'full' } as unknown as Extract<ControlEvent, { type: 'granted' }>['lease']; // what of a lease is looked at here
const granted = { type: 'granted', lease } as const;
const ended = { type: 'ended', lease, reason: 'released' } as const;

async function begin(inFolder?: string) {
  const folder = inFolder ?? (await createFolder());
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 6));
  const told: number[] = [];
  const record = await ControlRecord.open({ folder: join(folder, 'control'), clock });
  const handovers = await Handovers.open({ folder, clock, record, log: { write: () => undefined }, onSetAside: () => undefined, onWaiting: () => told.push(record.sequence) });
  handovers.setHead(() => ({ device: 'd' }));
  const happen = (event: ControlEvent) => {
    handovers.handleBefore(event);
    record.append(event.type, {});
    handovers.handleAfter(event);
  };
  const close = async () => {
    await handovers.close();
    await record.close();
  };
  onTestFinished(close);
  /** Types of a part's entries. */
  const typesOf = async ({ from, to }: { readonly from: number; readonly to: number }) => (await record.read(from, to - from + 1)).lines.map((line) => JSON.parse(line).entry.type);
  const typesOfWaiting = () => Promise.all(handovers.waiting.map(typesOf));
  return { folder, clock, record, handovers, happen, told, close, typesOfWaiting };
}

describe('parts of the record', () => {
  it('[CTL112] each lease is one, with the ramp that follows its end; where nothing happened there is none', async () => {
    const { clock, record, handovers, happen, typesOfWaiting, told } = await begin();
    handovers.attend('c-1');
    record.append('fault', { fault: 'x' });
    happen(granted);
    happen(ended);
    clock.advance(900);
    record.append('motion', {}, false); // comes to rest
    expect(handovers.waiting).toEqual([]);
    clock.advance(100);
    expect(told).toHaveLength(1);
    happen(granted);
    happen(ended);
    happen(granted); // at once to the next
    happen(ended);
    clock.advance(1000);
    handovers.attend(null);
    expect(await typesOfWaiting()).toEqual([
      ['partBegan', 'fault', 'granted', 'ended', 'motion', 'partEnded'],
      ['partBegan', 'granted', 'ended', 'partEnded'],
      ['partBegan', 'granted', 'ended', 'partEnded'],
    ]);
    expect(handovers.waiting.map(({ consultId, part }) => [consultId, part])).toEqual([['c-1', 1], ['c-1', 2], ['c-1', 3]]);
  });

  it('[CTL112] a stop, and an ask in vain, are handed over without a lease; outside of a consult nothing is', async () => {
    const { clock, handovers, happen, typesOfWaiting } = await begin();
    happen({ type: 'emergency', by: 'bedside', stopId: null });
    handovers.attend('c-1');
    handovers.note();
    handovers.attend(null);
    clock.advance(1000);
    handovers.attend('c-2');
    happen({ type: 'emergency', by: 'bedside', stopId: null });
    handovers.attend(null);
    happen({ type: 'reset' });
    expect(await typesOfWaiting()).toEqual([['partBegan', 'partEnded'], ['partBegan', 'emergency', 'partEnded']]);
  });

  it('[CTL112] what waits is on the disk until it is handed over, and a part that was open when the host died is closed at the next start', async () => {
    const first = await begin();
    first.handovers.attend('c-1');
    first.happen(granted);
    first.happen(ended);
    first.clock.advance(1000);
    first.happen(granted);
    await first.record.flush();
    await first.handovers.handedOver('none'); // behind all that is being written
    expect(JSON.parse(await readFile(join(first.folder, 'controlHandovers.json'), 'utf8'))).toMatchObject({ open: { part: 2, hasContent: true }, waiting: [{ part: 1 }] });
    // No close: the machine was switched off at the wall.
    const second = await begin(first.folder);
    expect(await second.typesOfWaiting()).toEqual([['partBegan', 'granted', 'ended', 'partEnded'], ['partBegan', 'granted', 'partEnded']]);
    const [one] = second.handovers.waiting;
    await second.handovers.handedOver(one?.id ?? '');
    await second.close();
    const third = await begin(first.folder);
    expect(third.handovers.waiting.map(({ part }) => part)).toEqual([2]);
  });

  it('[CTL45] [CTL112] a page that sits down again and again does not fill the disk', async () => {
    const { handovers, record, clock } = await begin();
    handovers.attend('c-1');
    handovers.attend('c-1');
    expect(record.sequence).toBe(1);
    handovers.attend(null);
    expect(() => handovers.attend('c-2')).toThrowError(expect.objectContaining({ code: 'input.rateLimited' }));
    expect(record.sequence).toBe(2);
    clock.advance(1000);
    handovers.attend('c-2');
    expect(record.sequence).toBe(3);
  });
});
