import { redact } from '#shared/lib/redact';
import { AppError } from '#shared/protocol/errors';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from '../config.ts';

/** `error` = told to a person or unrecoverable; `warn` = recovered by itself; `info` = a lifecycle step; `debug` = the rest. */
export type Log = Logger;

/**
 * JSON lines, one an event, with secrets and anything personal redacted whatever is passed in. Note that redaction goes by key:
 * a field called `code`, `name` or `key` is hidden; say `refusal`, `request` or the like.
 * @param destination standard output when left out
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"at":"${new Date().toISOString()}"`,
    // pino's own for `err` would flatten what `describeError` made.
    serializers: { err: (value: unknown) => value },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => {
        const errors = Object.entries(fields).filter((entry): entry is [string, Error] => entry[1] instanceof Error);
        const rest = redact(Object.fromEntries(Object.entries(fields).filter(([, value]) => !(value instanceof Error))));
        // redact gives a record for a record
        return { ...(rest as Record<string, unknown>), ...Object.fromEntries(errors.map(([key, error]) => [key, describeError(error)])) };
      },
    },
  };
  return pino(options, destination ?? standardOutput());
}

/**
 * Lines to the standard output as long as somebody reads it. When the reader is gone (a launcher that died, a `tee` that ended) they
 * are dropped: pino's own destination waits for the pipe to mend, and the server, or its stop, would wait with it.
 */
function standardOutput(): DestinationStream {
  // Once for all logs of the process: there is one standard output.
  if (!process.stdout.listeners('error').includes(dropLine)) process.stdout.on('error', dropLine);
  return { write: (line) => void process.stdout.write(line) };
}

/** EPIPE: the next line may find a reader, this one does not. */
function dropLine(): void {}

/** An error and its causes as plain fields; the stack belongs here and nowhere a person reads. */
function describeError(error: Error, depth = 0): Readonly<Record<string, unknown>> {
  return {
    type: error.name,
    message: error.message.slice(0, 500),
    ...(error instanceof AppError ? { appError: error.code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack.slice(0, 4000) }),
    ...(error.cause instanceof Error && depth < 3 ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}
