/** An open file; the shape of the browser's `FileSystemSyncAccessHandle`, of which it is all that is used. */
export interface OpenObject {
  getSize(): number;
  read(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  /** @returns how many bytes were taken; fewer on a full disk */
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** The folder of all objects: the origin-private file system in a browser. */
export interface ObjectFiles {
  /** For writing, by nobody else meanwhile; made when it is not there. */
  open(name: string): Promise<OpenObject>;
  /** As it is now, without a lock: several pages may read at once. Null: not there. */
  snapshot(name: string): Promise<Blob | null>;
  /** Nothing is done when it is not there, or another window has it open: that one finds out and removes it. */
  remove(name: string): Promise<void>;
  list(): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
}

interface Shared {
  readonly opening: Promise<OpenObject>;
  readonly users: Set<AbortController>;
  readonly closed: Promise<void>;
  readonly sayClosed: () => void;
  readonly doing: Map<string, Promise<void>>;
  file: OpenObject | null;
  wasThere: boolean;
}

/** What those who work on one file at a time share. */
export interface SharedFile {
  readonly file: OpenObject;
  /** Something was in it when it was opened. */
  readonly wasThere: boolean;
  /** What is under way or done in it, by object. */
  readonly doing: Map<string, Promise<void>>;
}

/** The files this worker has open: opening one takes the browser tens of milliseconds and nobody else can have it, so requests share. */
export class OpenFiles {
  readonly #files: ObjectFiles;
  readonly #open = new Map<string, Shared>();

  constructor(files: ObjectFiles) {
    this.#files = files;
  }

  /** The open file of this name, for reading what is in it already; null: none. */
  find(name: string): OpenObject | null {
    return this.#open.get(name)?.file ?? null;
  }

  /** Works on a file; the last one closes it. `abort` stops this work when the file is to go. */
  async use<T>(name: string, abort: AbortController, work: (shared: SharedFile) => Promise<T>): Promise<T> {
    const shared = this.#open.get(name) ?? this.#share(name);
    shared.users.add(abort);
    try {
      const file = await shared.opening;
      return await work({ file, wasThere: shared.wasThere, doing: shared.doing });
    } finally {
      shared.users.delete(abort);
      if (shared.users.size === 0) {
        this.#open.delete(name);
        shared.file?.close();
        shared.sayClosed();
      }
    }
  }

  /** Stops what works on a file, and removes it when it is closed. */
  async remove(name: string): Promise<void> {
    const shared = this.#open.get(name);
    if (shared) {
      for (const abort of shared.users) abort.abort();
      await shared.closed;
    }
    await this.#files.remove(name);
  }

  #share(name: string): Shared {
    let sayClosed = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      sayClosed = resolve;
    });
    const shared: Shared = {
      opening: this.#files.open(name).then((file) => {
        shared.file = file;
        shared.wasThere = file.getSize() > 0;
        return file;
      }),
      users: new Set(), closed, sayClosed, doing: new Map(), file: null, wasThere: false,
    };
    this.#open.set(name, shared);
    return shared;
  }
}
