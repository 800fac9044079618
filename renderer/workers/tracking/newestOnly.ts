interface Closable {
  close(): void;
}

/** A turn of the event loop: what was sent meanwhile arrives. */
const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

/**
 * Hands on a stream's newest item whenever the last has been dealt with. What came meanwhile is closed and dropped: a late frame is worth
 * nothing, and a camera soon has no memory for another one. Every item is closed once, by this function.
 * @param signal ends it; the stream is cancelled
 * @returns when the stream has ended and its last item is dealt with. Rejects with what the stream or `handle` failed of.
 */
export async function newestOnly<T extends Closable>(items: ReadableStream<T>, handle: (item: T) => Promise<void>, signal: AbortSignal): Promise<void> {
  const reader = items.getReader();
  let newest: T | null = null;
  let working: Promise<void> | null = null;
  const failure = { reason: null as unknown, isThere: false };
  const work = async () => {
    while (newest !== null && !signal.aborted && !failure.isThere) {
      const item: T = newest;
      newest = null;
      try {
        await handle(item);
      } finally {
        item.close();
      }
      await nextTurn();
    }
  };
  const cancel = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted || failure.isThere) {
        value?.close();
        break;
      }
      (newest as T | null)?.close();
      newest = value;
      working ??= work()
        .catch((reason: unknown) => {
          Object.assign(failure, { reason, isThere: true });
          cancel();
        })
        .finally(() => {
          working = null;
        });
    }
    await working;
    if (failure.isThere) throw failure.reason;
  } finally {
    signal.removeEventListener('abort', cancel);
    (newest as T | null)?.close();
    cancel();
  }
}
