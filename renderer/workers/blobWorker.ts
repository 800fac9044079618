import type { BlobRequest } from './blobMessages.ts';
import { createBlobWork } from './blobWork.ts';
import { createOpfsFiles } from './opfsFiles.ts';

const work = createBlobWork({ files: createOpfsFiles(navigator.storage), fetch: (url, init) => fetch(url, init), say: (answer) => self.postMessage(answer) });

self.onmessage = (event: MessageEvent<{ id: number; request: BlobRequest }>) => work(event.data);
