import type { DeviceId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { CaseDevice } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { CaseFiles } from '../../cases/caseFiles.ts';
import { type AuditWriter, auditActor } from '../../storage/audit.ts';
import type { CaseDevices, DeviceRecord } from '../../storage/caseDevices.ts';
import type { Handlers } from '../handler.ts';

export interface CaseHandlerDependencies {
  readonly caseFiles: CaseFiles;
  readonly caseDevices: CaseDevices;
  readonly audit: AuditWriter;
  readonly clock: Clock;
  /** The longest a copy may be read without asking again, ms. */
  readonly leaseMs: number;
  /** A machine was told to wipe; those of the parties who are connected should hear it at once. */
  readonly onWipeAsked: (deviceId: DeviceId, partyIds: readonly string[]) => void;
}

type CaseRequestName = 'case.list' | 'case.changes' | 'case.submit' | 'case.reportWiped' | 'admin.caseDevices' | 'admin.wipeDevice';

/** Case files and the machines that hold copies of them. */
export function createCaseHandlers({ caseFiles, caseDevices, audit, clock, leaseMs, onWipeAsked }: CaseHandlerDependencies): Handlers<CaseRequestName> {
  return {
    'case.list': async ({ identity }, { deviceId, client, cached }) => {
      const nowMs = clock.wallMs();
      const mustWipe = deviceId !== null && (await caseDevices.seen(deviceId, identity.party, printable(client), cached.length, nowMs));
      return { cases: mustWipe ? [] : await caseFiles.list(identity.party, cached), serverTimeMs: nowMs, mustWipe };
    },

    'case.changes': async ({ identity }, { caseId, sinceRevision, limit }) => ({ ...(await caseFiles.changes(identity, caseId, sinceRevision, limit)), serverTimeMs: clock.wallMs() }),

    'case.submit': async ({ identity }, { caseId, changes }) => ({ receipts: await caseFiles.submit(identity, caseId, changes) }),

    'case.reportWiped': async ({ identity: { party } }, { deviceId }) => {
      if (await caseDevices.reportWiped(deviceId, party.id, clock.wallMs())) await audit.append({ ...auditActor(party), action: 'case.reportWiped', subject: deviceId, outcome: 'done', code: null });
      return {};
    },

    'admin.caseDevices': async ({ identity }) => ({ devices: (await caseDevices.list(identity.party.organisationId)).map((record) => toWire(record, leaseMs)) }),

    'admin.wipeDevice': async ({ identity: { party } }, { deviceId }) => {
      const partyIds = await caseDevices.askWipe(deviceId, party.organisationId, clock.wallMs());
      if (partyIds.length === 0) throw new AppError('record.notFound', 'no such machine');
      await audit.append({ ...auditActor(party), action: 'admin.wipeDevice', subject: deviceId, outcome: 'done', code: null });
      onWipeAsked(deviceId, partyIds);
      return {};
    },
  };
}

/** A lease given just before the wipe was asked for is the last: none is given to a machine that must wipe. */
function toWire({ wipeAskedAtMs, wipeDoneAtMs, ...device }: DeviceRecord, leaseMs: number): CaseDevice {
  if (wipeAskedAtMs === null) return { ...device, wipe: { state: 'none' } };
  if (wipeDoneAtMs === null) return { ...device, wipe: { state: 'asked', askedAtMs: wipeAskedAtMs, leasesEndAtMs: wipeAskedAtMs + leaseMs } };
  return { ...device, wipe: { state: 'done', askedAtMs: wipeAskedAtMs, doneAtMs: wipeDoneAtMs } };
}

/** Without control characters and halves of characters, which could forge lines where the list is shown, or which no database keeps. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Surrogate}]/gu, ' ').trim().slice(0, 200);
}
