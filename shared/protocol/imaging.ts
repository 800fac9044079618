import { z } from 'zod';
import { caseIdSchema } from '../domain/ids.ts';

/** A unique identifier (PS3.5, 9.1). Leading zeros in a component are against the rules and are met all the same. */
export const dicomUidSchema = z.string().regex(/^[0-9]+(\.[0-9]+)+$/).max(64);

/** Where the DICOMweb services (PS3.18) of a case are, without a slash at the end; each request carries the session's token. */
export const dicomwebPath = (caseId: string): string => `/dicomweb/cases/${caseId}`;

/** The largest file taken in, bytes. */
export const MAX_INSTANCE_BYTES = 512 * 1024 * 1024;

/**
 * Elements of ours in the answer to a store request, for each file that was refused (PS3.18, 10.5.3 has a number only): the error's
 * code, and what is wrong with the file in English, free of personal data.
 */
export const STORE_REASON = { creator: '00090010', creatorName: 'HUIZHEN STORE', code: '00091001', text: '00091002' } as const;

/** The images of a case changed: something was stored, or a study linked. */
export const imagingChangedSchema = z.object({ caseId: caseIdSchema });
