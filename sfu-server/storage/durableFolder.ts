import { fsyncSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** `fsync` for the log, because of the ways to ask for it this is the one that Emscripten hands to the file system. */
const DURABLE = ['-c', 'fsync=on', '-c', 'wal_sync_method=fsync'] as const;

/** What of Emscripten's module is touched. `nfd` is Node's descriptor of a regular file. */
interface NodeFilesModule {
  readonly NODEFS: { readonly stream_ops: { fsync?: (stream: { readonly nfd?: number }) => number } };
}

/**
 * A folder whose database is on the disk when a commit returns. As it comes, PGlite hands its writes to the operating system and
 * leaves them there: they survive the end of the process and not that of the machine.
 */
class DurableFolder extends NodeFS {
  override async init(...parameters: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const opened = await super.init(...parameters);
    const addFsync = (module: unknown) => {
      // The module PGlite mounts its folder with; that NODEFS is there is what NodeFS itself builds on.
      (module as NodeFilesModule).NODEFS.stream_ops.fsync = ({ nfd }) => {
        if (nfd !== undefined) fsyncSync(nfd);
        return 0;
      };
    };
    return { ...opened, emscriptenOpts: { ...opened.emscriptenOpts, preRun: [...(opened.emscriptenOpts.preRun ?? []), addFsync] } };
  }
}

/** The options with which `PGlite.create` opens `folder` so that what was committed is on the disk; `-F` among its own turns that off. */
export function durableFolderOptions(folder: string): { readonly fs: DurableFolder; readonly startParams: string[] } {
  return { fs: new DurableFolder(folder), startParams: [...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'), ...DURABLE] };
}
