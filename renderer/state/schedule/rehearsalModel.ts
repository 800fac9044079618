import { createStore, type StoreApi } from 'zustand/vanilla';
import { type RehearsalFigures, rehearsalFailures } from '#shared/domain/consultation/rehearsalLimits';
import { sitesOf } from '#shared/domain/consultation/takeStep';
import type { ConsultRequestId } from '#shared/domain/ids';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import type { RequestDetail } from '#shared/protocol/consultation';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { DeviceModel } from '../deviceModel.ts';
import type { RequestPort } from '../ports.ts';

/** Above it somebody speaks; a quiet room stays below 0.02 on the meter's scale (four times the RMS). */
export const HEARD_LEVEL = 0.04;
/** How much louder the microphone may get while the tone plays before the room counts as echoing. */
export const ECHO_RISE = 0.06;
/** The tone's length and the way through speaker and microphone, ms. */
const TONE_MS = 1600;
const AMBIENT_MS = 1000;
const SAMPLE_MS = 80;

export interface RehearsalState {
  readonly detail: RequestDetail | null;
  /** Which site this machine is; null: not one of them, a person has to say. */
  readonly partyId: string | null;
  /** Images of an own camera were on the screen. */
  readonly hasPicture: boolean;
  /** The loudest the microphone heard, 0–1. */
  readonly loudest: number;
  readonly echo: 'untried' | 'listening' | 'clear' | 'heard';
  /** The person's word that the tone was heard. */
  readonly hasHeardTone: boolean;
  readonly note: string;
  readonly isSaving: boolean;
  readonly isSaved: boolean;
  readonly error: AppError | null;
}

/** One site's rehearsal (联调): what this machine shows, hears and carries, kept with the request as evidence. */
export interface RehearsalModel {
  readonly store: StoreApi<RehearsalState>;
  readonly devices: DeviceModel;
  /** Fetches the request; the undo stops what is being tried. */
  open(requestId: ConsultRequestId, selfId: string): Undo;
  chooseSite(partyId: string): void;
  pictureSeen(): void;
  startEchoTest(): void;
  setHeardTone(hasHeardTone: boolean): void;
  setNote(note: string): void;
  figures(): RehearsalFigures;
  save(): Promise<boolean>;
}

const EMPTY: RehearsalState = { detail: null, partyId: null, hasPicture: false, loudest: 0, echo: 'untried', hasHeardTone: false, note: '', isSaving: false, isSaved: false, error: null };

/** What was measured so far; the network's figures are null until its check is done. */
export function figuresOf(state: Pick<RehearsalState, 'hasPicture' | 'loudest' | 'echo' | 'hasHeardTone'>, network: ReturnType<DeviceModel['store']['getState']>['network']): RehearsalFigures {
  const measured = network.step === 'done' ? network.result : null;
  return {
    hasPicture: state.hasPicture,
    hasSound: state.loudest >= HEARD_LEVEL && state.echo === 'clear' && state.hasHeardTone,
    upBps: measured?.upBps ?? null,
    downBps: measured?.downBps ?? null,
    roundTripMs: measured?.roundTripMs ?? null,
    lossRatio: measured === null ? null : measured.lossPercent / 100,
  };
}

export function createRehearsalModel({ signaling, clock, devices }: { readonly signaling: RequestPort; readonly clock: Clock; readonly devices: DeviceModel }): RehearsalModel {
  const store = createStore<RehearsalState>(() => EMPTY);
  let cancelEcho: Undo = () => undefined;
  const figures = () => figuresOf(store.getState(), devices.store.getState().network);

  function startEchoTest(): void {
    cancelEcho();
    store.setState({ echo: 'listening', isSaved: false });
    const startedMs = clock.monotonicMs();
    let ambient = 0;
    let during = 0;
    let isPlaying = false;
    const listen = () => {
      const level = devices.store.getState().micLevel;
      const passedMs = clock.monotonicMs() - startedMs;
      if (passedMs < AMBIENT_MS) ambient = Math.max(ambient, level);
      else if (!isPlaying) {
        isPlaying = true;
        devices.playTestTone();
      } else during = Math.max(during, level);
      if (passedMs >= AMBIENT_MS + TONE_MS) {
        cancelEcho = () => undefined;
        store.setState({ echo: during - ambient > ECHO_RISE ? 'heard' : 'clear' });
        return;
      }
      cancelEcho = clock.after(SAMPLE_MS, listen);
    };
    listen();
  }

  async function step(requestId: ConsultRequestId): Promise<void> {
    const { detail, partyId, note } = store.getState();
    if (detail === null || partyId === null) return;
    const measured = figures();
    // [WFL38] Other sites rehearse at the same time: this step concerns only its own site, and the server takes it on what was seen.
    await signaling.request('request.step', { requestId, version: detail.request.version, step: { type: 'rehearse', rehearsal: { partyId, ...measured, hasPassed: rehearsalFailures(measured).length === 0, note: note.trim() } } });
  }

  return {
    store,
    devices,
    open(requestId, selfId) {
      store.setState(EMPTY);
      let isOpen = true;
      signaling.request('request.get', { requestId }).then(
        (detail) => {
          if (!isOpen) return;
          const sites = detail.request.appointment === null ? [] : sitesOf(detail.request.appointment);
          store.setState({ detail, partyId: sites.includes(selfId) ? selfId : null });
        },
        (error: unknown) => {
          if (isOpen) store.setState({ error: toAppError(error) });
        },
      );
      const undo = devices.store.subscribe(({ micLevel }) => {
        // The own tone is not somebody speaking.
        const { loudest, echo } = store.getState();
        if (micLevel > loudest && echo !== 'listening') store.setState({ loudest: micLevel });
      });
      return () => {
        isOpen = false;
        undo();
        cancelEcho();
        devices.stopPreview();
        devices.stopMicTest();
        store.setState(EMPTY);
      };
    },
    chooseSite: (partyId) => store.setState({ partyId, isSaved: false }),
    pictureSeen: () => store.setState({ hasPicture: true }),
    startEchoTest,
    setHeardTone: (hasHeardTone) => store.setState({ hasHeardTone }),
    setNote: (note) => store.setState({ note }),
    figures,
    async save() {
      const { detail, partyId } = store.getState();
      if (detail === null || partyId === null) return false;
      const requestId = detail.request.id;
      store.setState({ isSaving: true, error: null });
      try {
        await step(requestId);
        store.setState({ detail: await signaling.request('request.get', { requestId }), isSaved: true });
        return true;
      } catch (error) {
        store.setState({ error: toAppError(error) });
        return false;
      } finally {
        store.setState({ isSaving: false });
      }
    },
  };
}
