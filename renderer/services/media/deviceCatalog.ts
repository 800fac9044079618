import { audioProfile, isVideoProfile, type SourceProfileName, videoProfile } from '#shared/domain/sourceProfiles';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';

export interface CatalogDevice {
  readonly deviceId: string;
  readonly kind: 'audioinput' | 'videoinput' | 'audiooutput';
  readonly label: string;
}

interface CatalogEvents {
  changed: readonly CatalogDevice[];
}

/** Cameras, microphones and speakers of this machine: listed, watched, opened by source profile. */
export class DeviceCatalog {
  readonly #events = new Emitter<CatalogEvents>();
  #devices: readonly CatalogDevice[] = [];
  readonly #onDeviceChange = () => {
    void this.refresh();
  };

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', this.#onDeviceChange);
  }

  get devices(): readonly CatalogDevice[] {
    return this.#devices;
  }

  on<K extends keyof CatalogEvents>(name: K, listener: (payload: CatalogEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  async refresh(): Promise<readonly CatalogDevice[]> {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    // «default» and «communications» are aliases of real devices and would be shown twice.
    this.#devices = all.filter((device) => device.deviceId !== '' && device.deviceId !== 'default' && device.deviceId !== 'communications').map(({ deviceId, kind, label }) => ({ deviceId, kind, label }));
    this.#events.emit('changed', this.#devices);
    return this.#devices;
  }

  /** Asks for the browser's permission by opening and closing a device of each kind that exists; labels are empty before. */
  async unlock(): Promise<void> {
    const devices = await this.refresh();
    if (devices.some((device) => device.label !== '')) return;
    const all = await navigator.mediaDevices.enumerateDevices();
    const wants = { audio: all.some((device) => device.kind === 'audioinput'), video: all.some((device) => device.kind === 'videoinput') };
    if (!wants.audio && !wants.video) return;
    const stream = await openStream(wants);
    for (const track of stream.getTracks()) track.stop();
    await this.refresh();
  }

  /** Opens a device for a profile. Errors: `device.notFound`, `device.busy`, `device.denied`, `device.unsupported`. */
  async open(profile: Exclude<SourceProfileName, 'screen'>, deviceId: string | null): Promise<MediaStreamTrack> {
    const device = deviceId === null ? {} : { deviceId: { exact: deviceId } };
    const constraints: MediaStreamConstraints = isVideoProfile(profile) ? { video: { ...device, ...videoConstraints(profile) } } : { audio: { ...device, ...audioConstraints(profile) } };
    const stream = await openStream(constraints);
    const [track] = stream.getTracks();
    if (!track) throw new AppError('device.notFound', `no track for ${profile}`);
    if (this.#devices.length === 0 || this.#devices.every((known) => known.label === '')) await this.refresh();
    return track;
  }

  /** Lets the person pick a screen or window. Rejects with `device.denied` when they decide otherwise. */
  async openScreen(): Promise<MediaStreamTrack> {
    const { capture } = videoProfile('screen');
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { width: { max: capture.width }, height: { max: capture.height }, frameRate: { max: capture.fps } }, audio: false });
      const [track] = stream.getVideoTracks();
      if (!track) throw new AppError('device.notFound', 'no picture was shared');
      return track;
    } catch (error) {
      throw translate(error);
    }
  }

  close(): void {
    navigator.mediaDevices?.removeEventListener('devicechange', this.#onDeviceChange);
    this.#events.clear();
  }
}

function videoConstraints(name: Extract<SourceProfileName, 'face' | 'field' | 'ultrasound'>): MediaTrackConstraints {
  const { capture } = videoProfile(name);
  return { width: { ideal: capture.width }, height: { ideal: capture.height }, frameRate: { ideal: capture.fps } };
}

function audioConstraints(name: 'mic' | 'clinicalAudio'): MediaTrackConstraints {
  const { processing, channels } = audioProfile(name);
  return { ...processing, channelCount: { ideal: channels } };
}

async function openStream(constraints: MediaStreamConstraints): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new AppError('device.unsupported', 'no devices here: the page is not on a secure address');
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return new AppError('device.denied', 'the browser or the person said no', { cause: error });
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return new AppError('device.notFound', 'the device is not there', { cause: error });
  if (name === 'NotReadableError' || name === 'AbortError') return new AppError('device.busy', 'another program holds the device', { cause: error });
  return new AppError('device.unsupported', name || String(error), { cause: error });
}
