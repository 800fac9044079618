import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Clock } from '#shared/lib/clock';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { Indicators } from '#shared/protocol/indicators';
import type { RequestPort } from './ports.ts';

/** How many months back, the present one included. */
export type IndicatorMonths = 1 | 3 | 6 | 12 | 36;

export interface IndicatorsState {
  readonly months: IndicatorMonths;
  /** As the server said last; null until the first answer of these months. */
  readonly indicators: Indicators | null;
  readonly isWorking: boolean;
  readonly error: AppError | null;
}

export interface IndicatorsModel {
  readonly store: StoreApi<IndicatorsState>;
  /** Reads the numbers of so many months; of the present choice when none is given. */
  read(months?: IndicatorMonths): void;
}

/** The first instant of the month that lies `months - 1` before that of `nowMs`, in this machine's time zone; Unix epoch ms. */
export function startOfMonths(nowMs: number, months: number): number {
  const date = new Date(nowMs);
  return new Date(date.getFullYear(), date.getMonth() - months + 1, 1).getTime();
}

export function createIndicatorsModel({ signaling, clock }: { readonly signaling: RequestPort; readonly clock: Clock }): IndicatorsModel {
  const store = createStore<IndicatorsState>(() => ({ months: 12, indicators: null, isWorking: false, error: null }));
  let run = 0;

  async function load(months: IndicatorMonths): Promise<void> {
    run += 1;
    const mine = run;
    const nowMs = clock.wallMs();
    store.setState((old) => ({ months, indicators: old.months === months ? old.indicators : null, isWorking: true, error: null }));
    try {
      const indicators = await signaling.request('indicators.read', { fromMs: startOfMonths(nowMs, months), toMs: nowMs + 1 });
      if (mine === run) store.setState({ indicators });
    } catch (error) {
      if (mine === run) store.setState({ error: toAppError(error) });
    } finally {
      if (mine === run) store.setState({ isWorking: false });
    }
  }

  return { store, read: (months = store.getState().months) => void load(months) };
}
