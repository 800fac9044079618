import type { ConsultId } from '#shared/domain/ids';
import type { Role } from '#shared/domain/roles';
import { DeviceCatalog } from '../../../renderer/services/media/deviceCatalog.ts';
import { SignalingClient } from '../../../renderer/services/signaling/signalingClient.ts';
import { randomId, systemClock } from '../../../renderer/services/systemClock.ts';
import { createConsultModel } from '../../../renderer/state/createConsultModel.ts';

/** The client's services and consult model on a page without screens: fault tests and benchmarks drive them by hand. */
function start(options: { serverUrl: string; token: string; role: Role; devices?: Record<string, string>; tileHeightPx?: number }) {
  const signaling = new SignalingClient({ clock: systemClock, newId: randomId });
  let isMuted = false;
  const consult = createConsultModel({
    signaling,
    clock: systemClock,
    newId: randomId,
    catalog: new DeviceCatalog(),
    memory: {
      deviceFor: (profile) => options.devices?.[profile] ?? null,
      readMicMuted: () => isMuted,
      writeMicMuted: (value) => {
        isMuted = value;
      },
    },
    role: () => options.role,
    onActive: () => undefined,
  });
  signaling.open(options.serverUrl, options.token);
  const videos = document.createElement('div');
  document.body.append(videos);
  consult.store.subscribe((state) => {
    for (const participant of state.participants) {
      for (const tile of participant.tiles) {
        if (tile.isOwn) continue;
        let video = videos.querySelector<HTMLVideoElement>(`[data-source-id="${tile.sourceId}"]`);
        if (!video) {
          video = document.createElement('video');
          video.muted = true;
          video.autoplay = true;
          video.dataset['sourceId'] = tile.sourceId;
          videos.append(video);
          consult.reportTile(`tile-${tile.sourceId}`, { sourceId: tile.sourceId, heightPx: options.tileHeightPx ?? 360, isVisible: true });
        }
        video.dataset['profile'] = tile.profile;
        video.dataset['peerId'] = tile.peerId;
        video.dataset['party'] = participant.party.id;
        if (video.srcObject !== tile.stream) video.srcObject = tile.stream;
      }
    }
  });
  return { signaling, consult, join: (consultId: string) => consult.join(consultId as ConsultId), state: () => consult.store.getState() };
}

declare global {
  interface Window {
    harness: { start: typeof start; app?: ReturnType<typeof start> };
  }
}
window.harness = { start };
