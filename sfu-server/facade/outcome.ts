import type { AppError, ErrorCode } from '#shared/protocol/errors';
import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';
import { ERROR_CODE, MISSING, RULE } from './codes.ts';

type IssueCode = NonNullable<OperationOutcomeIssue['code']>;

const ISSUE_CODES: Partial<Readonly<Record<ErrorCode, IssueCode>>> = {
  'auth.required': 'login', 'auth.badCredentials': 'login', 'auth.sessionEnded': 'expired', 'auth.forbidden': 'forbidden', 'input.rateLimited': 'throttled', 'input.tooLarge': 'too-long', 'input.unknownRequest': 'not-supported', 'input.notAcceptable': 'not-supported',
  'record.notFound': 'not-found', 'record.conflict': 'conflict', 'workflow.forbidden': 'forbidden', 'workflow.notNow': 'business-rule', 'workflow.incomplete': 'business-rule', 'schedule.conflict': 'conflict', 'opinion.notSigned': 'not-found',
};

/** An error for another system: our code, the rule's number where one refused, and an issue for each part that is missing. */
export function operationOutcome(error: AppError): OperationOutcome {
  const isBug = error.category === 'bug';
  const coding = [{ system: ERROR_CODE, code: error.code }, ...(error.rule === undefined ? [] : [{ system: RULE, code: error.rule }])];
  const first: OperationOutcomeIssue = { severity: 'error', code: ISSUE_CODES[error.code] ?? (isBug ? 'exception' : error.category === 'input' ? 'invalid' : 'processing'), details: { coding }, diagnostics: isBug ? 'the server failed at this request' : error.message.slice(0, 500) };
  const missing = (error.named ?? []).map((part): OperationOutcomeIssue => ({ severity: 'error', code: 'required', details: { coding: [{ system: MISSING, code: part }] } }));
  return { resourceType: 'OperationOutcome', issue: [first, ...missing] };
}
