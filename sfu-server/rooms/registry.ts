import type { ConsultId } from '#shared/domain/ids';
import type { EventPayload } from '#shared/protocol/events';
import { Room, type RoomOptions } from './room.ts';

/** What a room needs that the registry does not decide. */
export type RoomSeed = Omit<RoomOptions, 'onEmpty' | 'onPresence'>;

/** The rooms that are open now, one a consult. A room opens with the first who comes and goes with the last. */
export class RoomRegistry {
  readonly #rooms = new Map<ConsultId, Room>();
  readonly #onPresence: (consultId: ConsultId, count: number) => void;

  constructor(onPresence: (consultId: ConsultId, count: number) => void) {
    this.#onPresence = onPresence;
  }

  get rooms(): readonly Room[] {
    return [...this.#rooms.values()];
  }

  presentCount(consultId: ConsultId): number {
    return this.#rooms.get(consultId)?.peers.length ?? 0;
  }

  find(consultId: ConsultId): Room | undefined {
    return this.#rooms.get(consultId);
  }

  open(seed: RoomSeed): Room {
    const present = this.#rooms.get(seed.consultId);
    if (present) return present;
    let lastCount = 0;
    const room: Room = new Room({
      ...seed,
      onEmpty: () => this.close(room, null),
      onPresence: (count) => {
        if (count === lastCount) return;
        lastCount = count;
        this.#onPresence(seed.consultId, count);
      },
    });
    this.#rooms.set(seed.consultId, room);
    return room;
  }

  close(room: Room, reason: EventPayload<'room.closed'>['reason'] | null): void {
    if (this.#rooms.get(room.consultId) === room) this.#rooms.delete(room.consultId);
    room.close(reason);
  }

  closeAll(): void {
    for (const room of this.rooms) this.close(room, null);
  }
}
