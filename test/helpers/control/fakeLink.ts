import type { PeerId } from '#shared/domain/ids';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import type { ControlChannels, DataKind } from '#shared/protocol/control';
import type { DataPort } from '../../../renderer/services/control/controlLink.ts';

interface DataEvents {
  message: { readonly bytes: DataView; readonly from: PeerId; readonly kind: DataKind };
  open: boolean;
}

/** Data channels without a network: what was sent lies in `sent`, what arrives a test says. */
export class FakeData implements DataPort {
  isOpen = true;
  own: DataKind | null = null;
  taken: ControlChannels = [];
  readonly sent: Uint8Array[] = [];
  readonly #events = new Emitter<DataEvents>();

  setOwn(kind: DataKind | null): void {
    this.own = kind;
  }

  setTaken(channels: ControlChannels): void {
    this.taken = channels;
  }

  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.isOpen) this.sent.push(bytes.slice());
    return this.isOpen;
  }

  on<K extends keyof DataEvents>(name: K, listener: (payload: DataEvents[K]) => void): Undo {
    return this.#events.on(name, listener);
  }

  arrive(bytes: Uint8Array<ArrayBuffer>, from: PeerId, kind: DataKind = 'state'): void {
    this.#events.emit('message', { bytes: new DataView(bytes.buffer), from, kind });
  }
}
