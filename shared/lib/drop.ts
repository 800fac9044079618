/**
 * A promise whose failure is known to be harmless, and why. A failure is still handed to `onFailure` when one is given, so that
 * a log can hold it; there is no other way in this program to ignore a rejection.
 */
export function drop(promise: Promise<unknown>, _why: string, onFailure?: (error: unknown) => void): void {
  promise.catch((error: unknown) => onFailure?.(error));
}
