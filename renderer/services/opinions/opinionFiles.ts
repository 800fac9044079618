import type { OpinionId } from '#shared/domain/ids';
import type { OpinionLanguage } from '#shared/domain/opinion';
import { AppError } from '#shared/protocol/errors';
import { OPINION_ROUTES } from '#shared/protocol/opinions';
import type { HttpClient } from '../http.ts';

/** A file is made when it is first asked for. */
const TIMEOUT_MS = 60_000;

/** @returns fetches the sealed PDF of a signed opinion; throws AppError `opinion.notSigned` and the client's own */
export function createOpinionFiles({ http, token }: { readonly http: HttpClient; readonly token: () => Promise<string | null> }): (opinionId: OpinionId, language: OpinionLanguage) => Promise<Blob> {
  return async (opinionId, language) => {
    const present = await token();
    if (present === null) throw new AppError('auth.required', 'nobody is signed in');
    return http.download(`${OPINION_ROUTES.pdf(opinionId)}?language=${language}`, { timeoutMs: TIMEOUT_MS, token: present });
  };
}
