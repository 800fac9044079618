import { createStore } from 'zustand/vanilla';
import type { SourceProfileName } from '#shared/domain/sourceProfiles';
import { isVideoProfile } from '#shared/domain/sourceProfiles';
import type { Clock } from '#shared/lib/clock';
import type { Undo } from '#shared/lib/disposable';
import { drop } from '#shared/lib/drop';
import { toAppError } from '#shared/protocol/errors';
import type { DeviceCatalog } from '../services/media/deviceCatalog.ts';
import { LevelMeter } from '../services/media/levelMeter.ts';
import { createDevice, loadDevice } from '../services/media/mediaSession.ts';
import { checkNetwork, type NetworkReport } from '../services/media/networkCheck.ts';
import { playTone } from '../services/media/testTone.ts';
import type { DeviceModel, DeviceState, DeviceView } from './deviceModel.ts';
import type { RequestPort, SettingsPort } from './ports.ts';

export interface DeviceModelOptions {
  readonly catalog: DeviceCatalog;
  readonly settings: SettingsPort;
  readonly signaling: RequestPort;
  readonly clock: Clock;
}

const IDLE: DeviceState = { permission: 'unknown', cameras: [], microphones: [], speakers: [], chosen: {}, preview: null, micLevel: 0, error: null, network: { step: 'idle' } };
const METER_EVERY_MS = 80;

/** The devices of this machine, what it remembers of them, and the checks before joining. */
export function createDeviceModel(options: DeviceModelOptions): DeviceModel & { labelFor(profile: SourceProfileName | 'speaker'): string | null; close(): void } {
  const { catalog, settings, signaling, clock } = options;
  const store = createStore<DeviceState>(() => IDLE);
  let labels: Readonly<Record<string, string>> = {};
  let previewTrack: MediaStreamTrack | null = null;
  let meter: { close(): void } | null = null;
  let check: AbortController | null = null;
  let run = 0;

  const undo: Undo = catalog.on('changed', show);

  function show(): void {
    const view = (kind: 'videoinput' | 'audioinput' | 'audiooutput'): DeviceView[] => catalog.devices.filter((device) => device.kind === kind).map(({ deviceId, label }) => ({ deviceId, label }));
    const chosen: Partial<Record<SourceProfileName | 'speaker', string>> = {};
    for (const [profile, label] of Object.entries(labels)) {
      const device = catalog.devices.find((candidate) => candidate.label === label);
      if (device) chosen[profile as SourceProfileName | 'speaker'] = device.deviceId; // written by `choose` alone
    }
    store.setState({ cameras: view('videoinput'), microphones: view('audioinput'), speakers: view('audiooutput'), chosen });
  }

  function fail(error: unknown): void {
    const failure = toAppError(error);
    store.setState({ error: failure, ...(failure.code === 'device.denied' ? { permission: 'denied' as const } : {}) });
  }

  function stopPreview(): void {
    run += 1;
    previewTrack?.stop();
    previewTrack = null;
    store.setState({ preview: null });
  }

  function stopMicTest(): void {
    meter?.close();
    meter = null;
    store.setState({ micLevel: 0 });
  }

  drop(
    settings.read().then(({ devices }) => {
      labels = { ...devices, ...labels };
      show();
    }),
    'without remembered devices the first ones are taken',
  );

  return {
    store,
    labelFor: (profile) => labels[profile] ?? null,
    refresh: () => {
      store.setState({ error: null });
      catalog.unlock().then(() => store.setState({ permission: 'granted' }), fail);
    },
    choose: (profile, deviceId) => {
      const device = catalog.devices.find((candidate) => candidate.deviceId === deviceId);
      if (!device) return;
      labels = { ...labels, [profile]: device.label };
      show();
      settings.write({ devices: labels }).catch(fail);
    },
    startPreview: (profile) => {
      stopPreview();
      if (!isVideoProfile(profile) || profile === 'screen') return;
      const mine = run;
      const chosen = store.getState().chosen[profile] ?? null;
      catalog.open(profile, chosen).then((track) => {
        if (mine !== run) {
          track.stop();
          return;
        }
        previewTrack = track;
        store.setState({ preview: { profile, stream: new MediaStream([track]) }, permission: 'granted', error: null });
      }, fail);
    },
    stopPreview,
    startMicTest: () => {
      stopMicTest();
      let isStopped = false;
      meter = {
        close: () => {
          isStopped = true;
        },
      };
      catalog.open('mic', store.getState().chosen.mic ?? null).then((track) => {
        if (isStopped) {
          track.stop();
          return;
        }
        const level = new LevelMeter(track);
        let cancel: Undo = () => undefined;
        const tick = () => {
          store.setState({ micLevel: level.read() });
          cancel = clock.after(METER_EVERY_MS, tick);
        };
        tick();
        meter = {
          close: () => {
            cancel();
            level.close();
            track.stop();
          },
        };
        store.setState({ permission: 'granted', error: null });
      }, fail);
    },
    stopMicTest,
    playTestTone: () => {
      playTone(store.getState().chosen.speaker ?? '').catch(fail);
    },
    runNetworkCheck: () => {
      check?.abort(new Error('a newer check was started'));
      const controller = new AbortController();
      check = controller;
      store.setState({ network: { step: 'running', phase: 'connect', progress: 0 } });
      (async () => {
        const device = await createDevice();
        await loadDevice(device, (await signaling.request('media.capabilities', {})).routerRtpCapabilities);
        const result = await checkNetwork({
          request: (name, params, requestOptions) => signaling.request(name, params, requestOptions),
          device,
          clock,
          signal: controller.signal,
          onProgress: (phase, progress) => {
            if (check === controller) store.setState({ network: { step: 'running', phase, progress } });
          },
        });
        if (check === controller) store.setState({ network: { step: 'done', result, advice: adviceOn(result) } });
      })().catch((error: unknown) => {
        if (check === controller) store.setState({ network: { step: 'failed', error: toAppError(error) } });
      });
    },
    close: () => {
      undo();
      stopPreview();
      stopMicTest();
      check?.abort(new Error('closed'));
    },
  };
}

/** Good carries a 4K picture down and a 720p picture up; fair carries speech and a small picture. */
function adviceOn(result: NetworkReport): 'good' | 'fair' | 'poor' {
  if (result.lossPercent > 5 || result.roundTripMs > 400 || result.upBps < 500_000 || result.downBps < 1_000_000) return 'poor';
  if (result.lossPercent > 1 || result.roundTripMs > 200 || result.jitterMs > 40 || result.upBps < 3_000_000 || result.downBps < 15_000_000) return 'fair';
  return 'good';
}
