import type { ObjectFiles, OpenObject } from '../../../renderer/workers/objectFiles.ts';

/** A folder of objects in memory, which outlives the program; one who has a file open keeps others out, as the browser's does. */
export class FakeDisk {
  readonly contents = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly open = new Set<string>();
  /** Called before each thing that is done; may throw. */
  onStep: () => void = () => undefined;
  flushes = 0;

  /** The program ended: nothing is open any more. */
  powerOff(): void {
    this.open.clear();
  }

  get files(): ObjectFiles {
    return {
      open: async (name) => {
        await Promise.resolve();
        this.onStep();
        if (this.open.has(name)) throw new DOMException('it is open', 'NoModificationAllowedError');
        this.open.add(name);
        if (!this.contents.has(name)) this.contents.set(name, new Uint8Array(0));
        return this.#handle(name);
      },
      snapshot: async (name) => {
        const bytes = this.contents.get(name);
        return bytes ? new Blob([bytes.slice()]) : null;
      },
      remove: async (name) => {
        this.onStep();
        if (!this.open.has(name)) this.contents.delete(name);
      },
      list: async () => [...this.contents].map(([name, { length }]) => ({ name, bytes: length })),
    };
  }

  #handle(name: string): OpenObject {
    const bytes = () => this.contents.get(name) ?? new Uint8Array(0);
    const resize = (size: number) => {
      const fresh = new Uint8Array(size);
      fresh.set(bytes().subarray(0, size));
      this.contents.set(name, fresh);
    };
    return {
      getSize: () => bytes().length,
      read(into, { at }) {
        const found = bytes().subarray(at, at + into.length);
        into.set(found);
        return found.length;
      },
      write: (from, { at }) => {
        this.onStep();
        if (bytes().length < at + from.length) resize(at + from.length);
        bytes().set(from, at);
        return from.length;
      },
      truncate: (size) => {
        this.onStep();
        resize(size);
      },
      flush: () => {
        this.onStep();
        this.flushes += 1;
      },
      close: () => void this.open.delete(name),
    };
  }
}
