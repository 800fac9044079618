import { z } from 'zod';
import { type Taken, takenSchema } from '../domain/scheduling.ts';

/** What a person can do about an error; the view chooses its icon, wording and offer by it. */
export type ErrorCategory = 'network' | 'permission' | 'device' | 'storage' | 'input' | 'state' | 'capacity' | 'bug';

/** Every code that can cross a boundary, with its category. Texts for people are in the client's `i18n/` under `error.<code>`. */
export const ERROR_CODES = {
  'input.malformed': 'input',
  'input.unknownRequest': 'input',
  'input.tooLarge': 'input',
  'input.notAcceptable': 'input',
  'input.unsupportedVersion': 'input',
  'input.rateLimited': 'input',
  'auth.required': 'permission',
  'auth.badCredentials': 'permission',
  'auth.lockedOut': 'permission',
  'auth.sessionEnded': 'permission',
  'auth.forbidden': 'permission',
  'auth.enrolmentRefused': 'permission',
  'auth.setUpRefused': 'permission',
  'auth.weakPassword': 'input',
  'consult.notFound': 'input',
  'consult.notMember': 'permission',
  'consult.locked': 'permission',
  'consult.turnedAway': 'permission',
  'consult.removed': 'permission',
  'consult.ended': 'state',
  'consult.notOpen': 'state',
  'room.notJoined': 'state',
  'room.alreadyJoined': 'state',
  'room.hostOnly': 'permission',
  'room.peerNotFound': 'input',
  'media.transportNotFound': 'state',
  'media.sourceNotFound': 'input',
  'media.consumerNotFound': 'input',
  'media.sourceRefused': 'input',
  'media.incompatible': 'device',
  'media.rebuilding': 'state',
  'capacity.full': 'capacity',
  'capacity.tooManySources': 'capacity',
  'server.stopping': 'state',
  'server.full': 'capacity',
  'server.timeout': 'network',
  'network.offline': 'network',
  'network.closed': 'network',
  'device.notFound': 'device',
  'device.busy': 'device',
  'device.denied': 'permission',
  'device.lost': 'device',
  'device.unsupported': 'device',
  'host.unavailable': 'device',
  'vault.unprotected': 'storage',
  'storage.full': 'storage',
  'storage.unavailable': 'storage',
  'storage.corrupt': 'storage',
  'record.notFound': 'input',
  'record.conflict': 'state',
  'case.locked': 'storage',
  'case.leaseEnded': 'storage',
  'case.clockSetBack': 'storage',
  'case.wiped': 'storage',
  'case.newerRecord': 'storage',
  'schedule.conflict': 'state',
  'workflow.forbidden': 'permission',
  'workflow.notNow': 'state',
  'workflow.incomplete': 'input',
  'record.fixed': 'state',
  'record.notAuthor': 'permission',
  'record.attachmentMissing': 'state',
  'record.hashMismatch': 'input',
  'attachment.cutOff': 'storage',
  'attachment.damaged': 'storage',
  'imaging.notDicom': 'input',
  'imaging.damaged': 'input',
  'imaging.unsupported': 'input',
  'imaging.otherContent': 'state',
  'imaging.otherCase': 'state',
  'imaging.notDisplayable': 'state',
  'imaging.noPacs': 'state',
  'imaging.pacsFailed': 'network',
  'imaging.otherPatient': 'state',
  'imaging.archiveShort': 'state',
  'opinion.notOnPanel': 'permission',
  'opinion.fixed': 'state',
  'opinion.notYourTurn': 'state',
  'opinion.notSigned': 'state',
  'opinion.incomplete': 'input',
  'imaging.refused': 'input',
  'imaging.undecodable': 'input',
  'imaging.noVolume': 'device',
  'imaging.notPresenter': 'permission',
  'annotation.sourceGone': 'state',
  'annotation.markGone': 'state',
  'annotation.full': 'capacity',
  'control.notOffered': 'state',
  'control.taken': 'state',
  'control.notAsked': 'state',
  'control.notSteering': 'state',
  'control.keyChanged': 'permission',
  'control.notConfirmed': 'permission',
  'control.deviceProblem': 'device',
  'internal.bug': 'bug',
  'control.notWarmedUp': 'state',
  'control.notChecked': 'input',
} as const satisfies Record<string, ErrorCategory>;

export type ErrorCode = keyof typeof ERROR_CODES;

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]; // the table above is not empty and its keys are the codes
export const errorCodeSchema = z.enum(codes);

/** How many taken resources an error names. */
const MAX_TAKEN = 50;

/** How an error crosses a boundary. `message` is for logs and support, in English, free of personal data. */
export const wireErrorSchema = z.object({
  code: errorCodeSchema,
  message: z.string().max(500),
  /** When trying again makes sense: not sooner than this many ms. */
  retryAfterMs: z.number().int().nonnegative().optional(),
  /** Of `schedule.conflict`: what is taken, and when. */
  taken: z.array(takenSchema).max(MAX_TAKEN).optional(),
  /** The number of the rule that refused («WFL17»), where there is one. */
  rule: z.string().max(10).optional(),
  /** What was missing or in the way, by names that the client has words for, or ids. */
  named: z.array(z.string().max(80)).max(50).optional(),
});
export type WireError = z.infer<typeof wireErrorSchema>;

/** An error with a code of the table. The message is for logs; what a person reads is chosen by the code. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly taken: readonly Taken[] | undefined;
  readonly rule: string | undefined;
  readonly named: readonly string[] | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined; taken?: readonly Taken[] | undefined; rule?: string | undefined; named?: readonly string[] | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.taken = options.taken?.slice(0, MAX_TAKEN);
    this.rule = options.rule;
    this.named = options.named;
  }

  get category(): ErrorCategory {
    return ERROR_CODES[this.code];
  }

  toWire(): WireError {
    return {
      code: this.code,
      message: this.message.slice(0, 500),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.taken === undefined ? {} : { taken: [...this.taken] }),
      ...(this.rule === undefined ? {} : { rule: this.rule }),
      ...(this.named === undefined ? {} : { named: this.named.slice(0, 50) }),
    };
  }

  static fromWire(wire: WireError): AppError {
    const { code, message, retryAfterMs, taken, rule, named } = wire;
    return new AppError(code, message, { retryAfterMs, taken, rule, named });
  }
}

/** The AppError in `error`, or an `internal.bug` around it: foreign errors are translated once, where they enter. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal.bug', error instanceof Error ? error.message : String(error), { cause: error });
}
