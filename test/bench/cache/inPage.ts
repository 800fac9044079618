/** What the bench plants in the page. */
interface Planted {
  longest: { taskMs: number; gapMs: number };
  copyTime: Promise<number>;
}

/**
 * Runs in a page: notes the longest task of the main thread. The browser itself tells those of 50 ms and more; `gapMs` is the longest
 * time for which a timer of 4 ms was not served, which is an upper bound for those it does not tell.
 */
export function watchTasks(): void {
  const longest = { taskMs: 0, gapMs: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest.taskMs = Math.max(longest.taskMs, duration);
  }).observe({ type: 'longtask' });
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    longest.gapMs = Math.max(longest.gapMs, nowMs - lastMs);
    lastMs = nowMs;
  }, 4);
  Object.assign(window, { longest });
}

/** Runs in a page: gives what `watchTasks` has noted since the last reading, and begins anew. */
export function readTasks(): Planted['longest'] {
  const { longest } = window as unknown as Planted; // put there by `watchTasks`
  const read = { ...longest };
  Object.assign(longest, { taskMs: 0, gapMs: 0 });
  return read;
}

/** Runs in a page: presses «make available» of the case and resolves with the ms until its row says all of it is here. */
export function timeCopy(caseId: string): Promise<number> {
  const row = () => document.querySelector(`[data-testid="case-row-${caseId}"]`);
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const observer = new MutationObserver(() => {
      if (row()?.getAttribute('data-offline') !== 'whole') return;
      observer.disconnect();
      resolve(performance.now() - startedMs);
    });
    observer.observe(document.body, {
      childList: true,
      subtree: true,
      attributes: true,
    });
    setTimeout(() => reject(new Error(`the copy did not come: ${document.querySelector('main')?.textContent.slice(0, 2000)}`)), 60_000);
    const button = row()?.querySelector<HTMLButtonElement>(`[data-testid="make-available-${caseId}"]`);
    if (!button) return reject(new Error('there is no such button'));
    button.click();
  });
}

/**
 * Runs in a page: from the click on the list's place in the navigation to its rows on the screen, and from a word typed into its
 * filter to the rows that are left. Both end after the frame that shows them was drawn.
 */
export async function timeList({ query, leaves }: { readonly query: string; readonly leaves: number }): Promise<{ listMs: number; filterMs: number }> {
  const shown = () => Number(document.querySelector<HTMLElement>('[data-testid="cases-count"]')?.dataset['shown'] ?? -1);
  const drawn = () =>
    new Promise<void>((resolve) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port2.onmessage = () => resolve();
        port1.postMessage(null);
      }),
    );
  const until = (isThere: () => boolean) =>
    new Promise<void>((resolve) => {
      if (isThere()) return resolve();
      const observer = new MutationObserver(() => {
        if (!isThere()) return;
        observer.disconnect();
        resolve();
      });
      observer.observe(document.body, {
        childList: true,
        subtree: true,
        attributes: true,
        characterData: true,
      });
    });
  let startedMs = performance.now();
  document.querySelector<HTMLElement>('[data-testid="nav-cases"]')?.click();
  await until(() => shown() >= 0 && document.querySelector('[data-testid^="case-row-"]') !== null);
  await drawn();
  const listMs = performance.now() - startedMs;
  const input = document.querySelector<HTMLInputElement>('[data-testid="cases-filter"]');
  if (!input) throw new Error('there is no filter');
  startedMs = performance.now();
  // The way by which React hears of it as of a person's typing.
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, query);
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await until(() => shown() === leaves);
  await drawn();
  const filterMs = performance.now() - startedMs;
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, '');
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  return { listMs, filterMs };
}
