import 'fake-indexeddb/auto';
import { createStore } from 'zustand/vanilla';
import { afterEach, describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import type { Mark } from '#shared/domain/imaging/marks';
import { NOTHING_SHOWN } from '#shared/domain/imaging/presentation';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import { createCaseModel } from '../../../../../renderer/state/cases/caseModel.ts';
import type { ImagingEvents, ImagingModel } from '../../../../../renderer/state/imaging/imagingModel.ts';
import { CLOSED_IMAGING, type ImagingState } from '../../../../../renderer/state/imaging/imagingState.ts';
import { createKeptModel } from '../../../../../renderer/state/imaging/keptModel.ts';
import { changeOf, EXPERT, NURSE } from '../../../../helpers/cases/caseFixtures.ts';
import { FakeCaseServer } from '../../../../helpers/cases/fakeCaseServer.ts';
import { createMachine } from '../../../../helpers/cases/machine.ts';
import { type Machine, NO_BLOBS, syncOf } from '../../../../helpers/cases/syncedMachine.ts';
import { aMark, MarksCopy } from '../../../../helpers/imaging/marks.ts';

const CASE = caseIdSchema.parse('case-1');
const TYPING_MS = 400;
const GATHER_MS = 120;

/** The part of the viewer that marks come from and go to, without pictures. */
function viewer() {
  const store = createStore<ImagingState>(() => CLOSED_IMAGING);
  const events = new Emitter<ImagingEvents>();
  const change = (marks: readonly Mark[]) => store.setState({ marks });
  const marks = () => store.getState().marks;
  const putMark = (mark: Mark) => change([...marks().filter(({ id }) => id !== mark.id), mark]);
  const dropMark = (id: string) => change(marks().filter((mark) => mark.id !== id));
  return {
    store, events, putMark, dropMark,
    presentation: () => NOTHING_SHOWN,
    draw(mark: Mark) {
      putMark(mark);
      events.emit('drawn', mark);
    },
    erase(id: string) {
      dropMark(id);
      events.emit('erased', { id });
    },
    open: () => store.setState({ phase: 'ready', caseId: CASE }),
    close: () => store.setState(CLOSED_IMAGING),
  };
}

let serial = 0;

function programOn(machine: Pick<Machine, 'store' | 'outbox' | 'keyring' | 'clock'>, server: FakeCaseServer, { isReadOnly = false, isObserver = false } = {}) {
  const sync = syncOf(machine, server.request, {}, () => NURSE);
  const file = createCaseModel({ isReadOnly, store: machine.store, outbox: machine.outbox, blobs: NO_BLOBS, sync, clock: machine.clock, newId: () => `made-${(serial += 1)}`, self: () => NURSE, isOnline: () => true });
  const imaging = viewer();
  const kept = createKeptModel({ imaging: imaging as unknown as ImagingModel, file, clock: machine.clock, isObserver: () => isObserver }); // what the model uses of it
  return { sync, file, imaging, kept };
}

async function start(options: { readonly isReadOnly?: boolean; readonly isObserver?: boolean; readonly canWrite?: boolean } = {}) {
  const server = new FakeCaseServer();
  server.addCase(CASE, { leaseUntilMs: 1e12, canWrite: options.canWrite ?? true });
  server.submit(changeOf('begun', CASE, { type: 'create', itemId: 'note-1' as never, content: { kind: 'note', body: { title: '查房' } }, text: null }));
  const machine = createMachine();
  await machine.keyring.setUp(null);
  const program = programOn(machine, server, options);
  await program.sync.refreshList();
  await program.sync.pull(CASE);
  program.imaging.open();
  if (options.isObserver !== true) await expect.poll(() => program.kept.store.getState().caseId).toBe(CASE);
  const unsent = async () => (await machine.outbox.ofCase(CASE)).filter(({ state }) => state !== 'held');
  return { ...machine, ...program, server, unsent };
}

const onServer = (server: FakeCaseServer) => MarksCopy.of(server.cases.get(CASE)?.items.get('marks')?.text ?? null).marks;
const idsOf = (marks: readonly Mark[]) => marks.map(({ id }) => id).sort();

describe('what is kept of reading images', () => {
  const open: { readonly sync: { close(): void } }[] = [];
  const begun = async (...options: Parameters<typeof start>) => {
    const made = await start(...options);
    open.push(made);
    return made;
  };
  afterEach(() => {
    for (const { sync } of open.splice(0)) sync.close();
  });

  it('[IMG31] a mark drawn without a connection is on the disk, survives the program, and is the server’s when it is in reach', async () => {
    const one = await begun();
    const mark = aMark('mark-nurse-1', NURSE.id);
    one.imaging.draw(mark);
    one.clock.advance(TYPING_MS);
    await expect.poll(async () => (await one.unsent()).length).toBe(1);
    expect(onServer(one.server)).toEqual({});
    one.sync.close();
    // The program ends here and begins again on the same disk, while somebody else drew.
    one.server.submit(changeOf('theirs', CASE, { type: 'create', itemId: 'marks' as never, content: { kind: 'marks', body: {} }, text: new MarksCopy().set(aMark('mark-expert-1', EXPERT.id)) }));
    const again = one.restart();
    await again.keyring.unlock(null);
    const next = programOn(again, one.server);
    open.push(next);
    next.imaging.open();
    await expect.poll(() => idsOf(next.imaging.store.getState().marks)).toContain(mark.id);
    next.sync.handleOnline(true);
    await expect.poll(() => Object.keys(onServer(one.server)).sort()).toEqual(['mark-expert-1', 'mark-nurse-1']);
    await expect.poll(() => idsOf(next.imaging.store.getState().marks)).toEqual(['mark-expert-1', 'mark-nurse-1']);
  });

  it('[IMG30] what the room has kept goes no second way; what the room did not take goes over the disk', async () => {
    const { imaging, kept, clock, unsent } = await begun();
    const sent: string[] = [];
    const line = { isBroken: false };
    kept.goLive(async (update) => {
      if (line.isBroken) throw new AppError('network.closed', 'the line broke');
      sent.push(update);
    });
    imaging.draw(aMark('mark-nurse-1', NURSE.id));
    imaging.draw(aMark('mark-nurse-1', NURSE.id, { text: 'moved' }));
    clock.advance(GATHER_MS);
    await expect.poll(() => sent.length).toBe(1); // both moves together
    const other = new MarksCopy();
    other.merge(sent[0] ?? '');
    expect(other.marks['mark-nurse-1']).toMatchObject({ text: 'moved' });
    await expect.poll(() => clock.pendingTimers).toBe(0);
    expect(await unsent()).toEqual([]);
    line.isBroken = true;
    imaging.draw(aMark('mark-nurse-2', NURSE.id));
    clock.advance(GATHER_MS);
    await expect.poll(async () => (await unsent()).length).toBe(1);
    line.isBroken = false;
    imaging.erase('mark-nurse-1');
    clock.advance(GATHER_MS);
    await expect.poll(() => sent.length).toBe(2);
    other.merge(sent[1] ?? '');
    expect(other.marks['mark-nurse-1']).toBeUndefined();
  });

  it('[IMG30] what builds on an update does not overtake it', async () => {
    const { imaging, kept, clock } = await begun();
    const answers: (() => void)[] = [];
    kept.goLive(() => new Promise((resolve) => answers.push(resolve)));
    imaging.draw(aMark('mark-nurse-1', NURSE.id));
    clock.advance(GATHER_MS);
    imaging.draw(aMark('mark-nurse-1', NURSE.id, { text: 'moved' }));
    clock.advance(GATHER_MS);
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await expect.poll(() => answers.length).toBe(2);
  });

  it('[IMG30] what others draw is shown and is not sent back', async () => {
    const { imaging, kept, clock, unsent } = await begun();
    const sent: string[] = [];
    kept.goLive(async (update) => void sent.push(update));
    const theirs = new MarksCopy();
    kept.mergeMarks(theirs.set(aMark('mark-expert-1', EXPERT.id)));
    expect(idsOf(imaging.store.getState().marks)).toEqual(['mark-expert-1']);
    kept.mergeMarks(theirs.remove('mark-expert-1'));
    expect(imaging.store.getState().marks).toEqual([]);
    clock.advance(TYPING_MS);
    expect([sent, await unsent()]).toEqual([[], []]);
  });

  it('[KEY6] a machine that keeps nothing sends a mark at once', async () => {
    const { imaging, clock, server, unsent } = await begun({ isReadOnly: true });
    imaging.draw(aMark('mark-nurse-1', NURSE.id));
    clock.advance(TYPING_MS);
    await expect.poll(() => Object.keys(onServer(server))).toEqual(['mark-nurse-1']);
    expect(await unsent()).toEqual([]);
  });

  it('[IMG32] who does not write in the case keeps no mark, and an observer has none', async () => {
    const reader = await begun({ canWrite: false });
    reader.imaging.draw(aMark('mark-nurse-1', NURSE.id));
    reader.clock.advance(TYPING_MS);
    await expect.poll(() => reader.clock.pendingTimers).toBe(0);
    expect([await reader.unsent(), onServer(reader.server)]).toEqual([[], {}]);
    const observer = await begun({ isObserver: true });
    observer.imaging.draw(aMark('mark-nurse-1', NURSE.id));
    expect(observer.kept.store.getState().caseId).toBe(null);
    expect(observer.file.store.getState().caseId).toBe(null);
  });

  it('[IMG36] a view is kept under its name, and stays when the viewer is closed and opened again', async () => {
    const { imaging, kept } = await begun();
    await kept.saveView('右上肺结节');
    await expect.poll(() => kept.store.getState().views.map(({ body }) => body.title)).toEqual(['右上肺结节']);
    imaging.close();
    expect(kept.store.getState().views).toEqual([]);
    imaging.open();
    await expect.poll(() => kept.store.getState().views.map(({ body }) => body.presentation)).toEqual([NOTHING_SHOWN]);
  });
});
