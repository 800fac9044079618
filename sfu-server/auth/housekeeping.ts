import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';

/**
 * Runs the tasks every `everyMs`, never two rounds at once; one that fails is reported and keeps none from running.
 * @returns stops it; a round under way runs to its end
 */
export function startHousekeeping(clock: Clock, everyMs: number, tasks: readonly (() => Promise<void>)[], onFailure: (error: unknown) => void): Undo {
  let isStopped = false;
  let cancel: Undo = () => undefined;
  const round = async () => {
    for (const task of tasks) {
      try {
        await task();
      } catch (error) {
        onFailure(error);
      }
    }
    if (!isStopped) schedule();
  };
  const schedule = () => {
    cancel = clock.after(everyMs, () => void round()); // never rejects: every task's failure is caught
  };
  schedule();
  return () => {
    isStopped = true;
    cancel();
  };
}
