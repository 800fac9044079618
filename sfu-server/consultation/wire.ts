import { missingParts } from '#shared/domain/consultation/form';
import { type ConsultRequest } from '#shared/domain/consultation/request';
import { dueOf, type ServiceLevels } from '#shared/domain/consultation/serviceLevel';
import type { RequestStep } from '#shared/domain/consultation/steps';
import type { RequestHistory, RequestSummary } from '#shared/protocol/consultation';
import { maskPatientName } from '../storage/consultSummary.ts';
import type { ListedRequest, TakenStep } from '../storage/consultRequests.ts';

/** A request as a row of a list. */
export function summaryOf({ request, organisationName, patientName, patientAge, patientSex }: ListedRequest, levels: ServiceLevels): RequestSummary {
  return {
    id: request.id,
    version: request.version,
    state: request.state,
    urgency: request.form.urgency,
    kind: request.form.kind,
    caseId: request.caseId,
    organisationId: request.organisationId,
    organisationName,
    centreId: request.centreId,
    patientMasked: maskPatientName(patientName),
    patientAge,
    patientSex,
    question: request.form.question,
    wanted: request.form.wanted.map(({ specialty }) => specialty),
    createdAtMs: request.createdAtMs,
    stateSinceMs: request.stateSinceMs,
    submittedAtMs: request.submittedAtMs,
    startsAtMs: request.appointment?.startsAtMs ?? null,
    due: dueOf(request, levels),
    isApprovalOwed: request.approval.status === 'owed',
    hasDeclined: request.appointment?.panel.some(({ answer }) => answer === 'declined') ?? false,
  };
}

/** A step as the history shows it. */
export function historyOf({ version, step, actor, atMs, from, to }: TakenStep): RequestHistory {
  return { version, step: step.type, by: actor, atMs, from, to, note: noteOf(step) };
}

/** What was said with a step. */
function noteOf(step: RequestStep): string {
  if ('reason' in step) return step.reason;
  if ('note' in step) return step.note;
  if (step.type === 'recordOutcome') return step.text;
  if (step.type === 'rate') return step.rating.comment;
  if (step.type === 'rehearse') return step.rehearsal.note;
  return step.type === 'send' ? step.consentException : '';
}

/** Ids of everybody a request names, so that a screen can show them as people. */
export function partyIdsOf(request: ConsultRequest): string[] {
  const { appointment, opinion } = request;
  return [
    ...new Set([
      request.requesterId,
      ...(appointment === null ? [] : [appointment.hostPersonId, ...appointment.panel.map(({ personId }) => personId), ...appointment.attendeeIds, ...appointment.cartIds]),
      ...request.rehearsals.flatMap(({ partyId, by }) => [partyId, by.id]),
      ...(opinion?.signerIds ?? []),
    ]),
  ];
}

/** What the reader is told is missing: for a draft by the case's own urgency. */
export function missingNow(request: ConsultRequest, facts: Parameters<typeof missingParts>[0]): ReturnType<typeof missingParts> {
  return missingParts(facts, request.consentException !== null);
}
