import { useCallback, useState } from 'react';
import { type AppError, toAppError } from '#shared/protocol/errors';

export interface Work {
  readonly isWorking: boolean;
  /** Why the last try failed; shown where the person typed, and what they typed is still there. */
  readonly error: AppError | null;
  /** True when it went well. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

/** One action of a form: at most one at a time, with its failure beside it. */
export function useWork(): Work {
  const [isWorking, setWorking] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setWorking(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (failure) {
      setError(toAppError(failure));
      return false;
    } finally {
      setWorking(false);
    }
  }, []);
  return { isWorking, error, run };
}
