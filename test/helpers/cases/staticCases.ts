import { createStore } from 'zustand/vanilla';
import { caseChangeIdSchema, caseIdSchema, caseItemIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { CaseOperation } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { Cases } from '../../../renderer/composeCases.ts';
import type { OthersChanges } from '../../../renderer/services/cases/authors.ts';
import { viewCase } from '../../../renderer/services/cases/caseView.ts';
import { openNote } from '../../../renderer/services/cases/noteText.ts';
import type { CaseAccess, CaseFilesState, CaseRowView } from '../../../renderer/state/cases/caseFilesModel.ts';
import type { CaseModel, CaseState } from '../../../renderer/state/cases/caseModel.ts';
import type { UnkeptNote } from '../../../renderer/state/cases/openNotes.ts';
import { createCopiesModel } from '../../../renderer/state/imaging/copiesModel.ts';
import type { OutboxEntry } from '../../../renderer/storage/cases/outbox.ts';
import { PARTIES } from '../staticConsultModel.ts';
import { CASE_ID, syntheticItems, syntheticOutbox, syntheticSummary } from './syntheticCase.ts';

export type CasesScene =
  | 'list' | 'many' | 'offline' | 'empty' | 'fetching' | 'stuck' | 'recovered' | 'loading' | 'choose' | 'locked' | 'wrong' | 'off' | 'memory' | 'vanished' | 'wiped' | 'nothingHere'
  | 'file' | 'fileOffline' | 'fileOpening' | 'fileFailed' | 'fileEmpty' | 'fileReadOnly' | 'fileSaveError' | 'fileUnreadable' | 'others' | 'fileOthers' | 'fileImport' | 'fileImportSending' | 'fileImportDone';

export interface StaticCasesOptions {
  readonly wallMs: number;
  readonly self: Party;
  /** Gives the bytes of an attachment; in Node there are none, in the preview a painted picture. */
  readonly picture: (hash: string) => Promise<Blob>;
}

/** The newest of the painted studies. */
const PAINTED_STUDY = '1.2.826.0.1.3680043.10.1553.1';

const NAMES: readonly [string, 'female' | 'male', number | null, string][] = [
  ['李国强', 'male', 58, '急性下壁心肌梗死溶栓后，是否转运行急诊介入'], ['王秀英', 'female', 71, '胰腺占位，术前评估与可切除性判断'], ['赵小雨', 'female', 7, '腹痛 6 小时，超声疑似肠套叠，请协助判断'],
  ['孙建华', 'male', 44, '肺部多发结节，多学科讨论'], ['周阿婆', 'female', 86, '股骨颈骨折合并房颤，围手术期抗凝方案'], ['吴志远', 'male', 33, '重度烧伤第 3 天，休克期补液与植皮时机'], ['郑美玲', 'female', null, '妊娠 32 周，重度子痫前期，请产科与重症共同评估'],
];

/** As if a nurse had written them before the reader signed in. */
function othersOf(outbox: readonly OutboxEntry[]): OthersChanges[] {
  return [{ author: PARTIES.cart, entries: outbox.filter(({ state }) => state !== 'held').slice(0, 3) }];
}

function rows(wallMs: number, count: number): CaseRowView[] {
  const first: CaseRowView = { summary: syntheticSummary(wallMs), revision: 412, asOfMs: wallMs - 40_000, isPinned: true, offline: 'whole', hereBytes: 152_400_000, wholeBytes: 152_400_000, unsent: 4, progress: null };
  const more = Array.from({ length: count - 1 }, (_, index): CaseRowView => {
    const [patientName, patientSex, patientAge, question] = NAMES[index % NAMES.length] ?? ['患者', 'female', null, ''];
    const offline = (['items', 'none', 'whole', 'none', 'items'] as const)[index % 5] ?? 'none';
    const attachmentBytes = 18_000_000 + ((index * 37) % 90) * 1_000_000;
    return {
      summary: syntheticSummary(wallMs, { id: caseIdSchema.parse(`case-${index}`), patientName: index < NAMES.length ? patientName : `${patientName}${index}`, patientSex, patientAge, question, consultIds: [], nextConsultAtMs: index % 3 === 2 ? null : wallMs + (index + 1) * 5_400_000, attachmentBytes }),
      revision: offline === 'none' ? 0 : 20 + index, asOfMs: wallMs - 60_000 * (index + 1), isPinned: index === 2, offline, wholeBytes: attachmentBytes, hereBytes: offline === 'whole' ? attachmentBytes : offline === 'items' ? Math.round(attachmentBytes * 0.3) : 0, unsent: 0, progress: null,
    };
  });
  return [first, ...more];
}

function filesState(scene: CasesScene, { wallMs, self }: StaticCasesOptions): CaseFilesState {
  const isOnline = !['offline', 'fileOffline', 'nothingHere', 'locked', 'wrong'].includes(scene);
  const isFile = scene.startsWith('file');
  const cases = scene === 'empty' ? [] : scene === 'many' ? rows(wallMs, 10_000) : rows(wallMs, 8);
  const outbox = syntheticOutbox(wallMs);
  const access: Partial<Record<CasesScene, CaseAccess>> = {
    loading: { type: 'loading' }, choose: { type: 'unset', kind: 'passphrase' }, nothingHere: { type: 'unset', kind: 'passphrase' }, locked: { type: 'locked', kind: 'passphrase' }, wrong: { type: 'locked', kind: 'passphrase' },
    off: { type: 'off' }, vanished: { type: 'vanished', atMs: wallMs - 26 * 3_600_000 }, wiped: { type: 'wiped' },
  };
  const fetching = cases.map((row, index) => (index === 1 ? { ...row, progress: { step: 'attachments' as const, doneBytes: 12_400_000, totalBytes: 96_000_000 } } : index === 2 ? { ...row, progress: { step: 'items' as const, doneBytes: 0, totalBytes: 0 } } : row));
  return {
    access: access[scene] ?? { type: 'open', kind: 'passphrase' }, isUnlocking: false, cases: scene === 'fetching' ? fetching : cases, unreadable: scene === 'stuck' ? 1 : 0, query: '', asOfMs: wallMs - 40_000, isOnline, isPaused: false,
    storage: scene === 'memory' ? null : { usedBytes: 1_240_000_000, quotaBytes: 64_000_000_000, isPersistent: scene !== 'offline' }, others: scene === 'others' ? othersOf(outbox) : [], stuck: scene === 'stuck' || isFile ? outbox.filter(({ state }) => state === 'conflict' || state === 'refused') : [],
    unsentTotal: scene === 'empty' ? 0 : 4, recovery: scene === 'recovered' ? { atMs: wallMs - 60_000, unsent: 3 } : null, memoryOnly: scene === 'off' || scene === 'memory' ? 'org.freedesktop.secrets is not available' : null, error: scene === 'wrong' ? new AppError('auth.badCredentials', 'test') : null, holder: self,
  };
}

/** The case models with an invented hospital behind them: writing is laid over the file as the real models do, and goes nowhere. */
export function createStaticCases(scene: CasesScene, options: StaticCasesOptions): Cases {
  const { wallMs, self } = options;
  const nothing = () => undefined;
  const files = createStore<CaseFilesState>(() => filesState(scene, options));
  const isEmpty = scene === 'fileEmpty';
  const items = isEmpty ? [] : syntheticItems(wallMs);
  let outbox: readonly OutboxEntry[] = scene === 'fileReadOnly' || isEmpty ? [] : syntheticOutbox(wallMs);
  const view = () => viewCase(items, outbox, new Set(), self);
  const phase: CaseState['phase'] = scene === 'fileOpening' ? 'opening' : scene === 'fileFailed' ? 'failed' : 'open';
  const store = createStore<CaseState>(() => ({
    phase, caseId: CASE_ID, summary: syntheticSummary(wallMs, { canWrite: scene !== 'fileReadOnly' }), items: view(), unreadable: scene === 'fileUnreadable' ? 2 : 0, asOfMs: wallMs - 40_000, outbox, others: scene === 'fileOthers' ? othersOf(outbox) : [], progress: null,
    error: scene === 'fileFailed' ? new AppError('network.offline', 'test') : null, saveError: scene === 'fileSaveError' ? new AppError('storage.full', 'test') : null,
  }));
  const unkept = createStore<{ readonly notes: readonly UnkeptNote[] }>(() => ({ notes: scene === 'fileSaveError' ? items.flatMap(({ id, content }) => (content.kind === 'note' ? [{ caseId: CASE_ID, itemId: id, author: self, error: new AppError('storage.full', 'test') }] : [])) : [] }));
  const record = async (operation: CaseOperation) => {
    if (scene === 'fileSaveError') throw new AppError('storage.full', 'test');
    const order = outbox.length + 1;
    outbox = [...outbox, { order, change: { id: caseChangeIdSchema.parse(`change-${order}`), caseId: CASE_ID, madeAtMs: wallMs, operation }, author: self, state: 'waiting', attempts: 0, stateAtMs: wallMs, receipt: null, revision: null, needs: [] }];
    store.setState({ outbox, items: view() });
  };
  const newItemId = () => caseItemIdSchema.parse(`item-${outbox.length + 1}`);
  const throwAway = (entry: OutboxEntry) => {
    outbox = outbox.filter(({ change }) => change.id !== entry.change.id);
    store.setState({ outbox, items: view() });
    files.setState((state) => ({ stuck: state.stuck.filter(({ change }) => change.id !== entry.change.id) }));
  };
  const file: CaseModel = {
    store, unkept, retryUnkept: nothing, self: () => self, open: nothing, close: nothing, refresh: nothing,
    async add(content) {
      const itemId = newItemId();
      await record({ type: 'create', itemId, content, text: null });
      return itemId;
    },
    addNote: (itemId, title) => record({ type: 'create', itemId, content: { kind: 'note', body: { title } }, text: null }),
    setFields: (item, fields) => record({ type: 'setFields', itemId: item.id, baseRevision: item.revision, fields: { ...fields } }),
    retract: (itemId, reason) => record({ type: 'retract', itemId, reason }),
    async addDocument(file, { category, title, fileName, takenAtMs }) {
      const itemId = newItemId();
      await record({ type: 'create', itemId, content: { kind: 'document', body: { category, title, takenAtMs, attachment: { hash: 'c'.repeat(64), sizeBytes: file.size, mediaType: file.type, fileName } } }, text: null });
      return itemId;
    },
    async addConsent(consent, signature) {
      const itemId = newItemId();
      await record({ type: 'create', itemId, content: { kind: 'consent', body: { ...consent, signature: { hash: 'd'.repeat(64), sizeBytes: signature.size, mediaType: 'image/png', fileName: 'signature.png' } } }, text: null });
      return itemId;
    },
    openNote(itemId) {
      const { document } = openNote(items.find(({ id }) => id === itemId)?.text ?? null, []);
      return { document, itemId, flush: () => Promise.resolve(), settle: nothing, close: nothing };
    },
    async decide(item) {
      if (item.conflict) throwAway(item.conflict.entry);
    },
    exportChanges: async () => new Blob(),
    keepMade: async () => undefined,
    read: (attachment) => options.picture(attachment.hash),
    chosenSeries: async () => [], addSeries: async () => undefined, retractSeries: async () => undefined,
  };
  return {
    files: {
      store: files, start: nothing, stop: nothing, isBehindPassphrase: async () => true, setUp: () => files.setState({ access: { type: 'open', kind: 'passphrase' } }), unlock: () => files.setState({ access: { type: 'open', kind: 'passphrase' } }),
      startAnew: () => files.setState({ access: { type: 'unset', kind: 'passphrase' } }), setQuery: (query) => files.setState({ query }), setOnline: nothing, setPaused: (isPaused) => files.setState({ isPaused }), refresh: nothing, makeAvailable: nothing,
      setPinned: (caseId, isPinned) => files.setState((state) => ({ cases: state.cases.map((row) => (row.summary.id === caseId ? { ...row, isPinned } : row)) })),
      removeCopy: nothing, throwAway, exportChanges: async () => new Blob(), dismissError: () => files.setState({ error: null }), dismissRecovery: () => files.setState({ recovery: null }),
    },
    file,
    ofImages: file,
    exchange: {
      importBundle: async () => ({
        caseId: CASE_ID, imported: [{ kind: 'patient', count: 1 }, { kind: 'vitals', count: 14 }, { kind: 'lab', count: 32 }, { kind: 'document', count: 3 }],
        left: [...Array.from({ length: 6 }, () => ({ resourceType: 'Encounter', reason: 'unknownKind' as const, detail: null })), { resourceType: 'Observation', reason: 'doesNotFit', detail: 'valueQuantity.value' }, { resourceType: 'DocumentReference', reason: 'noAttachment', detail: null }],
      }),
      exportCase: async () => new Blob(['{}']),
    },
    patientOf: () => Promise.resolve(null), copies: { studies: async () => [], series: async () => null, sets: async () => null, thumbnail: async () => null, frame: async () => null }, keepsCopies: true, handleImages: () => undefined,
    chosen: createCopiesModel({ chosenOf: async () => [{ itemId: caseItemIdSchema.parse('series-1'), studyUid: PAINTED_STUDY, seriesUid: `${PAINTED_STUDY}.1` }], add: async () => undefined, retract: async () => undefined, keep: async () => undefined, bytesOf: async () => ({ hereBytes: 1, isWhole: true }), onChanged: () => () => undefined, onProgress: () => () => undefined }),
    handleChanged: () => Promise.resolve(),
  };
}
