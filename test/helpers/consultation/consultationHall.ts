import { CASE_ITEM_KINDS } from '../../../shared/domain/caseFile.ts';
import type { ConsultRequest } from '../../../shared/domain/consultation/request.ts';
import type { AskedStep } from '../../../shared/domain/consultation/steps.ts';
import type { CaseFacts } from '../../../shared/domain/consultation/form.ts';
import type { NoticeKind } from '../../../shared/domain/consultation/notices.ts';
import { caseIdSchema, consultRequestIdSchema } from '../../../shared/domain/ids.ts';
import type { Party } from '../../../shared/domain/people.ts';
import { toAppError } from '../../../shared/protocol/errors.ts';
import { createAppointmentBook } from '../../../sfu-server/consultation/appointmentBook.ts';
import { Consultations } from '../../../sfu-server/consultation/consultations.ts';
import { createAppointments } from '../../../sfu-server/storage/appointments.ts';
import { createConsultRequests } from '../../../sfu-server/storage/consultRequests.ts';
import type { Database } from '../../../sfu-server/storage/database.ts';
import { createNotices } from '../../../sfu-server/storage/notices.ts';
import { createPartyDirectory } from '../../../sfu-server/storage/parties.ts';
import { newId } from '../../../sfu-server/auth/random.ts';
import { CaseHall, contentOf, create, HOUR_MS, setFields } from '../caseHall.ts';
import { personId, type ServerParts } from '../serverParts.ts';

/** The whole of the workflow on a database, with the people of `CaseHall` and three more experts, a second desk and a nurse. */
export async function openConsultationHall(database: Database, parts: ServerParts) {
  const hall = await CaseHall.open(parts);
  for (const [name, role, organisation] of [['lin', 'expert', 'province'], ['zhao', 'expert', 'province'], ['qian', 'expert', 'city'], ['chief', 'scheduler', 'province']] as const) await hall.add(name, role, organisation);
  const told: (readonly [NoticeKind, string])[] = [];
  const heard: { readonly request: ConsultRequest; readonly mayRead: (party: Party) => boolean }[] = [];
  const notices = createNotices(database.db, newId, ['email', 'webhook']);
  const consultations = new Consultations({
    requests: createConsultRequests(database.db), parties: createPartyDirectory(database.db), caseFiles: parts.caseFiles, notices, clock: parts.clock,
    appointments: createAppointmentBook(() => undefined),
    onNotices: (_request, kind, partyIds) => told.push(...partyIds.map((id) => [kind, id] as const)),
    onChanged: (request, mayRead) => heard.push({ request, mayRead }),
  });
  return {
    hall, consultations, told, heard, notices,
    appointments: createAppointments(database.db),
    async draft(id: string, urgency: 'routine' | 'urgent' | 'emergency' = 'routine') {
      const requestId = consultRequestIdSchema.parse(id);
      const caseId = caseIdSchema.parse(`case-${id}`);
      await consultations.create(hall.as('doctor'), { requestId, caseId, patient: { name: '陈小明', ageYears: 61, sex: 'male' }, question: '请评估手术指征', urgency });
      return { requestId, caseId };
    },
    /** Writes into the case what a routine request needs. */
    async complete(id: string, lacking: Partial<CaseFacts> = {}) {
      const caseId = caseIdSchema.parse(`case-${id}`);
      await hall.submit('doctor', caseId, setFields('request', 2, { diagnosis: '肝占位', wanted: [{ specialty: '03.02', leastGrade: 'associateChief', count: 2 }] }));
      await hall.submit('doctor', caseId, create('history', contentOf('history')), create('vitals-1', contentOf('vitals')), create('lab-1', contentOf('lab')));
      if (lacking.hasConsent !== false) await consent(database, parts, hall, caseId);
    },
    /** Takes a step as somebody, on the newest version. */
    async step(name: string, id: string, step: AskedStep) {
      const requestId = consultRequestIdSchema.parse(id);
      const listed = await createConsultRequests(database.db).byId(requestId);
      return consultations.step(hall.as(name), { requestId, version: listed?.request.version ?? 1, step });
    },
    /** The rule's number, or the error's code where it has none, or `done`. */
    refusal: (work: Promise<unknown>) => work.then(() => 'done', (error: unknown) => toAppError(error).rule ?? toAppError(error).code),
    plan: (change: Partial<Extract<AskedStep, { type: 'schedule' }>['plan']> = {}) => ({
      startsAtMs: parts.clock.wallMs() + HOUR_MS, durationMinutes: 30, hostPersonId: personId('lin'), panelIds: [personId('lin'), personId('zhao')], attendeeIds: [personId('doctor')], cartIds: [], venueId: null, ...change,
    }),
  };
}

export type ConsultationHall = Awaited<ReturnType<typeof openConsultationHall>>;

/** A consent form; its signature is said to be in the object store, which these tests do without. */
async function consent(database: Database, parts: ServerParts, hall: CaseHall, caseId: ReturnType<typeof caseIdSchema.parse>): Promise<void> {
  const content = contentOf('consent');
  const { hash, sizeBytes, mediaType } = CASE_ITEM_KINDS.consent.body.parse(content.body).signature;
  await database.db.insertInto('attachments').values({ case_id: caseId, hash, size_bytes: sizeBytes, media_type: mediaType, begun_at_ms: parts.clock.wallMs(), held_at_ms: parts.clock.wallMs() }).execute();
  await hall.submit('doctor', caseId, create('consent-1', content));
}

