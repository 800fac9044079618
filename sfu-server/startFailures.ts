import { AppError } from '#shared/protocol/errors';
import { ConfigError } from './config.ts';

/** What the system's codes and the worker's words mean for the setting they end the start with. */
const PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/EADDRINUSE|address already in use/, 'another program uses it'],
  [/EADDRNOTAVAIL|address not available/, 'is no address of this machine'],
  [/ENOTFOUND|EAI_AGAIN/, 'is a name that cannot be resolved'],
  [/EACCES|EPERM|permission denied/, 'this account may not use it'],
  [/EROFS/, 'its disk cannot be written to'],
  [/ENOSPC|No space left/, 'its disk is full'],
  [/ENOTDIR|EEXIST/, 'is no folder'],
  [/ENOENT/, 'is not there'],
];

/** The innermost error, where the reason is, as code and words. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return `${'code' in error ? String(error.code) : ''} ${error.message}`; // words alone do not hold the code everywhere
}

function problemOf(error: unknown): string | null {
  const reason = reasonOf(error);
  return PROBLEMS.find(([pattern]) => pattern.test(reason))?.[1] ?? null;
}

/** Does a step of the start; its failure becomes one line that names the setting. `otherwise` is said where no known reason fits. */
export async function startStep<T>(setting: string | ((error: unknown) => string), otherwise: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(typeof setting === 'string' ? setting : setting(error), problemOf(error) ?? (error instanceof AppError ? error.message : `${otherwise}: ${error instanceof Error ? error.message : String(error)}`), { cause: error });
  }
}

/** Which setting an address that cannot be listened on belongs to: a name or address that is not ours, or a port. */
export function listenSetting(host: string, port: string): (error: unknown) => string {
  return (error) => (/EADDRNOTAVAIL|address not available|ENOTFOUND|EAI_AGAIN|EINVAL/.test(reasonOf(error)) ? host : port);
}

/** What a person reads of a start that failed: one line where the reason is theirs to remove, everything where it is ours. */
export function startLine(error: unknown): unknown {
  if (error instanceof ConfigError) return `configuration: ${error.message}`;
  if (error instanceof AppError) return `start: ${error.message}`;
  return error;
}
