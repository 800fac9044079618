import { assertNever } from '../../lib/assert.ts';
import type { ConsultRequest } from './request.ts';
import type { RequestStep } from './steps.ts';

export const NOTICE_KINDS = [
  'approvalAsked', 'approvalRefused', 'approvalOwed', 'approvalRefusedAfterwards', 'arrived', 'emergencyArrived', 'materialAsked', 'materialSupplied', 'accepted', 'declined',
  'invited', 'moved', 'notNeeded', 'scheduled', 'invitationDeclined', 'invitationAccepted', 'rehearsalFailed', 'opinionDue', 'signatureAsked', 'opinionReturned', 'opinionSigned', 'outcomeRecorded', 'cancelled', 'noShow', 'reminder', 'undelivered',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Whom a notice goes to: named parties, or everybody with a role at an organisation. */
export type NoticeAudience = { readonly type: 'parties'; readonly ids: readonly string[] } | { readonly type: 'role'; readonly role: 'approver' | 'scheduler'; readonly organisationId: ConsultRequest['organisationId'] };

export interface Notice {
  readonly kind: NoticeKind;
  readonly to: NoticeAudience;
}

const parties = (kind: NoticeKind, ...ids: readonly string[]): Notice[] => (ids.length === 0 ? [] : [{ kind, to: { type: 'parties', ids: [...new Set(ids)] } }]);

/**
 * Who has to hear of a step, in the order of importance. The one who took it is not told what they did: `actorId` is left out of every
 * named audience, and an audience of nobody is no notice.
 */
export function noticesOf(before: ConsultRequest, after: ConsultRequest, step: RequestStep, actorId: string): Notice[] {
  return allNoticesOf(before, after, step).flatMap(({ kind, to }) => (to.type === 'role' ? [{ kind, to }] : parties(kind, ...to.ids.filter((id) => id !== actorId))));
}

function allNoticesOf(before: ConsultRequest, after: ConsultRequest, step: RequestStep): Notice[] {
  const toCentre = (kind: NoticeKind): Notice[] => (after.centreId === null ? [] : [{ kind, to: { type: 'role', role: 'scheduler', organisationId: after.centreId } }]);
  const toApprovers = (kind: NoticeKind): Notice[] => [{ kind, to: { type: 'role', role: 'approver', organisationId: after.organisationId } }];
  const toRequester = (kind: NoticeKind) => parties(kind, after.requesterId);
  const everybodyOf = ({ appointment }: ConsultRequest): readonly string[] => (appointment === null ? [] : [...appointment.panel.map(({ personId }) => personId), ...appointment.attendeeIds, ...appointment.cartIds, appointment.hostPersonId]);
  const panelOf = ({ appointment }: ConsultRequest): readonly string[] => appointment?.panel.map(({ personId }) => personId) ?? [];

  switch (step.type) {
    case 'send':
      return after.state === 'submitted' ? [...toCentre('emergencyArrived'), ...toApprovers('approvalOwed')] : toApprovers('approvalAsked');
    case 'approve':
      return before.state === 'awaitingApproval' ? toCentre('arrived') : [];
    case 'refuseApproval':
      return after.state === 'draft' ? toRequester('approvalRefused') : [...toRequester('approvalRefusedAfterwards'), ...toCentre('approvalRefusedAfterwards')];
    case 'returnForMaterial':
      return toRequester('materialAsked');
    case 'supply':
      return toCentre('materialSupplied');
    case 'accept':
      return toRequester('accepted');
    case 'decline':
      return toRequester('declined');
    case 'forward':
      return toCentre('arrived');
    case 'schedule':
      return [...parties('invited', ...panelOf(after)), ...parties('scheduled', after.requesterId, ...(after.appointment?.attendeeIds ?? []), ...(after.appointment?.cartIds ?? []))];
    case 'reschedule': {
      const now = everybodyOf(after);
      return [...parties('moved', after.requesterId, ...now), ...parties('notNeeded', ...everybodyOf(before).filter((id) => !now.includes(id)))];
    }
    case 'answer':
      return toCentre(step.answer === 'declined' ? 'invitationDeclined' : 'invitationAccepted');
    case 'substitute':
      return [...parties('invited', step.byPersonId), ...parties('notNeeded', step.personId)];
    case 'rehearse':
      return step.rehearsal.hasPassed ? [] : toCentre('rehearsalFailed');
    case 'end':
    case 'closeSession':
      return parties('opinionDue', ...panelOf(after));
    case 'submitOpinion':
      return parties('signatureAsked', ...step.signerIds.slice(0, 1));
    case 'returnOpinion':
      return parties('opinionReturned', ...panelOf(after));
    case 'signOpinion': {
      const next = after.opinion?.signerIds[after.opinion.signedIds.length];
      return next === undefined ? [...toRequester('opinionSigned'), ...toCentre('opinionSigned')] : parties('signatureAsked', next);
    }
    case 'recordOutcome':
      return parties('outcomeRecorded', ...panelOf(after));
    case 'cancel':
      return [...toRequester('cancelled'), ...toCentre('cancelled'), ...parties('cancelled', ...everybodyOf(before))];
    case 'noShow':
      return [...toRequester('noShow'), ...parties('noShow', ...everybodyOf(before))];
    case 'screen':
    case 'check':
    case 'waiveRehearsal':
    case 'start':
    case 'rate':
    case 'archive':
      return [];
    default:
      return assertNever(step);
  }
}
