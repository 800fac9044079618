/** One file that a person chose. `path`: where it lies in the folder or medium they chose it from. */
export interface ChosenFile {
  readonly file: File;
  readonly path: string;
  /** The disk does not give it: `file` is empty. Of a folder: not what is in it. */
  readonly isLost?: true;
  /** Here `MAX_CHOSEN` was reached: neither this nor what comes after it was looked at. */
  readonly isRest?: true;
}

/** More than any medium holds: past this somebody dropped a whole disk. */
export const MAX_CHOSEN = 200_000;

/** The files of an input element; of a folder with their places in it. */
export function filesOfInput(list: Iterable<File>, most: number = MAX_CHOSEN): ChosenFile[] {
  const found = [...list].map((file): ChosenFile => ({ file, path: file.webkitRelativePath || file.name }));
  return found.length <= most ? found : [...found.slice(0, most), rest(found[most]?.path ?? '')];
}

/**
 * What was dropped: files, and folders with everything in them. Has to be called within the event itself, which takes its items back
 * when it ends; the folders are read afterwards, a part at a time, so that the page stays alive.
 * @param onFound hears how many there are so far
 */
export function filesOfDrop(items: DataTransferItemList, onFound: (count: number) => void, most: number = MAX_CHOSEN): Promise<ChosenFile[]> {
  const entries = Array.from(items).map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return walk(entries, onFound, most);
}

async function walk(roots: readonly FileSystemEntry[], onFound: (count: number) => void, most: number): Promise<ChosenFile[]> {
  const found: ChosenFile[] = [];
  const waiting = [...roots];
  // In the order in which they were found; a queue that is shifted costs its length each time.
  for (let at = 0; at < waiting.length; at += 1) {
    const entry = waiting[at];
    if (entry === undefined) break;
    const path = entry.fullPath.replace(/^\//, '');
    if (found.length >= most) {
      found.push(rest(path));
      break;
    }
    if (isFile(entry)) {
      const file = await fileOf(entry);
      found.push(file === null ? lost(path) : { file, path });
      if (found.length % 100 === 0) onFound(found.length);
    } else if (isFolder(entry)) {
      const reader = entry.createReader();
      // A reader gives some at a time, and none when it is through.
      let some = await entriesOf(reader);
      for (; some !== null && some.length > 0; some = await entriesOf(reader)) waiting.push(...some);
      if (some === null) found.push(lost(path));
    }
  }
  onFound(found.length);
  return found;
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const rest = (path: string): ChosenFile => ({ file: new File([], path), path, isRest: true });
/** What the disk does not give is named as such: the rest of a scratched medium is still wanted, and nobody is to think that this was all. */
const lost = (path: string): ChosenFile => ({ file: new File([], path), path, isLost: true });
const fileOf = (entry: FileSystemFileEntry): Promise<File | null> => new Promise((resolve) => entry.file(resolve, () => resolve(null)));
const entriesOf = (reader: FileSystemDirectoryReader): Promise<FileSystemEntry[] | null> => new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
