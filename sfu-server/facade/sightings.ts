import type { CaseId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { HospitalSystem } from '#shared/protocol/systems';
import { systemActor } from '../auth/hospitalSystems.ts';
import type { AuditWriter } from '../storage/audit.ts';

/** How many sightings are remembered; the oldest is forgotten for a new one, and would be audited a second time. */
const REMEMBERED = 50_000;
const DAY_MS = 86_400_000;

/** [FHR6] Audits the first time on a day (UTC) that a system is shown something of a case: «who has seen this patient» is answered by the log, and a system that asks every minute does not fill it. */
export class Sightings {
  readonly #audit: AuditWriter;
  readonly #clock: Clock;
  readonly #seen = new Set<string>();

  constructor(audit: AuditWriter, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  /** Resolves when it is in the log; nothing of the cases goes out before. */
  async note(system: HospitalSystem, caseIds: Iterable<CaseId>): Promise<void> {
    const day = Math.floor(this.#clock.wallMs() / DAY_MS);
    const keyOf = (caseId: CaseId) => `${day} ${system.id} ${caseId}`;
    const fresh = [...new Set(caseIds)].filter((caseId) => !this.#seen.has(keyOf(caseId)));
    await Promise.all(fresh.map((caseId) => this.#audit.append({ ...systemActor(system), action: 'fhir.case', subject: caseId, outcome: 'done', code: null })));
    for (const caseId of fresh) {
      this.#seen.add(keyOf(caseId));
      if (this.#seen.size <= REMEMBERED) continue;
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
  }
}
