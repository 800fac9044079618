/**
 * Keeps the program itself on the machine, so that a cart whose network is gone can still be started and open its case files. Only
 * the program's own files: never an answer of the server. In the desktop program the files come by app:// and this is not used.
 */
const worker = self as unknown as ServiceWorkerGlobalScope; // this script is run as nothing else
/** Put there by the bundler: every file of the client, and a hash over all of them. */
declare const CLIENT_FILES: readonly string[];
declare const CLIENT_VERSION: string;

const PREFIX = 'client-';
const NAME = `${PREFIX}${CLIENT_VERSION}`;
/** How long the server may take to give the page before the kept one is shown, ms. */
const PATIENCE_MS = 3000;
/** Versions kept: this one, and the one an open window may still be fetching parts of. */
const KEPT_VERSIONS = 2;

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(CLIENT_FILES.map((file) => new Request(file, { cache: 'reload' }))))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then(async (names) => {
      const old = names.filter((name) => name.startsWith(PREFIX) && name !== NAME);
      await Promise.all(old.slice(0, Math.max(0, old.length - (KEPT_VERSIONS - 1))).map((name) => caches.delete(name)));
      await worker.clients.claim();
    }),
  );
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});

/** The server's page, which may be newer; the kept one when there is none in time. */
async function page(request: Request): Promise<Response> {
  const kept = await (await caches.open(NAME)).match('/');
  if (!kept) return fetch(request);
  const patience = new Promise<null>((resolve) => {
    setTimeout(() => resolve(null), PATIENCE_MS);
  });
  const fresh = fetch(request).catch(() => null);
  const answer = await Promise.race([fresh, patience]);
  // A proxy's error page is not the program.
  return answer?.ok === true ? answer : kept;
}
