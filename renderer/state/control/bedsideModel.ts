import { createStore, type StoreApi } from 'zustand/vanilla';
import { type ControlMode, movesProbe } from '#shared/control/modes';
import type { ControlStatus } from '#shared/control/status';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { AppError } from '#shared/protocol/errors';
import type { StopStanding } from '../../services/control/repeatedStop.ts';
import { createWork } from '../work.ts';
import type { BedsidePort, GuidancePort } from './controlPorts.ts';
import { CUE_SHOWN_MS, type GuidanceCue } from '#shared/control/guidance';
import { createLiveView, type LiveView } from './liveView.ts';

const SHOW_EVERY_MS = 100;

/** [CTL70] What a person at the bedside looks at before a grant: gel and contact, the patient's consent, a clear way for the arm. */
export const CHECKS = ['consent', 'gel', 'clear', 'watch'] as const;
export type Check = (typeof CHECKS)[number];

/** What has to be ticked for a mode. Consent is asked once in a session, the rest before each grant that moves the probe. */
export function checksFor(mode: ControlMode, hasConsent: boolean): Check[] {
  return CHECKS.filter((check) => (check === 'consent' ? !hasConsent : check === 'gel' ? mode !== 'settings' : movesProbe(mode)));
}

export interface BedsideState {
  readonly status: ControlStatus | null;
  readonly live: LiveView | null;
  /** The patient agreed to remote control, in this session. */
  readonly hasConsent: boolean;
  /** The newest cue for whoever holds the probe; goes by itself. */
  readonly cue: GuidanceCue | null;
  /** Of the stop that was pressed at this machine. */
  readonly stopStanding: StopStanding;
  readonly isWorking: boolean;
  readonly error: AppError | null;
}

export interface BedsideModel {
  readonly store: StoreApi<BedsideState>;
  /** [CTL70] @throws nothing: a missing check is shown as an error, and nothing is granted */
  grant(by: string, mode: ControlMode, checked: readonly Check[]): Promise<boolean>;
  decline(by: string): Promise<boolean>;
  takeOver(): Promise<boolean>;
  /** [CTL92] Again and again until the host says that it holds; `stopStanding` says where it stands. */
  stop(): void;
  resetStop(): Promise<boolean>;
  close(): void;
}

/** Beside the patient: who steers, what the probe does, and the last word. Everything here goes to the host in this machine, not over the line. */
export function createBedsideModel({ bedside, guidance, clock }: { readonly bedside: BedsidePort; readonly guidance: GuidancePort; readonly clock: Clock }): BedsideModel {
  const store = createStore<BedsideState>(() => ({ status: bedside.status, live: null, hasConsent: false, cue: null, stopStanding: 'none', isWorking: false, error: null }));
  const work = createWork(store);
  let [cancelShow, cancelCue]: [Undo | null, Undo | null] = [null, null];

  function show(): void {
    store.setState({ status: bedside.status, live: bedside.stateAgeMs === null ? null : createLiveView(bedside.state, bedside.stateAgeMs), stopStanding: bedside.stopStanding });
  }

  function showOften(): void {
    cancelShow = clock.after(SHOW_EVERY_MS, showOften);
    show();
  }

  const undos = [
    bedside.on('changed', show),
    guidance.on('cue', (cue) => {
      cancelCue?.();
      store.setState({ cue });
      cancelCue = clock.after(CUE_SHOWN_MS, () => store.setState({ cue: null }));
    }),
  ];
  showOften();

  return {
    store,
    async grant(by, mode, checked) {
      const missing = checksFor(mode, store.getState().hasConsent).filter((check) => !checked.includes(check));
      if (missing.length > 0) {
        store.setState({ error: new AppError('control.notChecked', `not ticked: ${missing.join(', ')}`) });
        return false;
      }
      if (checked.includes('consent')) store.setState({ hasConsent: true });
      return work(() => bedside.grant(by, mode));
    },
    decline: (by) => work(() => bedside.decline(by)),
    takeOver: () => work(() => bedside.takeOver()),
    stop: () => bedside.stop(),
    resetStop: () => work(() => bedside.resetStop()),
    close() {
      for (const undo of undos) undo();
      cancelShow?.();
      cancelCue?.();
    },
  };
}
