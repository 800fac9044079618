/** Of the worker's file system what is used; the tests' types are a page's. */
interface SyncFile {
  createSyncAccessHandle(): Promise<{
    write(bytes: Uint8Array): number;
    flush(): void;
    close(): void;
  }>;
}

/**
 * Runs in a page: what the platform itself takes for the same, without any of our code. A worker fetches the addresses four at a
 * time, seals each with AES-256-GCM and writes it into the origin-private file system with a flush; nothing is hashed, indexed or
 * resumable. Resolves with the ms from the first request to the last close; what it wrote is removed.
 */
export function plainCopy({ urls, token }: { readonly urls: readonly string[]; readonly token: string }): Promise<number> {
  const work = async (addresses: readonly string[], bearer: string) => {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt']);
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('plain-copy', { create: true });
    const startedMs = performance.now();
    let next = 0;
    const lane = async () => {
      while (next < addresses.length) {
        const index = next++;
        const response = await fetch(addresses[index] ?? '', {
          headers: { authorization: `Bearer ${bearer}` },
          cache: 'no-store',
        });
        if (!response.ok) throw new Error(`status ${response.status}`);
        const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: crypto.getRandomValues(new Uint8Array(12)) }, key, await response.arrayBuffer());
        const file = (await folder.getFileHandle(String(index), {
          create: true,
        })) as unknown as SyncFile; // it runs in a worker, whose files have it
        const access = await file.createSyncAccessHandle();
        access.write(new Uint8Array(sealed));
        access.flush();
        access.close();
      }
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
    const tookMs = performance.now() - startedMs;
    await (await navigator.storage.getDirectory()).removeEntry('plain-copy', {
      recursive: true,
    });
    return tookMs;
  };
  const source = `const __name = (value) => value; const work = ${work.toString()};
    onmessage = ({ data }) => work(data.urls, data.token).then((ms) => postMessage({ ms }), (error) => postMessage({ error: String(error) }));`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  return new Promise<number>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ ms?: number; error?: string }>) => {
      worker.terminate();
      if (data.ms === undefined) reject(new Error(data.error));
      else resolve(data.ms);
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ urls, token });
  });
}
