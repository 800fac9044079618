import { protocol, type Session } from 'electron';
import { answerClientRequest } from './clientFiles.ts';
import { APP_SCHEME } from './origin.ts';

/** Must run before the application is ready. `standard` gives the page an origin and storage, `secure` cameras and WebCrypto. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } }]);
}

/** Serves `folder` (the built client) as `app://huizhen/` in this session. */
export function serveApp(session: Session, folder: string): void {
  session.protocol.handle(APP_SCHEME, async (request) => {
    const { status, headers, body } = await answerClientRequest(folder, request);
    return new Response(body === null ? null : new Uint8Array(body), { status, headers });
  });
}
