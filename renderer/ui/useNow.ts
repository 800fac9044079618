import { useEffect, useState } from 'react';
import { useClock } from './text.ts';

export interface Now {
  /** Unix epoch ms. */
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The time, renewed every `everyMs` while `isActive`: only what shows a running time pays for it. */
export function useNow(everyMs: number, isActive = true): Now {
  const clock = useClock();
  const [now, setNow] = useState<Now>(() => ({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() }));
  useEffect(() => {
    if (!isActive) return;
    let cancel = () => {};
    const tick = () => {
      setNow({ wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() });
      cancel = clock.after(everyMs, tick);
    };
    tick();
    return () => cancel();
  }, [clock, everyMs, isActive]);
  return now;
}
