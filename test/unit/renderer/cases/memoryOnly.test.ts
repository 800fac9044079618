import { createHash } from 'node:crypto';
import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import { caseItemIdSchema } from '#shared/domain/ids';
import { ManualClock } from '#shared/lib/clock';
import { composeCases } from '../../../../renderer/composeCases.ts';
import { EXPERT } from '../../../helpers/cases/caseFixtures.ts';
import { FakeCaseServer } from '../../../helpers/cases/fakeCaseServer.ts';

const CONTENT = Buffer.from('a photograph');
const HASH = createHash('sha256').update(CONTENT).digest('hex');
const attachment = { hash: HASH, sizeBytes: CONTENT.byteLength, mediaType: 'image/png', fileName: 'a.png' };

/** A desktop whose system has no secret store worth the name, and all it could keep something in. */
async function weakDesktop() {
  const server = new FakeCaseServer();
  const local = new Map<string, string>();
  const fetched: string[] = [];
  const page = {
    crypto: globalThis.crypto,
    navigator: { storage: { estimate: async () => ({ usage: 0, quota: 0 }), persisted: async () => false, persist: async () => false } },
    fetch: async (url: string) => {
      fetched.push(url);
      return new Response(CONTENT);
    },
  };
  const cases = await composeCases({
    page: page as never, // what is used of a window
    bridge: { kind: 'electron', abilities: { hasVault: false }, info: { vaultReason: 'basic_text' } } as never, // what is asked of the host
    clock: new ManualClock(0), newId: () => crypto.randomUUID(), vault: null, client: 'test', http: {} as never, // nothing is exchanged here
    local: { read: (key) => local.get(key) ?? null, write: (key, value) => local.set(key, value).size > 0, remove: (key) => void local.delete(key) },
    request: server.request, serverUrl: () => 'https://server.example', token: async () => 'token', self: () => EXPERT,
  });
  return { cases, server, local, fetched };
}

/** Resolves when the store's state is as wanted. */
function until<T>(store: { getState(): T; subscribe(listener: (state: T) => void): () => void }, isSo: (state: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    if (isSo(store.getState())) return resolve(store.getState());
    const undo = store.subscribe((state) => {
      if (!isSo(state)) return;
      undo();
      resolve(state);
    });
  });
}

it('[KEY6] where offline is off a case is read with a network, and nothing of it is on the machine', async () => {
  const { cases, server, local, fetched } = await weakDesktop();
  const caseId = server.addCase('case-1', { nextConsultAtMs: 1, attachmentBytes: CONTENT.byteLength });
  server.submit({ id: 'c' as never, caseId, madeAtMs: 1, operation: { type: 'create', itemId: caseItemIdSchema.parse('d'), content: { kind: 'document', body: { category: 'photograph', title: 'x', takenAtMs: 1, attachment } }, text: null } });
  cases.files.setOnline(true);
  cases.files.start(EXPERT);
  const list = await until(cases.files.store, (state) => state.cases.length === 1);
  expect([list.access.type, list.memoryOnly, list.storage]).toEqual(['open', 'basic_text', null]);
  cases.file.open(caseId);
  const { items } = await until(cases.file.store, (state) => state.items.length === 1);
  expect(items[0]?.content.kind).toBe('document');
  expect(fetched).toEqual([]); // not before somebody looks at it, however soon the consult is
  expect(await (await cases.file.read(attachment)).text()).toBe('a photograph');
  expect(fetched).toHaveLength(1);
  expect(await indexedDB.databases()).toEqual([]);
  expect([...local.keys()]).toEqual([]);
  expect(server.listedBy).toEqual(new Set([null])); // no machine with copies: the administrator's page does not list it

  cases.file.close();
  cases.files.stop();
  cases.files.setOnline(false);
  cases.files.start(null);
  await until(cases.files.store, (state) => state.access.type === 'off');
});

it('[KEY6] nothing is written on a machine that keeps nothing', async () => {
  const { cases, server } = await weakDesktop();
  const caseId = server.addCase('case-1');
  cases.files.setOnline(true);
  cases.files.start(EXPERT);
  await until(cases.files.store, (state) => state.cases.length === 1);
  cases.file.open(caseId);
  await expect(cases.file.add({ kind: 'opinion', body: { findings: 'x', recommendation: '' } })).rejects.toMatchObject({ code: 'vault.unprotected' });
  await expect(cases.file.addDocument(new Blob(['x']), { category: 'photograph', title: 'x', fileName: 'x', takenAtMs: 1 })).rejects.toMatchObject({ code: 'vault.unprotected' });
  expect(server.applied).toEqual([]);
});
