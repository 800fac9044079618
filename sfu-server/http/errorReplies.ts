import { AppError, type ErrorCode, type WireError } from '#shared/protocol/errors';
import { toServerError } from '../storage/sqlErrors.ts';

const STATUS_BY_CODE: Partial<Readonly<Record<ErrorCode, number>>> = {
  'input.tooLarge': 413,
  'input.notAcceptable': 406,
  'input.rateLimited': 429,
  'input.unknownRequest': 404,
  'auth.required': 401,
  'auth.badCredentials': 401,
  'auth.sessionEnded': 401,
  'auth.lockedOut': 423,
  'record.notFound': 404,
  'record.conflict': 409,
  'record.hashMismatch': 422,
  'server.stopping': 503,
  'storage.full': 507,
};

/** The HTTP status that fits an error's code. */
export function statusOf(error: AppError): number {
  const status = STATUS_BY_CODE[error.code];
  if (status !== undefined) return status;
  switch (error.category) {
    case 'input':
      return 400;
    case 'permission':
      return 403;
    case 'state':
      return 409;
    case 'capacity':
      return 503;
    default:
      return 500;
  }
}

/** What goes out: a bug's own words stay in the log, because they may quote anything. */
export function replyOf(error: AppError): WireError {
  return error.category === 'bug' ? { code: error.code, message: 'the server failed at this request' } : error.toWire();
}

/** Translates what Fastify and its plugins throw; everything else that is not ours is a bug. */
export function fromHttpError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return new AppError('input.tooLarge', 'the request is too large', { cause: error });
  if (status === 404) return new AppError('input.unknownRequest', 'no such address', { cause: error });
  if (typeof status === 'number' && status >= 400 && status < 500) return new AppError('input.malformed', 'the request cannot be read', { cause: error });
  return toServerError(error);
}
