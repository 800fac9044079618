import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ControlStatus } from '#shared/control/status';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { type Alarms, PAUSE_MS } from '../../services/control/alarms.ts';
import type { LiveView } from './liveView.ts';
import { type AlarmCause, alarmsOf, PRIORITY_OF } from './stateLine.ts';

/** What of a screen's state raises signs; console and bedside both have it. */
export interface AlarmSource {
  readonly status: ControlStatus | null;
  readonly live: LiveView | null;
}

export interface AlarmState {
  /** The most urgent first. */
  readonly causes: readonly AlarmCause[];
  /** A person heard them; a new one sounds all the same. */
  readonly isPaused: boolean;
}

export interface AlarmModel {
  readonly store: StoreApi<AlarmState>;
  acknowledge(): void;
  close(): void;
}

export interface AlarmModelOptions {
  readonly source: Pick<StoreApi<AlarmSource>, 'getState' | 'subscribe'>;
  /** Requests for control ring at the bedside. */
  readonly isBedside: boolean;
  readonly alarms: Pick<Alarms, 'set' | 'acknowledge'>;
  readonly clock: Clock;
}

/** [CTL69] From what a screen shows to what it sounds. */
export function createAlarmModel({ source, isBedside, alarms, clock }: AlarmModelOptions): AlarmModel {
  const store = createStore<AlarmState>(() => ({ causes: [], isPaused: false }));
  let cancelPause: Undo | null = null;

  function endPause(): void {
    cancelPause?.();
    cancelPause = null;
    store.setState({ isPaused: false });
  }

  function follow(): void {
    const { status, live } = source.getState();
    const causes = alarmsOf(status, live, isBedside);
    const before = store.getState().causes;
    if (causes.join() === before.join()) return;
    if (causes.some((cause) => !before.includes(cause))) endPause();
    store.setState({ causes });
    alarms.set(causes.map((cause) => ({ cause, priority: PRIORITY_OF[cause] })));
  }

  const undo = source.subscribe(follow);
  follow();

  return {
    store,
    acknowledge() {
      cancelPause?.();
      cancelPause = clock.after(PAUSE_MS, endPause);
      store.setState({ isPaused: true });
      alarms.acknowledge();
    },
    close() {
      undo();
      cancelPause?.();
      alarms.set([]);
    },
  };
}
