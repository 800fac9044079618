import { createStore, type StoreApi } from 'zustand/vanilla';
import type { CaseItemBody } from '#shared/domain/caseFile';
import { type CaseId, type ConsultId, consultIdSchema } from '#shared/domain/ids';
import type { RecordPart } from '#shared/host/control';
import { type BackoffPolicy, backoffDelayMs } from '#shared/lib/backoff';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { FIRST_HASH, readChainedLine } from '#shared/protocol/controlRecord/chain';
import { parseRecordEntry } from '#shared/protocol/controlRecord/entries';
import { MAX_RECORD_BYTES, RECORD_MEDIA_TYPE, writeRecordFile } from '#shared/protocol/controlRecord/recordFile';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { HostBridge } from '../../bridge/hostBridge.ts';

const LINES_AT_ONCE = 250;
const RETRY: BackoffPolicy = { firstMs: 2000, maxMs: 60_000, jitter: 0.3 };

export interface RecordHandoverState {
  /** Parts of the record that the case's copy on this machine does not have. */
  readonly waiting: number;
  /** Why; null: they are on their way, or there is none. */
  readonly error: AppError | null;
}

export interface RecordHandoverOptions {
  readonly host: Pick<HostBridge, 'request' | 'on'>;
  readonly clock: Clock;
  /** The consult that this page sits in beside a device; null: in none. */
  readonly attends: () => ConsultId | null;
  /** Who is signed in here may write, and the copies are open: only then is there somebody to hand it over. */
  readonly isReady: () => boolean;
  /** Tells that `attends`, `isReady` or `caseOf` may be another. */
  readonly onChance: (listener: () => void) => Undo;
  /** The case of a consult, among those that this machine knows; null: none that it knows. */
  readonly caseOf: (consultId: ConsultId) => CaseId | null;
  /** Resolves when it is on this machine's disk, to be sent as everything else that is written into a case [OFF2]. The same id twice is one document. */
  readonly keep: (caseId: CaseId, id: string, file: Blob, about: { readonly body: Omit<CaseItemBody<'document'>, 'attachment'>; readonly fileName: string; readonly madeAtMs: number }) => Promise<void>;
}

export interface RecordHandover {
  readonly store: StoreApi<RecordHandoverState>;
  close(): void;
}

/**
 * [CTL112] Hands what the host has on record to the case, part by part. The host forgets that a part waits only after it is durably here,
 * and from here it goes the way of photographs; a machine that dies between the two does it again, and it is one document.
 */
export function createRecordHandover(options: RecordHandoverOptions): RecordHandover {
  const { host, clock } = options;
  const store = createStore<RecordHandoverState>(() => ({ waiting: 0, error: null }));
  let [isWorking, mustLookAgain, isClosed, failures] = [false, false, false, 0];
  let cancelRetry: Undo | null = null;

  /** As the host knows it. */
  let attended: ConsultId | null = null;

  /** [CTL112] What happens from here on is that consult's. */
  async function attend(): Promise<void> {
    const consultId = options.attends();
    if (consultId === attended) return;
    await host.request('control.attend', { consultId });
    attended = consultId;
    mustLookAgain = true;
  }

  function look(): void {
    if (isClosed) return;
    mustLookAgain = true;
    if (!isWorking) drop(work(), 'told in the state');
  }

  async function work(): Promise<void> {
    isWorking = true;
    cancelRetry?.();
    cancelRetry = null;
    try {
      while (mustLookAgain && !isClosed) {
        mustLookAgain = false;
        await attend();
        await handAll();
      }
      failures = 0;
    } catch (error) {
      const failure = toAppError(error);
      // A machine without a device has nothing on record.
      if (failure.code === 'device.notFound') attended = options.attends();
      else {
        store.setState({ error: failure });
        retryLater();
      }
    } finally {
      isWorking = false;
    }
  }

  async function handAll(): Promise<void> {
    const { parts } = await host.request('control.handovers', {});
    store.setState({ waiting: parts.length, error: null });
    if (!options.isReady()) {
      if (parts.length > 0) store.setState({ error: new AppError('case.locked', 'the copies of cases on this machine are not open') });
      return;
    }
    let failed: AppError | null = null;
    for (const part of parts) {
      // What is wrong with one part holds up none of the others.
      const problem = await handOne(part).then(() => null, toAppError);
      if (problem === null) store.setState(({ waiting }) => ({ waiting: waiting - 1 }));
      failed ??= problem;
    }
    if (failed !== null) throw failed;
  }

  async function handOne(part: RecordPart): Promise<void> {
    const consultId = consultIdSchema.parse(part.consultId);
    const caseId = options.caseOf(consultId);
    if (caseId === null) throw new AppError('record.notFound', 'the case of that consult is not known on this machine');
    const { text, lastHash, title } = await fileOf(part);
    const day = new Date(part.beganAtMs).toISOString().replaceAll(/[-:]|\.\d+Z$/g, '');
    await options.keep(caseId, part.id, new Blob([text], { type: RECORD_MEDIA_TYPE }), {
      body: { category: 'controlRecord', title, takenAtMs: part.beganAtMs, control: { consultId, part: part.part, from: part.from, to: part.to, lastHash } },
      fileName: `remote-control-${day}-${part.part}.ndjson`,
      madeAtMs: part.endedAtMs,
    });
    await host.request('control.handedOver', { id: part.id });
  }

  /** [CTL110] With the line before it, whose hash its first line hangs on. */
  async function fileOf({ from, to }: RecordPart): Promise<{ text: string; lastHash: string; title: string }> {
    const lines: string[] = [];
    let next = Math.max(1, from - 1);
    let chars = 0;
    while (next <= to) {
      const page = await host.request('control.record', { from: next, limit: Math.min(LINES_AT_ONCE, to - next + 1) });
      if (page.lines.length === 0) break;
      lines.push(...page.lines);
      chars += page.lines.reduce((sum, line) => sum + line.length, 0);
      if (chars > MAX_RECORD_BYTES) throw new AppError('input.tooLarge', 'the part of the record is larger than a document may be');
      next += page.lines.length;
    }
    const before = from === 1 ? null : readChainedLine(lines.shift() ?? '');
    const [first, last] = [readChainedLine(lines[0] ?? ''), readChainedLine(lines.at(-1) ?? '')];
    if (first?.sequence !== from || last?.sequence !== to || (from > 1 && before?.sequence !== from - 1)) throw new AppError('storage.corrupt', 'the record on this machine does not have the part that is to be handed over');
    return { text: writeRecordFile(from, before?.hash ?? FIRST_HASH, lines), lastHash: last.hash, title: titleOf(lines) };
  }

  function retryLater(): void {
    if (isClosed) return;
    cancelRetry = clock.after(backoffDelayMs(RETRY, failures, Math.random), look);
    failures += 1;
  }

  const undos = [host.on('control.handover', look), options.onChance(() => {
    if ((store.getState().waiting > 0 || options.attends() !== attended) && cancelRetry === null) look();
  })];
  look();
  return {
    store,
    close() {
      isClosed = true;
      cancelRetry?.();
      for (const undo of undos) undo();
    },
  };
}

/** Who steered, and what: names, which are the same in every language; the kind of document is said beside it. */
function titleOf(lines: readonly string[]): string {
  const names = new Set<string>();
  let model = '';
  for (const line of lines) {
    if (!/"type":"(granted|partBegan)"/.test(line)) continue; // most are motion
    const entry = parseRecordEntry(readChainedLine(line)?.entry ?? {});
    if (entry?.type === 'granted') names.add(entry.name ?? entry.holder);
    if (entry?.type === 'partBegan') model = entry.device.model;
  }
  return [...names, model].filter((one) => one !== '').join(' · ').slice(0, 200);
}
