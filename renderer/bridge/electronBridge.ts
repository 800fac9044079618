import { packFrame, unpackFrame } from '#shared/host/controlFrames';
import { type CarriedPicture, unpackPicture } from '#shared/host/controlPictures';
import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import { HostEvents, unwrapAnswer } from './hostAnswers.ts';
import { abilitiesOf, type HostBridge } from './hostBridge.ts';

/** What the preload puts into the page (electron/preload/preload.ts). Answers are whole `result` or `error` messages. */
export interface PreloadHost {
  request(name: string, params: unknown): Promise<unknown>;
  onEvent(listener: (message: unknown) => void): () => void;
  /** Frames of remote control as `shared/host/controlFrames.ts` lays them out, both ways. */
  sendFrame(carried: Uint8Array): void;
  onFrame(listener: (carried: unknown) => void): () => void;
}

/** @throws AppError as `host.info` may: without it nothing about the host is known. */
export async function openElectronBridge(host: PreloadHost): Promise<HostBridge> {
  const events = new HostEvents();
  let isClosed = false;
  // Listening before the first request: the shell delivers a waiting deep link with the answer to `host.info`.
  const stopListening = host.onEvent((message) => events.receive(message));
  const frames = new Emitter<{ frame: Uint8Array; picture: CarriedPicture }>();
  const stopFrames = host.onFrame((carried) => {
    if (isClosed || !(carried instanceof Uint8Array)) return;
    const picture = unpackPicture(carried);
    if (picture !== null) return frames.emit('picture', picture);
    const frame = unpackFrame(carried)?.frame;
    if (frame !== undefined) frames.emit('frame', frame);
  });
  const request: HostBridge['request'] = async (name, params) => {
    if (isClosed) throw new AppError('host.unavailable', 'the bridge is closed');
    return unwrapAnswer(name, await host.request(name, params));
  };
  try {
    const info = await request('host.info', {});
    return {
      kind: 'electron',
      info,
      abilities: abilitiesOf(info),
      request,
      on: (name, listener) => events.on(name, listener),
      frames: {
        send: (bytes, from) => {
          if (!isClosed) host.sendFrame(packFrame(from, bytes));
        },
        onFrame: (listener) => frames.on('frame', listener),
        onPicture: (listener) => frames.on('picture', listener),
      },
      close: () => {
        isClosed = true;
        stopListening();
        stopFrames();
        frames.clear();
        events.close();
      },
    };
  } catch (error) {
    stopListening();
    stopFrames();
    throw error;
  }
}
