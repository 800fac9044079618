import { z } from 'zod';
import type { CaseId } from '#shared/domain/ids';
import { FHIR_ROUTES, type FhirImportResult, fhirImportResultSchema } from '#shared/protocol/cases';
import { AppError } from '#shared/protocol/errors';
import type { HttpClient } from '../http.ts';

/** A whole case with its pictures is much work for both sides. */
const TIMEOUT_MS = 120_000;
/** As much as the server takes in, bytes. */
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

/** Case files in and out as FHIR R4 Bundles; both need the server. */
export interface FhirExchange {
  /**
   * Makes a case of a Bundle.
   * @throws AppError `input.malformed`: no JSON, no Bundle, or one without a patient; `input.tooLarge`
   */
  importBundle(file: Blob): Promise<FhirImportResult>;
  /** What the server holds of a case, as a file's content. */
  exportCase(caseId: CaseId): Promise<Blob>;
}

export function createFhirExchange({ http, token }: { readonly http: HttpClient; readonly token: () => Promise<string | null> }): FhirExchange {
  const options = async () => {
    const present = await token();
    if (present === null) throw new AppError('auth.required', 'nobody is signed in');
    return { timeoutMs: TIMEOUT_MS, token: present };
  };
  return {
    async importBundle(file) {
      if (file.size > MAX_BUNDLE_BYTES) throw new AppError('input.tooLarge', `a Bundle holds at most ${MAX_BUNDLE_BYTES} bytes`);
      return http.post(FHIR_ROUTES.importCase, parseJson(await file.text()), fhirImportResultSchema, await options());
    },
    async exportCase(caseId) {
      const bundle = await http.get(FHIR_ROUTES.exportCase(caseId), z.looseObject({ resourceType: z.literal('Bundle') }), await options());
      return new Blob([JSON.stringify(bundle, null, 2)], { type: 'application/fhir+json' });
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AppError('input.malformed', 'the file is no JSON', { cause: error });
  }
}
