import type { ObjectFiles } from './objectFiles.ts';

const FOLDER = 'case-objects';

const isNamed = (error: unknown, name: string) => error instanceof DOMException && error.name === name;

/** The folder of objects in the origin-private file system. */
export function createOpfsFiles(storage: StorageManager): ObjectFiles {
  let root: Promise<FileSystemDirectoryHandle> | null = null;

  /** Asked anew after a failure: the browser or a person may have cleared the folder. */
  async function inFolder<T>(work: (folder: FileSystemDirectoryHandle) => Promise<T>): Promise<T> {
    root ??= storage.getDirectory().then((top) => top.getDirectoryHandle(FOLDER, { create: true }));
    try {
      return await work(await root);
    } catch (error) {
      root = null;
      throw error;
    }
  }

  return {
    open: (name) => inFolder(async (folder) => (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle()),
    snapshot: (name) =>
      inFolder((folder) =>
        folder.getFileHandle(name).then(
          (handle) => handle.getFile(),
          (error: unknown) => {
            if (isNamed(error, 'NotFoundError')) return null;
            throw error;
          },
        ),
      ),
    remove: (name) =>
      inFolder((folder) =>
        folder.removeEntry(name).catch((error: unknown) => {
          if (!isNamed(error, 'NotFoundError') && !isNamed(error, 'NoModificationAllowedError')) throw error;
        }),
      ),
    list: () =>
      inFolder(async (folder) => {
        const found: { name: string; bytes: number }[] = [];
        for await (const handle of folder.values()) {
          if (handle.kind === 'file') found.push({ name: handle.name, bytes: (await (handle as FileSystemFileHandle).getFile()).size }); // its kind says so
        }
        return found;
      }),
  };
}
