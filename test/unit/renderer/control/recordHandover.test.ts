import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type CaseId, caseIdSchema, type ConsultId, consultIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { Emitter } from '#shared/lib/emitter';
import { readRecordFile } from '#shared/protocol/controlRecord/recordFile';
import { AppError } from '#shared/protocol/errors';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ControlRecord } from '../../../../electron/host/control/controlRecord.ts';
import { Handovers } from '../../../../electron/host/control/handovers.ts';
import type { HostBridge } from '../../../../renderer/bridge/hostBridge.ts';
import { createRecordHandover, type RecordHandoverOptions } from '../../../../renderer/state/control/recordHandover.ts';
import { createSettings } from '#shared/control/settings';
import { SIMULATOR_LIMITS } from '#shared/simulator/arm';
import { createFolder } from '../../electron/fakes.ts';

const CONSULT = consultIdSchema.parse('c-1');
const CASE = caseIdSchema.parse('case-1');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The host's own parts, without the socket between. */
async function begin() {
  const folder = await createFolder();
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 6));
  const events = new Emitter<{ 'control.handover': object }>();
  const record = await ControlRecord.open({ folder: join(folder, 'control'), clock, maxSegmentBytes: 20_000 });
  const handovers = await Handovers.open({ folder, clock, record, log: { write: () => undefined }, onSetAside: () => undefined, onWaiting: () => events.emit('control.handover', {}) });
  handovers.setHead(() => ({ device: { id: 'd', model: 'Arm 3', kind: 'simulator' }, limits: SIMULATOR_LIMITS, settings: createSettings(), isStopLatched: false, stoppedBy: null }));
  onTestFinished(async () => {
    await handovers.close();
    await record.close();
  });
  const asked: string[] = [];
  const host = {
    async request(name: string, params: Record<string, unknown>) {
      asked.push(name);
      if (name === 'control.attend') handovers.attend(params['consultId'] as ConsultId | null);
      else if (name === 'control.handovers') return { parts: [...handovers.waiting] };
      else if (name === 'control.record') return record.read(params['from'] as number, params['limit'] as number);
      else if (name === 'control.handedOver') await handovers.handedOver(params['id'] as string);
      return {};
    },
    on: (_name: string, listener: () => void) => events.on('control.handover', listener),
  } as unknown as Pick<HostBridge, 'request' | 'on'>; // of the host's requests those that are asked here
  const chances = new Emitter<{ chance: undefined }>();
  const kept: { caseId: CaseId; id: string; text: string; about: Parameters<RecordHandoverOptions['keep']>[3] }[] = [];
  const state = { consultId: null as ConsultId | null, isReady: true, caseId: CASE as CaseId | null, fails: null as AppError | null };
  const handover = createRecordHandover({
    host, clock, attends: () => state.consultId, isReady: () => state.isReady, caseOf: (consultId) => (consultId === CONSULT ? state.caseId : null),
    onChance: (listener) => chances.on('chance', listener),
    keep: async (caseId, id, file, about) => {
      if (state.fails !== null) throw state.fails;
      kept.push({ caseId, id, text: await file.text(), about });
    },
  });
  onTestFinished(() => handover.close());
  const steer = (motions: number) => {
    const lease = { holder: 'p', epoch: 1, mode: 'full' } as never; // what of it is looked at: nothing
    handovers.handleBefore({ type: 'granted', lease });
    record.append('granted', { holder: 'p', name: 'Dr Li', epoch: 1, mode: 'full', limits: SIMULATOR_LIMITS });
    handovers.handleAfter({ type: 'granted', lease });
    for (let index = 0; index < motions; index += 1) record.append('motion', { index, text: 'x'.repeat(60) }, false);
    handovers.handleAfter({ type: 'ended', lease, reason: 'released' });
    clock.advance(1000);
  };
  const change = (next: Partial<typeof state>) => {
    Object.assign(state, next);
    chances.emit('chance', undefined);
  };
  return { clock, record, handovers, handover, kept, asked, state, steer, change };
}

describe('the record on its way to the case', () => {
  it('[CTL110] [CTL112] [CTL113] sits down with the page, and hands over whole files that hang on what stays on the machine', async () => {
    const { handovers, handover, kept, steer, change, record } = await begin();
    record.append('opened', {});
    change({ consultId: CONSULT });
    await vi.waitFor(() => expect(record.sequence).toBe(2));
    steer(700); // several pages, several files on the disk
    await vi.waitFor(() => expect(kept).toHaveLength(1));
    await vi.waitFor(() => expect(handovers.waiting).toEqual([]));
    await vi.waitFor(() => expect(handover.store.getState()).toEqual({ waiting: 0, error: null }));
    const [one] = kept;
    const reading = await readRecordFile(one?.text ?? '', sha256);
    expect(reading).toMatchObject({ broken: null });
    expect(reading.entries).toHaveLength(703);
    expect(one).toMatchObject({
      caseId: CASE,
      about: { fileName: 'remote-control-20261121T060000-1.ndjson', body: { category: 'controlRecord', title: 'Dr Li · Arm 3', takenAtMs: Date.UTC(2026, 10, 21, 6), control: { consultId: CONSULT, part: 1, from: 2, to: 704, lastHash: reading.lastHash } } },
    });
    expect(one?.text).toContain(`"previousHash":"${/"hash":"([0-9a-f]{64})"/.exec((await record.read(1, 1)).lines[0] ?? '')?.[1]}"`);
    change({ consultId: null });
    await vi.waitFor(async () => expect((await record.read(record.sequence, 1)).lines[0]).toContain('"type":"partEnded"'));
  });

  it('[CTL112] waits, and says so, while nobody is signed in, no case is known, or the disk refuses; then it goes by itself', async () => {
    const { clock, handovers, handover, kept, steer, change } = await begin();
    change({ isReady: false, consultId: CONSULT, caseId: null });
    await vi.waitFor(() => expect(handovers.waiting).toEqual([]));
    await vi.waitFor(() => expect(handover.store.getState().waiting).toBe(0));
    await vi.waitFor(() => expect(() => handovers.attend('x')).toThrow()); // it sits in the consult
    steer(3);
    await vi.waitFor(() => expect(handover.store.getState()).toMatchObject({ waiting: 1, error: { code: 'case.locked' } }));
    change({ isReady: true });
    await vi.waitFor(() => expect(handover.store.getState()).toMatchObject({ waiting: 1, error: { code: 'record.notFound' } }));
    change({ caseId: CASE, fails: new AppError('storage.full', 'no room') });
    clock.advance(120_000);
    await vi.waitFor(() => expect(handover.store.getState()).toMatchObject({ waiting: 1, error: { code: 'storage.full' } }));
    expect(handovers.waiting).toHaveLength(1);
    change({ fails: null });
    clock.advance(120_000);
    await vi.waitFor(() => expect(kept).toHaveLength(1));
    await vi.waitFor(() => expect(handover.store.getState()).toEqual({ waiting: 0, error: null }));
    expect(kept[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
  });
});
